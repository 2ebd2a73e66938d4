"""What Dagster loads: the demo's assets, checks, jobs and schedules."""

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    Definitions,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    define_asset_job,
    in_process_executor,
    schedule,
)

from floe_demo.orchestration.ingestion import ingestion
from floe_demo.orchestration.models import models, prepared, resource, served
from floe_demo.orchestration.project import Project
from floe_demo.orchestration.upkeep import upkeep

HOURLY = "7 * * * *"


def definitions() -> Definitions:
    """Answer all of it, as the environment says."""
    project = Project.read()
    manifest = prepared(project)
    shop, software = ingestion(project, "ecommerce"), ingestion(project, "saas")
    made, shown = models(project, manifest), served(project, manifest)
    domains = ("ecommerce", "saas") if project.settings.saas_enabled else ("ecommerce",)
    kept = upkeep(project, domains)
    jobs = {
        "shop": AssetSelection.assets(shop, made, shown),
        "software": AssetSelection.assets(software),
        "upkeep": AssetSelection.assets(kept),
    }
    return Definitions(
        assets=[shop, software, made, shown, kept],
        jobs=[define_asset_job(name, selection) for name, selection in jobs.items()],
        schedules=[
            _batches("shop", "ingest_ecommerce", project, on=project.settings.enabled),
            _batches(
                "software",
                "ingest_saas",
                project,
                on=project.settings.enabled and project.settings.saas_enabled,
            ),
            ScheduleDefinition(
                job_name="upkeep",
                cron_schedule=HOURLY,
                default_status=_status(on=project.settings.enabled),
            ),
        ],
        resources={"dbt": resource(project)},
        executor=in_process_executor,  # a process for each step would import all of it each time
    )


def _batches(job: str, step: str, project: Project, *, on: bool) -> ScheduleDefinition:
    """Answer the schedule of a domain: each tick is asked for as its own moment, and once."""

    @schedule(
        job_name=job,
        name=f"{job}_schedule",
        cron_schedule=project.settings.schedule_cron,
        default_status=_status(on=on),
    )
    def tick(context: ScheduleEvaluationContext) -> RunRequest:
        moment = context.scheduled_execution_time.isoformat()
        return RunRequest(run_key=moment, run_config={"ops": {step: {"config": {"at": moment}}}})

    return tick


def _status(*, on: bool) -> DefaultScheduleStatus:
    return DefaultScheduleStatus.RUNNING if on else DefaultScheduleStatus.STOPPED


defs = definitions()

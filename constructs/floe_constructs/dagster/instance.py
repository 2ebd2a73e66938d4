"""What an environment decides about runs and what starts them, in the words of `dagster.yaml`.

What is on in every environment is no setting: run monitoring, retries (a run's tags ask for them),
threads. Defaults are for production, where Dagster's own are often those of a laptop.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from floe_constructs.dagster.retention import Retention
from floe_constructs.dagster.run_launcher import RunLauncher
from floe_constructs.dagster.run_queue import Concurrency, RunQueue, TagKey
from floe_constructs.spec import Spec


class RunMonitoring(Spec):
    """How the daemon looks after runs, so that none is under way for ever when its pod is gone."""

    start_timeout_seconds: NonNegativeInt = 300
    """Seconds within which a launched run has to start, a new node and the pull of its image
    included; 0 is no limit."""

    cancel_timeout_seconds: NonNegativeInt = 180
    """Seconds after which a run that does not end when told to counts as cancelled; 0 is never."""

    max_runtime_seconds: NonNegativeInt = 86_400
    """Seconds after which a run is ended; 0 is never. A run's tag `dagster/max_runtime` wins."""

    max_resume_run_attempts: NonNegativeInt = 0
    """How often a run whose pod is lost goes on in a new one. Only steps in pods of their own
    outlive it, so all code locations need `executor: k8s_job`; others start again as a whole, by
    `run_retries`."""

    poll_interval_seconds: PositiveInt = 120
    """Seconds between two looks."""

    free_slots_after_run_end_seconds: NonNegativeInt = 300
    """Seconds after which what a run still holds of pools is free, when it has ended without giving
    it back; 0 is never."""


class RunRetries(Spec):
    """What is done about runs that fail."""

    max_retries: NonNegativeInt = 0
    """How often a failed run is tried again; a run's tag `dagster/max_retries` wins."""

    retry_on_asset_or_op_failure: bool = True
    """Whether runs are tried again whose code has failed, not only those whose pod was lost; a
    run's tag of this name (`dagster/…`) wins."""


class Scheduler(Spec):
    """What happens to ticks that a schedule has missed. One whose code server is away waits."""

    max_catchup_runs: PositiveInt = 5
    """Missed ticks of a partitioned schedule that are made up for; of others it is the last."""

    max_tick_retries: NonNegativeInt = 3
    """How often a tick whose evaluation fails is tried again; with Dagster's own 0 it is lost."""


class Workers(Spec):
    """How much of one kind the daemon does side by side."""

    num_workers: PositiveInt = 4
    """How many are evaluated side by side."""

    num_submit_workers: PositiveInt | None = None
    """Runs of one evaluation that are submitted side by side; one by one when silent."""


class AutoMaterialize(Spec):
    """Declarative automation: what the daemon does about conditions of assets."""

    num_workers: PositiveInt = 4
    """Automation sensors that are evaluated side by side."""

    max_tick_retries: NonNegativeInt = 3
    """How often an evaluation that fails is tried again."""

    run_tags: dict[TagKey, str] = Field(default_factory=dict)
    """Tags of the runs that it starts, to limit them by, for example."""


class Freshness(Spec):
    """Freshness policies of assets."""

    enabled: bool = True
    """Whether the daemon evaluates them."""


class PythonLogs(Spec):
    """Python's logging as part of a run's own log."""

    managed_python_loggers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Loggers whose messages Dagster keeps with the run's events, `root` for all."""

    python_log_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] | None = None
    """Least level of messages that are kept, `context.log`'s among them; all when silent."""


class Instance(Spec):
    """Dagster's instance, but for where it keeps things."""

    concurrency: Concurrency = Concurrency()
    """How much is done at a time."""

    run_queue: RunQueue = RunQueue()
    """How the daemon takes runs from the queue."""

    run_monitoring: RunMonitoring = RunMonitoring()
    """How the daemon looks after runs."""

    run_retries: RunRetries = RunRetries()
    """What is done about runs that fail."""

    run_launcher: RunLauncher = RunLauncher()
    """How long the Jobs of runs are kept, and what data teams may change of them."""

    retention: Retention = Retention()
    """For how long ticks are kept."""

    scheduler: Scheduler = Scheduler()
    """What happens to ticks that a schedule has missed."""

    schedules: Workers = Workers()
    """How many schedules are evaluated side by side."""

    sensors: Workers = Workers()
    """How many sensors are evaluated side by side."""

    backfills: Workers = Workers()
    """How many backfills go on side by side."""

    auto_materialize: AutoMaterialize = AutoMaterialize()
    """Declarative automation."""

    freshness: Freshness = Freshness()
    """Freshness policies of assets."""

    python_logs: PythonLogs = PythonLogs()
    """Python's logging as part of a run's own log."""

    @model_validator(mode="after")
    def _jobs_are_there_to_be_seen(self) -> Self:
        seconds = self.run_monitoring.poll_interval_seconds
        if self.run_launcher.ttl_seconds_after_finished <= seconds:
            msg = (
                "run_launcher.ttl_seconds_after_finished: the Job of a lost run would be gone "
                "before run_monitoring.poll_interval_seconds have passed, and with it why: keep it "
                f"for more than {seconds} seconds"
            )
            raise ValueError(msg)
        return self

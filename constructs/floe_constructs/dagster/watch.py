"""What there is to watch of Dagster, which has no metrics: what the Jobs of its runs tell."""

from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.monitoring import cluster
from floe_constructs.monitoring.cluster import RUNS
from floe_constructs.monitoring.watch import Alert, Panel, Watch

_OWN = f'namespace="$namespace",{RUNS}'
_FAILED = f'kube_job_failed{{{_OWN},condition="true"}} == 1'
_RUNNING = f"kube_job_status_active{{{_OWN}}} == 1"
_DAEMON = 'namespace="$namespace",deployment="dagster-daemon"'

ALERTS = (
    Alert(
        name="FloeRunsFailed",
        severity="warning",
        lasting="1m",
        expr=f"count({_FAILED})",
        summary="Runs of Dagster have failed",
        description="{{ $value }} runs failed within the last hour, tries that are made again "
        "among them.",
    ),
)

PANELS = (
    Panel(
        title="Runs",
        unit="short",
        queries={
            "running": f"count({_RUNNING}) or vector(0)",
            "failed within the last hour": f"count({_FAILED}) or vector(0)",
        },
        description="Those that wait in Dagster's queue are not seen here.",
    ),
    Panel(
        title="Runs started within an hour",
        unit="short",
        queries={
            "started": f"count(max_over_time(kube_job_created{{{_OWN}}}[1h]) > time() - 3600)"
            " or vector(0)"
        },
    ),
    Panel(
        title="How long runs have been going on",
        unit="s",
        queries={
            "{{job_name}}": f"time() - kube_job_status_start_time{{{_OWN}}}"
            f" and on (job_name) {_RUNNING}"
        },
    ),
    Panel(
        title="Pods of runs and steps that do not start",
        unit="short",
        queries={
            "waiting": 'sum(kube_pod_status_phase{namespace="$namespace",'
            'pod=~"dagster-(run|step)-.+",phase="Pending"}) or vector(0)'
        },
        description="A node, a Secret, an image or quota is missing.",
    ),
)


def watched(spec: DagsterSpec) -> Watch:
    """Answer what there is to watch; without the hours nobody knows when schedules have stopped."""
    stopped = (_stopped(spec.hours_between_runs),) if spec.hours_between_runs else ()
    servers = cluster.panels("dagster", but=',pod!~"dagster-(run|step)-.+"')
    return Watch(
        name="dagster",
        instance=spec.instance,
        title="Dagster",
        alerts=(*ALERTS, *stopped),
        panels=(*PANELS, *servers),
    )


def _stopped(hours: int) -> Alert:
    """No run is younger than that, and Dagster has been there for longer.

    A Job is deleted an hour after its run has ended, so that the past has to be asked.
    """
    seconds = hours * 3600
    return Alert(
        name="FloeRunsStopped",
        severity="critical",
        lasting="10m",
        expr=f"time() - max(kube_deployment_created{{{_DAEMON}}}) > {seconds}\n"
        f"unless max(max_over_time(kube_job_created{{{_OWN}}}[{hours}h])) > time() - {seconds}",
        summary="Dagster has started no run for hours",
        description=f"Not one within {hours} hours: schedules or sensors are off, or the daemon "
        "hangs.",
    )

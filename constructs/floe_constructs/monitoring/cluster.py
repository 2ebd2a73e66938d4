"""What holds for every workload of an environment, as the cluster itself knows it.

Sources: kube-state-metrics, kubelet, and cert-manager where there is one. All of them are the
cluster's: nothing here serves these metrics.
"""

from floe_constructs.monitoring.watch import Alert, Panel, Watch

RUNS = 'job_name=~"dagster-run-.+"'
_RELEASED = 'job_name!~"dagster-(run|step)-.+|preflight-.+-[0-9]{8}"'
"""All but the Jobs that Dagster names and those of checking between releases, which have alerts of
their own; labels of Jobs are not exported by default."""

_SPACE = (
    'kubelet_volume_stats_used_bytes{namespace="$namespace"}'
    ' / kubelet_volume_stats_capacity_bytes{namespace="$namespace"}'
)
_RENEWAL = "certmanager_certificate_renewal_timestamp_seconds"

ALERTS = (
    Alert(
        name="FloeNotObserved",
        severity="warning",
        lasting="15m",
        expr='absent(kube_pod_status_phase{namespace="$namespace"})',
        summary="Prometheus knows no pod of $namespace",
        description="kube-state-metrics is not scraped, or not under the pods' own namespace. The "
        "other alerts of this environment are silent whatever happens.",
    ),
    Alert(
        name="FloeWorkloadDown",
        severity="critical",
        lasting="5m",
        expr='kube_deployment_status_replicas_available{namespace="$namespace"} == 0'
        ' and kube_deployment_spec_replicas{namespace="$namespace"} > 0\n'
        'or kube_statefulset_status_replicas_ready{namespace="$namespace"} == 0'
        ' and kube_statefulset_replicas{namespace="$namespace"} > 0',
        summary="{{ $labels.deployment }}{{ $labels.statefulset }} has no pod that is ready",
        description="Nobody answers for {{ $labels.deployment }}{{ $labels.statefulset }}.",
    ),
    Alert(
        name="FloeWorkloadDegraded",
        severity="warning",
        lasting="15m",
        expr='(kube_deployment_status_replicas_available{namespace="$namespace"} > 0)'
        ' < kube_deployment_spec_replicas{namespace="$namespace"}\n'
        'or (kube_statefulset_status_replicas_ready{namespace="$namespace"} > 0)'
        ' < kube_statefulset_replicas{namespace="$namespace"}',
        summary="{{ $labels.deployment }}{{ $labels.statefulset }} has too few pods",
        description="Only {{ $value }} of its pods are ready.",
    ),
    Alert(
        name="FloePodRestarting",
        severity="warning",
        lasting="5m",
        # Between three and four, because `increase` answers a little more than there was.
        expr='increase(kube_pod_container_status_restarts_total{namespace="$namespace"}[1h]) > 3.5',
        summary="{{ $labels.pod }} restarts again and again",
        description="Container {{ $labels.container }} was restarted about "
        '{{ $value | printf "%.0f" }} times within an hour.',
    ),
    Alert(
        name="FloePodPending",
        severity="warning",
        lasting="15m",
        expr='kube_pod_status_phase{namespace="$namespace",phase="Pending"} == 1',
        summary="{{ $labels.pod }} does not start",
        description="It waits for a node, a volume, a Secret or an image.",
    ),
    Alert(
        name="FloeVolumeFilling",
        severity="warning",
        lasting="15m",
        expr=f"{_SPACE} > 0.8",
        summary="{{ $labels.persistentvolumeclaim }} is filling up",
        description="{{ $value | humanizePercentage }} of it is used.",
    ),
    Alert(
        name="FloeVolumeFull",
        severity="critical",
        lasting="5m",
        expr=f"{_SPACE} > 0.95",
        summary="{{ $labels.persistentvolumeclaim }} is about to be full",
        description="{{ $value | humanizePercentage }} of it is used.",
    ),
    Alert(
        name="FloeQuotaUsed",
        severity="warning",
        lasting="15m",
        expr='kube_resourcequota{namespace="$namespace",type="used"} / ignoring(type)'
        ' kube_resourcequota{namespace="$namespace",type="hard"} > 0.9',
        summary="The quota of {{ $labels.resource }} is almost used",
        description="{{ $value | humanizePercentage }} of what {{ $labels.resourcequota }} allows: "
        "soon no run and no new pod of a rolling update is admitted.",
    ),
    Alert(
        name="FloeJobFailed",
        severity="warning",
        lasting="1m",
        expr=f'kube_job_failed{{namespace="$namespace",condition="true",{_RELEASED}}} == 1',
        summary="Job {{ $labels.job_name }} has failed",
        description="It will not be tried again. Where it is part of a release, the release stops.",
    ),
    Alert(
        name="FloeCertificateNotRenewed",
        severity="warning",
        lasting="10m",
        # cert-manager's own namespace takes the label unless it is scraped with honorLabels.
        expr=f'time() - {_RENEWAL}{{namespace="$namespace"}} > 3600\n'
        f'or time() - {_RENEWAL}{{exported_namespace="$namespace"}} > 3600',
        summary="Certificate {{ $labels.name }} is not renewed",
        description="cert-manager should have issued or renewed it more than an hour ago.",
    ),
)


def watched(instance: str) -> Watch:
    """Answer what there is to watch of an environment as a whole."""
    return Watch(name="floe", instance=instance, title="Environment", alerts=ALERTS)


def panels(component: str, *, but: str = "", volumes: bool = False) -> tuple[Panel, ...]:
    """Answer what is asked of any component; `but` are further matchers of its pods."""
    pods = f'namespace="$namespace",pod=~"{component}-.+"{but}'
    claims = f'namespace="$namespace",persistentvolumeclaim=~".+-{component}-.+"'
    used = f'container_memory_working_set_bytes{{{pods},container!=""}}'
    limit = f'kube_pod_container_resource_limits{{{pods},resource="memory"}}'
    found = [
        Panel(
            title="Pods that are not ready",
            unit="short",
            queries={
                "{{pod}}": f'kube_pod_status_ready{{{pods},condition="false"}} == 1'
                f' and on (pod) kube_pod_status_phase{{{pods},phase=~"Pending|Running"}} == 1'
            },
            description="Empty when all is well.",
        ),
        Panel(
            title="Restarts within an hour",
            unit="short",
            queries={
                "{{pod}}": "sum by (pod) (increase("
                f"kube_pod_container_status_restarts_total{{{pods}}}[1h]))"
            },
        ),
        Panel(
            title="Memory, as a share of the limit",
            unit="percentunit",
            queries={
                "{{pod}}": f"max by (pod, container) ({used}) / max by (pod, container) ({limit})"
            },
            description="At 100 % the container is killed.",
        ),
        Panel(
            title="CPU cores",
            unit="short",
            queries={
                "{{pod}}": "sum by (pod) (rate("
                f'container_cpu_usage_seconds_total{{{pods},container!=""}}[$__rate_interval]))'
            },
        ),
    ]
    if volumes:
        share = " / ".join(
            f"kubelet_volume_stats_{what}_bytes{{{claims}}}" for what in ("used", "capacity")
        )
        found.append(
            Panel(
                title="Volumes, as a share of their size",
                unit="percentunit",
                queries={"{{persistentvolumeclaim}}": share},
                description="Claims alone: what is on a node's own disk is not counted.",
            )
        )
    return tuple(found)

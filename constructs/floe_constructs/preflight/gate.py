"""What stands before a release until the services work that it needs."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.preflight import config
from floe_constructs.preflight.flows import labels, scheduled
from floe_constructs.preflight.pods import failure_policy, pods
from floe_constructs.preflight.schedule import repeated
from floe_constructs.preflight.spec import PreflightSpec, Suite


class PreflightGate(Construct):
    """The Job that checks what is reached as one and the same; with `schedule` a CronJob as well.

    Objects: ConfigMap/preflight-SUITE, Job/preflight-SUITE-HASH, without an account of a workload's
    ServiceAccount/preflight-SUITE, with a schedule ConfigMap/preflight-SUITE-scheduled and
    CronJob/preflight-SUITE-scheduled.
    Needs: the ServiceAccount of its account. The Secrets of the targets need not be there: the Job
    says which is missing.
    """

    def __init__(self, scope: Construct, id: str, spec: PreflightSpec, suite: Suite) -> None:
        super().__init__(scope, id)
        who, account = labels(spec, suite.name), suite.account
        name = account.service_account if account else service_account(self, who)

        def checking(pods_of: Labels, *, gate: bool) -> k8s.PodTemplateSpec:
            told = config.files(pods_of, suite.config)
            config_map(self, pods_of, told)
            return pods(
                spec,
                pods_of,
                told,
                config.command(spec, suite.config, gate=gate),
                env=config.variables(suite),
                kept=suite.files,
                service_account=name,
                identity=account.identity if account else None,
            )

        job(
            self,
            who,
            checking(who, gate=True),
            phase=who.phase,
            deadline_seconds=config.job_seconds(spec),
            retries=spec.retries,
            failure=failure_policy(),
        )
        if spec.schedule:
            again = scheduled(who)
            repeated(self, spec, again, checking(again, gate=False))

"""What deletes old indices."""

from constructs import Construct

from floe_constructs.jaeger import cleaning
from floe_constructs.jaeger.backend import CREDENTIALS
from floe_constructs.jaeger.flows import labels
from floe_constructs.jaeger.role import verifying
from floe_constructs.jaeger.spec import IndexCleaner, JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.cron_job import cron_job
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import secret_files


class JaegerIndexCleaner(Construct):
    """The CronJob that deletes indices that were made too long ago.

    Objects: ServiceAccount/jaeger-index-cleaner, CronJob/jaeger-index-cleaner.
    Needs: the Secrets of the storage's login and certificates.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        spec: JaegerSpec,
        storage: SearchStorage,
        settings: IndexCleaner,
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "index-cleaner")
        mounts = verifying(storage)
        if shown := cleaning.certificates(spec):
            mounts.append(secret_files("credentials", CREDENTIALS, shown))
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "index-cleaner",
                    image=settings.image,
                    args=cleaning.arguments(storage),
                    env=cleaning.variables(storage),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            restart_policy="Never",
        )
        cron_job(self, pods, template, settings)

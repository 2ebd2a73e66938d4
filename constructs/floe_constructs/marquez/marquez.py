"""Marquez as one thing: API, interface, migration and retention."""

from constructs import Construct

from floe_constructs.marquez.api import MarquezServer
from floe_constructs.marquez.database import MarquezMigrationJob, MarquezRetentionJob
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.marquez.web import MarquezWebsite


class Marquez(Construct):
    """Marquez.

    Objects: those of `MarquezMigrationJob` and `MarquezServer`; with `web` those of
    `MarquezWebsite`, with `retention` those of `MarquezRetentionJob`.
    Needs: what its parts need.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec) -> None:
        super().__init__(scope, id)
        MarquezMigrationJob(self, "migration", spec)
        MarquezServer(self, "api", spec)
        if spec.web:
            MarquezWebsite(self, "web", spec, spec.web)
        if spec.retention:
            MarquezRetentionJob(self, "retention", spec, spec.retention)

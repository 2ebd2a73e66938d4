"""Marquez as one thing: API, interface, migration and retention."""

from constructs import Construct

from floe_constructs.marquez.api import MarquezApi
from floe_constructs.marquez.database import MarquezMigration, MarquezRetention
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.marquez.web import MarquezWebsite


class Marquez(Construct):
    """Marquez.

    Objects: those of `MarquezMigration` and `MarquezApi`; with `web` those of `MarquezWebsite`,
    with `retention_days` those of `MarquezRetention`.
    Needs: what its parts need.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec) -> None:
        super().__init__(scope, id)
        MarquezMigration(self, "migration", spec)
        MarquezApi(self, "api", spec)
        if spec.web:
            MarquezWebsite(self, "web", spec, spec.web)
        if spec.retention_days:
            MarquezRetention(self, "retention", spec, spec.retention_days)

"""What an environment decides about Marquez."""

from pydantic import PositiveInt

from floe_constructs.kubernetes.postgres import Postgres
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.value import Image
from floe_constructs.kubernetes.workload import Replicated, Workload
from floe_constructs.spec import Spec


class MarquezWeb(Replicated):
    """The pods that show the interface."""

    image: Image
    """Image of the interface: `marquezproject/marquez-web`."""


class MarquezSettings(Spec):
    """Marquez in this environment."""

    image: Image
    """Image of API, migration and retention: `marquezproject/marquez`, or a fork of it."""

    database: Postgres
    """Database of the lineage; PostgreSQL 14 or newer, and the user owns its schema."""

    api: Replicated
    """The pods that take lineage in and answer questions about it."""

    web: MarquezWeb | None = None
    """The pods that show the interface; none, when silent."""

    migration: Workload = Workload(resources=Resources(cpu="250m", memory="1Gi"))
    """The pod that brings the database to the state that the image needs."""

    retention_days: PositiveInt | None = None
    """Days after which lineage is deleted, once a night; it is kept for ever when silent."""


class MarquezSpec(MarquezSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""

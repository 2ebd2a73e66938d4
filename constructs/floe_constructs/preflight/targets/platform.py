"""The platform's own services, asked by what proves a release afterwards."""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.value import DnsLabel
from floe_constructs.preflight.targets.kept import Kept, Path
from floe_constructs.preflight.targets.target import Other, Target


class Answering(Target):
    """One that answers over HTTP; without a name it is called after its kind."""

    type: str
    """Kind of service."""

    url: Url
    """Its address, with the path below which all of it is."""

    def root(self, service: str) -> str:
        """Answer what the ids of its checks begin with: `platform.dagster`."""
        return f"{service}.{self.name or self.type}"


class Dagster(Answering):
    """A webserver of Dagster: it answers, its code is loaded, its daemon lives."""

    type: Literal["dagster"]
    """Kind of service."""

    locations: tuple[DnsLabel, ...] = ()
    """Code locations that have to be loaded."""

    daemon: bool = True
    """Whether the daemon has to give signs of life."""


class Cube(Answering):
    """Cube's API: it is ready, answers nobody without a token, and its model compiles."""

    type: Literal["cube"]
    """Kind of service."""

    api_secret: Kept | None = None
    """What tokens are signed with; the model is not asked for when silent."""


class Jaeger(Answering):
    """The pods of Jaeger that answer searches: their storage answers them."""

    type: Literal["jaeger"]
    """Kind of service."""


class Otlp(Answering):
    """What takes spans in, by OTLP over HTTP: it takes a request without spans."""

    type: Literal["otlp"]
    """Kind of service."""

    ca_file: Path | None = None
    """Certificates of the authorities that its own is verified by."""


class Marquez(Answering):
    """Marquez' API: it reads from its database."""

    type: Literal["marquez"]
    """Kind of service."""


class MarquezWeb(Answering):
    """Marquez' interface: it shows a page, and hands on what the API says."""

    type: Literal["marquez-web"]
    """Kind of service."""


class Login(Answering):
    """oauth2-proxy before an interface: it is ready, and lets nobody through without a session."""

    type: Literal["login"]
    """Kind of service."""


Platform = Annotated[
    Dagster | Cube | Jaeger | Otlp | Marquez | MarquezWeb | Login | Other,
    Field(discriminator="type"),
]
"""A service of the platform."""

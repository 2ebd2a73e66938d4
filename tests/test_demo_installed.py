"""The demo as `dist/` has it, in the order of its phases: its pods are processes of real programs.

The overlay is the demo's but for its catalog, which is SeaweedFS' own: Polaris' program is in no
registry of packages, and neither are Marquez nor PostgreSQL's image. What the entry point of the
latter does on an empty volume is done here; its server, its client and all else are real.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from sqlalchemy.exc import OperationalError, ProgrammingError

from floe_constructs.services.config.secrets import MadeSecrets
from floe_constructs.yaml_text import load
from floe_deploy import overlay, preparing, wiring
from floe_deploy.explain.asked import asked
from floe_deploy.explain.layers import jobs
from floe_deploy.preparing import secrets
from floe_deploy.project import Project
from floe_deploy.synth import render
from installed import Installed, ended, serving
from pods import Pod
from postgres import BIN, USER, Postgres
from probe import answers
from test_dist import ROOT, where_it_is
from test_services import by_seaweedfs
from test_services_process import Memory
from unprivileged import as_user, give

pytestmark = [pytest.mark.slow, pytest.mark.requirement("FR-025")]

SERVICES = (
    *(f"storage.{name}" for name in ("bronze", "silver", "gold", "compute-logs")),
    "catalog.lake",
    *(f"postgres.{name}" for name in ("dagster", "serving", "cube", "marquez")),
)
DEBUG = """
import os
from floe_demo.orchestration.project import Project
from floe_demo.warehouse.profile import PROJECT
Project.read()
os.execvp("dbt", ["dbt", "--no-use-colors", "debug", "--project-dir", str(PROJECT)])
"""


@dataclass(frozen=True)
class Demo:
    """The demo, and what of it has come about."""

    installed: Installed
    wired: wiring.Wired
    made: Memory

    def prepare(self) -> None:
        """Make Secrets as their Job's program does, but for the API server that it asks."""
        path = self.installed.folder / "secrets.yaml"
        path.write_text(self.installed.objects["ConfigMap", "floe-secrets"]["data"]["secrets.yaml"])
        assert list(secrets.make(preparing.told(path, MadeSecrets), self.made))

    def gate(self, state: str) -> tuple[int, str]:
        """Run the gate; where something is away it would wait for a minute before it says so."""
        job = self.installed.job("preflight-services")
        return ended(self.installed.laid(f"gate-{state}", job, {"--wait=60": "--wait=0"}))

    def run(self, name: str, *args: str) -> str:
        """Run something where Dagster would have a run; answer what it said."""
        *_, (_, job) = jobs(asked(self.wired, "demo", run=True), "run")
        laid = self.installed.laid(name, job["spec"]["template"]["spec"])
        code, said = ended(replace(laid, args=list(args)))
        assert code == 0, said
        return said


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with TemporaryDirectory() as name:
        folder, source = Path(name), ROOT / "overlays" / "demo"
        folder.chmod(0o755)
        at = folder / "demo"
        at.mkdir()
        settings = yaml.safe_load((source / "environment.yaml").read_text())
        artifacts = json.loads((source / "compiled_artifacts.json").read_text())
        by_seaweedfs(settings, artifacts)
        where_it_is(settings, source)
        (at / "environment.yaml").write_text(json.dumps(settings))
        (at / "compiled_artifacts.json").write_text(json.dumps(artifacts))
        objects = [
            load(text)
            for path, text in render(at, Project()).files.items()
            if path.endswith(".yaml") and "kustomization" not in path
        ]
        made = Memory()
        by_name = {(found["kind"], found["metadata"]["name"]): found for found in objects}
        installed = Installed(by_name, folder, made.secrets)
        yield Demo(installed, wiring.wire(overlay.load(at)), made)


def initialized(found: Pod, at: str) -> Pod:
    """Answer the server's pod after what its image's entry point does on an empty volume."""
    data, password = Path(found.env["PGDATA"]), found.root.with_suffix(".password")
    password.write_text(found.env["POSTGRES_PASSWORD"])
    for path in (data.parent, password):
        give(path, USER)  # which has a name here, as the pod's has one in the image
    ways = [*found.env["POSTGRES_INITDB_ARGS"].split(), "-E", "UTF8", "--no-locale", "--no-sync"]
    init = [str(BIN / "initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={password}", *ways]
    subprocess.run(as_user(USER, init), check=True, capture_output=True, cwd=found.root)
    serve = [str(BIN / "postgres"), "-D", str(data), "-h", at, "-k", "", "-F"]
    return replace(found, args=serve, user=USER)


def ready(demo: Demo, kind: str, name: str, service: str) -> Callable[[], bool]:
    """Answer what asks a server for its readiness, as its probe does."""
    at, body = demo.installed.addresses[service], demo.installed.objects[kind, name]
    (container,) = body["spec"]["template"]["spec"]["containers"]
    match container["readinessProbe"]:
        case {"exec": {"command": command}}:
            ask = [at if part == "127.0.0.1" else part for part in command]
            ask[0] = str(BIN / ask[0])
            return lambda: subprocess.run(ask, check=False).returncode == 0
    return lambda: answers(at, container)


def start_services(demo: Demo, running: ExitStack) -> None:
    """Start what phase 20 has: two servers, and the Job that makes databases."""
    installed = demo.installed
    store = installed.server("StatefulSet", "seaweedfs-server", "seaweedfs", "127.0.0.1")
    is_ready = ready(demo, "StatefulSet", "seaweedfs-server", "seaweedfs")
    running.enter_context(serving(store, is_ready))
    database = installed.server("StatefulSet", "postgres-server", "postgres")
    database = initialized(database, installed.addresses["postgres"])
    is_ready = ready(demo, "StatefulSet", "postgres-server", "postgres")
    running.enter_context(serving(database, is_ready))
    making = installed.laid("databases", installed.job("postgres-databases"))
    making.env["PATH"] = f"{BIN}{os.pathsep}{making.env['PATH']}"
    code, said = ended(making)
    assert code == 0, said


@pytest.mark.requirement("SC-009")
def test_phases_lead_from_nothing_to_rows_that_cubes_own_login_reads(demo: Demo) -> None:
    code, said = demo.gate("before-secrets")
    assert code == 1, said
    assert "from Secret marts-postgres, key password is not set" in said
    demo.prepare()
    code, said = demo.gate("before-services")
    assert code == 1, said
    for check in SERVICES:
        assert f"{check}: " in said
    assert said.count("(CONN_REFUSED)") == len(SERVICES), said
    assert not _values(demo) & {*said.split()}
    with ExitStack() as running:
        start_services(demo, running)
        code, said = demo.gate("there")
        assert (code, "preflight passed" in said) == (0, True), said
        code, said = ended(demo.installed.laid("migrate", demo.installed.job("dagster-migrate")))
        assert code == 0, said
        assert "All checks passed!" in demo.run("debug", "python", "-c", DEBUG)
        name = "dagster-code-demo"
        server = demo.installed.server("Deployment", name, name)
        with serving(server, ready(demo, "Deployment", name, name)):
            pass  # its definitions are loaded, of which dbt's manifest is a part
        demo.run("batch", "dagster", "job", "execute", "-m", "floe_demo.definitions", "-j", "shop")
        _reads(demo)


def _values(demo: Demo) -> set[str]:
    return {text for values in demo.made.secrets.values() for text in values.values()}


def _reads(demo: Demo) -> None:
    """Cube's own login reads what is served, changes nothing, and gets into no other database."""
    (container,) = demo.installed.objects["Deployment", "cube-api"]["spec"]["template"]["spec"][
        "containers"
    ]
    env: dict[str, Any] = {one["name"]: one for one in container["env"]}
    secret = env["CUBEJS_DB_PASS"]["valueFrom"]["secretKeyRef"]
    own = Postgres(
        port=5432,
        host=demo.installed.addresses[env["CUBEJS_DB_HOST"]["value"]],
        database=env["CUBEJS_DB_NAME"]["value"],
        user=env["CUBEJS_DB_USER"]["value"],
        password=demo.made.secrets[secret["name"]][secret["key"]],
    )
    assert own.sql("select count(*) from demo_serving.orders") > 0
    with pytest.raises(ProgrammingError, match="permission denied for table"):
        own.sql("delete from demo_serving.orders")
    with pytest.raises(OperationalError, match="permission denied for database"):
        replace(own, database="dagster").sql("select 1")

"""Dagster's images: really built, and run as rendered pods have them, on a real PostgreSQL."""

import contextlib
import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dagster._grpc.client import DagsterGrpcClient
from tools.building import ROOT, Image

import contained
from alone import alone
from built import built, distributions, faults, size
from conftest import Objects, build
from dagster_example import LARGE, RESOURCES, SHOP, spec
from floe_constructs.dagster import Dagster
from floe_constructs.kubernetes.user import USER
from pods import Cluster
from postgres import Postgres, free_port, postgres
from test_dagster_processes import graphql, heartbeats, location, status, until
from test_demo_engines import BIGQUERY, COMPILE, LOGIN, SNOWFLAKE, TRINO
from test_demo_settings import EXAMPLES

SCRATCH = [(None, "/tmp")]  # noqa: S108  where pods have an empty volume
CLOUDS = ("aws", "azure", "gcp")
ADAPTERS = ("bigquery", "duckdb", "snowflake", "trino")

pytestmark = [pytest.mark.tools, pytest.mark.slow]


@pytest.fixture(scope="module")
def webserver() -> Image:
    return built("dagster", "webserver")


@pytest.fixture(scope="module")
def code_location() -> Image:
    return built("dagster", "code-location")


def rendered(database: Postgres) -> Objects:
    """Answer Dagster's objects, with the demo as a code location."""
    demo = SHOP | {"name": "demo", "module": "floe_demo.definitions"}
    dagster = spec(
        code_locations=[demo | {"server": {"resources": RESOURCES}}],
        compute_logs=None,
        database=LARGE["database"]
        | {
            "host": database.host,
            "port": database.port,
            "database": database.database,
            "sslmode": "disable",
        },
    )
    return build(lambda chart: Dagster(chart, "dagster", dagster))


@pytest.mark.requirement("FR-005")
def test_rendered_pods_run_in_the_images_on_postgresql(
    folder: Path, webserver: Image, code_location: Image
) -> None:
    (folder / "postgres").mkdir(mode=0o755)
    with contextlib.ExitStack() as running:
        database = running.enter_context(postgres(folder / "postgres"))
        objects = rendered(database)
        secrets = {
            "database": {"user": database.user, "password": database.password},
            "gcp": {"key.json": "{}"},
            "polaris-client-id": {"value": "client"},
        }

        def texts(kind: str, name: str) -> Mapping[str, str]:
            data: dict[str, str] = objects[kind, name]["data"] if kind == "ConfigMap" else {}
            return data or secrets.get(name, {})

        grpc, http = free_port(), free_port()
        edits = {"0.0.0.0": "127.0.0.1", "dagster-code-demo": "127.0.0.1"}
        edits |= {"4000": str(grpc), "3000": str(http)}

        def pod(workload: dict[str, Any], image: Image) -> contained.Contained:
            inner = workload["spec"]["template"]["spec"]
            name = inner["containers"][0]["name"]
            return contained.pod(folder / name, inner, image, Cluster(texts), edits)

        (migrate,) = (found for (kind, _), found in objects.items() if kind == "Job")
        migration = pod(migrate, webserver)
        with migration.running() as process:
            assert process.wait(120) == 0, migration.log
        code = pod(objects["Deployment", "dagster-code-demo"], code_location)
        web = pod(objects["Deployment", "dagster-webserver"], webserver)
        daemon = pod(objects["Deployment", "dagster-daemon"], built("dagster", "daemon"))
        # Without artifacts the demo keeps all of it in a folder.
        del code.env["FLOE_COMPILED_ARTIFACTS"]
        code.env["FLOE_DEMO_HOME"] = f"{SCRATCH[0][1]}/demo"
        started = [running.enter_context(code.running())]
        client: Any = DagsterGrpcClient(port=grpc, host="127.0.0.1")
        until(lambda: client.health_check_query() == "SERVING", code, seconds=180)
        started += [running.enter_context(found.running()) for found in (web, daemon)]
        url = f"http://127.0.0.1:{http}"
        until(lambda: status(f"{url}/server_info") == 200, web, seconds=180)
        entry = until(lambda: location(url), web, code, seconds=180)
        assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry
        wanted = {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR"}
        until(lambda: wanted <= heartbeats(url), daemon, seconds=180)
        assert graphql(url, "{version}")["version"] == distributions(webserver)["dagster"]
        for process, found in zip(started, (code, web, daemon), strict=True):
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, found.log


COMPILED = f"""
import json, os, pathlib, sys
from floe_demo.artifacts import Artifacts
from floe_demo.settings import Settings
from floe_demo.warehouse import profile
kind, more = sys.argv[1], json.loads(sys.argv[2])
said = json.loads(pathlib.Path("/etc/artifacts.json").read_text())
if kind == "bigquery":
    said["resolved_profiles"]["compute"] |= {{"type": kind, "properties": {{}}}}
if kind == "trino":
    said["resolved_profiles"]["compute"] |= {{"type": "duckdb", "properties": {{}}}}
artifacts = Artifacts.model_validate(said)
settings = Settings(home=pathlib.Path("/tmp/home"))
profile.written(settings, artifacts, more)
login = {{"GOOGLE_APPLICATION_CREDENTIALS": "/etc/login.json"}}
env = profile.variables(settings, artifacts, {{"orders": 7}}, dict(os.environ) | more | login)
program = {COMPILE!r}
os.execve(sys.executable, [sys.executable, "-c", program, kind, str(profile.PROJECT), "new"], env)
"""


@pytest.mark.parametrize(
    ("kind", "more"), [("trino", TRINO), ("snowflake", SNOWFLAKE), ("bigquery", BIGQUERY)]
)
def test_dbt_compiles_in_the_image_without_a_network(
    code_location: Image, folder: Path, kind: str, more: dict[str, str]
) -> None:

    (folder / "login.json").write_text(json.dumps(LOGIN))
    volumes = [
        *SCRATCH,
        (EXAMPLES / "snowflake-adls.json", "/etc/artifacts.json"),
        (folder / "login.json", "/etc/login.json"),
    ]
    command = ["python", "-c", COMPILED, kind, json.dumps(more)]
    done = without_network(code_location, command, volumes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.asked == []


BATCH = """
import os, pathlib, sys
home = pathlib.Path("/tmp/demo")
os.environ.update(FLOE_DEMO_HOME=str(home), FLOE_DEMO_SCHEDULE_BATCH_SIZE="20")
from floe_demo.definitions import defs
from floe_demo.embedded import cycle, opened, summary
with opened(home) as instance:
    done = cycle(defs, instance)
print(summary(home / "demo.duckdb"))
sys.exit(not done)
"""


def test_a_batch_of_the_demo_goes_through_in_the_image_without_a_network(
    code_location: Image,
) -> None:
    """What DuckDB and dbt want at run time, extensions above all, is inside."""
    done = without_network(code_location, ["python", "-c", BATCH], SCRATCH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Summary(batch=" in done.stdout
    assert (done.asked, done.strayed) == ([], 0)


def without_network(image: Image, command: list[str], volumes: contained.Volumes) -> Any:
    """Run a command in an image, in a network of loopback alone."""
    given = [f"{name}={value}" for name, value in contained.variables(image).items()]
    inside = contained.contained(image, command, volumes)
    return alone(["/usr/bin/env", "-i", *given, *inside], resolver="nxdomain")


def test_nothing_in_them_runs_commands_installs_or_compiles(
    webserver: Image, code_location: Image
) -> None:
    assert faults(webserver) == []
    assert faults(code_location) == []


def test_packages_are_those_of_the_locks(webserver: Image, code_location: Image) -> None:
    clouds = [f"image-dagster-{cloud}" for cloud in CLOUDS]
    adapters = [f"image-dbt-{adapter}" for adapter in ADAPTERS]
    assert unlocked(webserver, "image-dagster", "image-dagster-webserver", *clouds) == {}
    own = unlocked(code_location, "image-dagster", "image-dbt", "image-demo", *clouds, *adapters)
    assert own.keys() == {"floe-deploy"}


def test_build_arguments_choose_fewer_adapters_and_clouds() -> None:
    found = distributions(built("dagster", "project", CLOUDS="aws", ADAPTERS="trino")).keys()
    assert {"dagster-aws", "dagster-dbt", "dbt-core", "dbt-trino"} <= found
    others = {"dagster-azure", "dagster-gcp", "dbt-bigquery", "dbt-duckdb", "dbt-snowflake"}
    assert not found & others


def unlocked(image: Image, *locks: str) -> dict[str, str]:
    """Answer the distributions of an image that no lock has at their versions."""
    texts = [(ROOT / "locks" / f"{lock}.txt").read_text() for lock in locks]
    found = distributions(image)
    return {
        name: told
        for name, told in found.items()
        if not any(
            re.search(rf"^{name}(\[.*\])?=={told}[ ;\\]", text, re.MULTILINE) for text in texts
        )
    }


def test_images_have_the_layers_of_the_daemon_in_common(
    webserver: Image, code_location: Image
) -> None:
    daemon = built("dagster", "daemon").layers
    assert webserver.layers[-len(daemon) :] == daemon == code_location.layers[-len(daemon) :]
    assert size(webserver.layers[0]) < size(daemon[0]) / 4


def test_they_are_run_as_the_constructs_run_them(webserver: Image, code_location: Image) -> None:
    nowhere = Postgres(port=5432, user="owner", password="none")
    objects = rendered(nowhere)
    for name, image in (("webserver", webserver), ("code-demo", code_location)):
        pod = objects["Deployment", f"dagster-{name}"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        env = {found["name"]: found.get("value") for found in container["env"]}
        said = contained.variables(image)
        assert pod["securityContext"]["runAsUser"] == USER
        assert image.config["User"] == f"{USER}:{USER}"
        assert not image.config["Entrypoint"]
        assert container["args"][: len(image.config["Cmd"])] == image.config["Cmd"]
        assert {key: said[key] for key in ("DAGSTER_HOME", "HOME")} == {
            key: env[key] for key in ("DAGSTER_HOME", "HOME")
        }

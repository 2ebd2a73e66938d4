"""The verification of prod, run for real: its Job's command and configuration ask real services.

Of what it is told, names that only a cluster's DNS knows are addresses here; ports are its own.
Marquez' server is in no package registry: what its interface and its API answer is a stub's, from
its published API.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import pods
from conftest import build
from cube_warehouse import SECRET, Warehouse
from floe_constructs.jaeger.jaeger import Jaeger
from floe_deploy.preflight.finding import Finding
from jaeger_example import MEMORY, spec
from loopback import address
from old_jaeger import laid_out
from pods import Cluster, Pod
from preflight import only, preflight
from rule_cases import PROD
from service import service
from stub import Asked, Said, stub
from test_dagster_processes import status, until
from test_login_process import login_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tools,
    pytest.mark.requirement("FR-015"),
    pytest.mark.requirement("FR-018"),
]

BIN = Path(sys.executable).parent
FINE = "import dagster as dg\n\n@dg.asset\ndef orders() -> int:\n    return 1\n"
BROKEN = "raise RuntimeError('the warehouse is not set')\n"
WORKSPACE = "load_from:\n" + "".join(
    f"- python_file: {{relative_path: {file}.py, location_name: {name}}}\n"
    for name, file in (("analytics", "fine"), ("finance", "fine"), ("broken", "broken"))
)
NAMESPACES = {"namespaces": [{"name": "default", "ownerName": "anonymous"}]}


@dataclass(frozen=True, kw_only=True)
class Dagster:
    """A webserver, and a daemon that came later."""

    address: str
    without_daemon: list[Finding] = field(default_factory=list)

    def asked(self, *locations: str, port: int = 3000) -> list[Finding]:
        url = f"http://{self.address}:{port}"
        return preflight({"platform": [{"type": "dagster", "url": url, "locations": locations}]})


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Answer a folder that other users reach."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def program(home: Path, *command: str) -> Iterator[None]:
    env = {"DAGSTER_HOME": str(home), "PATH": f"{BIN}:/usr/bin:/bin"}
    with (home / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]], env=env, cwd=home, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def dagster(folder: Path) -> Iterator[Dagster]:
    """Run a Dagster with two locations as prod's are called, and one that cannot be loaded."""
    home, at = folder / "dagster", address()
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    for name, text in (("fine.py", FINE), ("broken.py", BROKEN), ("workspace.yaml", WORKSPACE)):
        (home / name).write_text(text)
    with ExitStack() as running:
        web = ("dagster-webserver", "-h", at, "-p", "3000", "-w", "workspace.yaml")
        running.enter_context(program(home, *web))
        until(lambda: status(f"http://{at}:3000/server_info") == 200, seconds=120)
        before = Dagster(address=at).asked()
        running.enter_context(program(home, "dagster-daemon", "run", "-w", "workspace.yaml"))
        yield Dagster(address=at, without_daemon=before)


@pytest.fixture(scope="module")
def jaeger(folder: Path) -> Iterator[str]:
    objects = build(lambda chart: Jaeger(chart, "jaeger", spec(MEMORY)))
    process = laid_out(objects, objects["Deployment", "jaeger-all-in-one"], folder)
    with process.running():
        yield process.address


def marquez(asked: Asked) -> Said:
    """Answer as Marquez' interface does, which hands on what the API says."""
    if asked.path == "/api/v1/namespaces":
        return Said(body=NAMESPACES)
    return Said(body="<!doctype html>", headers={"content-type": "text/html"})


@pytest.fixture(scope="module")
def names(
    dagster: Dagster, jaeger: str, warehouse: Warehouse, folder: Path
) -> Iterator[dict[str, str]]:
    """Answer where each Service's name leads."""
    found = {"dagster-webserver": dagster.address}
    found |= dict.fromkeys(("jaeger-query", "jaeger-collector"), jaeger)
    with ExitStack() as running:
        found["cube-api"] = running.enter_context(warehouse.cube().server()).address
        stubbed = running.enter_context(stub(marquez))
        port = int(stubbed.url.rpartition(":")[2])
        for name, own in (("marquez-api", 5000), ("marquez-web", 3000)):
            found[name] = address()
            running.enter_context(service((found[name], own), lambda: [("127.0.0.1", port)]))
        (folder / "login").mkdir()
        login = running.enter_context(login_of(folder / "login"))
        at, proxy = address(), ("127.0.0.1", login.proxy.port)
        running.enter_context(service((at, 4180), lambda: [proxy]))
        yield found | {f"login-{it}": at for it in ("dagster", "jaeger", "marquez")}


def job(folder: Path, names: Mapping[str, str], *, wait: bool = True) -> Pod:
    """Lay out the pod of prod's Job as it is written."""
    body: dict[str, Any] = PROD["60-verify/job-preflight-verify.yaml"]
    texts = {
        ("ConfigMap", "preflight-verify"): PROD["60-verify/configmap-preflight-verify.yaml"][
            "data"
        ],
        ("Secret", "cube-api"): {"value": SECRET},
    }
    cluster = Cluster(lambda kind, name: texts[kind, name])
    led = {f"http://{name}": f"http://{at}" for name, at in names.items()}
    edits = {**led, **({} if wait else {"--wait=180": "--wait=0"})}
    return pods.pod(folder, body["spec"]["template"]["spec"], cluster, edits)


def test_the_job_of_prod_passes_where_all_services_answer(
    folder: Path, names: dict[str, str]
) -> None:
    found = job(folder / "passes", names)
    with found.running() as process:
        code = process.wait(240)
    assert code == 0, found.log
    assert "preflight passed: 13 checks" in found.log
    for told in (
        "Dagster 1.13",
        "code location analytics is loaded",
        "code location finance is loaded",
        "daemons give signs of life",
        "Cube is ready, and refuses who has no token",
        "the model compiles: 4 cubes and views",
        "Jaeger knows",
        "OTLP over HTTP is taken in",
        "Marquez knows 1 namespace",
        "Marquez' interface shows what the API says",
        "the login is ready, and lets nobody through without a session",
    ):
        assert told in found.log
    assert SECRET not in found.log


def test_the_job_names_what_does_not_answer_and_is_tried_again(
    folder: Path, names: dict[str, str]
) -> None:
    """It would wait for three minutes before it says so, of which nothing is learned here."""
    found = job(folder / "away", names | {"jaeger-query": address()}, wait=False)
    with found.running() as process:
        code = process.wait(60)
    assert code == 1, found.log
    assert "platform.jaeger" in found.log
    assert "CONN_REFUSED" in found.log
    assert "platform.otlp" in found.log
    (line,) = [
        line
        for line in found.log.splitlines()
        if line.startswith("[PLATFORM] ERROR: platform.jaeger")
    ]
    assert "Remediation: The service is down" in line


def test_a_daemon_that_never_came_and_one_that_lives_are_told_apart(dagster: Dagster) -> None:
    fault = only(dagster.without_daemon, "platform.dagster.daemon")
    assert (fault.code, "SCHEDULER" in fault.message) == ("DAGSTER_DAEMON_SILENT", True)
    assert until(lambda: only(dagster.asked(), "platform.dagster.daemon").status == "ok")


def test_a_location_that_cannot_be_loaded_is_named_with_the_error(dagster: Dagster) -> None:
    found = dagster.asked("analytics", "broken", "elsewhere")
    assert only(found, "platform.dagster.code-analytics").status == "ok"
    broken = only(found, "platform.dagster.code-broken")
    assert broken.code == "DAGSTER_LOCATION_FAILED"
    assert "the warehouse is not set" in broken.message
    absent = only(found, "platform.dagster.code-elsewhere")
    assert absent.code == "DAGSTER_LOCATION_ABSENT"
    assert "it knows analytics, finance, broken" in absent.message


def cube(at: str, secret: str = SECRET) -> list[Finding]:
    target = {"type": "cube", "url": f"http://{at}:4000", "api_secret": {"env": "KEPT"}}
    return preflight({"platform": [target]}, {"KEPT": secret})


def test_a_cube_whose_database_is_away_or_whose_secret_is_another(
    warehouse: Warehouse, names: dict[str, str]
) -> None:
    at = names["cube-api"]
    ready, model = cube(at, "another one that is longer than thirty-two bytes")
    assert (ready.status, model.code) == ("ok", "CUBE_TOKEN_REFUSED")
    with warehouse.away():
        assert until(lambda: cube(at)[0].code == "CUBE_NOT_READY")
    assert until(lambda: cube(at)[0].code == "OK")


def test_a_model_that_does_not_compile_is_found_where_readiness_finds_nothing(
    warehouse: Warehouse,
) -> None:
    model = {"orders.yml": "cubes:\n- name: orders\n  sql_table: orders\n  measures: {no: list}\n"}
    with warehouse.cube(model=model).server() as server:
        ready, compiled = cube(server.address)
    assert (ready.status, compiled.code) == ("ok", "CUBE_MODEL")
    assert "measures must be defined as array" in compiled.message


def test_each_real_service_is_no_other(names: dict[str, str]) -> None:
    """None of them is taken for another one."""
    ports = {"dagster-webserver": 3000, "cube-api": 4000, "jaeger-query": 16686}
    ports |= {"jaeger-collector": 4318, "login-dagster": 4180}
    own = dict(zip(("dagster", "cube", "jaeger", "otlp", "login"), ports, strict=True))
    for kind, name in own.items():
        others = [
            {"type": kind, "name": other, "url": f"http://{names[other]}:{port}"}
            for other, port in ports.items()
            if other != name
        ]
        found = preflight({"platform": others})
        first = [one for one in found if one.id.count(".") == 1]
        assert {one.code for one in first} <= {"WRONG_SERVICE"}, (kind, first)

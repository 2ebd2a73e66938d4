"""The rendered Dagster on a real control plane and PostgreSQL: what users have when things fail."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from api_server import ApiServer
from container import Container
from dagster_platform import NAMESPACE, Platform, of, rendered, secret
from kubelet import kubelet
from postgres import free_port, postgres

pytestmark = [pytest.mark.tools, pytest.mark.slow]
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture(scope="module")
def platform(plane: ApiServer) -> Iterator[Platform]:
    """Bring Dagster in, in the order of a release, with a compute engine that is away."""
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        for name in ("postgres", "pods"):
            (folder / name).mkdir()
        for at in (folder, *folder.iterdir()):
            at.chmod(0o755)
        database = running.enter_context(postgres(folder / "postgres"))
        database.sql("create role analyst login password 'open'")
        engine = f"127.0.0.1:{free_port()}"
        objects = rendered(database, engine, "dagster_definitions")

        metadata = {"name": NAMESPACE, "labels": RESTRICTED}
        plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        login = f"analyst:open@{database.host}:{database.port}"
        dsn = f"postgresql+psycopg2://{login}/{database.database}"
        plane.apply(
            [
                secret("database", user=database.user, password=database.password),
                secret("warehouse", dsn=dsn),
                secret("gcp", **{"key.json": "{}"}),
            ]
        )
        plane.apply(of(objects, "ServiceAccount", "Role", "ConfigMap", "Service"))
        plane.apply(of(objects, "RoleBinding"))
        node = running.enter_context(kubelet(plane, NAMESPACE, folder / "pods"))
        code = node.expose(objects["Service", "dagster-code-shop"])
        node.names["dagster-code-shop"] = code
        web = node.expose(objects["Service", "dagster-webserver"])
        found = Platform(
            plane=plane,
            node=node,
            objects=objects,
            database=database,
            engine=engine,
            folder=folder,
            url=f"http://{web}:3000",
        )
        found.migrate("dagster-migrate")
        plane.apply(of(objects, "Deployment"))
        found.until(lambda: found.serves() and found.loaded() and found.watches())
        found.schedule()  # it fires at the full minute, while other tests do theirs
        yield found


@pytest.mark.requirement("FR-005")
def test_dagster_serves_while_the_engine_is_away_and_a_run_says_so_and_is_tried_again(
    platform: Platform,
) -> None:
    assert platform.loaded()
    first = platform.launch("engine")
    assert platform.until(lambda: platform.ended(first)) == "FAILURE"
    host, _, port = platform.engine.partition(":")
    assert f"HTTPConnection(host='{host}', port={port})" in platform.failure(first)

    def again() -> str | None:
        later = [run for run in platform.runs().values() if run["parentRunId"] == first]
        return later[0]["runId"] if later else None

    second = platform.until(again)
    assert platform.until(lambda: platform.ended(second)) == "FAILURE"
    jobs = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    assert platform.until(
        lambda: all(
            platform.plane.ask("GET", f"{jobs}/dagster-run-{run}")["status"].get("failed")
            for run in (first, second)
        )
    )


def test_a_credential_revoked_in_mid_run_fails_it_with_an_error_that_names_it(
    platform: Platform,
) -> None:
    file = platform.folder / "warehouse"
    config = {"config": {"file": str(file)}}
    run = platform.launch("warehouse", ops={"ask_warehouse_twice": config})
    platform.until(lambda: platform.under_way(run))
    platform.database.sql("alter role analyst nologin")
    file.touch()
    assert platform.until(lambda: platform.ended(run)) == "FAILURE"
    assert 'role "analyst" is not permitted to log in' in platform.failure(run)


def test_a_schedule_fires(platform: Platform) -> None:
    def fired() -> str | None:
        runs = [run for run in platform.runs().values() if run["jobName"] == "nightly"]
        return runs[0]["runId"] if runs else None

    run = platform.until(fired)
    assert platform.until(lambda: platform.ended(run)) == "SUCCESS"


def test_a_run_in_flight_outlives_every_process_of_the_control_plane_and_the_migration(
    platform: Platform,
) -> None:
    file = platform.folder / "long"
    run = platform.launch("long", ops={"work": {"config": {"file": str(file)}}})
    platform.until(lambda: platform.under_way(run))

    parts = ("webserver", "daemon", "code-shop")
    before = {
        name for part in parts for name in platform.pods(**{"app.kubernetes.io/component": part})
    }
    assert len(before) == 3
    for name in before:
        platform.plane.ask("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}")
    platform.migrate("dagster-migrate-again")
    platform.until(lambda: not before & set(platform.pods()) and platform.serves())

    assert platform.ended(run) is None
    file.touch()
    assert platform.until(lambda: platform.ended(run)) == "SUCCESS"


def test_code_that_does_not_load_never_becomes_ready_and_the_code_before_it_goes_on(
    platform: Platform,
) -> None:
    broken = rendered(platform.database, platform.engine, "dagster_definitions.broken")
    component = {"app.kubernetes.io/component": "code-shop"}
    (before,) = platform.pods(**component)
    platform.plane.apply([broken["Deployment", "dagster-code-shop"]])

    def crashed() -> Container | None:
        known = platform.node.containers
        names = [name for name in platform.pods(**component) if name != before and name in known]
        return next((known[name] for name in names if known[name].codes), None)

    container = platform.until(crashed)
    assert container.codes[0] != 0
    assert "ModuleNotFoundError" in container.pod.log
    assert not container.ready
    deployment = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/dagster-code-shop"
    found = platform.plane.ask("GET", deployment)["status"]
    assert (found["availableReplicas"], found["updatedReplicas"]) == (1, 1)
    assert before in platform.pods(**component)
    assert platform.loaded()
    run = platform.launch("long", ops={"work": {"config": {"file": str(platform.folder)}}})
    assert platform.until(lambda: platform.ended(run)) == "SUCCESS"
    platform.plane.apply([platform.objects["Deployment", "dagster-code-shop"]])
    platform.until(platform.serves)

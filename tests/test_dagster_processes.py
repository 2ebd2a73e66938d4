"""The rendered command lines, variables and files, run for real on PostgreSQL."""

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from dagster._api.list_repositories import sync_list_repositories_grpc
from dagster._grpc.client import DagsterGrpcClient
from sqlalchemy import inspect

import pods
from conftest import Objects, Synth
from dagster_example import LARGE, RESOURCES, SHOP, spec
from floe_constructs.dagster import Dagster
from pods import Cluster, Edits, Pod
from postgres import Postgres, free_port, postgres

Answer = TypeVar("Answer")


def pod(
    folder: Path, objects: Objects, workload: dict[str, Any], secrets: Edits, edits: Edits
) -> Pod:
    """Lay out a pod of a workload."""

    def texts(kind: str, name: str) -> Mapping[str, str]:
        if kind == "ConfigMap":
            data: dict[str, str] = objects[kind, name]["data"]
            return data
        start = f"{name}/"
        return {
            key.removeprefix(start): text for key, text in secrets.items() if key.startswith(start)
        }

    spec = workload["spec"]["template"]["spec"]
    root = folder / str(spec["containers"][0]["name"])
    return pods.pod(root, spec, Cluster(texts), edits)


@pytest.fixture
def database(folder: Path) -> Iterator[Postgres]:
    (folder / "postgres").mkdir(mode=0o755)
    with postgres(folder / "postgres") as found:
        yield found


def until(ask: Callable[[], Answer | None], *pods: Pod, seconds: int = 60) -> Answer:
    """Ask until there is an answer that counts."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, "\n".join(found.log[-3000:] for found in pods)
        time.sleep(0.2)
    return answer


def tables(database: Postgres) -> set[str]:
    with database.engine() as engine:
        return set(inspect(engine).get_table_names())


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  a fixed scheme
            found: int = answer.status
            return found
    except (URLError, OSError):
        return 0


def graphql(url: str, query: str) -> dict[str, Any]:
    body = json.dumps({"query": query}).encode()
    request = Request(f"{url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310  a fixed scheme
        found: dict[str, Any] = json.load(answer)
    assert "errors" not in found, found
    data: dict[str, Any] = found["data"]
    return data


def location(url: str) -> dict[str, Any] | None:
    entries = graphql(
        url,
        "{workspaceOrError{... on Workspace{locationEntries{name loadStatus "
        "locationOrLoadError{__typename ... on PythonError{message}}}}}}",
    )["workspaceOrError"]["locationEntries"]
    (entry,) = entries
    return dict(entry) if entry["loadStatus"] == "LOADED" else None


def heartbeats(url: str) -> set[str]:
    statuses = graphql(
        url, "{instance{daemonHealth{allDaemonStatuses{daemonType lastHeartbeatTime}}}}"
    )["instance"]["daemonHealth"]["allDaemonStatuses"]
    return {found["daemonType"] for found in statuses if found["lastHeartbeatTime"]}


def ticks(url: str) -> list[dict[str, Any]]:
    selector = (
        '{repositoryName:"__repository__",repositoryLocationName:"shop",'
        'sensorName:"looks_into_the_instance"}'
    )
    found = graphql(
        url,
        f"{{sensorOrError(sensorSelector:{selector}){{__typename ... on Sensor"
        "{sensorState{ticks(limit:1){status skipReason error{message}}}}}}",
    )["sensorOrError"]
    answered: list[dict[str, Any]] = found["sensorState"]["ticks"]
    return [tick for tick in answered if tick["status"] != "STARTED"]


@pytest.mark.requirement("FR-005")
@pytest.mark.requirement("FR-007")
def test_the_rendered_dagster_runs_on_postgresql_as_a_user_who_may_write_nothing(
    synth: Synth, folder: Path, database: Postgres
) -> None:
    secrets = {
        "database/user": database.user,
        "database/password": database.password,
        "polaris-client-id/value": "client",
        "gcp/key.json": "{}",
    }
    server = {"resources": RESOURCES, "replicas": 2}
    dagster = spec(
        code_locations=[SHOP | {"module": "dagster_definitions", "server": server}],
        compute_logs=None,
        concurrency={"runs": {"max_concurrent_runs": 3}},
        database=LARGE["database"]
        | {
            "host": database.host,
            "port": database.port,
            "database": database.database,
            "sslmode": "disable",
        },
    )
    objects = synth(lambda chart: Dagster(chart, "dagster", dagster))
    grpc, http = free_port(), free_port()
    edits = {"0.0.0.0": "127.0.0.1", "dagster-code-shop": "127.0.0.1"}
    edits |= {"4000": str(grpc), "3000": str(http)}
    (migrate,) = (found for (kind, _), found in objects.items() if kind == "Job")
    migration, *others = (
        pod(folder, objects, workload, secrets, edits)
        for workload in (
            migrate,
            *(
                objects["Deployment", f"dagster-{of}"]
                for of in ("code-shop", "webserver", "daemon")
            ),
        )
    )
    with migration.running() as process:
        assert process.wait(60) == 0, migration.log
    assert {"runs", "event_logs", "job_ticks", "alembic_version"} <= tables(database)

    code, webserver, daemon = others
    url = f"http://127.0.0.1:{http}"
    with contextlib.ExitStack() as running:
        code_process = running.enter_context(code.running())
        client: Any = DagsterGrpcClient(port=grpc, host="127.0.0.1")
        until(lambda: client.health_check_query() == "SERVING", code)
        web = running.enter_context(webserver.running())
        acting = running.enter_context(daemon.running())
        until(lambda: status(f"{url}/server_info") == 200, webserver)

        told = sync_list_repositories_grpc(client)
        assert told.container_image == SHOP["image"]
        context = json.loads(code.env["DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"])
        assert told.container_context == context
        assert client.get_server_id() == code.args[code.args.index("--fixed-server-id") + 1]

        entry = until(lambda: location(url), webserver)
        assert entry["name"] == "shop"
        assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
        queue = graphql(url, "{instance{runQueueConfig{maxConcurrentRuns}}}")
        assert queue["instance"]["runQueueConfig"]["maxConcurrentRuns"] == 3

        wanted = {
            "SCHEDULER",
            "SENSOR",
            "QUEUED_RUN_COORDINATOR",
            "MONITORING",
            "EVENT_LOG_CONSUMER",
        }
        until(lambda: wanted <= heartbeats(url), daemon)
        (tick,) = until(lambda: ticks(url), daemon, code)
        assert (tick["status"], tick["skipReason"]) == (
            "SKIPPED",
            f"0 runs, {LARGE['artifacts']}",
        ), tick

        for process, found in ((web, webserver), (acting, daemon), (code_process, code)):
            process.send_signal(signal.SIGTERM)
            assert process.wait(found.grace_seconds) == 0, found.log

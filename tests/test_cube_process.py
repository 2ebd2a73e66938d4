"""The rendered Cube, run for real on PostgreSQL."""

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

from cube_data import BY_CATEGORY, BY_DAY, BY_REGION
from cube_server import TOOLS, WORK, Example, Server
from cube_warehouse import SECRET, TOKEN, Warehouse
from floe_constructs.cube.model import FOLDER
from floe_constructs.kubernetes.value import mebibytes
from object_stores import NODE
from pods import Pod
from tls import Authority, postgres_over_tls

pytestmark = [pytest.mark.tools, pytest.mark.slow]


@pytest.fixture(scope="module")
def api(warehouse: Warehouse) -> Iterator[Server]:
    with warehouse.cube().server() as found:
        yield found


@pytest.mark.requirement("FR-005")
def test_the_rendered_api_answers_from_postgresql_as_a_user_who_may_write_nothing(
    api: Server,
) -> None:
    assert [api.get(path)[0] for path in ("/readyz", "/livez")] == [200, 200]
    assert api.rows(BY_REGION, TOKEN) == [
        {
            "orders.region": region,
            "orders.total_revenue": revenue,
            "orders.count": count,
            "orders.average_order_value": average,
        }
        for region, revenue, count, average in (
            ("APAC", "20.00", "1", "20.0000000000000000"),
            ("EMEA", "15.50", "2", "7.7500000000000000"),
        )
    ]
    assert [row["order_items.revenue"] for row in api.rows(BY_CATEGORY, TOKEN)] == ["5.00", "30.50"]
    root = api.pod.root
    assert [path for path in root.rglob("*") if path.stat().st_uid == api.pod.user] == [
        root / "tmp"
    ]


@pytest.mark.parametrize(
    "token",
    [
        None,
        jwt.encode({}, "x" * 32),
        jwt.encode({}, "", "none"),
        jwt.encode({"exp": 1}, SECRET),
    ],
    ids=["none", "of another secret", "unsigned", "expired"],
)
def test_who_has_no_token_of_the_secret_gets_no_answer(api: Server, token: str | None) -> None:
    for about in ("load", "sql", "dry-run"):
        assert api.ask(BY_REGION, token, about)[0] == 403
    assert api.get("/cubejs-api/v1/meta", token)[0] == 403
    assert api.get("/playground/context")[0] == 404  # it is there in development mode alone


def test_whoever_asks_gets_the_rows_of_their_claim_and_of_no_other_region(
    warehouse: Warehouse,
) -> None:
    with warehouse.cube(row_level_security={"column": "region"}).server() as api:
        mine = jwt.encode({"region": "EMEA"}, SECRET)
        assert [row["orders.region"] for row in api.rows(BY_REGION, mine)] == ["EMEA"]
        others = [{"member": "orders.region", "operator": "notEquals", "values": ["EMEA"]}]
        assert api.rows(BY_REGION | {"filters": others}, mine) == []
        either = [{"or": [*others, {"member": "orders.region", "operator": "set"}]}]
        assert len(api.rows(BY_REGION | {"filters": either}, mine)) == 1
        for query, token, why in (
            (BY_REGION, TOKEN, "Refused by row-level security"),
            (BY_CATEGORY, mine, "'region' not found"),  # of a cube that does not have it
        ):
            status, answer = api.ask(query, token)
            assert (status, why in answer["error"]) == (400, True), answer


def test_while_the_database_is_away_pods_are_not_ready_and_not_restarted(
    warehouse: Warehouse, api: Server
) -> None:
    with warehouse.away():
        api.until(lambda: not api.pleases("readinessProbe"))
        assert api.pleases("livenessProbe")
        assert api.get("/livez")[0] == 500  # as a liveness probe it would end all pods at once
    api.until(lambda: api.pleases("readinessProbe"))
    assert api.rows(BY_REGION, TOKEN)


def test_the_worker_builds_for_each_time_zone_what_the_api_finds_and_never_builds(
    warehouse: Warehouse,
) -> None:
    cube = warehouse.cube(time_zones=["UTC", "America/New_York"])
    schema = "test_pre_aggregations"
    with cube.server() as api:
        status, answer = api.ask(BY_DAY, TOKEN)
        assert (status, warehouse.tables(schema)) == (400, 0)
        assert "set up to build pre-aggregations" in answer["error"]
    with cube.server("cube-refresh-worker") as worker:
        worker.until(lambda: warehouse.tables(schema) == 2)
    with cube.server() as api:
        _, answer = api.ask(BY_DAY, TOKEN, "sql")
        assert f"FROM {schema}.orders_revenue_by_day" in answer["sql"]["sql"][0]

        def days(zone: str) -> dict[str, str]:
            rows = api.rows(BY_DAY | {"timezone": zone}, TOKEN)
            return {row["orders.order_date.day"][:10]: row["orders.total_revenue"] for row in rows}

        assert days("UTC") == {"2026-01-31": "10.50", "2026-02-01": "20.00", "2026-02-02": "5.00"}
        assert days("America/New_York") == {"2026-01-31": "30.50", "2026-02-02": "5.00"}
        status, answer = api.ask(BY_DAY | {"timezone": "Asia/Tokyo"}, TOKEN)
        assert (status, warehouse.tables(schema)) == (400, 2)


def over_tls(warehouse: Warehouse, port: int, known: Authority) -> Example:
    source = {
        "host": "localhost",
        "port": port,
        "sslmode": "verify-full",
        "ca": {"name": "authorities", "key": "ca.pem"},
    }
    return warehouse.cube(known, source=source)


def test_with_verify_full_the_databases_certificate_is_verified(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    known, other = Authority("known"), Authority("other")
    context = known.server(tmp_path, "localhost")
    with postgres_over_tls(warehouse.database.port, context) as port:
        with over_tls(warehouse, port, known).server() as api:
            assert api.rows(BY_REGION, TOKEN)
        with over_tls(warehouse, port, other).started() as api:
            refused(api, "unable to verify the first certificate")
    context = known.server(tmp_path, "elsewhere.example.com")
    with (
        postgres_over_tls(warehouse.database.port, context) as port,
        over_tls(warehouse, port, known).started() as api,
    ):
        refused(api, "does not match certificate's altnames")


def refused(api: Server, why: str) -> None:
    api.until(lambda: api.pleases("startupProbe"))
    assert not api.pleases("readinessProbe")
    assert why in json.dumps(api.ask(BY_REGION, TOKEN))


def linked(model: Path) -> None:
    """Lay the model's files as the kubelet does those of a ConfigMap mounted as a folder."""
    hidden = model / "..2026_11_26"
    files = list(model.iterdir())
    hidden.mkdir()
    (model / "..data").symlink_to(hidden.name)
    for file in files:
        file.rename(hidden / file.name)
        file.symlink_to(f"..data/{file.name}")


def compiled(pod: Pod) -> list[Any]:
    """Answer what today's Cube and the server make of the model in a pod."""
    command = [str(NODE), str(TOOLS / "compile.cjs"), FOLDER]
    folder = pod.root / WORK
    answer = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    found: list[Any] = json.loads(answer.stdout)
    return found


def test_models_compile_where_they_are_mounted_with_the_compiler_of_todays_cube_too(
    api: Server,
) -> None:
    cubes = ["customers", "order_items", "orders", "products"]
    assert compiled(api.pod) == [cubes, cubes]
    _, answer = api.get("/cubejs-api/v1/meta", TOKEN)
    assert sorted(cube["name"] for cube in answer["cubes"]) == cubes


def test_a_model_mounted_as_a_folder_would_be_read_twice_by_way_of_its_links(
    warehouse: Warehouse,
) -> None:
    pod = warehouse.cube().pod()
    linked(pod.root / WORK / FOLDER)
    today, _ = compiled(pod)
    assert "Found duplicate cube name 'orders'" in today


def test_without_model_files_all_that_is_asked_is_refused_with_the_reason(
    warehouse: Warehouse,
) -> None:
    with warehouse.cube(model=None).server() as found:
        status, answer = found.ask(BY_REGION, TOKEN)
        assert (status, "Model files not found" in answer["error"]) == (500, True)


@pytest.mark.parametrize("memory", ["384Mi", "3Gi"])
@pytest.mark.parametrize("settings", ["api", "refresh_worker"])
def test_nodes_heap_is_what_is_said_and_leaves_room_in_the_containers_memory(
    warehouse: Warehouse, memory: str, settings: str
) -> None:
    changes: dict[str, Any] = {settings: {"resources": {"cpu": "500m", "memory": memory}}}
    cube = warehouse.cube(**changes)
    env = cube.pod(f"cube-{settings.replace('_', '-')}").env
    ask = "console.log(require('v8').getHeapStatistics().heap_size_limit)"
    answer = subprocess.run([NODE, "-e", ask], env=env, check=True, capture_output=True, text=True)
    limit = int(answer.stdout) / 2**20
    said = cube.spec.heap(getattr(cube.spec, settings))
    assert said <= limit < mebibytes(memory)


ASKED = (
    "select count(*) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' "
    "and pid <> pg_backend_pid()"
)


def test_a_query_in_flight_is_answered_when_the_pod_has_to_go(warehouse: Warehouse) -> None:
    slow = (
        "cubes:\n- name: slow\n  sql: select pg_sleep(2)::text as slept\n"
        "  dimensions:\n  - {name: slept, sql: slept, type: string}\n"
    )
    with warehouse.cube(model={"slow.yml": slow}).server() as api, ThreadPoolExecutor() as pool:
        answer = pool.submit(api.ask, {"dimensions": ["slow.slept"]}, TOKEN)
        api.until(lambda: warehouse.database.sql(ASKED))
        api.process.send_signal(signal.SIGTERM)
        status, body = answer.result(30)
        assert (status, len(body["data"])) == (200, 1)
        assert api.process.wait(api.pod.grace_seconds) == 0

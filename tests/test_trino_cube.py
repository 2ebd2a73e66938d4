"""The rendered Cube, run for real on Trino: by TLS, with a password and an authority of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from cube_data import BY_CATEGORY, BY_DAY, BY_REGION, MODEL, TABLES
from cube_example import SMALL
from cube_server import Example
from cube_warehouse import SECRET, TOKEN
from floe_constructs.cube import CubeSpec
from tls import Authority
from trino import HOST, Trino

pytestmark = [pytest.mark.tools, pytest.mark.slow]

Cube = Callable[..., Example]


@pytest.fixture(scope="module")
def engine(coordinator: Trino) -> Trino:
    for statement in TABLES:
        coordinator.sql(statement)
    return coordinator


@pytest.fixture
def cube(engine: Trino) -> Iterator[Cube]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)

        def answer(password: str = engine.password, known: Authority = engine.authority) -> Example:
            source: dict[str, Any] = {
                "type": "trino",
                "host": HOST,
                "port": engine.port,
                "catalog": "memory",
                "schema": "marts",
                "user": engine.user,
                "password": {"name": "trino", "key": "password"},
                "ca": {"name": "trino", "key": "ca.pem"},
            }
            secrets = {"cube-api/value": SECRET}
            secrets |= {"trino/password": password, "trino/ca.pem": known.pem}
            spec = CubeSpec.model_validate(SMALL | {"model": MODEL, "source": source})
            return Example(folder=folder, spec=spec, secrets=secrets)

        yield answer


@pytest.mark.requirement("FR-005")
def test_the_rendered_api_answers_from_trino(cube: Cube) -> None:
    with cube().server() as api:
        assert [
            [row[f"orders.{name}"] for name in ("region", "total_revenue", "count")]
            for row in api.rows(BY_REGION, TOKEN)
        ] == [["APAC", "20.00", 1], ["EMEA", "15.50", 2]]
        assert [row["order_items.revenue"] for row in api.rows(BY_CATEGORY, TOKEN)] == [
            "5.00",
            "30.50",
        ]
        average = BY_DAY | {"measures": ["orders.average_order_value"]}
        days = {
            row["orders.order_date.day"][:10]: row["orders.average_order_value"]
            for row in api.rows(average | {"timezone": "America/New_York"}, TOKEN)
        }
        assert days == {"2026-01-31": "15.25", "2026-02-02": "5.00"}


def test_a_server_of_another_authority_leaves_pods_unready(cube: Cube) -> None:
    with cube(known=Authority("other")).started() as api:
        api.until(lambda: api.pleases("startupProbe"))
        assert not api.pleases("readinessProbe")
        assert "unable to verify the first certificate" in str(api.ask(BY_REGION, TOKEN))


def test_a_wrong_password_shows_in_answers_and_not_in_readiness(cube: Cube) -> None:
    with cube(password="wrong").server() as api:
        status, answer = api.ask(BY_REGION, TOKEN)
        assert (status, "Access Denied" in answer["error"]) == (400, True), answer

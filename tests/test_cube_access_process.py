"""Who gets which rows from the real Cube, by whose tokens, and out of which database."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa

from cube_data import BY_CATEGORY, BY_DAY, BY_REGION, MODEL
from cube_server import Server
from cube_warehouse import SECRET, Warehouse
from pods import Body
from signer import Signer

pytestmark = [pytest.mark.tools, pytest.mark.slow]

ROWS: dict[str, Any] = {"row_level_security": {"column": "organization_id"}}
REFUSED = "Refused by row-level security"


def token(**claims: object) -> str:
    return jwt.encode(claims, SECRET)


ACME = token(organization_id="acme")


@pytest.fixture(scope="module")
def api(warehouse: Warehouse) -> Iterator[Server]:
    with warehouse.cube(**ROWS).server() as found:
        yield found


def regions(api: Server, query: Body, by: str) -> list[str]:
    return [row["orders.region"] for row in api.rows(query, by)]


def graphql(api: Server, by: str) -> dict[str, Any]:
    query = urlencode({"query": "{cube{orders{region count}}}"})
    url = f"http://{api.address}:4000/cubejs-api/graphql?{query}"
    answer: dict[str, Any] = urllib3.request("GET", url, headers={"Authorization": by}).json()
    return answer


def test_a_token_sees_the_rows_of_its_claim_and_no_others(api: Server) -> None:
    assert regions(api, BY_REGION, ACME) == ["EMEA"]
    assert regions(api, BY_REGION, token(organization_id=["acme", "globex"])) == ["APAC", "EMEA"]
    assert regions(api, BY_REGION, token(organization_id="nobody")) == []
    (items,) = api.rows({"measures": ["order_items.revenue"]}, ACME)
    assert items == {"order_items.revenue": "15.50"}
    assert graphql(api, ACME)["data"]["cube"] == [{"orders": {"region": "EMEA", "count": 2}}]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"organization_id": None},
        {"organization_id": ""},
        {"organization_id": []},
        {"organization_id": ["acme", None]},
        {"organization_id": {"acme": True}},
        {"organization_id": True},
        {"everything": True},
        {"u": {"organization_id": "acme"}},
    ],
    ids=json.dumps,
)
def test_a_token_without_the_claim_sees_nothing(api: Server, claims: Body) -> None:
    for about in ("load", "sql", "dry-run"):
        status, answer = api.ask(BY_REGION, token(**claims), about)
        assert (status >= 400, REFUSED in answer["error"]) == (True, True)
    answer = graphql(api, token(**claims))
    assert (answer["data"], REFUSED in str(answer["errors"])) == (None, True)


@pytest.mark.parametrize(
    "claim",
    ["acme' OR '1'='1", "acme') OR TRUE --", "acme\\' OR TRUE --", "$1", "%", "{CUBE}.status"],
)
def test_a_claim_is_a_value_and_no_sql(api: Server, claim: str) -> None:
    by = token(organization_id=claim)
    assert regions(api, BY_REGION, by) == []
    _, answer = api.ask(BY_REGION, by, "sql")
    sql, values = answer["sql"]["sql"]
    assert (claim in values, "organization_id = $1" in sql) == (True, True)


def test_no_form_of_a_query_gets_around_it(api: Server) -> None:
    other = {"member": "orders.organization_id", "operator": "equals", "values": ["globex"]}
    anything = {"member": "orders.status", "operator": "set"}
    assert regions(api, BY_REGION | {"filters": [{"or": [other, anything]}]}, ACME) == ["EMEA"]
    assert regions(api, BY_REGION | {"filters": [other]}, ACME) == []
    days = {"dimension": "orders.order_date", "granularity": "day"}
    halves = [["2026-01-01", "2026-01-31"], ["2026-02-01", "2026-02-28"]]
    average = {"measures": ["orders.average_order_value"]}
    for query in (
        average | {"timeDimensions": [days | {"compareDateRange": halves}]},
        [average | {"timeDimensions": [days | {"dateRange": half}]} for half in halves],
    ):
        answer = several(api, query)
        found = [
            row["orders.average_order_value"] for one in answer["results"] for row in one["data"]
        ]
        assert sorted(value for value in found if value) == [
            "10.5000000000000000",
            "5.0000000000000000",
        ]
    # Products belong to nobody: their cube has no such dimension.
    status, answer = api.ask(BY_CATEGORY, ACME)
    assert (status, "products.organization_id" in answer["error"]) == (400, True)


def several(api: Server, query: object) -> Body:
    """Answer the results of a query that is several."""
    said = urlencode({"query": json.dumps(query), "queryType": "multi"})

    def answer() -> Body | None:
        status, found = api.get(f"/cubejs-api/v1/load?{said}", ACME)
        assert status == 200, found
        return None if "error" in found else dict(found)

    return api.until(answer)


def test_the_worker_builds_of_everybodys_rows_what_each_sees_his_own_of(
    warehouse: Warehouse,
) -> None:
    cube = warehouse.cube(instance="rows", **ROWS)
    with cube.server("cube-refresh-worker") as worker:
        worker.until(lambda: warehouse.tables("rows_pre_aggregations") == 1)
    with cube.server() as api:
        _, answer = api.ask(BY_DAY, ACME, "sql")
        assert "rows_pre_aggregations.orders_revenue_by_day" in answer["sql"]["sql"][0]
        for claim, sums in (("acme", ["10.50", "5.00"]), ("globex", ["20.00"])):
            rows = api.rows(BY_DAY, token(organization_id=claim))
            assert [row["orders.total_revenue"] for row in rows] == sums


def test_models_of_other_databases_are_asked_there(warehouse: Warehouse) -> None:
    contacts = (
        "cubes:\n- name: contacts\n  data_source: crm\n  sql: select current_database() as kept\n"
        "  dimensions:\n  - {name: kept, sql: kept, type: string}\n"
    )
    own = warehouse.cube().spec.source.model_dump(by_alias=True)
    with warehouse.cube(
        model=MODEL | {"crm/contacts.yml": contacts},
        sources={"crm": own | {"database": "template1"}},
    ).server() as api:
        assert api.rows({"dimensions": ["contacts.kept"]}, token()) == [
            {"contacts.kept": "template1"}
        ]
        assert api.rows(BY_REGION, token())


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    found = Signer(tmp_path_factory.mktemp("signer"))
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_tokens_of_a_login_are_accepted_by_its_published_key_and_nothing_else(
    warehouse: Warehouse, signer: Signer
) -> None:
    trusted = {
        "jwk_url": f"{signer.issuer}keys",
        "audience": "cube",
        "issuer": [signer.issuer],
        "ca": {"name": "authorities", "key": "ca.pem"},
    }
    cube = warehouse.cube(signer.authority, jwt=trusted, api_secret=None, **ROWS)
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = {
        "none": None,
        "of another audience": signer.token(aud="elsewhere"),
        "of another issuer": signer.token(iss="https://elsewhere.example.com/"),
        "expired": signer.token(exp=1),
        "of another algorithm": signer.token("PS256"),
        "of an unknown key": signer.token(kid="2"),
        "of another key": jwt.encode(signer.claims, another, "RS256", {"kid": "1"}),
        "unsigned": jwt.encode(signer.claims, "", "none", {"kid": "1"}),
        "signed with what is published": signer.confused(),
        "signed with a secret": jwt.encode(signer.claims, SECRET, headers={"kid": "1"}),
    }
    with cube.server() as api:
        assert regions(api, BY_REGION, signer.token()) == ["EMEA"]
        answers = {name: api.ask(BY_REGION, by) for name, by in wrong.items()}
        assert {name for name, (status, _) in answers.items() if status != 403} == set(), answers

"""Row-level security as today's gateway of Cube asks for it, 1.7.43: whatever a query's form.

Its compiled part cannot be had, so the SQL API does not run: its queries are sent as it sends them.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from floe_constructs.cube.security import RowLevelSecurity, configuration
from object_stores import NODE
from test_dist import ROOT

pytestmark = [pytest.mark.tools, pytest.mark.requirement("FR-006")]
GATEWAY = ROOT / ".tools" / "cube" / "gateway.cjs"
CLAIMS = {"organization_id": "acme"}
AT = {"dimension": "orders.at", "granularity": "day"}


def asked(folder: Path, *cases: tuple[object, object, bool]) -> list[Any]:
    """Answer the filters of each query as it would run, or why it is refused."""
    (text,) = configuration(RowLevelSecurity(column="organization_id"), None).data.values()
    (folder / "cube.js").write_text(text)
    found = subprocess.run(
        [str(NODE), str(GATEWAY), str(folder / "cube.js")],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers: list[Any] = json.loads(found.stdout)
    return answers


def narrowed(filters: list[dict[str, Any]]) -> set[str]:
    """Answer the cubes that a query is narrowed down in."""
    wanted = [one for one in filters if one.get("values") == ["acme"]]
    return {str(one.get("member")).partition(".")[0] for one in wanted}


def expression(**said: object) -> str:
    function = {"type": "SqlFunction", "cubeParams": ["orders"], "sql": "${orders.count}"}
    return json.dumps({"cubeName": "orders", "alias": "x", "expr": function} | said)


def patch(measure: str, *cubes: str) -> dict[str, object]:
    added = [{"cubeParams": list(cubes), "sql": "1=1"}] if cubes else []
    return {
        "type": "PatchMeasure",
        "sourceMeasure": measure,
        "replaceAggregationType": "sum",
        "addFilters": added,
    }


@pytest.mark.parametrize(
    ("query", "sql", "cubes"),
    [
        ({"measures": ["orders.count"], "timeDimensions": [AT]}, False, [{"orders"}]),
        (
            [
                {"measures": ["orders.count"], "timeDimensions": [AT]},
                {"measures": ["b.count"], "timeDimensions": [AT | {"dimension": "b.at"}]},
            ],
            False,
            [{"orders"}, {"b"}],
        ),
        (
            {
                "measures": ["orders.count"],
                "timeDimensions": [AT | {"compareDateRange": ["last week", "last month"]}],
            },
            False,
            [{"orders"}, {"orders"}],
        ),
        (
            {"measures": ["orders.count"], "joinHints": [["orders", "items"]]},
            False,
            [{"orders", "items"}],
        ),
        ({"measures": [expression()], "order": [["x", "desc"]]}, True, [{"orders"}]),
        (
            {"measures": [expression(expr=patch("items.total", "products"))]},
            True,
            [{"orders", "items", "products"}],
        ),
        ({"dimensions": ["orders.status"], "ungrouped": True}, True, [{"orders"}]),
    ],
)
def test_every_form_of_a_query_is_narrowed_down(
    tmp_path: Path, *, query: object, sql: bool, cubes: list[set[str]]
) -> None:
    (filters,) = asked(tmp_path, (query, CLAIMS, sql))
    assert not isinstance(filters, str), filters
    assert [narrowed(one) for one in filters] == cubes


FORGED = {"cubeName": "orders", "name": "x", "definition": expression()}
FORGERIES = [
    FORGED | {"expression": patch("secret.total")},
    FORGED | {"expression": ["secret", "return `${secret.total}`"]},
    expression(),
]


def test_a_request_brings_no_expressions_of_its_own(tmp_path: Path) -> None:
    """Cube's gateway looks for them in texts alone."""
    cases: list[tuple[object, object, bool]] = [
        ({"measures": [it]}, CLAIMS, False) for it in FORGERIES
    ]
    answers = asked(tmp_path, *cases)
    whys = ("an expression comes from elsewhere", "Expressions are not allowed in this context")
    assert all(any(why in answer for why in whys) for answer in answers), answers


def test_what_is_refused_is_the_fault_of_whoever_asks(tmp_path: Path) -> None:
    query = {"measures": ["orders.count"]}
    joined = query | {"subqueryJoins": [{"sql": "SELECT 1", "on": expression(), "alias": "a"}]}
    answers = asked(tmp_path, (query, {}, False), (query, None, False), (joined, CLAIMS, True))
    assert all(answer.startswith("Refused by row-level security: ") for answer in answers), answers

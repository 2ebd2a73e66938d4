"""The demo's cubes answered by real servers, from the generator's rows on, batch after batch."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from by_hand import IN_ADVANCE, PRODUCTS, QUERIES, Rows, exact, reckoned
from cube_server import Server
from demo_cube import ALL, REGIONS, Chain, answer, chain, embedded, refreshed, token
from pods import Body

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-029")]

SEGMENTS: Body = {"measures": ["orders.total_revenue"], "dimensions": ["customers.segment"]}
ROOM = 1000
"""A limit that is not reached: another one each time is a query that nobody remembers."""

DAY = "orders.order_date"
FORMS: dict[str, Body | list[Body]] = {
    "totals": {"measures": ["orders.count", "orders.average_order_value"]},
    "groups": QUERIES["orders"],
    "days of a range": {
        "measures": ["orders.total_revenue"],
        "timeDimensions": [
            {"dimension": DAY, "granularity": "day", "dateRange": ["2025-11-20", "2025-11-26"]}
        ],
    },
    "weeks elsewhere": {
        "measures": ["order_items.revenue"],
        "dimensions": ["orders.status"],
        "timeDimensions": [{"dimension": DAY, "granularity": "week"}],
        "timezone": "America/New_York",
    },
    "years by status": {
        "measures": ["orders.count"],
        "dimensions": ["orders.status"],
        "timeDimensions": [{"dimension": DAY, "granularity": "year"}],
    },
    "two periods": {
        "measures": ["order_items.revenue"],
        "timeDimensions": [
            {
                "dimension": "order_items.order_date",
                "compareDateRange": [["2025-11-18", "2025-11-21"], ["2025-11-22", "2025-11-26"]],
            }
        ],
    },
    "several at once": [
        {
            "measures": [measure],
            "timeDimensions": [
                {
                    "dimension": f"{measure.partition('.')[0]}.order_date",
                    "granularity": "month",
                    "dateRange": ["2025-11-01", "2025-11-30"],
                }
            ],
        }
        for measure in ("orders.count", "order_items.quantity")
    ],
    "nested filters": {
        "measures": ["order_items.revenue"],
        "dimensions": ["order_items.category"],
        "filters": [
            {
                "or": [
                    {"member": "order_items.region", "operator": "equals", "values": ["EMEA"]},
                    {
                        "and": [
                            {"member": "orders.status", "operator": "contains", "values": ["ship"]},
                            {"member": "order_items.region", "operator": "set"},
                        ]
                    },
                ]
            }
        ],
    },
    "measures as filters": {
        "measures": ["order_items.revenue"],
        "dimensions": ["order_items.category"],
        "filters": [{"member": "order_items.revenue", "operator": "gt", "values": ["9000"]}],
    },
    "joined to many": QUERIES["statuses"],
    "joined to one": SEGMENTS,
    "a view": {
        "measures": ["sales.revenue"],
        "dimensions": ["sales.product", "sales.segment"],
        "filters": [{"member": "sales.status", "operator": "notEquals", "values": ["cancelled"]}],
        "order": {"sales.revenue": "desc", "sales.product": "asc"},
        "limit": 7,
        "offset": 2,
    },
    "rows": {
        "dimensions": ["orders.order_id", "orders.status", DAY],
        "ungrouped": True,
        "limit": 10,
        "order": {"orders.order_id": "asc"},
    },
    "how many rows": {
        "dimensions": ["order_items.category"],
        "total": True,
        "limit": 3,
        "order": {"order_items.category": "desc"},
    },
}


class Asking:
    """Somebody who asks the same all the time, and notes which answers there were."""

    def __init__(self, api: Server, query: Body) -> None:
        self.api, self.query = api, query
        self.seen: list[Rows] = []
        self.faults: list[BaseException] = []
        self.over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._ask)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join(60)

    def knows(self, state: Rows) -> bool:
        return bool(self.faults) or self.seen[-1:] == [state]

    def _ask(self) -> None:
        try:
            for number in count(ROOM + 1):
                if self.over.wait(0.1):
                    return
                found = answer(self.api, self.query | {"limit": number})
                assert found is not None
                if self.seen[-1:] != [found]:
                    self.seen.append(found)
        except BaseException as fault:  # noqa: BLE001  a thread tells nobody
            self.faults.append(fault)


def test_what_cube_answers_is_what_raw_rows_come_to_batch_after_batch(
    subtests: pytest.Subtests,
) -> None:
    with chain() as found:
        states = [found.batch(0)]
        with (
            found.cube.server("cube-refresh-worker") as worker,
            found.cube.server() as api,
        ):
            refreshed(api, states)
            for name, query in QUERIES.items():
                with subtests.test("numbers are those of raw rows", query=name):
                    assert answer(api, query) == states[0][name]
            for case in (built_in_advance, refusals, own_rows_alone, own_rows_of_several_tables):
                with subtests.test(case.__name__.replace("_", " ")):
                    case(api, found)
            quick, joined = (Asking(api, QUERIES[name]) for name in ("orders", "statuses"))
            with quick.running(), joined.running():
                worker.process.send_signal(signal.SIGSTOP)
                try:
                    states.append(found.batch(1))
                    with subtests.test("before the refresh the old numbers, where it was built"):
                        assert states[1]["orders"] != states[0]["orders"]
                        anew = {"limit": ROOM}
                        assert answer(api, QUERIES["statuses"] | anew) == states[1]["statuses"]
                        assert answer(api, QUERIES["orders"] | anew) == states[0]["orders"]
                finally:
                    worker.process.send_signal(signal.SIGCONT)
                with subtests.test("after the refresh the new numbers"):
                    refreshed(api, states)
                states.append(found.batch(2))
                refreshed(api, states)
                for asked, name in ((quick, "orders"), (joined, "statuses")):
                    api.until(partial(asked.knows, states[2][name]))
            for asked, name in ((quick, "orders"), (joined, "statuses")):
                with subtests.test("old or new numbers, in order, and never a mixture", query=name):
                    assert asked.faults == []
                    assert asked.seen == [state[name] for state in states]
            found.serve({})
            with embedded(found.demo.home) as today:
                for name, form in FORMS.items():
                    with subtests.test("today's Cube says the same of files", form=name):
                        api.until(partial(say_the_same, today, api, form))
                with subtests.test("products, which belong to no region"):
                    assert answer(today, PRODUCTS) == products(found)
                with subtests.test("files of another batch are seen"):
                    states.append(found.batch(3))
                    found.serve({})
                    today.until(lambda: answer(today, QUERIES["orders"]) == states[3]["orders"])
                    assert (
                        answer(today, QUERIES["statuses"] | {"limit": ROOM})
                        == states[3]["statuses"]
                    )


def built_in_advance(api: Server, _found: Chain) -> None:
    for name, table in {**IN_ADVANCE, "segments": "orders_by_segment"}.items():
        query = QUERIES.get(name, SEGMENTS)
        _, said = api.ask(query, ALL, "sql")
        assert f"demo_pre_aggregations.{table}" in said["sql"]["sql"][0]


def refusals(api: Server, _found: Chain) -> None:
    """Whoever is nobody, and whoever may see no region."""
    query = QUERIES["orders"]
    late = token(region="EMEA", exp=int(time.time()) - 60)
    forged = jwt.encode({"region": "EMEA"}, "b" * 32)
    unsigned = jwt.encode({"region": "EMEA"}, "", algorithm="none")
    for by in (None, late, forged, unsigned):
        for about in ("load", "sql", "meta"):
            assert api.ask(query, by, about)[0] == 403
    unusable: list[Body] = [{}, {"region": None}, {"region": []}, {"regions": "EMEA"}]
    for claims in unusable:
        status, said = api.ask(query, token(**claims))
        assert (status, "the token has no claim region" in said["error"]) == (400, True)
    status, said = api.ask(PRODUCTS, token(region="EMEA"))
    assert (status, "products.region" in said["error"]) == (400, True)


def own_rows_alone(api: Server, found: Chain) -> None:
    for region in REGIONS:
        own = reckoned(found.demo.lake(), region)
        for name, query in QUERIES.items():
            assert answer(api, query, token(region=region)) == own[name], (region, name)
    assert answer(api, QUERIES["orders"], token(region="nowhere")) == frozenset()
    other = {"member": "orders.region", "operator": "equals", "values": ["NA"]}
    query = QUERIES["orders"] | {"filters": [other]}
    assert answer(api, query, token(region="EMEA")) == frozenset()


def own_rows_of_several_tables(api: Server, found: Chain) -> None:
    """Numbers built in advance are of all; who asks for a join of two sees his own of both."""
    by = token(region="EMEA")
    _, said = api.ask(SEGMENTS, by, "sql")
    assert "demo_pre_aggregations.orders_by_segment" in said["sql"]["sql"][0]
    ((*_, amount, _),) = reckoned(found.demo.lake(), "EMEA")["orders"]
    rows = api.rows(SEGMENTS, by)
    assert len(rows) > 3
    assert sum(Decimal(row["orders.total_revenue"]) for row in rows) == amount


def products(found: Chain) -> Rows:
    """All that there are: `sales` has those that were ordered."""
    sold = {row[:2]: row[2:] for row in reckoned(found.demo.lake())["sales"]}
    names: dict[tuple[object, ...], None] = {}
    for row in found.demo.lake().tables["products"].scan().to_arrow().to_pylist():
        names[row["category"], row["name"]] = None
    return frozenset((*name, *sold.get(name, (exact(0), exact(0)))) for name in names)


def say_the_same(today: Server, api: Server, form: Any) -> bool:
    """What was remembered of an older batch is answered once more while it is asked for anew."""
    return results(today, form) == results(api, form) != []


def results(api: Server, query: Any) -> list[Any]:
    """Answer the rows of each result, with numbers that are alike if they are equal."""

    def ask() -> list[Any] | None:
        status, body = api.get(page(query), ALL)
        if body.get("error") == "Continue wait":
            return None
        assert status == 200, body
        return [
            [one.get("total"), plain(one["data"], ordered="order" in query)]
            for one in body["results"]
        ]

    return api.until(ask)


def page(query: Any) -> str:
    said = urlencode({"query": json.dumps(query), "queryType": "multi"})
    return f"/cubejs-api/v1/load?{said}"


def plain(rows: list[Body], *, ordered: bool) -> list[Any]:
    made = [{name: exact(value) for name, value in row.items()} for row in rows]
    return made if ordered else sorted(made, key=str)

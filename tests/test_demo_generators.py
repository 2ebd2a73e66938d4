"""Rows of both domains: keys that hold, patterns that show, defects that can be counted."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from floe_demo.generators import (
    Batch,
    BatchSpec,
    EcommerceGenerator,
    Generator,
    Rates,
    SaaSGenerator,
    catalogue,
    clock,
)
from floe_demo.generators.batch import LEDGER, LEDGER_SCHEMA
from floe_demo.generators.clock import DAY, HOUR, MINUTE, REGIONS

pytestmark = pytest.mark.requirement("FR-027")

BEGAN = 1_764_115_200_000_000 - 7 * DAY  # a Wednesday, at midnight
SEED = 7
BOTH = (EcommerceGenerator(SEED), SaaSGenerator(SEED))
both = pytest.mark.parametrize("generator", BOTH, ids=lambda one: one.domain)
EVENTS = {"ecommerce": ("orders", "order_date"), "saas": ("usage_events", "occurred_at")}


def series(
    generator: Generator,
    count: int = 12,
    size: int = 100,
    rates: Rates = Rates(),  # noqa: B008
) -> list[Batch]:
    """Make a week in one batch, and batches of five minutes after it."""
    batches: list[Batch] = []
    known, end = generator.beginning, BEGAN + 7 * DAY
    spec = BatchSpec(number=0, start=BEGAN, end=end, size=20 * size, known=known, rates=rates)
    for number in range(count):
        batches.append(generator.batch(spec, [one.spec for one in batches]))
        known += generator.newcomers(spec.size)
        start, end = end, end + 5 * MINUTE
        spec = BatchSpec(
            number=number + 1, start=start, end=end, size=size, known=known, rates=rates
        )
    return batches


def whole(batches: Sequence[Batch], table: str) -> pa.Table:
    return pa.concat_tables(batch.tables[table] for batch in batches)


def values(table: pa.Table, column: str) -> set[str]:
    return set(table[column].to_pylist())


@both
def test_a_batch_is_the_same_wherever_and_whenever_it_is_made(generator: Generator) -> None:
    again = type(generator)(SEED)
    other = type(generator)(SEED + 1)
    batches = series(generator, 3)
    specs = [batch.spec for batch in batches]
    repeated = again.batch(specs[2], specs[:2])
    assert all(table.equals(batches[2].tables[name]) for name, table in repeated.tables.items())
    assert not other.batch(specs[2], specs[:2]).tables[LEDGER].equals(batches[2].tables[LEDGER])


@both
def test_tables_have_their_schemas_and_nothing_is_missing_that_must_be_there(
    generator: Generator,
) -> None:
    for batch in series(generator, 3):
        assert set(batch.tables) == {*generator.schemas, LEDGER}
        for name, table in batch.tables.items():
            assert table.schema == generator.schemas.get(name, LEDGER_SCHEMA)
            table.validate(full=True)
            for field in table.schema:
                assert field.nullable or table[field.name].null_count == 0


@pytest.mark.requirement("FR-027a")
def test_whatever_a_shop_s_rows_refer_to_is_there() -> None:
    batches = series(BOTH[0])
    orders, items = whole(batches, "orders"), whole(batches, "order_items")
    assert values(orders, "customer_id") <= values(whole(batches, "customers"), "customer_id")
    assert values(items, "product_id") == values(whole(batches, "products"), "product_id")
    assert values(items, "order_id") == values(orders, "order_id")


def test_whatever_a_software_company_s_rows_refer_to_is_there() -> None:
    batches = series(BOTH[1])
    accounts, users = whole(batches, "accounts"), whole(batches, "users")
    usage = whole(batches, "usage_events")
    owner = dict(zip(users["user_id"].to_pylist(), users["account_id"].to_pylist(), strict=True))
    assert values(users, "account_id") == values(accounts, "account_id")
    assert values(whole(batches, "subscriptions"), "account_id") == values(accounts, "account_id")
    assert {owner[user] for user in values(usage, "user_id")} == values(usage, "account_id")


@both
def test_identifiers_are_uuids_and_belong_to_one_thing(generator: Generator) -> None:
    batches = series(generator)
    seen: Counter[str] = Counter()
    for table, schema in generator.schemas.items():
        keys = values(whole(batches, table), schema.names[0])
        seen.update(keys)
        form = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
        assert pc.all(pc.match_substring_regex(pa.array(list(keys)), form)).as_py()
    assert set(seen.values()) == {1}


def test_amounts_are_what_the_lines_say() -> None:
    batches = series(BOTH[0])
    totals = Counter[str]()
    for row in {
        row["order_item_id"]: row for row in whole(batches, "order_items").to_pylist()
    }.values():
        assert row["subtotal"] == row["quantity"] * row["unit_price"] - (row["discount"] or 0)
        totals[row["order_id"]] += round(row["subtotal"] * 100)
    for row in whole(batches, "orders").to_pylist():
        assert row["total_amount"] * 100 == totals[row["order_id"]]


def test_orders_move_on_in_order_and_end() -> None:
    batches = series(BOTH[0], 60)
    orders = whole(batches, "orders").sort_by("updated_at")
    steps: dict[str, list[str]] = {}
    for order, status in zip(
        orders["order_id"].to_pylist(), orders["status"].to_pylist(), strict=True
    ):
        known = steps.setdefault(order, [])
        if status not in known:
            known.append(status)
    forward = ["pending", "processing", "shipped", "delivered"]
    for known in steps.values():
        assert known in (["pending", "cancelled"], forward[: len(known)])
    begun = pa.concat_tables([batches[1].tables["orders"]])
    new = set(begun.filter(pc.equal(begun["status"], "pending"))["order_id"].to_pylist())
    assert {steps[order][-1] for order in new} == {"delivered", "cancelled"}


@both
def test_status_rows_come_in_the_batch_in_which_they_begin(generator: Generator) -> None:
    table = {"ecommerce": "orders", "saas": "subscriptions"}[generator.domain]
    for batch in series(generator)[1:]:
        at = batch.tables[table]["updated_at"].cast(pa.int64()).to_numpy()
        assert at.min() > batch.spec.start - 1
        assert at.max() <= batch.spec.end + MINUTE // 2  # what comes twice comes a moment later


def test_prices_move_each_week_and_lines_have_the_price_of_their_time() -> None:
    batches = series(BOTH[0], 2)
    products = whole(batches, "products")
    assert len(products) == 2 * catalogue.PRODUCTS  # a week long, each of them once more
    told: dict[str, list[tuple[int, object]]] = {}
    for row in products.sort_by("updated_at").to_pylist():
        told.setdefault(row["product_id"], []).append((row["updated_at"], row["price"]))
    dates = dict(
        zip(
            *(batches[1].tables["orders"][c].to_pylist() for c in ("order_id", "order_date")),
            strict=True,
        )
    )
    recent = 0
    for row in batches[1].tables["order_items"].to_pylist():
        at = dates[row["order_id"]]
        prices = [price for since, price in told[row["product_id"]] if since <= at]
        recent += len(prices) == 2
        assert prices == [] or prices[-1] == row["unit_price"]
    assert recent > 100


@pytest.mark.requirement("FR-030")
@pytest.mark.parametrize("region", REGIONS, ids=lambda one: one.name)
def test_people_buy_by_the_clock_of_their_region(region: clock.Region) -> None:
    generator = BOTH[0]
    spec = BatchSpec(number=0, start=BEGAN, end=BEGAN + 7 * DAY, size=120_000, known=500)
    tables = generator.batch(spec).tables
    customers = tables["customers"]
    there = customers.filter(pc.equal(customers["region"], region.name))["customer_id"]
    orders = tables["orders"].filter(pc.equal(tables["orders"]["status"], "pending"))
    own = orders.filter(pc.is_in(orders["customer_id"], there.combine_chunks()))
    local = own["updated_at"].cast(pa.int64()).to_numpy() + region.offset * HOUR
    hours = np.bincount(local % DAY // HOUR, minlength=24) / len(local) * 24
    assert len(own) / len(orders) == pytest.approx(region.twentieths / 20, abs=0.01)
    assert hours[3] < 0.4  # night
    assert hours[10] > 1.15 * hours[13]  # the morning's peak, the dip after lunch
    assert hours[20] > 1.15 * hours[10]  # the evening's surge
    weekdays = np.bincount((local // DAY + 3) % 7, minlength=7)
    assert weekdays[5] > 1.1 * weekdays[0]  # Saturday, Monday


@pytest.mark.requirement("FR-030")
def test_batches_have_their_size_on_average_follow_the_day_and_grow() -> None:
    begins = range(BEGAN, BEGAN + 7 * DAY, 5 * MINUTE)
    sizes = np.array([clock.due(100, at, at + 5 * MINUTE, at + 5 * MINUTE) for at in begins])
    assert sizes.mean() == pytest.approx(100, rel=0.01)
    assert sizes.max() > 1.4 * sizes.mean()
    assert sizes.min() < 0.7 * sizes.mean()
    later = clock.due(1000, BEGAN + 70 * DAY, BEGAN + 77 * DAY, BEGAN)
    assert later == pytest.approx(1000 * clock.GROWTH**77, rel=0.01)


@pytest.mark.requirement("FR-027b")
@both
def test_defects_have_their_rates(generator: Generator) -> None:
    rates = Rates(null=0.08, duplicate=0.04, late=0.2, max_late_days=3)
    batch = series(generator, 1, 1000, rates)[0]
    table, column = EVENTS[generator.domain]
    rows = batch.tables[table]
    keys = len(values(rows, generator.schemas[table].names[0]))
    found = Counter(
        zip(*(batch.tables[LEDGER][c].to_pylist() for c in ("table_name", "defect")), strict=True)
    )
    assert found[table, "late"] / keys == pytest.approx(0.2, rel=0.1)
    assert found[table, "duplicate"] / (len(rows) - found[table, "duplicate"]) == pytest.approx(
        0.04, rel=0.15
    )
    lag = rows["updated_at"].cast(pa.int64()).to_numpy() - rows[column].cast(pa.int64()).to_numpy()
    assert 2.8 * DAY < lag.max() < 3 * DAY + 5 * HOUR  # its last status comes hours after it


@both
def test_without_rates_there_are_no_defects(generator: Generator) -> None:
    rates = Rates(null=0, duplicate=0, late=0)
    batches = series(generator, 6, rates=rates)
    assert len(whole(batches, LEDGER)) == 0
    email = {"ecommerce": "customers", "saas": "users"}[generator.domain]
    assert whole(batches, email)["email"].null_count == 0


@pytest.mark.requirement("FR-027b")
def test_the_ledger_of_a_shop_counts_what_is_found_in_its_rows() -> None:
    batches = series(BOTH[0], 40)
    ledger = whole(batches, LEDGER)
    told = Counter(
        zip(*(ledger[c].to_pylist() for c in ("table_name", "defect", "column_name")), strict=True)
    )
    orders, items = whole(batches, "orders"), whole(batches, "order_items")
    rows = orders.to_pylist()
    statuses = Counter((row["order_id"], row["status"]) for row in rows)
    lines = Counter(items["order_item_id"].to_pylist())
    unshipped = {
        (row["order_id"], row["status"])
        for row in rows
        if row["status"] in {"shipped", "delivered"} and row["shipped_date"] is None
    }
    undiscounted = items.filter(pc.is_null(items["discount"]))
    late = {
        row["order_id"]
        for row in rows
        if row["status"] == "pending"
        and (row["updated_at"] - row["order_date"]).total_seconds() >= 3600
    }
    found = {
        ("customers", "missing", "email"): whole(batches, "customers")["email"].null_count,
        ("orders", "missing", "shipped_date"): len(unshipped),
        ("order_items", "missing", "discount"): len(values(undiscounted, "order_item_id")),
        ("orders", "duplicate", None): statuses.total() - len(statuses),
        ("order_items", "duplicate", None): lines.total() - len(lines),
        ("orders", "late", "order_date"): len(late),
    }
    assert found == told
    assert all(found.values())


@both
def test_more_of_them_come_as_time_goes_by(generator: Generator) -> None:
    table = next(iter(generator.schemas))
    keys = [
        values(batch.tables[table], generator.schemas[table].names[0])
        for batch in series(generator)
    ]
    assert len(keys[0]) > generator.beginning
    assert all(later and not later & set().union(*keys[:n]) for n, later in enumerate(keys[1:], 1))


@both
def test_an_empty_batch_is_one(generator: Generator) -> None:
    spec = BatchSpec(number=3, start=BEGAN, end=BEGAN, size=0, known=600)
    tables = generator.batch(spec).tables
    assert len(tables[LEDGER]) == 0
    assert {len(tables[name]) for name in EVENTS[generator.domain][:1]} == {0}

"""What the demo's raw rows come to, row by row and without any SQL."""

from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from typing import Any

from floe_demo.lake.ingest import Lake
from pods import Body

Rows = frozenset[tuple[object, ...]]

QUERIES: dict[str, Body] = {
    "orders": {
        "measures": [
            "orders.count",
            "orders.sold_count",
            "orders.total_revenue",
            "orders.average_order_value",
        ],
        "dimensions": ["orders.region"],
    },
    "days": {
        "measures": ["order_items.revenue"],
        "timeDimensions": [{"dimension": "order_items.order_date", "granularity": "day"}],
    },
    "categories": {
        "measures": ["order_items.quantity", "order_items.units_sold", "order_items.revenue"],
        "dimensions": ["order_items.category"],
    },
    "customers": {
        "measures": ["customers.count", "customers.order_count", "customers.lifetime_value"],
        "dimensions": ["customers.region"],
    },
    "statuses": {
        "measures": ["orders.total_revenue", "order_items.revenue", "order_items.count"],
        "dimensions": ["orders.status"],
    },
    "sales": {
        "measures": ["sales.units_sold", "sales.revenue"],
        "dimensions": ["sales.category", "sales.product"],
    },
}
"""The fifth is joined of two tables, the last of four."""

IN_ADVANCE = {
    "orders": "orders_by_day",
    "days": "order_items_by_day",
    "categories": "order_items_by_day",
    "customers": "customers_by_segment",
}
"""Which of them are answered from what was built in advance, and from which of it."""

PRODUCTS: Body = {
    "measures": ["products.units_sold", "products.revenue"],
    "dimensions": ["products.category", "products.name"],
}


def reckoned(lake: Lake, region: str | None = None) -> dict[str, Rows]:
    """Answer what each query comes to, of all rows or of those of a region."""
    lake.refresh()
    customers, products, orders, items = (
        _newest(lake, name) for name in ("customers", "products", "orders", "order_items")
    )
    customers = {
        key: row for key, row in customers.items() if region is None or row["region"] == region
    }
    orders = {key: row for key, row in orders.items() if row["customer_id"] in customers}
    found: defaultdict[str, defaultdict[tuple[str, ...], Counter[str]]]
    found = defaultdict(lambda: defaultdict(Counter))

    def add(query: str, *key: str, **figures: Any) -> None:
        for name, figure in figures.items():
            found[query][key][name] += figure

    for customer in customers.values():
        add("customers", customer["region"], count=1, orders=0, value=0)
    for order in orders.values():
        sold = order["status"] != "cancelled"
        amount = order["total_amount"] if sold else 0
        where = customers[order["customer_id"]]["region"]
        add("orders", where, count=1, sold=sold, amount=amount)
        add("customers", where, count=0, orders=sold, value=amount)
        add("statuses", order["status"], orders=amount, items=0, count=0)
    for item in items.values():
        if item["order_id"] not in orders:
            continue
        order = orders[item["order_id"]]
        sold = order["status"] != "cancelled"
        product, amount = products[item["product_id"]], item["subtotal"] if sold else 0
        units = item["quantity"] if sold else 0
        day = f"{order['order_date']:%Y-%m-%d}T00:00:00.000"
        add("days", day, revenue=amount)
        add("categories", product["category"], all=item["quantity"], sold=units, revenue=amount)
        add("statuses", order["status"], orders=0, items=amount, count=1)
        add("sales", product["category"], product["name"], units=units, revenue=amount)
    answers = {
        query: {key: tuple(map(Decimal, figures.values())) for key, figures in rows.items()}
        for query, rows in found.items()
    }
    for key, (count, sold, amount) in answers["orders"].items():
        answers["orders"][key] = (count, sold, amount, round(amount / sold, 2))
    return {
        query: frozenset((*map(exact, key), *map(exact, rows[key])) for key in rows)
        for query, rows in answers.items()
    }


def told(rows: list[Body], query: Body) -> Rows:
    """Answer what Cube said as it is reckoned: dimensions, then measures."""
    times = [f"{one['dimension']}.{one['granularity']}" for one in query.get("timeDimensions", ())]
    names = [*query.get("dimensions", ()), *times, *query["measures"]]
    return frozenset(tuple(exact(row[name]) for name in names) for row in rows)


def exact(value: object) -> object:
    """Answer a number as it is in all its spellings: databases differ in how they write it."""
    try:
        return Decimal(str(value)).normalize() + 0
    except InvalidOperation:
        return value


def _newest(lake: Lake, table: str) -> dict[str, dict[str, Any]]:
    rows = lake.tables[table].scan().to_arrow().to_pylist()
    key = next(iter(rows[0]))
    return {row[key]: row for row in sorted(rows, key=lambda row: row["updated_at"])}

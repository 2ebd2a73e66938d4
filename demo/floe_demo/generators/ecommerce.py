"""A shop: customers, products, orders and what is in them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from floe_demo.generators import catalogue, lifecycle, people
from floe_demo.generators.batch import LEDGER, Batch, BatchSpec, Generator, schema
from floe_demo.generators.clock import DAY, NAMES
from floe_demo.generators.columns import (
    DECIMAL,
    TIME,
    Bytes,
    Ints,
    decimals,
    share,
    strings,
    times,
    uuids,
    words,
)
from floe_demo.generators.ledger import Ledger
from floe_demo.generators.lifecycle import emitted
from floe_demo.generators.orders import (
    DELIVERED,
    LIFE,
    OLD_CUSTOMERS,
    SHIPPED,
    STATUSES,
    Orders,
    drawn,
)

CUSTOMER, PRODUCT, ORDER, ITEM = range(4)
YEAR = 365 * DAY
OPENED = 54 * YEAR
"""When the shop opened, in 2023; within a year it sold all that it sells."""


TEXT, NUMBER = pa.string(), pa.int32()


class EcommerceGenerator(Generator):
    """Rows of a shop."""

    domain: ClassVar[str] = "ecommerce"
    facts: ClassVar[tuple[str, ...]] = ("orders", "order_items")
    lookback: ClassVar[int] = LIFE.longest
    beginning: ClassVar[int] = OLD_CUSTOMERS
    schemas: ClassVar[Mapping[str, pa.Schema]] = {
        "customers": schema(
            customer_id=TEXT,
            maybe_email=TEXT,
            name=TEXT,
            region=TEXT,
            created_at=TIME,
            updated_at=TIME,
        ),
        "products": schema(
            product_id=TEXT,
            name=TEXT,
            category=TEXT,
            price=DECIMAL,
            created_at=TIME,
            updated_at=TIME,
        ),
        "orders": schema(
            order_id=TEXT,
            customer_id=TEXT,
            status=TEXT,
            total_amount=DECIMAL,
            order_date=TIME,
            maybe_shipped_date=TIME,
            updated_at=TIME,
        ),
        "order_items": schema(
            order_item_id=TEXT,
            order_id=TEXT,
            product_id=TEXT,
            quantity=NUMBER,
            unit_price=DECIMAL,
            maybe_discount=DECIMAL,
            subtotal=DECIMAL,
            updated_at=TIME,
        ),
    }

    def newcomers(self, size: int) -> int:
        """One customer for twenty orders."""
        return -(-size // 20)

    def batch(self, spec: BatchSpec, earlier: Sequence[BatchSpec] = ()) -> Batch:
        """Make new orders, what has become of earlier ones, newcomers and new prices."""
        ledger = Ledger(spec.number)
        orders = drawn(self.seed, spec)
        after = earlier[-1].end if earlier else spec.start
        rows = [self._orders(spec, orders, -1, spec.end, ledger)]
        rows += [
            self._orders(one, drawn(self.seed, one), after, spec.end, ledger)
            for one in earlier
            if one.end + LIFE.longest > after
        ]
        tables = {
            "customers": self._customers(spec, ledger),
            "products": self._products(spec, after),
            "orders": pa.concat_tables(rows).combine_chunks(),
            "order_items": self._items(spec, orders, ledger),
        }
        return Batch(spec, {**tables, LEDGER: ledger.table()})

    def _customers(self, spec: BatchSpec, ledger: Ledger) -> pa.Table:
        first = 0 if spec.number == 0 else spec.known
        which = np.arange(first, spec.known + self.newcomers(spec.size), dtype=np.int64)
        names, emails = people.customers(self.seed, which)
        rng = np.random.default_rng([self.seed, spec.number, 2])
        joined = np.sort(rng.integers(spec.start, max(spec.end, spec.start + 1), len(which)))
        before = spec.start - 30 * DAY - rng.integers(0, 365 * DAY, len(which))
        old = which < OLD_CUSTOMERS
        missing = rng.random(len(which)) < spec.rates.null
        keys = uuids(self.seed, CUSTOMER, which)
        told = np.where(old, spec.start, joined)
        ledger.note(("customers", "missing", "email"), keys, told, missing)
        columns = [
            strings(keys),
            pa.array(emails, mask=missing),
            pa.array(names),
            words(NAMES, np.array(people.region_of(which), dtype=np.int64)),
            times(np.where(old, before, joined)),
            times(told),
        ]
        return pa.table(columns, schema=self.schemas["customers"])

    def _products(self, spec: BatchSpec, after: int) -> pa.Table:
        which, at = catalogue.repriced(after, spec.end)
        if spec.number == 0:
            everything = np.arange(catalogue.PRODUCTS, dtype=np.int64)
            which = np.concatenate([everything, which])
            at = np.concatenate([np.full(catalogue.PRODUCTS, spec.start), at])
        age = (share(self.seed, 204, which) * YEAR).astype(np.int64)
        columns = [
            strings(uuids(self.seed, PRODUCT, which)),
            pa.array([catalogue.name(one) for one in which.tolist()], pa.string()),
            words(catalogue.CATEGORIES, catalogue.category(which)),
            decimals(catalogue.price(self.seed, which, at)),
            times(OPENED + age),
            times(at),
        ]
        return pa.table(columns, schema=self.schemas["products"])

    def _orders(
        self, spec: BatchSpec, orders: Orders, after: int, until: int, ledger: Ledger
    ) -> pa.Table:
        """Rows of a batch's orders whose status began in a time."""
        found = emitted(orders.at, orders.twice, after, until, orders.delay)
        thing, step = found.thing, found.step
        keys = self._keys(ORDER, spec, thing)
        status = orders.status[thing, step]
        shipped = (status == SHIPPED) | (status == DELIVERED)
        missing = shipped & orders.unshipped[thing, step]
        first = (step == 0) & ~found.again
        ledger.note(("orders", "late", "order_date"), keys, found.at, first & orders.late[thing])
        ledger.note(("orders", "missing", "shipped_date"), keys, found.at, missing & ~found.again)
        ledger.note(("orders", "duplicate", None), keys, found.at, found.again)
        columns = [
            strings(keys),
            strings(uuids(self.seed, CUSTOMER, orders.customer[thing])),
            words(STATUSES, status),
            decimals(orders.total[thing]),
            times(orders.placed[thing]),
            times(np.where(shipped, orders.at[thing, SHIPPED], 0), ~shipped | missing),
            times(found.at),
        ]
        return pa.table(columns, schema=self.schemas["orders"])

    def _items(self, spec: BatchSpec, orders: Orders, ledger: Ledger) -> pa.Table:
        """Every line once, and some of them twice."""
        count = len(orders.line_order)
        more = np.flatnonzero(orders.line_twice)
        line = np.concatenate([np.arange(count), more])
        again = np.arange(len(line)) >= count
        order = orders.line_order[line]
        keys = self._keys(ITEM, spec, line)
        began = orders.at[order, 0]
        at = np.where(again, lifecycle.again(began, orders.delay[order, 0]), began)
        missing = orders.undiscounted[line]
        ledger.note(("order_items", "missing", "discount"), keys, at, missing & ~again)
        ledger.note(("order_items", "duplicate", None), keys, at, again)
        product_keys = uuids(self.seed, PRODUCT, np.arange(catalogue.PRODUCTS, dtype=np.int64))
        order_keys = self._keys(ORDER, spec, np.arange(spec.size, dtype=np.int64))
        columns = [
            strings(keys),
            strings(order_keys[order]),
            strings(product_keys[orders.product[line]]),
            pa.array(orders.quantity[line].astype(np.int32)),
            decimals(orders.unit_price[line]),
            decimals(orders.discount[line], missing),
            decimals(orders.subtotal[line]),
            times(at),
        ]
        return pa.table(columns, schema=self.schemas["order_items"])

    def _keys(self, kind: int, spec: BatchSpec, which: Ints) -> Bytes:
        return uuids(self.seed, kind, (np.int64(spec.number) << 32) + which)

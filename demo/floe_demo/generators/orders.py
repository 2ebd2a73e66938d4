"""The orders of one batch with what is in them, drawn once and the same whenever drawn again."""

from dataclasses import dataclass

import numpy as np

from floe_demo.generators import catalogue, clock, people
from floe_demo.generators.batch import BatchSpec
from floe_demo.generators.columns import Bools, Ints
from floe_demo.generators.lifecycle import STEPS, Life

LIFE = Life(minutes=((2, 15), (15, 90), (30, 120)), ends_early=0.06)
STATUSES = ("pending", "processing", "shipped", "delivered", "cancelled")
SHIPPED, DELIVERED = 2, 3
LINES = np.array([0.34, 0.62, 0.79, 0.89, 0.95, 0.98, 1.0])
"""The share of orders with at most 1, 2, … lines."""
QUANTITIES = np.array([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5])
REDUCED = 0.2
"""The share of lines with a discount."""
SECOND = 1_000_000
OLD_CUSTOMERS = 500
"""Those that were there before anything was sold, so that any order may be theirs."""


@dataclass(frozen=True)
class Orders:
    """Arrays with an entry for each order, and for each line; a batch's numbers begin at 0."""

    customer: Ints
    placed: Ints
    late: Bools
    at: Ints
    """When each status begins, a row for each order."""
    status: Ints
    twice: Bools
    unshipped: Bools
    """Whether a status that says `shipped` does not say when."""
    delay: Ints
    total: Ints
    line_order: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    discount: Ints
    undiscounted: Bools
    """Whether a line does not say its discount; there is none then."""
    subtotal: Ints
    line_twice: Bools


def drawn(seed: int, spec: BatchSpec) -> Orders:
    """Draw them."""
    rng = np.random.default_rng([seed, spec.number])
    arrived, region = clock.arrivals(rng, spec.start, spec.end, spec.size)
    count = spec.size
    late = rng.random(count) < spec.rates.late
    days = rng.uniform(1 / 24, max(spec.rates.max_late_days, 1 / 24), count)
    placed = np.where(late, arrived - (days * clock.DAY).astype(np.int64), arrived)
    at, status = LIFE.drawn(rng, arrived)
    steps = (count, STEPS)
    defects = np.random.default_rng([seed, spec.number, 1])

    lines = np.searchsorted(LINES, rng.random(count), side="right") + 1
    order = np.repeat(np.arange(count, dtype=np.int64), lines)
    first = np.ones(len(order), np.bool_)
    first[1:] = order[1:] != order[:-1]
    product = catalogue.baskets(rng, seed, first)
    price = catalogue.price(seed, product, placed[order])
    quantity = QUANTITIES[rng.integers(0, len(QUANTITIES), len(order))]
    percent = np.array([5, 10, 15, 20])[rng.integers(0, 4, len(order))]
    reduced = rng.random(len(order)) < REDUCED
    missing = defects.random(len(order)) < spec.rates.null
    discount = np.where(reduced & ~missing, quantity * price * percent // 100, 0)
    subtotal = quantity * price - discount
    begins = np.flatnonzero(first)
    return Orders(
        customer=people.chosen(rng, region, np.where(late, OLD_CUSTOMERS, spec.known)),
        placed=placed,
        late=late,
        at=at,
        status=status,
        twice=defects.random(steps) < spec.rates.duplicate,
        unshipped=defects.random(steps) < spec.rates.null,
        delay=defects.integers(SECOND, 30 * SECOND, steps),
        total=np.add.reduceat(subtotal, begins) if count else begins,
        line_order=order,
        product=product,
        quantity=quantity,
        unit_price=price,
        discount=discount,
        undiscounted=missing,
        subtotal=subtotal,
        line_twice=defects.random(len(order)) < spec.rates.duplicate,
    )

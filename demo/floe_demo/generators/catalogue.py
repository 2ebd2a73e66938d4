"""What is sold: products, how often each is chosen, and what it costs when."""

import functools

import numpy as np
from numpy.typing import NDArray

from floe_demo.generators.clock import DAY
from floe_demo.generators.columns import Ints, mixed, share

CATEGORIES = (
    "Audio",
    "Books",
    "Fitness",
    "Garden",
    "Kitchen",
    "Lighting",
    "Office",
    "Outdoor",
)
_TYPICAL = np.array([8900, 1900, 4500, 3200, 5400, 3900, 2700, 7600])
"""What a product of a category costs, in hundredths."""
_THINGS = {
    "Audio": ("Headphones", "Speaker", "Turntable", "Microphone", "Soundbar"),
    "Books": ("Cookbook", "Atlas", "Novel", "Field Guide", "Notebook"),
    "Fitness": ("Kettlebell", "Yoga Mat", "Rowing Band", "Foam Roller", "Jump Rope"),
    "Garden": ("Pruner", "Planter", "Watering Can", "Bird House", "Trowel"),
    "Kitchen": ("Skillet", "Coffee Grinder", "Chef's Knife", "Teapot", "Scale"),
    "Lighting": ("Desk Lamp", "Lantern", "Floor Lamp", "String Lights", "Pendant"),
    "Office": ("Chair Cushion", "Monitor Stand", "Fountain Pen", "Desk Pad", "Organizer"),
    "Outdoor": ("Tent", "Backpack", "Camp Stove", "Hammock", "Headlamp"),
}
_LINES = ("Alder", "Borealis", "Cove", "Drift", "Ember")
EACH = len(_LINES) * 5
PRODUCTS = EACH * len(CATEGORIES)
ALIKE = 0.5
"""The share of what else is in a basket that is of the category of what was chosen first."""
REPRICED = 7
"""After how many days a price is another."""


def category(product: Ints) -> Ints:
    """Answer the numbers of the categories that products are in."""
    return product // EACH


def name(product: int) -> str:
    """Answer what a product is called."""
    things = _THINGS[CATEGORIES[product // EACH]]
    return f"{_LINES[product % EACH // len(things)]} {things[product % len(things)]}"


def price(seed: int, product: Ints, at: Ints) -> Ints:
    """Answer what products cost at these times, in hundredths; all of it ends with 9."""
    base = _TYPICAL[category(product)] * np.exp(1.1 * share(seed, 201, product) - 0.55)
    week = (at // DAY + product) // REPRICED
    found = base * (0.92 + 0.16 * share(seed, 202, product, week))
    return (found / 10).astype(np.int64) * 10 + 9


def repriced(after: int, until: int) -> tuple[Ints, Ints]:
    """Answer the products whose price changes then, and when it does."""
    days = np.arange(after // DAY + 1, until // DAY + 1, dtype=np.int64)
    day, product = np.meshgrid(days, np.arange(PRODUCTS, dtype=np.int64), indexing="ij")
    found = (day + product) % REPRICED == 0
    return product[found], day[found] * DAY


@functools.cache
def _popularity(seed: int) -> NDArray[np.float64]:
    """Answer how often products up to each are chosen: few of them often (Zipf)."""
    rank = np.argsort(mixed(seed, 203, np.arange(PRODUCTS, dtype=np.int64)))
    weight = np.empty(PRODUCTS)
    weight[rank] = 1 / np.arange(3, PRODUCTS + 3)
    found: NDArray[np.float64] = np.cumsum(weight) / weight.sum()
    return found


def baskets(rng: np.random.Generator, seed: int, first: NDArray[np.bool_]) -> Ints:
    """Draw what is bought, row by row, where each basket's first one is marked."""
    count = len(first)
    drawn = np.searchsorted(_popularity(seed), rng.random(count)).astype(np.int64)
    drawn = np.minimum(drawn, PRODUCTS - 1)
    leader = drawn[np.maximum.accumulate(np.where(first, np.arange(count), 0))]
    beside = leader // EACH * EACH + rng.integers(0, EACH, count)
    alike = ~first & (rng.random(count) < ALIKE)
    return np.where(alike, beside, drawn)

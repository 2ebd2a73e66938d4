"""When people buy: by the hour and the weekday where they live, and more of them each day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from floe_demo.generators.columns import Ints

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class Region:
    """A part of the world."""

    name: str
    offset: int
    """Hours of its clock before UTC's; the same all year."""
    twentieths: int
    """How many of twenty customers live there."""


REGIONS = (
    Region("NA", -5, 8),
    Region("EMEA", 1, 6),
    Region("APAC", 8, 4),
    Region("LATAM", -3, 2),
)
NAMES = tuple(region.name for region in REGIONS)

_AT = np.array([0, 3, 6, 8, 10, 12, 13, 15, 17, 19, 20.5, 22, 24])
_RATE = np.array([0.3, 0.1, 0.4, 1.1, 1.7, 1.2, 0.9, 1.2, 1.4, 2.1, 2.2, 1.3, 0.3])
"""The morning's peak at 10, the dip after lunch at 13, the evening's surge at 20:30."""
_WEEKDAYS = np.array([0.95, 0.95, 0.95, 1.0, 1.1, 1.15, 0.9])
"""From Monday on."""
_HALF_HOURS = np.interp(np.arange(0, 24, 0.5), _AT, _RATE)
_MEAN = float(_HALF_HOURS.mean() * _WEEKDAYS.mean())

GROWTH = 1.001
"""How many times as many are bought each day as on the day before."""


def intensity(region: Region, at: Ints) -> NDArray[np.float64]:
    """Answer how much is bought in a region at these times, where 1 is a week's mean."""
    local = at + region.offset * HOUR
    hour = (local % DAY) / HOUR
    weekday = (local // DAY + 3) % 7  # 1970 began on a Thursday
    found: NDArray[np.float64] = np.interp(hour, _AT, _RATE) * _WEEKDAYS[weekday] / _MEAN
    return found


def due(batch_size: int, start: int, end: int, began: int) -> int:
    """Answer how many orders a batch has: its size, as of the time of day, and grown since then."""
    _, weights = _slots(start, end)
    pattern = float(weights.sum() / weights.shape[1])
    grown = float(GROWTH ** ((end - began) / DAY))
    return round(batch_size * pattern * grown)


def arrivals(
    rng: np.random.Generator, start: int, end: int, count: int
) -> tuple[Ints, NDArray[np.int64]]:
    """Draw when orders arrive, in order, and the regions they are from."""
    begins, weights = _slots(start, end)
    whole = np.cumsum(weights.T.ravel())
    slot = np.searchsorted(whole, np.sort(rng.random(count)) * whole[-1], side="right")
    slot = np.minimum(slot, len(whole) - 1)
    length = (end - start) / len(begins)
    at = begins[slot // len(REGIONS)] + (rng.random(count) * length).astype(np.int64)
    region = slot % len(REGIONS)
    order = np.argsort(at, kind="stable")
    return at[order], region[order]


def _slots(start: int, end: int) -> tuple[Ints, NDArray[np.float64]]:
    """Answer where parts of a window begin, and what each region buys in them (region, part)."""
    parts = max(1, min((end - start) // (5 * MINUTE), 24 * 60))
    begins = start + np.arange(parts, dtype=np.int64) * (end - start) // parts
    middle = begins + (end - start) // parts // 2
    return begins, np.stack([intensity(r, middle) * (r.twentieths / 20) for r in REGIONS])

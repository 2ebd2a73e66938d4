"""How orders, and subscriptions alike, move on: when each status begins, within a few hours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from floe_demo.generators.clock import DAY, MINUTE
from floe_demo.generators.columns import Bools, Ints

NEVER = np.iinfo(np.int64).max
STEPS = 4


@dataclass(frozen=True)
class Life:
    """What may happen to a thing after it began."""

    minutes: tuple[tuple[int, int], ...]
    """How long each of the first three statuses lasts, at least and at most."""
    ends_early: float
    """The share that has another status after the first, and none after that."""

    @property
    def longest(self) -> int:
        """Answer after how many microseconds nothing moves on any more."""
        return sum(most for _, most in self.minutes) * MINUTE

    def drawn(
        self, rng: np.random.Generator, began: Ints
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw when the statuses of each begin (or `NEVER`), and which they are, 0 to 4."""
        count = len(began)
        at = np.empty((count, STEPS), dtype=np.int64)
        at[:, 0] = began
        for step, (least, most) in enumerate(self.minutes, 1):
            at[:, step] = at[:, step - 1] + rng.integers(least * MINUTE, most * MINUTE, count)
        status = np.broadcast_to(np.arange(STEPS), (count, STEPS)).copy()
        early = rng.random(count) < self.ends_early
        status[early, 1] = STEPS
        at[early, 2:] = NEVER
        return at, status


@dataclass(frozen=True)
class Emitted:
    """Rows that a table is given: of which things, at which of their steps, and when."""

    thing: Ints
    step: Ints
    at: Ints
    again: Bools
    """Whether a row has come already, and comes once more a moment later."""


def again(at: Ints, delay: Ints) -> Ints:
    """Answer when rows come once more: on the same day, so that both of them go on the same day."""
    found: Ints = np.minimum(at + delay, at // DAY * DAY + DAY - 1)
    return found


def emitted(at: Ints, twice: Bools, after: int, until: int, delay: Ints) -> Emitted:
    """Choose the statuses that began in a time; `twice` says of each whether it comes twice."""
    thing, step = np.nonzero((at > after) & (at <= until))
    when = at[thing, step]
    more = np.flatnonzero(twice[thing, step])
    return Emitted(
        thing=np.concatenate([thing, thing[more]]),
        step=np.concatenate([step, step[more]]),
        at=np.concatenate([when, again(when[more], delay[thing[more], step[more]])]),
        again=np.concatenate([np.zeros(len(thing), np.bool_), np.ones(len(more), np.bool_)]),
    )

"""The sessions of one batch with what was used in them, and the subscriptions of new accounts."""

from dataclasses import dataclass

import numpy as np

from floe_demo.generators import clock, people
from floe_demo.generators.batch import BatchSpec
from floe_demo.generators.columns import Bools, Ints, share
from floe_demo.generators.lifecycle import STEPS, Life

LIFE = Life(minutes=((10, 40), (20, 80), (30, 110)), ends_early=0.15)
STATUSES = ("trialing", "active", "expanded", "renewed", "cancelled")
CANCELLED = 4
OLD_ACCOUNTS = 100
SEATS = 16
"""No account has more users."""
SECOND = 1_000_000


def seats(seed: int, account: Ints) -> Ints:
    """Answer how many users accounts have: most of them few."""
    return 2 + (share(seed, 301, account) ** 2 * (SEATS - 2)).astype(np.int64)


@dataclass(frozen=True)
class Sessions:
    """Arrays with an entry for each session, and for each event in it."""

    account: Ints
    user: Ints
    began: Ints
    arrived: Ints
    late: Bools
    event_session: Ints
    feature: Ints
    quantity: Ints
    unmeasured: Bools
    twice: Bools
    delay: Ints


@dataclass(frozen=True)
class Subscriptions:
    """Arrays with a row for each new account, and an entry for each of its statuses."""

    account: Ints
    at: Ints
    status: Ints
    twice: Bools
    unended: Bools
    delay: Ints


def sessions(seed: int, spec: BatchSpec, features: int) -> Sessions:
    """Draw the sessions of a batch."""
    rng = np.random.default_rng([seed, spec.number, 10])
    defects = np.random.default_rng([seed, spec.number, 11])
    arrived, region = clock.arrivals(rng, spec.start, spec.end, spec.size)
    late = rng.random(spec.size) < spec.rates.late
    days = rng.uniform(1 / 24, max(spec.rates.max_late_days, 1 / 24), spec.size)
    account = people.chosen(rng, region, np.where(late, OLD_ACCOUNTS, spec.known))
    user = account * SEATS + (rng.random(spec.size) * seats(seed, account)).astype(np.int64)
    events = np.minimum(rng.geometric(0.4, spec.size), 12)
    session = np.repeat(np.arange(spec.size, dtype=np.int64), events)
    return Sessions(
        account=account,
        user=user,
        began=np.where(late, arrived - (days * clock.DAY).astype(np.int64), arrived),
        arrived=arrived,
        late=late,
        event_session=session,
        feature=(rng.random(len(session)) ** 2 * features).astype(np.int64),
        quantity=rng.geometric(0.15, len(session)),
        unmeasured=defects.random(len(session)) < spec.rates.null,
        twice=defects.random(len(session)) < spec.rates.duplicate,
        delay=defects.integers(SECOND, 30 * SECOND, len(session)),
    )


def subscriptions(seed: int, spec: BatchSpec, newcomers: int) -> Subscriptions:
    """Draw the subscriptions of a batch's new accounts: one each."""
    first = 0 if spec.number == 0 else spec.known
    account = np.arange(first, spec.known + newcomers, dtype=np.int64)
    rng = np.random.default_rng([seed, spec.number, 12])
    defects = np.random.default_rng([seed, spec.number, 13])
    began = rng.integers(spec.start, max(spec.end, spec.start + 1), len(account))
    at, status = LIFE.drawn(rng, began)
    steps = (len(account), STEPS)
    return Subscriptions(
        account=account,
        at=at,
        status=status,
        twice=defects.random(steps) < spec.rates.duplicate,
        unended=defects.random(steps) < spec.rates.null,
        delay=defects.integers(SECOND, 30 * SECOND, steps),
    )

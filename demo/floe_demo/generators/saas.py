"""Software as a service: accounts, their users, subscriptions, and what is used."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from floe_demo.generators import lifecycle, people
from floe_demo.generators.batch import LEDGER, Batch, BatchSpec, Generator, schema
from floe_demo.generators.clock import DAY, NAMES
from floe_demo.generators.columns import (
    DECIMAL,
    TIME,
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
from floe_demo.generators.sessions import (
    CANCELLED,
    LIFE,
    OLD_ACCOUNTS,
    SEATS,
    STATUSES,
    Subscriptions,
    seats,
    sessions,
    subscriptions,
)

ACCOUNT, USER, SUBSCRIPTION, EVENT = range(10, 14)
INDUSTRIES = ("Retail", "Finance", "Health", "Logistics", "Media", "Public", "Software")
PLANS = ("starter", "team", "business")
PRICES = np.array([1500, 2900, 5900])
"""What a seat costs each month, in hundredths."""
FEATURES = ("dashboard", "query", "export", "alert", "share", "api_call", "invite")
TEXT, NUMBER = pa.string(), pa.int32()


class SaaSGenerator(Generator):
    """Rows of a company that sells software by seats."""

    domain: ClassVar[str] = "saas"
    facts: ClassVar[tuple[str, ...]] = ("usage_events",)
    lookback: ClassVar[int] = LIFE.longest
    beginning: ClassVar[int] = OLD_ACCOUNTS
    schemas: ClassVar[Mapping[str, pa.Schema]] = {
        "accounts": schema(
            account_id=TEXT,
            name=TEXT,
            region=TEXT,
            industry=TEXT,
            created_at=TIME,
            updated_at=TIME,
        ),
        "users": schema(
            user_id=TEXT,
            account_id=TEXT,
            maybe_email=TEXT,
            name=TEXT,
            created_at=TIME,
            updated_at=TIME,
        ),
        "subscriptions": schema(
            subscription_id=TEXT,
            account_id=TEXT,
            plan=TEXT,
            status=TEXT,
            seats=NUMBER,
            monthly_price=DECIMAL,
            started_at=TIME,
            maybe_ended_at=TIME,
            updated_at=TIME,
        ),
        "usage_events": schema(
            usage_event_id=TEXT,
            account_id=TEXT,
            user_id=TEXT,
            feature=TEXT,
            maybe_quantity=NUMBER,
            occurred_at=TIME,
            updated_at=TIME,
        ),
    }

    def newcomers(self, size: int) -> int:
        """One account for fifty sessions."""
        return -(-size // 50)

    def batch(self, spec: BatchSpec, earlier: Sequence[BatchSpec] = ()) -> Batch:
        """Make usage, new accounts with users, and what has become of subscriptions."""
        ledger = Ledger(spec.number)
        after = earlier[-1].end if earlier else spec.start
        new = self._subscriptions_of(spec)
        rows = [self._subscriptions(new, -1, spec.end, ledger)]
        rows += [
            self._subscriptions(self._subscriptions_of(one), after, spec.end, ledger)
            for one in earlier
            if one.end + LIFE.longest > after
        ]
        began = np.where(new.account < OLD_ACCOUNTS, spec.start, new.at[:, 0])
        tables = {
            "accounts": self._accounts(spec, new.account, began),
            "users": self._users(spec, new.account, began, ledger),
            "subscriptions": pa.concat_tables(rows).combine_chunks(),
            "usage_events": self._usage(spec, ledger),
        }
        return Batch(spec, {**tables, LEDGER: ledger.table()})

    def _subscriptions_of(self, spec: BatchSpec) -> Subscriptions:
        return subscriptions(self.seed, spec, self.newcomers(spec.size))

    def _created(self, spec: BatchSpec, account: Ints, began: Ints) -> Ints:
        """Answer since when accounts are there: the first for longer than anything happens."""
        age = 30 * DAY + (share(self.seed, 302, account) * 365 * DAY).astype(np.int64)
        return np.where(account < OLD_ACCOUNTS, spec.start - age, began)

    def _accounts(self, spec: BatchSpec, account: Ints, began: Ints) -> pa.Table:
        companies = people.companies(self.seed)
        industry = (share(self.seed, 303, account) * len(INDUSTRIES)).astype(np.int64)
        columns = [
            strings(uuids(self.seed, ACCOUNT, account)),
            pa.array([companies[one % len(companies)] for one in account.tolist()], pa.string()),
            words(NAMES, np.array(people.region_of(account), dtype=np.int64)),
            words(INDUSTRIES, industry),
            times(self._created(spec, account, began)),
            times(began),
        ]
        return pa.table(columns, schema=self.schemas["accounts"])

    def _users(self, spec: BatchSpec, account: Ints, began: Ints, ledger: Ledger) -> pa.Table:
        many = seats(self.seed, account)
        owner = np.repeat(np.arange(len(account)), many)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
        user = account[owner] * SEATS + within
        names, emails = people.customers(self.seed, user)
        rng = np.random.default_rng([self.seed, spec.number, 14])
        missing = rng.random(len(user)) < spec.rates.null
        keys = uuids(self.seed, USER, user)
        ledger.note(("users", "missing", "email"), keys, began[owner], missing)
        columns = [
            strings(keys),
            strings(uuids(self.seed, ACCOUNT, account[owner])),
            pa.array(emails, pa.string(), mask=missing),
            pa.array(names, pa.string()),
            times(self._created(spec, account, began)[owner]),
            times(began[owner]),
        ]
        return pa.table(columns, schema=self.schemas["users"])

    def _subscriptions(
        self, drawn: Subscriptions, after: int, until: int, ledger: Ledger
    ) -> pa.Table:
        """Rows of subscriptions whose status began in a time."""
        found = emitted(drawn.at, drawn.twice, after, until, drawn.delay)
        account = drawn.account[found.thing]
        status = drawn.status[found.thing, found.step]
        keys = uuids(self.seed, SUBSCRIPTION, account)
        ended = status == CANCELLED
        missing = ended & drawn.unended[found.thing, found.step]
        ledger.note(
            ("subscriptions", "missing", "ended_at"), keys, found.at, missing & ~found.again
        )
        ledger.note(("subscriptions", "duplicate", None), keys, found.at, found.again)
        plan = (share(self.seed, 304, account) * len(PLANS)).astype(np.int64)
        many = seats(self.seed, account)
        columns = [
            strings(keys),
            strings(uuids(self.seed, ACCOUNT, account)),
            words(PLANS, plan),
            words(STATUSES, status),
            pa.array(many.astype(np.int32)),
            decimals(many * PRICES[plan]),
            times(drawn.at[found.thing, 0]),
            times(np.where(ended, drawn.at[found.thing, 1], 0), ~ended | missing),
            times(found.at),
        ]
        return pa.table(columns, schema=self.schemas["subscriptions"])

    def _usage(self, spec: BatchSpec, ledger: Ledger) -> pa.Table:
        """Every event once, and some of them twice."""
        drawn = sessions(self.seed, spec, len(FEATURES))
        count = len(drawn.event_session)
        event = np.concatenate([np.arange(count), np.flatnonzero(drawn.twice)])
        again = np.arange(len(event)) >= count
        session = drawn.event_session[event]
        keys = uuids(self.seed, EVENT, (np.int64(spec.number) << 32) + event)
        arrived = drawn.arrived[session]
        at = np.where(again, lifecycle.again(arrived, drawn.delay[event]), arrived)
        missing = drawn.unmeasured[event]
        late = drawn.late[session]
        ledger.note(("usage_events", "late", "occurred_at"), keys, at, late & ~again)
        ledger.note(("usage_events", "missing", "quantity"), keys, at, missing & ~again)
        ledger.note(("usage_events", "duplicate", None), keys, at, again)
        columns = [
            strings(keys),
            strings(uuids(self.seed, ACCOUNT, drawn.account[session])),
            strings(uuids(self.seed, USER, drawn.user[session])),
            words(FEATURES, drawn.feature[event]),
            pa.array(drawn.quantity[event].astype(np.int32), mask=missing),
            times(drawn.began[session]),
            times(at),
        ]
        return pa.table(columns, schema=self.schemas["usage_events"])

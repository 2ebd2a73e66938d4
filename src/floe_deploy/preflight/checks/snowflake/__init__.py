"""Checks of Snowflake: login, role, database, schema, and a query in the warehouse."""

import time
from importlib.util import find_spec

from floe_constructs.preflight.targets import Snowflake
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks.snowflake import faults
from floe_deploy.preflight.checks.snowflake.login import Session, login
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.http import compare

_STATE = (
    "SELECT CURRENT_VERSION(), CURRENT_ROLE(), CURRENT_DATABASE(), CURRENT_SCHEMA(), "
    "CURRENT_WAREHOUSE(), DATE_PART(EPOCH_SECOND, CURRENT_TIMESTAMP())"
)
_IN_WAREHOUSE = "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1))"
"""A query that the service cannot answer without a warehouse."""

_COLD_SECONDS = 1.0


def checks(target: Snowflake) -> list[Check]:
    """Answer the checks of an account: a login, then a query by the same session.

    Raises:
        Fault: the connector is not installed (EXTRA_MISSING).

    """
    if find_spec("snowflake") is None or find_spec("snowflake.connector") is None:
        raise layers.EXTRA_MISSING(service="Snowflake", extra="snowflake")
    login_id = target.root("compute")
    account = _Account(target)
    found = [
        Check(
            id=login_id,
            service="compute",
            title="login, role, database and schema",
            hint=account.hint,
            run=account.log_in,
        )
    ]
    if target.warehouse:
        found.append(
            Check(
                id=f"{login_id}.query",
                service="compute",
                title=f"a query in warehouse {target.warehouse}",
                hint=account.hint,
                run=account.query,
                requires=login_id,
            )
        )
    return found


class _Account:
    """An account, and the session in it."""

    session: Session
    role: str

    def __init__(self, target: Snowflake) -> None:
        self.target = target
        named = target.account if isinstance(target.account, str) else target.account.told
        self.hint = target.url or f"account {named}"

    async def log_in(self, probe: Probe) -> Answer:
        """Log in, and see what of the configured context there is."""
        target = self.target
        self.session = session = await login(probe, target)
        probe.at(Stage.AUTHZ)
        version, role, database, schema, warehouse, clock = await session.row(_STATE)
        self.role = role or "(none)"
        probe.details |= {"version": version, "role": role, "database": database}
        probe.details |= {"schema": schema, "warehouse": warehouse}
        compare(probe, round(time.time() - float(clock)), session.host)
        told = {
            "role": self.role,
            "database": target.database or database,
            "schema": target.db_schema,
            "warehouse": target.warehouse,
        }
        wanted = (
            (target.database, database, faults.SF_DB),
            (target.db_schema, schema, faults.SF_SCHEMA),
            (target.warehouse, warehouse, faults.SF_WAREHOUSE),
        )
        for name, there, code in wanted:
            if name and not there:
                raise code(**told)
        return Answer(message=f"Snowflake {version}, login to {session.account} as {self.role}")

    async def query(self, probe: Probe) -> Answer:
        """Let the warehouse work, which wakes it up if it sleeps."""
        session, warehouse = self.session, self.target.warehouse
        probe.at(Stage.OPERATION, session.host)
        began = time.monotonic()
        await session.row(_IN_WAREHOUSE, probe.seconds)
        seconds = time.monotonic() - began
        if seconds > _COLD_SECONDS:
            probe.warn(faults.SF_COLD(warehouse=warehouse, seconds=seconds))
        return Answer(message=f"warehouse {warehouse} answers")

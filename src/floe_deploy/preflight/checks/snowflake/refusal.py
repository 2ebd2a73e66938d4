"""Naming what Snowflake, or its connector, refuses."""

import re

from floe_constructs.preflight.targets import Snowflake
from floe_deploy.preflight import layers
from floe_deploy.preflight.checks.snowflake import faults
from floe_deploy.preflight.code import Code
from floe_deploy.preflight.http import excerpt

_NUMBERS: dict[int, Code] = {
    606: faults.SF_WAREHOUSE,
    90073: faults.SF_QUOTA,
    390100: faults.SF_AUTH_FAILED,
    390102: faults.SF_LOCKED,
    390144: faults.SF_JWT_INVALID,
    390189: faults.SF_ROLE,
    390422: faults.SF_NETWORK_POLICY,
    394400: faults.SF_AUTH_FAILED,
    394508: faults.SF_MFA,
}
_STATUSES: dict[int, Code] = {
    403: faults.SF_ACCOUNT_WRONG,
    404: faults.SF_ACCOUNT_WRONG,
    429: faults.SF_NOT_READY,
    502: faults.SF_NOT_READY,
    503: faults.SF_NOT_READY,
    504: faults.SF_NOT_READY,
}
_SECOND_FACTOR = re.compile(r"multi-factor|\bMFA\b", re.IGNORECASE)
_STATUS = re.compile(r"status:? (\d{3})\b")
_UUID = re.compile(r"\[([0-9a-f-]{36})\]")


def refusal(
    failure: Exception, target: Snowflake, account: str, host: str, seconds: float
) -> Exception:
    """Answer the fault that an error of the connector is."""
    number = int(getattr(failure, "errno", None) or 0)
    said = str(getattr(failure, "msg", None) or failure)
    if "timed out" in said:
        return layers.RESPONSE_TIMEOUT(host=host, seconds=seconds)
    found = _STATUS.search(said)
    status = int(found[1]) if found and number not in _NUMBERS else 0
    code = _NUMBERS.get(number) or _STATUSES.get(status) or faults.SF_ERROR
    if _SECOND_FACTOR.search(said):
        code = faults.SF_MFA
    kept = target.private_key or target.password
    uuid = _UUID.search(said)
    return code(
        account=account,
        host=host,
        user=target.user if isinstance(target.user, str) else f"({target.user.told})",
        place=kept.told if kept else "",
        role=target.role or "(the default one)",
        warehouse=target.warehouse,
        id=uuid[1] if uuid else "the login",
        number=number,
        status=status,
        said=excerpt(said),
    )

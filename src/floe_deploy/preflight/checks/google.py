"""Asking Google's JSON APIs with a token: what GCS and BigQuery have alike."""

from collections.abc import Mapping
from typing import Any

import httpx

from floe_constructs.preflight.targets import BigQuery, Gcs, Kept
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.http import ask, client, excerpt, wrong_service
from floe_deploy.preflight.identity import gcp

BILLING = {"accountDisabled", "billingNotEnabled", "BILLING_DISABLED"}
"""Reasons that say that nobody pays."""

DISABLED = {"accessNotConfigured", "SERVICE_DISABLED"}
"""Reasons that say that a project has not turned an API on."""

QUOTA = {"quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
"""Reasons that say that it was too much."""


def by_perimeter(refusal: Refusal) -> bool:
    """Tell whether VPC Service Controls are what says no; BigQuery has another reason for it."""
    return refusal.code == "SECURITY_POLICY_VIOLATED" or "vpcServiceControls" in refusal.said


async def token(probe: Probe, target: Gcs | BigQuery, scope: str, otherwise: Fault) -> str:
    """Answer a token of a target's credential, and raise `otherwise` where it has none.

    Raises:
        Fault: there is none, or Google does not accept it.

    """
    if target.credentials_file:
        kept = Kept(file=target.credentials_file, secret=target.secret)
        return await gcp.token_by_key(probe, kept, scope)
    if target.identity:
        return await gcp.token(probe, scope)
    raise otherwise


async def opened(probe: Probe, url: str, token: str) -> httpx.AsyncClient:
    """Answer a client that bears a token.

    Raises:
        Fault: a layer below HTTP does not work.

    """
    http = await client(probe, url)
    http.headers["Authorization"] = f"Bearer {token}"
    return http


async def asked(
    probe: Probe, http: httpx.AsyncClient, method: str, path: str, **request: Any
) -> httpx.Response:
    """Ask once.

    Raises:
        Fault: no answer, or one that is not Google's.
        Refusal: Google says no.

    """
    answer = await ask(probe, http, method, path, **request)
    if answer.is_success:
        return answer
    error = _error(answer)
    if error is None and answer.is_server_error:
        raise Refusal(status=answer.status_code, code="", said=excerpt(answer.text))
    if error is None:
        raise wrong_service(answer, "a Google API")
    said = excerpt(error.get("message", ""))
    raise Refusal(status=answer.status_code, code=_reason(error), said=said)


def _error(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return error if isinstance(error, dict) else None


def _reason(error: Mapping[str, Any]) -> str:
    """Answer the most exact reason: that of `details` where it has one, else of `errors`."""
    said = [*error.get("details", ()), *error.get("errors", ())]
    reasons = (one.get("reason") for one in said if isinstance(one, dict))
    return next((str(reason) for reason in reasons if reason), "")

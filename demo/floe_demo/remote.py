"""A burst in a Dagster that runs elsewhere, by its GraphQL: nothing but a URL is needed."""

import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from floe_demo.refusal import FailedError, RefusedError

JOB = "shop"
STEP = "ingest_ecommerce"
FIND = (
    "{repositoriesOrError {... on RepositoryConnection {nodes {name location {name} jobs {name}}}}}"
)
LOADED = """
{
  workspaceOrError {
    ... on Workspace {locationEntries {locationOrLoadError {... on PythonError {message}}}}
  }
}
"""
LAUNCH = """
mutation Burst($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess {run {runId}}
    ... on RunConfigValidationInvalid {errors {message}}
    ... on PythonError {message}
    ... on UnauthorizedError {message}
  }
}
"""
STATUS = "query Run($id: ID!) {runOrError(runId: $id) {... on Run {status}}}"
OVER = ("SUCCESS", "FAILURE", "CANCELED")
EVERY = 1.0
"""Seconds between two questions."""


def burst(url: str, orders: int, *, as_json: bool = False) -> str:
    """Make a burst and wait for its end; tell which run it was.

    Raises:
        FailedError: the run did not go well.

    """
    run = launched(url, orders)
    place = f"{url.rstrip('/')}/runs/{run}"
    sys.stderr.write(f"Run {run} makes {orders:,} orders: {place}\n")
    if not ended(url, run):
        raise FailedError(f"The run failed: {place} tells why")
    told = {"run": run, "orders": orders, "url": place}
    return json.dumps(told, indent=2) if as_json else f"{orders:,} orders are served."


def launched(url: str, orders: int) -> str:
    """Ask for a burst; answer the run that makes it.

    Raises:
        RefusedError: nobody answers there, or not a Dagster with the demo, or it did not want to.

    """
    selector = found(url)
    config = {"ops": {STEP: {"config": {"burst": orders}}}}
    params = {"selector": selector, "runConfigData": config}
    done = _asked(url, LAUNCH, params=params)["launchRun"]
    if done["__typename"] != "LaunchRunSuccess":
        said = done.get("message") or "; ".join(one["message"] for one in done.get("errors", ()))
        msg = f"the Dagster at {url} refused: {said or done['__typename']}"
        raise RefusedError(msg)
    return str(done["run"]["runId"])


def found(url: str) -> dict[str, str]:
    """Answer which job of the Dagster at a URL is the demo's.

    Raises:
        RefusedError: nobody answers there, or not a Dagster with the demo.

    """
    for node in _asked(url, FIND)["repositoriesOrError"].get("nodes", ()):
        if any(job["name"] == JOB for job in node["jobs"]):
            return {
                "repositoryLocationName": node["location"]["name"],
                "repositoryName": node["name"],
                "jobName": JOB,
            }
    msg = f"the Dagster at {url} has no job `{JOB}`: the demo is not loaded there"
    raise RefusedError(msg)


def fault(url: str) -> str | None:
    """Answer why a Dagster could not load its definitions, if it could not."""
    entries = _asked(url, LOADED)["workspaceOrError"].get("locationEntries", ())
    faults = [(entry["locationOrLoadError"] or {}).get("message") for entry in entries]
    return next((str(one).partition("\n")[0] for one in faults if one), None)


def ended(url: str, run: str) -> bool:
    """Wait for a run to be over; answer whether all of it went well."""
    while (status := _asked(url, STATUS, id=run)["runOrError"].get("status")) not in OVER:
        time.sleep(EVERY)
    return bool(status == "SUCCESS")


def _asked(url: str, query: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    place = f"{url.rstrip('/')}/graphql"
    if not place.startswith(("http://", "https://")):
        msg = f"{url} is no URL of a Dagster: http://HOST:PORT is meant"
        raise RefusedError(msg)
    request = urllib.request.Request(place, body, {"Content-Type": "application/json"})  # noqa: S310  looked at above
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  as before
            data: dict[str, Any] | None = json.load(answer).get("data")
    except (OSError, ValueError, AttributeError) as error:
        msg = f"no Dagster answers at {url}: {getattr(error, 'reason', error)}"
        raise RefusedError(msg) from None
    if not data:
        msg = f"what answers at {url} is no Dagster"
        raise RefusedError(msg)
    return data

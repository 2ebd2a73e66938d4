"""Checks of BigQuery: a query that reads nothing, and the dataset."""

from urllib.parse import quote

import httpx

from floe_constructs.preflight.targets import BigQuery
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks import google, objects
from floe_deploy.preflight.checks.bigquery import faults
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.code import Answer, Code, Fault, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import json_of
from floe_deploy.preflight.identity import gcp

_SCOPE = "https://www.googleapis.com/auth/bigquery"

_QUERY_SECONDS = 3.0
"""How long BigQuery waits for the query before it answers that it goes on."""


def checks(target: BigQuery) -> list[Check]:
    """Answer the checks of a project, and of its dataset where it has one.

    Raises:
        Fault: what signs for a key file is not installed (EXTRA_MISSING).

    """
    if target.credentials_file:
        gcp.needs_google_auth("BigQuery with a key file")
    project, own, hint = _Project(target), target.root("compute"), f"BigQuery {target.project}"
    query = Check(id=own, service="compute", title="may run a query", hint=hint, run=project.asked)
    found = [query]
    if target.dataset:
        found.append(
            Check(
                id=f"{own}.dataset",
                service="compute",
                title=f"may read dataset {target.dataset}",
                hint=hint,
                run=project.read,
                requires=own,
            )
        )
    return found


class _Project:
    """A project, and what the first check has opened for the second."""

    def __init__(self, target: BigQuery) -> None:
        self.target = target
        self.where = place_of(target.url)
        self.path = f"/bigquery/v2/projects/{quote(target.project, safe='')}"
        self.http: httpx.AsyncClient | None = None

    async def asked(self, probe: Probe) -> Answer:
        missing = faults.BQ_NO_CREDENTIALS(project=self.target.project)
        token = await google.token(probe, self.target, _SCOPE, missing)
        self.http = await google.opened(probe, self.target.url, token)
        query = {
            "query": "SELECT 1",
            "useLegacySql": False,
            "timeoutMs": round(_QUERY_SECONDS * 1000),
            "maxResults": 1,
        } | ({"location": self.target.location} if self.target.location else {})
        try:
            answer = await google.asked(
                probe, self.http, "POST", f"{self.path}/queries", json=query
            )
        except Refusal as refusal:
            raise self._named(probe, refusal, faults.BQ_NO_JOB_PERMISSION) from refusal
        told = json_of(answer, "BigQuery")
        job = told.get("jobReference", {})
        if not told.get("jobComplete"):
            await self._cancelled(probe, self.http, str(job.get("jobId", "")))
            seconds = _QUERY_SECONDS
            raise faults.BQ_JOB_PENDING(project=self.target.project, seconds=seconds)
        location = job.get("location") or self.target.location
        place = f" in {location}" if location else ""
        return Answer(message=f"BigQuery of project {self.target.project}{place}, SELECT 1")

    async def read(self, probe: Probe) -> Answer:
        assert self.http  # noqa: S101  the check that it requires has opened it
        probe.at(Stage.OPERATION, self.where)
        target, dataset = self.target, self.target.dataset or ""
        path = f"{self.path}/datasets/{quote(dataset, safe='')}"
        try:
            told = json_of(await google.asked(probe, self.http, "GET", path), "BigQuery")
            tables = {"maxResults": "1"}
            await google.asked(probe, self.http, "GET", f"{path}/tables", params=tables)
        except Refusal as refusal:
            raise self._named(probe, refusal, faults.BQ_DATASET_DENIED) from refusal
        found = str(told.get("location", ""))
        if target.location and found and found.lower() != target.location.lower():
            location = target.location
            raise faults.BQ_LOCATION(dataset=dataset, found=found, location=location)
        place = f" in {found}" if found else ""
        return Answer(message=f"dataset {dataset}{place}: may be read")

    async def _cancelled(self, probe: Probe, http: httpx.AsyncClient, job: str) -> None:
        """End a query that nobody waits for; whether that works is of no interest."""
        place = {"location": self.target.location} if self.target.location else {}
        try:
            path = f"{self.path}/jobs/{quote(job, safe='')}/cancel"
            await google.asked(probe, http, "POST", path, params=place)
        except (Refusal, Fault):
            return

    def _named(self, probe: Probe, refusal: Refusal, denied: Code) -> Fault:
        if refusal.said:
            probe.details["answer"] = refusal.said
        host, _ = self.where.rsplit(":", 1)
        return _code(refusal, denied)(
            host=host,
            project=self.target.project,
            dataset=self.target.dataset,
            status=refusal.status,
            error=refusal.code or "no reason",
        )


def _code(refusal: Refusal, denied: Code) -> Code:
    if google.by_perimeter(refusal):
        return faults.BQ_PERIMETER
    by_reason = (
        (google.BILLING, faults.BQ_BILLING),
        (google.DISABLED, faults.BQ_API_DISABLED),
        (google.QUOTA, faults.BQ_QUOTA),
        ({"CONSUMER_INVALID", "RESOURCE_PROJECT_INVALID"}, faults.BQ_PROJECT_MISSING),
    )
    for reasons, code in by_reason:
        if refusal.code in reasons:
            return code
    if "has not enabled BigQuery" in refusal.said:
        return faults.BQ_API_DISABLED
    if refusal.status == httpx.codes.UNAUTHORIZED:
        return faults.BQ_AUTH_FAILED
    if refusal.status == httpx.codes.NOT_FOUND:
        of_dataset = denied is faults.BQ_DATASET_DENIED
        return faults.BQ_DATASET_MISSING if of_dataset else faults.BQ_PROJECT_MISSING
    return objects.by_status(
        refusal.status,
        busy=faults.BQ_UNAVAILABLE,
        unavailable=faults.BQ_UNAVAILABLE,
        denied=denied,
        refused=faults.BQ_REFUSED,
    )

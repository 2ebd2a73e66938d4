"""Dagster in a namespace of a control plane, as users and operators see it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from api_server import ApiServer, Body
from conftest import Objects, build
from dagster_example import LARGE, RESOURCES, SHOP, spec
from floe_constructs.dagster import Dagster
from kubelet import Kubelet
from postgres import Postgres
from test_dagster_processes import graphql, location, status

SELECTED = 'repositoryLocationName:"shop",repositoryName:"__repository__"'
NAMESPACE = "dagster-on-kubernetes"
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A namespace with Dagster in it, and what is around."""

    plane: ApiServer
    node: Kubelet
    objects: Objects
    database: Postgres
    engine: str
    folder: Path
    url: str

    def ask(self, query: str) -> dict[str, Any]:
        """Ask the webserver, through its Service."""
        return graphql(self.url, query)

    def until(self, ask: Callable[[], Answer | None], seconds: int = 240) -> Answer:
        """Ask until there is an answer that counts."""
        return self.node.until(ask, seconds)

    def watches(self) -> bool:
        """Answer whether the daemon sees failures: on a new database it ignores earlier ones."""
        seen = "select count(*) from kvs where key like 'EVENT_LOG_CONSUMER_CURSOR-%'"
        return bool(self.database.sql(seen))

    def launch(self, job: str, **config: object) -> str:
        """Launch a run as a user does; answer its id."""
        params = f"selector:{{{SELECTED},jobName:{json.dumps(job)}}}"
        params += f",runConfigData:{json.dumps(json.dumps(config))}"
        found = self.ask(
            f"mutation{{launchRun(executionParams:{{{params}}})"
            "{__typename ... on LaunchRunSuccess{run{runId}} ... on PythonError{message}}}"
        )["launchRun"]
        assert found["__typename"] == "LaunchRunSuccess", found
        run: str = found["run"]["runId"]
        return run

    def runs(self) -> dict[str, Body]:
        """Answer all runs by id."""
        found = self.ask(
            "{runsOrError{... on Runs{results{runId status jobName rootRunId parentRunId}}}}"
        )["runsOrError"]["results"]
        return {run["runId"]: run for run in found}

    def ended(self, run: str) -> str | None:
        """Answer how a run ended, if it has."""
        found: str = self.runs()[run]["status"]
        return found if found in {"SUCCESS", "FAILURE", "CANCELED"} else None

    def said(self, run: str) -> list[Body]:
        """Answer what happened in a run."""
        found: list[Body] = self.ask(
            f"{{logsForRun(runId:{json.dumps(run)})"
            "{... on EventConnection{events{__typename ... on MessageEvent{message} "
            "... on ExecutionStepFailureEvent{error{errorChain{error{message}}}}}}}}"
        )["logsForRun"]["events"]
        return found

    def under_way(self, run: str) -> bool:
        """Answer whether user code has said so."""
        assert self.ended(run) is None, self.failure(run)
        return any(event.get("message") == "under way" for event in self.said(run))

    def failure(self, run: str) -> str:
        """Answer what a failed run shows."""
        errors = [event["error"] for event in self.said(run) if event.get("error")]
        return "\n".join(
            link["error"]["message"] for error in errors for link in error["errorChain"]
        )

    def pods(self, **labels: str) -> list[str]:
        return [body["metadata"]["name"] for body in self.node.pods(labels)]

    def serves(self) -> bool:
        """Answer whether each Deployment has the pods it wants, and the webserver answers."""
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        counted = ("replicas", "updatedReplicas", "availableReplicas")
        return status(f"{self.url}/server_info") == 200 and all(
            {body["status"].get(which) for which in counted} == {body["spec"]["replicas"]}
            for body in self.plane.ask("GET", path)["items"]
        )

    def schedule(self) -> None:
        """Turn the schedule on, as a user does."""
        found = self.ask(
            f'mutation{{startSchedule(scheduleSelector:{{{SELECTED},scheduleName:"each_minute"}})'
            "{__typename}}"
        )
        assert found["startSchedule"]["__typename"] == "ScheduleStateResult"

    def loaded(self) -> bool:
        """Answer whether the webserver knows what is defined."""
        entry = location(self.url)
        return entry is not None and (
            entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
        )

    def migrate(self, name: str) -> None:
        """Run the migration as a Job of this name."""
        (job,) = (found for (kind, _), found in self.objects.items() if kind == "Job")
        self.plane.apply([job | {"metadata": job["metadata"] | {"name": name}}])
        path = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs/{name}"
        self.until(lambda: self.plane.ask("GET", path)["status"].get("succeeded"))


def rendered(database: Postgres, engine: str, module: str) -> Objects:
    """Answer Dagster with a code location, as an environment gets it."""
    host, _, port = engine.partition(":")
    where = {"host": database.host, "port": database.port, "database": database.database}
    dagster = spec(
        namespace=NAMESPACE,
        code_locations=[SHOP | {"module": module, "server": {"resources": RESOURCES}}],
        compute_logs=None,
        webserver={"resources": RESOURCES},
        webserver_read_only=None,
        run_retries={"max_retries": 1},
        database=LARGE["database"] | where | {"sslmode": "disable"},
        artifacts=json.dumps({"compute": {"type": "trino", "host": host, "port": int(port)}}),
        variables={"WAREHOUSE": {"name": "warehouse", "key": "dsn"}},
    )
    return build(lambda chart: Dagster(chart, "dagster", dagster), NAMESPACE)


def secret(name: str, **texts: str) -> Body:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}


def of(objects: Objects, *kinds: str) -> Sequence[Body]:
    return [found for (kind, _), found in objects.items() if kind in kinds]

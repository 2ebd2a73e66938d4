"""Checks of Dagster after a release: it answers, its code is loaded, its daemon lives."""

import time
from functools import partial
from typing import Any

import httpx

from floe_constructs.preflight.targets import Dagster
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, excerpt, json_of, kind_of, wrong_service

_SERVICE = "Dagster's webserver"

_SILENT_SECONDS = 90
"""Daemons give a sign of life each half minute; Dagster itself waits half an hour for one."""

_LOCATIONS = """{workspaceOrError{__typename ... on PythonError{message} ... on Workspace{
locationEntries{name loadStatus locationOrLoadError{__typename
... on PythonError{message causes{message}}}}}}}"""

_DAEMONS = """{instance{daemonHealth{allDaemonStatuses{
daemonType required healthy lastHeartbeatTime lastHeartbeatErrors{message}}}}}"""

DAGSTER_REFUSED = Code(
    id="DAGSTER_REFUSED",
    stage=Stage.OPERATION,
    message="Dagster at {host} cannot answer: {seen}",
    remediation="Look at the log of the webserver; where it speaks of the database, at the "
    "migration",
    detection="errors in the answer of GraphQL",
)

DAGSTER_LOCATION_ABSENT = Code(
    id="DAGSTER_LOCATION_ABSENT",
    stage=Stage.OPERATION,
    message="code location {location} is unknown to {host}; it knows {there}",
    remediation="See whether its pods are those of this release: the list of locations is read "
    "when a webserver starts",
    detection="the workspace of GraphQL, which does not name it",
)

DAGSTER_LOCATION_LOADING = Code(
    id="DAGSTER_LOCATION_LOADING",
    stage=Stage.OPERATION,
    message="code location {location} is still being loaded",
    remediation="Wait for it with --wait; if it stays so, look at the log of its server",
    detection="loadStatus of GraphQL",
)

DAGSTER_LOCATION_FAILED = Code(
    id="DAGSTER_LOCATION_FAILED",
    stage=Stage.OPERATION,
    message="code location {location} is not loaded: {seen}",
    remediation="Look at the log of its server: UNAVAILABLE means that it is not there, anything "
    "else is an error of the code or its settings",
    detection="a PythonError in place of the location; told is its first cause",
)

DAGSTER_DAEMON_SILENT = Code(
    id="DAGSTER_DAEMON_SILENT",
    stage=Stage.OPERATION,
    message="no sign of life from the daemon in {seconds} s: {daemons}",
    remediation="Look at the log of the daemon; without it nothing queued is launched, and no "
    "schedule and no sensor runs. A long iteration delays the sign: ignore this code where that is "
    "usual",
    detection="lastHeartbeatTime of each daemon that GraphQL calls required",
)

DAGSTER_DAEMON_FAILING = Code(
    id="DAGSTER_DAEMON_FAILING",
    stage=Stage.OPERATION,
    message="{daemon} reports an error: {seen}",
    remediation="Look at the log of the daemon",
    detection="a daemon that GraphQL calls required and not healthy, and its lastHeartbeatErrors",
)

CODES = (
    DAGSTER_REFUSED,
    DAGSTER_LOCATION_ABSENT,
    DAGSTER_LOCATION_LOADING,
    DAGSTER_LOCATION_FAILED,
    DAGSTER_DAEMON_SILENT,
    DAGSTER_DAEMON_FAILING,
)


def checks(target: Dagster) -> list[Check]:
    """Answer the checks of a webserver: that it answers, then what it knows of the others."""
    own, dagster = target.root("platform"), _Dagster(target)

    def check(id: str, title: str, run: Any) -> Check:
        requires = "" if id == own else own
        return Check(
            id=id, service="platform", title=title, hint=target.url, run=run, requires=requires
        )

    found = [check(own, "GraphQL answers", dagster.version)]
    for name in target.locations:
        loaded = partial(dagster.location, name)
        found.append(check(f"{own}.code-{name}", f"code location {name} is loaded", loaded))
    if target.daemon:
        found.append(check(f"{own}.daemon", "the daemon lives", dagster.daemon))
    return found


class _Dagster:
    """A webserver, once it is reached."""

    http: httpx.AsyncClient

    def __init__(self, target: Dagster) -> None:
        self.url = target.url
        self.host = place_of(target.url)

    async def version(self, probe: Probe) -> Answer:
        """Ask for the version."""
        self.http = await client(probe, self.url)
        version = (await self._asked(probe, "{version}")).get("version")
        probe.details["version"] = version
        return Answer(message=f"Dagster {version}")

    async def location(self, name: str, probe: Probe) -> Answer:
        """Look whether a code location is loaded."""
        workspace = (await self._asked(probe, _LOCATIONS)).get("workspaceOrError") or {}
        if workspace.get("__typename") != "Workspace":
            raise DAGSTER_REFUSED(host=self.host, seen=excerpt(workspace.get("message", workspace)))
        entries = {str(entry["name"]): entry for entry in workspace["locationEntries"]}
        if name not in entries:
            there = ", ".join(entries) or "none"
            raise DAGSTER_LOCATION_ABSENT(location=name, host=self.host, there=there)
        entry = entries[name]
        loaded = entry.get("locationOrLoadError") or {}
        if loaded.get("__typename") == "PythonError":
            causes: list[dict[str, Any]] = loaded.get("causes") or [loaded]
            raise DAGSTER_LOCATION_FAILED(location=name, seen=excerpt(causes[-1].get("message")))
        if entry.get("loadStatus") != "LOADED" or not loaded:
            raise DAGSTER_LOCATION_LOADING(location=name)
        return Answer(message=f"code location {name} is loaded")

    async def daemon(self, probe: Probe) -> Answer:
        """Look for signs of life of every daemon that has to be there."""
        instance = (await self._asked(probe, _DAEMONS))["instance"]
        needed = [one for one in instance["daemonHealth"]["allDaemonStatuses"] if one["required"]]
        oldest = time.time() - _SILENT_SECONDS
        silent = [one["daemonType"] for one in needed if (one["lastHeartbeatTime"] or 0) < oldest]
        if silent:
            raise DAGSTER_DAEMON_SILENT(seconds=_SILENT_SECONDS, daemons=", ".join(silent))
        for one in needed:
            if not one["healthy"]:
                errors = [error["message"] for error in one["lastHeartbeatErrors"] or ()]
                seen = excerpt("; ".join(errors)) or "it is not healthy"
                raise DAGSTER_DAEMON_FAILING(daemon=one["daemonType"], seen=seen)
        give = "daemon gives" if len(needed) == 1 else "daemons give"
        return Answer(message=f"{len(needed)} {give} signs of life")

    async def _asked(self, probe: Probe, query: str) -> dict[str, Any]:
        """Ask GraphQL.

        Raises:
            Fault: something else listens there, or Dagster cannot answer.

        """
        probe.at(Stage.OPERATION, self.host)
        answer = await ask(probe, self.http, "POST", "graphql", json={"query": query})
        content: dict[str, Any] = {}
        if kind_of(answer) == "application/json":
            content = json_of(answer, _SERVICE)
        if errors := content.get("errors"):
            raise DAGSTER_REFUSED(host=self.host, seen=excerpt(errors[0].get("message")))
        data = content.get("data")
        if not answer.is_success:
            raise wrong_service(answer, _SERVICE)
        if not data or not isinstance(data, dict):
            seen = "JSON of something else" if content else None
            raise wrong_service(answer, _SERVICE, seen)
        return data

"""Checks of Marquez after a release: its API reads, and its interface reaches the API."""

import httpx

from floe_constructs.preflight.targets import Marquez, MarquezWeb
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, json_of, kind_of, read_json, wrong_service

_NAMESPACES = "api/v1/namespaces"

MARQUEZ_WEB_ALONE = Code(
    id="MARQUEZ_WEB_ALONE",
    stage=Stage.OPERATION,
    message="the interface of Marquez at {host} hands on nothing of the API: {seen}",
    remediation="See whether marquez-api answers, and MARQUEZ_HOST and MARQUEZ_PORT of the "
    "interface",
    detection="the namespaces, asked by way of the interface",
    source="https://github.com/MarquezProject/marquez/blob/0.51.1/web/setupProxy.js",
)

CODES = (MARQUEZ_WEB_ALONE,)


def checks(target: Marquez | MarquezWeb) -> list[Check]:
    """Answer the one check."""

    async def read(probe: Probe) -> Answer:
        http = await client(probe, target.url)
        content = await read_json(probe, http, _NAMESPACES, "Marquez")
        names = content.get("namespaces")
        if not isinstance(names, list):
            raise wrong_service(await ask(probe, http, "GET", _NAMESPACES), "Marquez")
        return Answer(message=f"Marquez knows {len(names)} namespace{'s' * (len(names) != 1)}")

    async def shown(probe: Probe) -> Answer:
        http = await client(probe, target.url)
        page = await ask(probe, http, "GET", "")
        if not page.is_success or kind_of(page) != "text/html":
            raise wrong_service(page, "Marquez' interface")
        answer = await ask(probe, http, "GET", _NAMESPACES)
        if not _is_of_the_api(answer):
            seen = f"HTTP {answer.status_code}, {kind_of(answer)}"
            raise MARQUEZ_WEB_ALONE(host=place_of(target.url), seen=seen)
        return Answer(message="Marquez' interface shows what the API says")

    interface = isinstance(target, MarquezWeb)
    return [
        Check(
            id=target.root("platform"),
            service="platform",
            title="the interface reaches the API" if interface else "the API reads its database",
            hint=target.url,
            run=shown if interface else read,
        )
    ]


def _is_of_the_api(answer: httpx.Response) -> bool:
    if not answer.is_success or kind_of(answer) != "application/json":
        return False
    return "namespaces" in json_of(answer, "Marquez")

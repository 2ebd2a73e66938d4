"""Checks of Jaeger after a release: searches are answered, and spans are taken in."""

from floe_constructs.preflight.targets import Jaeger, Otlp
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, excerpt, json_of, kind_of, wrong_service

_SERVER_ERROR = 500

JAEGER_STORAGE = Code(
    id="JAEGER_STORAGE",
    stage=Stage.OPERATION,
    message="Jaeger at {host} cannot read traces: {seen}",
    remediation="Look at its log, and at the storage of traces",
    detection="HTTP 500 with `errors` for the list of services",
)

CODES = (JAEGER_STORAGE,)


def checks(target: Jaeger | Otlp) -> list[Check]:
    """Answer the one check."""

    async def searched(probe: Probe) -> Answer:
        http = await client(probe, target.url)
        answer = await ask(probe, http, "GET", "api/services")
        if kind_of(answer) != "application/json":
            raise wrong_service(answer, "Jaeger")
        content = json_of(answer, "Jaeger")
        if answer.status_code == _SERVER_ERROR and (errors := content.get("errors")):
            seen = excerpt(errors[0].get("msg"))
            raise JAEGER_STORAGE(host=place_of(target.url), seen=seen)
        if not answer.is_success:
            raise wrong_service(answer, "Jaeger")
        if "data" not in content:
            raise wrong_service(answer, "Jaeger", "JSON without data")
        names = content["data"] or []  # null before the first trace
        probe.details["services"] = len(names)
        return Answer(message=f"Jaeger knows {len(names)} service{'s' * (len(names) != 1)}")

    async def collected(probe: Probe) -> Answer:
        """Send a request with no span in it: nothing is left behind."""
        ca_file = target.ca_file if isinstance(target, Otlp) else None
        http = await client(probe, target.url, ca_file)
        answer = await ask(probe, http, "POST", "v1/traces", json={"resourceSpans": []})
        if not answer.is_success or kind_of(answer) != "application/json":
            raise wrong_service(answer, "OTLP over HTTP")
        return Answer(message="OTLP over HTTP is taken in")

    searches = isinstance(target, Jaeger)
    return [
        Check(
            id=target.root("platform"),
            service="platform",
            title="searches are answered" if searches else "spans are taken in",
            hint=target.url,
            run=searched if searches else collected,
        )
    ]

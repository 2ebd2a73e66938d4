"""The check of a login after a release: it is ready, and lets nobody through as they come."""

from floe_constructs.preflight.targets import Login
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, wrong_service

_SERVICE = "oauth2-proxy"
_SHUT = {401, 403}

LOGIN_OPEN = Code(
    id="LOGIN_OPEN",
    stage=Stage.AUTH,
    message="{host} shows what is behind the login to whoever asks: HTTP {status}",
    remediation="Look at the arguments and variables of oauth2-proxy that leave paths out of the "
    "login (skip_auth); shut the way in until then",
    detection="HTTP 2xx for / without a session",
    definitive=True,
)

CODES = (LOGIN_OPEN,)


def checks(target: Login) -> list[Check]:
    """Answer the one check."""

    async def shut(probe: Probe) -> Answer:
        http = await client(probe, target.url)
        ready = await ask(probe, http, "GET", "ready")
        if not ready.is_success or ready.text.strip() != "OK":
            raise wrong_service(ready, _SERVICE)
        answer = await ask(probe, http, "GET", "")
        if answer.is_success:
            raise LOGIN_OPEN(host=place_of(target.url), status=answer.status_code)
        if not answer.is_redirect and answer.status_code not in _SHUT:
            raise wrong_service(answer, _SERVICE)
        return Answer(message="the login is ready, and lets nobody through without a session")

    return [
        Check(
            id=target.root("platform"),
            service="platform",
            title="ready, and shut to those without a session",
            hint=target.url,
            run=shut,
        )
    ]

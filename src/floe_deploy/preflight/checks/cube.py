"""Checks of Cube after a release: it is ready, its door is shut, its model compiles."""

import base64
import hashlib
import hmac
import json
import time

import httpx

from floe_constructs.preflight.targets import Cube
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, excerpt, json_of, kind_of, wrong_service

_META = "cubejs-api/v1/meta"
_TOKEN_SECONDS = 120
_REFUSED = {401, 403}

CUBE_NOT_READY = Code(
    id="CUBE_NOT_READY",
    stage=Stage.OPERATION,
    message="Cube at {host} says that it is not ready: HTTP {status}",
    remediation="Its database or Cube Store does not answer it: look at its log, and at that of "
    "cube-store-router",
    detection="HTTP 500 with `health` for /readyz",
)

CUBE_OPEN = Code(
    id="CUBE_OPEN",
    stage=Stage.AUTH,
    message="Cube at {host} answers without a token",
    remediation="Set CUBEJS_DEV_MODE to false, and look at checkAuth of its configuration: whoever "
    "reaches it reads all data",
    detection="HTTP 200 for the metadata of the model, asked without a token",
    definitive=True,
)

CUBE_TOKEN_REFUSED = Code(
    id="CUBE_TOKEN_REFUSED",
    stage=Stage.AUTH,
    message="Cube at {host} refuses a token that is signed with {place}: {seen}",
    remediation="Restart Cube where the Secret has changed since its pods started",
    detection="HTTP 401 or 403 for the metadata of the model, asked with a token",
)

CUBE_MODEL = Code(
    id="CUBE_MODEL",
    stage=Stage.OPERATION,
    message="Cube at {host} cannot read its model: {seen}",
    remediation="Mend the model that it names; a model that needs claims of a token cannot be "
    "asked for without them: leave this check out",
    detection="any other status with `error` for the metadata, asked with a token",
)

CUBE_NO_CUBES = Code(
    id="CUBE_NO_CUBES",
    stage=Stage.OPERATION,
    message="the model of Cube at {host} has no cube and no view that may be seen",
    remediation="See whether the model's files are where CUBEJS_SCHEMA_PATH says, and `public`",
    detection="metadata without a cube",
    warning=True,
)

CODES = (CUBE_NOT_READY, CUBE_OPEN, CUBE_TOKEN_REFUSED, CUBE_MODEL, CUBE_NO_CUBES)


def checks(target: Cube) -> list[Check]:
    """Answer the checks of Cube's API; that of the model where tokens can be signed."""
    own, cube = target.root("platform"), _Cube(target)
    ready = Check(
        id=own,
        service="platform",
        title="ready, and shut to those without a token",
        hint=target.url,
        run=cube.ready,
    )
    if target.api_secret is None:
        return [ready]
    model = Check(
        id=f"{own}.model",
        service="platform",
        title="the model compiles",
        hint=target.url,
        run=cube.model,
        requires=own,
    )
    return [ready, model]


class _Cube:
    """An API, once it is reached."""

    http: httpx.AsyncClient

    def __init__(self, target: Cube) -> None:
        self.target = target
        self.host = place_of(target.url)

    async def ready(self, probe: Probe) -> Answer:
        """Ask whether its own services answer it, and whether it answers anybody."""
        self.http = http = await client(probe, self.target.url)
        answer = await ask(probe, http, "GET", "readyz")
        if kind_of(answer) != "application/json" or "health" not in json_of(answer, "Cube"):
            raise wrong_service(answer, "Cube")
        if not answer.is_success:
            raise CUBE_NOT_READY(host=self.host, status=answer.status_code)
        unknown = await ask(probe, http, "GET", _META)
        if unknown.is_success:
            raise CUBE_OPEN(host=self.host)
        if unknown.status_code not in _REFUSED:
            raise wrong_service(unknown, "Cube")
        return Answer(message="Cube is ready, and refuses who has no token")

    async def model(self, probe: Probe) -> Answer:
        """Ask for the metadata of the model, with a token that allows nothing else by itself."""
        assert self.target.api_secret  # noqa: S101  there is no such check otherwise
        probe.at(Stage.OPERATION, self.host)
        token = _signed(probe.text(self.target.api_secret))
        probe.redactor.hide(token)
        answer = await ask(probe, self.http, "GET", _META, headers={"Authorization": token})
        if kind_of(answer) != "application/json":
            raise wrong_service(answer, "Cube")
        content = json_of(answer, "Cube")
        seen = excerpt(content.get("error", f"HTTP {answer.status_code}"))
        if answer.status_code in _REFUSED:
            place = self.target.api_secret.told
            raise CUBE_TOKEN_REFUSED(host=self.host, place=place, seen=seen)
        if not answer.is_success:
            raise CUBE_MODEL(host=self.host, seen=seen)
        cubes = content.get("cubes")
        if not isinstance(cubes, list):
            raise wrong_service(answer, "Cube", "JSON without cubes")
        if not cubes:
            probe.warn(CUBE_NO_CUBES(host=self.host))
        many = "cube or view" if len(cubes) == 1 else "cubes and views"
        return Answer(message=f"the model compiles: {len(cubes)} {many}")


def _signed(secret: str) -> str:
    """Answer a token for two minutes (HS256), which a library is not needed for."""
    now = int(time.time())
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iat": now, "exp": now + _TOKEN_SECONDS})
    signed = ".".join(_coded(json.dumps(part).encode()) for part in parts)
    code = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_coded(code)}"


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""Checks of Google Cloud Storage, by its JSON API, which tells the rights that one has."""

from urllib.parse import quote

import httpx

from floe_constructs.preflight.targets import Gcs
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks import google, objects
from floe_deploy.preflight.checks.gcs import faults
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.code import Answer, Code, Fault, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.identity import gcp

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"

_NEEDED = {
    "list": "storage.objects.list",
    "write": "storage.objects.create",
    "read": "storage.objects.get",
    "delete": "storage.objects.delete",
}

_DENIED = {
    "list": faults.GCS_PERMISSION,
    "write": faults.GCS_READ_ONLY,
    "read": faults.GCS_READ_DENIED,
}


def checks(target: Gcs) -> list[Check]:
    """Answer the checks of a bucket.

    Raises:
        Fault: what signs for a key file is not installed (EXTRA_MISSING).

    """
    if target.credentials_file:
        gcp.needs_google_auth("storage with a key file of Google's")
    bucket = _Bucket(target)
    return objects.pair(
        target.root("storage"), f"gs://{bucket.name}", bucket.listed, bucket.written
    )


class _Bucket:
    """A bucket, and what the first check has found out about it for the second."""

    def __init__(self, target: Gcs) -> None:
        self.target = target
        self.name = "/".join(filter(None, (target.bucket, target.prefix)))
        self.where = place_of(target.endpoint)
        self.path = f"/storage/v1/b/{quote(target.bucket, safe='')}"
        self.key = ""
        self.granted: set[str] | None = None
        self.http: httpx.AsyncClient | None = None

    async def listed(self, probe: Probe) -> Answer:
        missing = faults.GCS_NO_ADC(bucket=self.target.bucket)
        token = await google.token(probe, self.target, _SCOPE, missing)
        self.http = await google.opened(probe, self.target.endpoint, token)
        self.granted = await self._granted(probe, self.http)
        page = {"maxResults": "1", "prefix": f"{self.target.prefix}/" if self.target.prefix else ""}
        try:
            await google.asked(probe, self.http, "GET", f"{self.path}/o", params=page)
        except Refusal as refusal:
            raise self._named(probe, "list", refusal) from refusal
        return Answer(message=f"gs://{self.name}: may be listed, at {self.where}")

    async def written(self, probe: Probe) -> Answer:
        assert self.http  # noqa: S101  the check that it requires has opened it
        probe.at(Stage.OPERATION, self.where)
        granted = self.granted or set()
        if _NEEDED["write"] in granted and _NEEDED["delete"] not in granted:
            probe.warn(faults.GCS_NO_DELETE(bucket=self.target.bucket, account=self._account))
            return Answer(message="nothing was written")
        self.key = objects.new_key(self.target.prefix)
        return await objects.write_read_delete(
            probe,
            _Objects(probe, self.http, self.target.bucket),
            f"gs://{self.target.bucket}",
            self.key,
            self._named,
        )

    async def _granted(self, probe: Probe, http: httpx.AsyncClient) -> set[str] | None:
        """Answer which of the rights one has, which needs none to be asked; nothing if unknown."""
        asked = {"permissions": [*_NEEDED.values()]}
        try:
            path = f"{self.path}/iam/testPermissions"
            told = (await google.asked(probe, http, "GET", path, params=asked)).json()
        except (Refusal, ValueError):  # listing tells why
            return None
        except Fault as fault:
            if fault.code is layers.WRONG_SERVICE:  # an emulator that does not know it
                return None
            raise
        granted = told.get("permissions", ()) if isinstance(told, dict) else ()
        return {str(permission) for permission in granted}

    @property
    def _account(self) -> str:
        return "the account of the key file" if self.target.credentials_file else "the identity"

    def _named(self, probe: Probe, step: str, refusal: Refusal) -> Fault:
        if refusal.said:
            probe.details["answer"] = refusal.said
        # A right that is granted for a folder alone is not told for the bucket; it is for the one
        # that was refused.
        missing = {_NEEDED[step]}
        if step == "list" and self.granted is not None:
            missing |= set(_NEEDED.values()) - self.granted
        host, _ = self.where.rsplit(":", 1)
        return _code(step, refusal)(
            bucket=self.target.bucket,
            host=host,
            permissions=", ".join(sorted(missing)),
            folder=f"{self.name}/",
            account=self._account,
            key=self.key,
            status=refusal.status,
            error=refusal.code or "no reason",
        )


class _Objects:
    """Objects of a bucket."""

    def __init__(self, probe: Probe, http: httpx.AsyncClient, bucket: str) -> None:
        self.probe, self.http = probe, http
        self.path = f"/storage/v1/b/{quote(bucket, safe='')}/o"

    async def put(self, key: str, content: bytes) -> None:
        new = {"uploadType": "media", "name": key, "ifGenerationMatch": "0"}
        await google.asked(
            self.probe, self.http, "POST", f"/upload{self.path}", params=new, content=content
        )

    async def get(self, key: str) -> bytes:
        path = f"{self.path}/{quote(key, safe='')}"
        answer = await google.asked(self.probe, self.http, "GET", path, params={"alt": "media"})
        return answer.content

    async def delete(self, key: str) -> None:
        await google.asked(self.probe, self.http, "DELETE", f"{self.path}/{quote(key, safe='')}")


def _code(step: str, refusal: Refusal) -> Code:
    if step == "delete":
        return faults.GCS_DELETE_DENIED
    if google.by_perimeter(refusal):
        return faults.GCS_PERIMETER
    by_reason = (
        (google.BILLING, faults.GCS_BILLING),
        (google.DISABLED, faults.GCS_API_DISABLED),
        (google.QUOTA, faults.GCS_THROTTLED),
    )
    for reasons, code in by_reason:
        if refusal.code in reasons:
            return code
    if refusal.status == httpx.codes.UNAUTHORIZED:
        return faults.GCS_AUTH_FAILED
    if refusal.status == httpx.codes.NOT_FOUND and step != "read":
        return faults.GCS_BUCKET_MISSING
    return objects.by_status(
        refusal.status,
        busy=faults.GCS_THROTTLED,
        unavailable=faults.GCS_UNAVAILABLE,
        denied=_DENIED[step],
        refused=faults.GCS_REFUSED,
    )

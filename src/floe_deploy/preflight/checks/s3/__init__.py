"""Checks of S3, AWS' own and others that speak its protocol."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from floe_constructs.preflight.targets import S3
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks import by_obstore, objects
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.checks.s3 import faults
from floe_deploy.preflight.code import Answer, Code, Fault, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, wrong_service
from floe_deploy.preflight.identity import aws, profile

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3Store

_BY_CODE = {
    "NoSuchBucket": faults.S3_BUCKET_MISSING,
    "InvalidAccessKeyId": faults.S3_KEY_UNKNOWN,
    "SignatureDoesNotMatch": faults.S3_SECRET_WRONG,
    "RequestTimeTooSkewed": faults.S3_CLOCK_SKEW,
    "ExpiredToken": faults.S3_TOKEN_EXPIRED,
    "TokenRefreshRequired": faults.S3_TOKEN_EXPIRED,
    "SlowDown": faults.S3_THROTTLED,
    "PermanentRedirect": faults.S3_WRONG_REGION,
    "IllegalLocationConstraintException": faults.S3_WRONG_REGION,
}

_DENIED = {
    "list": faults.S3_LIST_DENIED,
    "write": faults.S3_READ_ONLY,
    "read": faults.S3_READ_DENIED,
}


def checks(target: S3) -> list[Check]:
    """Answer the checks of a bucket.

    Raises:
        Fault: what reads profiles is not installed (EXTRA_MISSING).

    """
    if target.profile:
        profile.needs_boto3()
    bucket = _Bucket(target)
    return objects.pair(
        target.root("storage"), f"s3://{bucket.name}", bucket.listed, bucket.written
    )


class _Bucket:
    """A bucket, and what the first check has found out about it for the second."""

    def __init__(self, target: S3) -> None:
        self.target = target
        self.name = "/".join(filter(None, (target.bucket, target.prefix)))
        self.where = ""
        self.region = ""
        self.key = ""
        self.store: S3Store | None = None

    async def listed(self, probe: Probe) -> Answer:
        url = _url(probe, self.target)
        keys = await _keys(probe, self.target)
        http = await client(probe, url, self.target.ca_file)
        self.where = place_of(url)
        probe.at(Stage.OPERATION, self.where)
        await self._look(probe, http)
        self.store = _store(self.target, url, keys)
        try:
            await by_obstore.list_objects(probe, self.store, self.target.prefix)
        except Refusal as refusal:
            raise self._named(probe, "list", refusal) from refusal
        return Answer(message=f"s3://{self.name}: may be listed, at {self.where}")

    async def written(self, probe: Probe) -> Answer:
        assert self.store  # noqa: S101  the check that it requires has opened it
        probe.waits_for = self.where
        self.key = objects.new_key(self.target.prefix)
        return await objects.write_read_delete(
            probe,
            by_obstore.StoredObjects(probe, self.store),
            f"s3://{self.target.bucket}",
            self.key,
            self._named,
        )

    async def _look(self, probe: Probe, http: httpx.AsyncClient) -> None:
        """Ask without a signature: the answer says whether it is S3, its time and the region."""
        path = self.target.bucket if self.target.path_style else ""
        answer = await ask(probe, http, "GET", path, params={"list-type": "2", "max-keys": "1"})
        self.region = answer.headers.get("x-amz-bucket-region", "")
        refusal = by_obstore.refusal_of(answer.status_code, answer.text)
        known = refusal.code or "<ListBucketResult" in answer.text
        if not known and not answer.is_server_error and answer.status_code not in (401, 403):
            raise wrong_service(answer, "S3")
        if refusal.code == "PermanentRedirect":
            if not self.region:  # a HEAD tells it whoever asks
                moved = await ask(probe, http, "HEAD", path)
                self.region = moved.headers.get("x-amz-bucket-region", "")
            raise self._named(probe, "list", refusal)

    def _named(self, probe: Probe, step: str, refusal: Refusal) -> Fault:
        if refusal.said:
            probe.details["answer"] = refusal.said
        host, port = self.where.rsplit(":", 1)
        region = refusal.region or self.region or "another region"
        values = {
            "bucket": self.target.bucket,
            "host": host,
            "where": self.where,
            "region": region,
            "configured": self.target.region,
            "key": self.key,
            "folder": f"{self.name}/",
            "status": refusal.status,
            "error": refusal.code or "no reason",
        }
        if refusal.status == httpx.codes.OK:
            seen = "its answer could not be read"
            return layers.WRONG_SERVICE(host=host, port=port, service="S3", seen=seen)
        return _code(step, refusal)(**values)


def _code(step: str, refusal: Refusal) -> Code:
    if step == "delete":
        return faults.S3_DELETE_DENIED
    if refusal.code == "AuthorizationHeaderMalformed" and refusal.region:
        return faults.S3_WRONG_REGION
    if refusal.code in _BY_CODE:
        return _BY_CODE[refusal.code]
    return objects.by_status(
        refusal.status,
        busy=faults.S3_THROTTLED,
        unavailable=faults.S3_UNAVAILABLE,
        denied=_DENIED[step],
        refused=faults.S3_REFUSED,
    )


def _url(probe: Probe, target: S3) -> str:
    """Answer the address that the bucket is asked at, its name in it if it is no part of paths."""
    own = f"https://s3.{target.region}.{aws.domain(target.region)}"
    url = probe.text(target.endpoint).strip() if target.endpoint else own
    if target.path_style:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=f"{target.bucket}.{parts.netloc}").geturl()


async def _keys(probe: Probe, target: S3) -> aws.Keys:
    if target.identity:
        return await aws.keys(probe, target.identity, target.region)
    if target.profile:
        return await profile.keys(probe, target.profile)
    if not target.access_key_id or not target.secret_access_key:
        raise faults.S3_NO_CREDENTIALS(bucket=target.bucket)
    kept = (target.access_key_id, target.secret_access_key, target.session_token)
    texts = [probe.text(one) if one else None for one in kept]
    for one, text in zip(kept, texts, strict=True):
        if one and text and text != text.strip():
            raise faults.S3_WHITE_SPACE(place=one.told)
    key, secret, token = texts
    return aws.Keys(access_key_id=key or "", secret_access_key=secret or "", session_token=token)


def _store(target: S3, url: str, keys: aws.Keys) -> "S3Store":
    from obstore.store import S3Store

    def credential() -> "S3Credential":
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.session_token,
            "expires_at": None,
        }

    # What is not said here it would take from the environment, or ask a metadata address for.
    return S3Store(
        target.bucket,
        config={
            "region": target.region,
            "endpoint": url,
            "aws_endpoint_url_s3": url,
            "virtual_hosted_style_request": not target.path_style,
            "disable_bulk_delete": True,
            "skip_signature": False,
            "s3_express": False,
        },
        client_options=by_obstore.client_options(target.ca_file),
        retry_config=by_obstore.NO_RETRIES,
        credential_provider=credential,
    )

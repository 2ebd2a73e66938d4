"""Which pods check, and what they talk to."""

from collections.abc import Iterator
from dataclasses import replace

from floe_constructs.kubernetes.endpoint import Endpoint, Flow, endpoint_of
from floe_constructs.kubernetes.files import digest
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.s3 import s3_endpoint
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.preflight.spec import PreflightSpec, Suite
from floe_constructs.preflight.targets import (
    CLUSTER,
    S3,
    Adls,
    Answering,
    BigQuery,
    Gcs,
    Other,
    Postgres,
    RestCatalog,
    Snowflake,
    Target,
    Trino,
    Value,
)

_LONGEST = 32
"""Characters of a name that leave room for a CronJob's: `preflight-NAME-scheduled`, 52."""

_AZURE, _SNOWFLAKE = ".blob.core.windows.net", ".snowflakecomputing.com"
_GOOGLE_LOGIN = "oauth2.googleapis.com"
_HTTPS = 443


def labels(spec: PreflightSpec, name: str) -> Labels:
    """Labels of the pods of one suite; a name that is too long for a Job's is cut short."""
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 9].rstrip('-')}-{digest(name)[:8]}"
    return Labels(name="preflight", instance=spec.instance, component=name, phase=spec.phase)


def scheduled(pods: Labels) -> Labels:
    """Labels of the pods that check between releases, as the release that runs wants them.

    Configuration and policy of the gate are another release's while it is closed.
    """
    return replace(pods, component=f"{pods.component}-scheduled", phase=Phase.PLATFORM)


def workloads(spec: PreflightSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    cluster = [CLUSTER] if spec.asks_cluster else []
    names = [*(suite.name for suite in spec.suites), *cluster]
    found = [labels(spec, name) for name in names]
    again = [each for suite in spec.suites for each in asking(spec, suite)[1:]]
    return [(each, spec) for each in (*found, *again)]


def asking(spec: PreflightSpec, suite: Suite) -> list[Labels]:
    """Labels of all pods of a suite: of the gate, and with a schedule of those between releases."""
    pods = labels(spec, suite.name)
    return [pods, scheduled(pods)] if spec.schedule else [pods]


def flows(spec: PreflightSpec) -> Iterator[Flow]:
    """Answer what the pods talk to, but for the cluster's API server."""
    for suite in spec.suites:
        known = suite.endpoints or [at for one in suite.config.targets for at in endpoints(one)]
        identity = suite.account.identity.endpoints if suite.account else ()
        for pods in asking(spec, suite):
            for target in known:
                yield Flow(source=pods, target=target, port=target.port, why="check that it works")
            for target in identity:
                yield Flow(source=pods, target=target, port=target.port, why="prove the identity")


def endpoints(target: Target, cidrs: tuple[str, ...] = ()) -> tuple[Endpoint, ...]:
    """Answer where a target listens, and where its login does."""
    found = [replace(endpoint, cidrs=cidrs) for endpoint in _endpoints(target)]
    if isinstance(target, RestCatalog) and target.token_uri:
        found.append(endpoint_of("catalog-login", target.token_uri))
    if isinstance(target, BigQuery | Gcs) and target.credentials_file:
        found.append(Endpoint(name="google-login", host=_GOOGLE_LOGIN, port=_HTTPS, cidrs=cidrs))
    return tuple(found)


def _endpoints(target: Target) -> Iterator[Endpoint]:
    match target:
        case Postgres():
            yield _at("postgres", target.host, target.port)
        case Trino() | Other():
            yield _at("compute", target.host, target.port)
        case Snowflake():
            account = target.account
            own = f"https://{account.lower()}{_SNOWFLAKE}" if isinstance(account, str) else account
            yield _url("compute", target.url or own)
        case BigQuery():
            yield _url("compute", target.url)
        case S3():
            url = target.endpoint
            amazon = s3_endpoint("storage", target.region, None, ())
            yield _url("storage", url) if url else amazon
        case Gcs():
            yield _url("storage", target.endpoint)
        case Adls():
            yield _url("storage", target.endpoint or f"https://{target.account}{_AZURE}")
        case RestCatalog():
            yield _url("catalog", target.uri)
        case Answering():
            yield _url("platform", target.url)


def _at(name: str, host: Value, port: int) -> Endpoint:
    return Endpoint(name=name, host=host if isinstance(host, str) else None, port=port)


def _url(name: str, url: Value) -> Endpoint:
    return endpoint_of(name, url) if isinstance(url, str) else _at(name, url, _HTTPS)

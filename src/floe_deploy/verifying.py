"""What is asked once a release is rolled out: every service that is deployed, by its Service."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from floe_constructs.cube.spec import CubeSpec
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.login.config import HTTP as LOGIN
from floe_constructs.login.flows import labels as login_labels
from floe_constructs.login.spec import LoginSpec
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.preflight import flows as preflight_flows
from floe_constructs.preflight.config import left_out
from floe_constructs.preflight.spec import Suite, VerifySpec
from floe_constructs.preflight.targets import VERIFY, Other, PreflightConfig
from floe_constructs.preflight.targets import platform as ask
from floe_constructs.problem import Problem
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.exposable import Target, targets
from floe_deploy.gating.derived import secret, verified
from floe_deploy.gating.gate import unknown


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One service of the platform, and where it is reached."""

    target: ask.Platform
    """What is asked."""

    pods: Labels
    """Who answers."""

    port: int
    """TCP port of its Service, and of its pods."""

    authorities: Mapping[str, Authority] = field(default_factory=dict, hash=False)
    """Certificates that it is verified by: by the path of the file that the target names."""


def derive(
    dagster: DagsterSpec | None,
    cube: CubeSpec | None,
    marquez: MarquezSpec | None,
    jaeger: JaegerSpec | None,
    logins: Iterable[LoginSpec],
) -> tuple[Deployed, ...]:
    """Answer every service that is deployed; what it knows of it says its own specification."""
    there = dict(targets(dagster, cube, marquez, jaeger))
    found: list[Deployed] = []
    if dagster:
        found += _dagster(dagster, there)
    if cube:
        api_secret = secret(_signing(cube), "CUBEJS_API_SECRET")
        at = there["cube"]
        asked = ask.Cube(type="cube", url=_url(at, ""), api_secret=api_secret)
        found.append(_deployed(asked, at))
    if marquez:
        at = there["openlineage"]
        found.append(_deployed(ask.Marquez(type="marquez", url=_url(at, "")), at))
    if web := there.get("marquez"):
        found.append(_deployed(ask.MarquezWeb(type="marquez-web", url=_url(web)), web))
    if jaeger:
        at = there["jaeger"]
        found.append(_deployed(ask.Jaeger(type="jaeger", url=_url(at)), at))
        found.append(_spans(jaeger, there["otlp"]))
    for login in logins:
        pods = login_labels(login)
        url = f"http://{pods.object_name}:{LOGIN}"
        asked_login = ask.Login(type="login", name=pods.object_name, url=url)
        found.append(Deployed(target=asked_login, pods=pods, port=LOGIN))
    return tuple(found)


def config(name: str, found: Iterable[Deployed]) -> PreflightConfig:
    """Answer services as one configuration."""
    return PreflightConfig(environment=name, platform=tuple(one.target for one in found))


def verification(
    name: str, environment: Environment, found: tuple[Deployed, ...]
) -> VerifySpec | None:
    """Answer the verification, if there is to be one.

    Raises:
        InputError: nothing is deployed, or its settings do not suit what there is to ask.

    """
    settings = environment.verify
    if settings is None:
        return None
    subject = f"{name}: the verification cannot be made"
    if not found:
        problem = Problem(
            where="verify",
            found="no component that is deployed here",
            fix="write verify: null, or leave it out",
        )
        raise InputError(subject, [problem])
    authorities = {path: ca for one in found for path, ca in one.authorities.items()}
    suite = Suite(name=VERIFY, config=config(name, found), authorities=authorities)
    given = dict(settings) | {
        "image": settings.image or (environment.gate and environment.gate.image)
    }
    spec = VerifySpec(**given, instance=name, suites=(suite,))
    problems = [*unknown("verify", spec)]
    if all(left_out(spec, root) for root in spec.roots):
        fix = "leave verify out"
        problems.append(Problem(where="verify.skip", found="every check there is", fix=fix))
    if problems:
        raise InputError(subject, problems)
    return spec


def flows(spec: VerifySpec, found: Iterable[Deployed]) -> Iterator[Flow]:
    """Answer who is asked."""
    pods = preflight_flows.labels(spec, VERIFY)
    for one in found:
        yield Flow(source=pods, target=one.pods, port=one.port, why="ask for an answer")


def _dagster(dagster: DagsterSpec, there: Mapping[str, Target]) -> Iterator[Deployed]:
    locations = tuple(location.name for location in dagster.code_locations)
    for name, setting in (("dagster", "dagster"), ("dagster-read-only", "dagster_read_only")):
        if at := there.get(setting):
            asked = ask.Dagster(
                type="dagster",
                name=name,
                url=_url(at),
                locations=locations,
                daemon=setting == "dagster",
            )
            yield _deployed(asked, at)


def _signing(cube: CubeSpec) -> SecretKey | None:
    """Answer what tokens are signed with that Cube takes, and that may ask for the model."""
    may_ask = not cube.api_scopes or "meta" in cube.api_scopes
    return cube.api_secret if may_ask and not cube.jwt else None


def _spans(jaeger: JaegerSpec, at: Target) -> Deployed:
    """Answer the receiver; where it wants a certificate of senders, only that it is there."""
    tls = jaeger.receiver_tls
    ca_file, authorities = verified(tls.ca if tls else None, "otlp")
    target: ask.Platform
    if tls and tls.clients:
        target = Other(
            type="other",
            name="otlp",
            kind="otlp",
            host=at.service,
            port=at.port,
            ca_file=ca_file,
        )
    else:
        scheme = "https" if tls else "http"
        target = ask.Otlp(type="otlp", url=_url(at, "", scheme), ca_file=ca_file)
    return Deployed(target=target, pods=at.pods, port=at.port, authorities=authorities)


def _deployed(target: ask.Platform, at: Target) -> Deployed:
    return Deployed(target=target, pods=at.pods, port=at.port)


def _url(at: Target, path: str | None = None, scheme: str = "http") -> str:
    """Answer an address; without a path it is the one below which an interface is."""
    if path is None:
        path = getattr(at.requests, "path", "").rstrip("/")
    return f"{scheme}://{at.service}:{at.port}{path}"

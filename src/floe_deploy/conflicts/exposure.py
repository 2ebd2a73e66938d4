"""What an exposure lacks: what it leads to, who hands requests on, who authenticates."""

from collections.abc import Iterator

from floe_constructs.cube.spec import CubeSettings
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.exposure.spec import (
    Exposure,
    InterfaceSettings,
    LoadBalancer,
    ViaIngress,
)
from floe_constructs.jaeger.spec import JaegerSettings
from floe_constructs.marquez.spec import MarquezSettings
from floe_constructs.problem import Problem
from floe_deploy.environment import Environment


def conflicts(environment: Environment) -> Iterator[Problem]:
    """Answer what is missing or of no use."""
    exposure = environment.exposure
    if exposure is None:
        return
    yield from _absent(environment, exposure)
    yield from _nobody_hands_on(environment, exposure)
    yield from _without_login(exposure)
    yield from _grpc(exposure)
    yield from _to_tls(environment, exposure)


def _absent(environment: Environment, exposure: Exposure) -> Iterator[Problem]:
    needs = {
        "dagster": {"dagster"},
        "dagster_read_only": {"dagster", "dagster.webserver_read_only"},
        "marquez": {"marquez", "marquez.web"},
        "jaeger": {"jaeger"},
        "cube": {"cube"},
        "cube_sql": {"cube", "cube.sql_api"},
        "openlineage": {"marquez"},
        "otlp": {"jaeger"},
        "otlp_grpc": {"jaeger"},
    }
    deployed = _deployed(environment)
    for name, parts in needs.items():
        if getattr(exposure, name) and (missing := sorted(parts - deployed)):
            yield Problem(
                where=f"exposure.{name}",
                found=f"a way to what is not deployed here: {missing[-1]}",
                fix=f"remove it, or give {missing[-1]} its settings",
            )


def _deployed(environment: Environment) -> set[str]:
    found = set()
    if isinstance(environment.dagster, DagsterSettings):
        read_only = environment.dagster.webserver_read_only
        found |= {"dagster", *(["dagster.webserver_read_only"] if read_only else [])}
    if isinstance(environment.jaeger, JaegerSettings):
        found.add("jaeger")
    if isinstance(environment.cube, CubeSettings):
        found |= {"cube", *(["cube.sql_api"] if environment.cube.sql_api else [])}
    if isinstance(environment.marquez, MarquezSettings):
        found |= {"marquez", *(["marquez.web"] if environment.marquez.web else [])}
    return found


def _nobody_hands_on(environment: Environment, exposure: Exposure) -> Iterator[Problem]:
    handed_on = exposure.cube_sql and not isinstance(exposure.cube_sql, LoadBalancer)
    if (exposure.routes or handed_on) and not environment.cluster.ingress:
        yield Problem(
            where="cluster.ingress",
            found="nothing, while `exposure` lets requests in",
            allowed="namespace and labels of the pods that hand them on, or cidrs",
            fix="add it: nobody else will reach what is exposed",
        )


def _without_login(exposure: Exposure) -> Iterator[Problem]:
    interfaces = {
        name: route
        for name, route in exposure.routes.items()
        if isinstance(route, InterfaceSettings)
    }
    behind = [name for name, route in interfaces.items() if not route.authenticated_by]
    for name in behind if exposure.login is None else ():
        yield Problem(
            where=f"exposure.{name}",
            found="an interface that lets everybody in who reaches it",
            allowed="a login in front of it (`exposure.login`), or `authenticated_by`: who else "
            "authenticates, and how",
            fix="give one of them",
        )
    if exposure.login and not behind:
        yield Problem(
            where="exposure.login",
            found="a login that stands in front of nothing",
            allowed="one for dagster, marquez or jaeger without authenticated_by",
            fix="remove it: programs cannot use it",
        )


def _to_tls(environment: Environment, exposure: Exposure) -> Iterator[Problem]:
    jaeger = environment.jaeger
    encrypted = isinstance(jaeger, JaegerSettings) and jaeger.receiver_tls
    for name in ("otlp", "otlp_grpc") if encrypted else ():
        route = exposure.routes.get(name)
        via = route.via or exposure.via if route else None
        if route and via and not (route.annotations or via.service_annotations):
            yield Problem(
                where=f"exposure.{name}",
                found="a way to receivers that speak TLS (jaeger.receiver_tls), unencrypted",
                allowed="annotations by which the controller encrypts to what is behind it",
                fix="give annotations here, or service_annotations in via, as it documents them",
            )


def _grpc(exposure: Exposure) -> Iterator[Problem]:
    route = exposure.otlp_grpc
    if route and isinstance(route.via or exposure.via, ViaIngress) and not route.annotations:
        yield Problem(
            where="exposure.otlp_grpc",
            found="gRPC through an Ingress, which cannot say so",
            allowed="a Gateway, or annotations by which its controller is told",
            fix="give via or annotations here, or expose `otlp`, the same over HTTP",
        )

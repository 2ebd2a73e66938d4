"""Who talks to whom around Dagster."""

from conftest import Objects, Synth, opens
from dagster_example import ELSEWHERE, EVENTS, LARGE, LOGS, ROLE, SHOP, SMALL, spec
from floe_constructs.dagster import Dagster, DagsterSpec
from floe_constructs.dagster.flows import WEBSERVER_URL, api_clients, flows, user_code
from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.network_policy import NetworkPolicies

CONTROL_PLANE = {"dagster-webserver", "dagster-webserver-read-only", "dagster-daemon"}
SERVERS = {"dagster-code-shop", "dagster-code-events"}


def build(synth: Synth, dagster: DagsterSpec) -> Objects:
    return synth(lambda chart: Dagster(chart, "dagster", dagster))


def names(pods: list[Labels]) -> list[str]:
    return [found.object_name for found in pods]


def lines(found: list[Flow]) -> set[tuple[str, str, int]]:
    return {
        (
            opens(flow).object_name,
            flow.target.name if isinstance(flow.target, Endpoint) else flow.target.object_name,
            flow.port,
        )
        for flow in found
    }


def test_dagster_alone_talks_to_its_database() -> None:
    assert lines(flows(DagsterSpec.model_validate(SMALL))) == {
        ("dagster-webserver", "postgres", 5432),
        ("dagster-daemon", "postgres", 5432),
        ("dagster-migrate", "postgres", 5432),
    }


def test_a_dagster_with_everything_talks_to_exactly_these() -> None:
    users = CONTROL_PLANE | SERVERS | {"dagster-run"}
    sessions = SERVERS | {"dagster-run-shop", "dagster-run-events"}
    assert lines(flows(spec())) == (
        {(pods, server, 4000) for pods in CONTROL_PLANE for server in SERVERS}
        | {(pods, ELSEWHERE["name"], ELSEWHERE["port"]) for pods in CONTROL_PLANE}
        | {(pods, "postgres", 5432) for pods in users | {"dagster-migrate"}}
        | {(pods, "compute-logs", 443) for pods in users}
        | {(pods, "sts", 443) for pods in sessions}
    )


def test_an_identity_for_compute_logs_needs_sessions_for_webserver_and_daemon() -> None:
    logs = LOGS | {"credentials": None, "identity": ROLE}
    found = lines(flows(spec(compute_logs=logs, code_identity=None, code_locations=[SHOP])))
    assert {source for source, target, _ in found if target == "sts"} == CONTROL_PLANE


def test_compute_logs_are_reached_where_their_endpoint_says() -> None:
    logs = LOGS | {"endpoint": "http://s3.example.com:8333", "cidrs": ["10.1.0.0/16"]}
    (target,) = {
        flow.target
        for flow in flows(spec(compute_logs=logs))
        if isinstance(flow.target, Endpoint) and flow.target.name == "compute-logs"
    }
    assert (target.host, target.port, target.cidrs) == ("s3.example.com", 8333, ("10.1.0.0/16",))


def test_user_code_runs_in_code_servers_and_runs() -> None:
    assert names(user_code(spec())) == ["dagster-code-shop", "dagster-code-events", "dagster-run"]
    assert names(user_code(spec(code_locations=[ELSEWHERE]))) == ["dagster-run"]
    assert user_code(spec(code_locations=[])) == []


def test_the_api_server_is_asked_by_who_has_a_role(synth: Synth) -> None:
    for locations in ([SHOP, EVENTS], [SHOP], []):
        dagster = spec(code_locations=locations)
        roles = {name for kind, name in build(synth, dagster) if kind == "Role"}
        assert set(names(api_clients(dagster))) == roles


def test_a_flow_starts_at_pods_that_exist(synth: Synth) -> None:
    objects = build(synth, spec())
    pods = [
        found["spec"]["template"]["metadata"]["labels"]
        for (kind, _), found in objects.items()
        if kind in ("Deployment", "Job")
    ]
    for flow in flows(spec()):
        if "run" not in opens(flow).object_name:
            assert [at for at in pods if opens(flow).selector.items() <= at.items()]


def test_runs_of_one_location_are_among_all_runs_and_no_others() -> None:
    everyone = user_code(spec())[-1].selector.items()
    *_, events = api_clients(spec())
    assert everyone < events.selector.items()
    assert (
        not everyone
        <= {
            "app.kubernetes.io/name": "dagster",
            "app.kubernetes.io/instance": "dagster",
        }.items()
    )


def test_policies_for_all_flows_have_names_of_their_own(synth: Synth) -> None:
    policies = synth(lambda chart: NetworkPolicies(chart, "policies", flows(spec())))
    sources = {opens(flow).object_name for flow in flows(spec())}
    assert {name for _, name in policies} == sources


def test_the_webserver_is_where_its_service_listens(synth: Synth) -> None:
    objects = build(synth, DagsterSpec.model_validate(LARGE))
    (port,) = objects["Service", "dagster-webserver"]["spec"]["ports"]
    assert f"http://dagster-webserver:{port['port']}" == WEBSERVER_URL

"""Ways in from outside: which objects, who gets through, and what is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from floe_constructs.yaml_text import load
from floe_deploy import linting, overlay
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from floe_deploy.synth import render
from test_dist import ROOT, kubeconform
from test_every_setting import BASE, COMPONENTS, PAIR, RESOURCES, SECRET

Manifest = dict[str, Any]
Objects = dict[str, Manifest]
Rendered = Callable[..., Objects]

INGRESS = {"type": "ingress", "class_name": "internal", "tls": {"type": "load-balancer"}}
GATEWAY = {"type": "gateway", "name": "web", "namespace": "edge", "section_name": "https"}
CONTROLLER = {"namespace": "edge", "pods": {"app": "controller"}}
LOGIN = {
    "image": "example.com/oauth2-proxy:v7.15.3",
    "issuer": "https://login.example.com",
    "client_id": "floe",
    "client_secret": {"name": "login", "key": "client"},
    "cookie_secret": {"name": "login", "key": "cookie"},
    "email_domains": ["example.com"],
    "groups": ["data"],
}
SQL = {"sql_api": {"user": "cube", "password": {"name": "sql", "key": "password"}}}
VOUCHED = {"authenticated_by": "mutual TLS at the gateway"}
DEPLOYED = COMPONENTS | {
    "cube": COMPONENTS["cube"] | SQL,
    "marquez": COMPONENTS["marquez"] | {"web": RESOURCES | {"image": "example.com/web:1"}},
}
PEOPLE = {name: {"hosts": [f"{name}.example.com"]} for name in ("dagster", "marquez", "jaeger")}
PROGRAMS = {
    name: {"hosts": [f"{name.replace('_', '-')}.example.com"]} | VOUCHED
    for name in ("openlineage", "otlp", "otlp_grpc")
} | {"cube": {"hosts": ["cube.example.com"]}}
TARGETS = {
    "dagster": ("dagster-webserver", 3000),
    "marquez": ("marquez-web", 3000),
    "jaeger": ("jaeger-query", 16686),
    "cube": ("cube-api", 4000),
    "openlineage": ("marquez-api", 5000),
    "otlp": ("jaeger-collector", 4318),
    "otlp-grpc": ("jaeger-collector", 4317),
}


def document(exposure: dict[str, Any], **parts: Any) -> dict[str, Any]:
    cluster = BASE["cluster"] | {"ingress": [CONTROLLER]}
    return BASE | DEPLOYED | {"cluster": cluster, "exposure": exposure} | parts


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    """Render the small overlay with an exposure; answer its objects as `Kind/name`."""

    def made(exposure: dict[str, Any], **parts: Any) -> Objects:
        folder = write(tmp_path, document(exposure, **parts))
        files = render(folder, Project()).files
        found = [
            load(text)
            for path, text in files.items()
            if path.endswith(".yaml") and "kustomization" not in path
        ]
        return {f"{it['kind']}/{it['metadata']['name']}": it for it in found}

    return made


def write(folder: Path, settings: dict[str, Any]) -> Path:
    place = folder / "test"
    place.mkdir(exist_ok=True)
    (place / "environment.yaml").write_text(json.dumps(settings))
    artifacts = ROOT / "tests" / "contract" / "examples" / "dev.json"
    (place / "compiled_artifacts.json").write_bytes(artifacts.read_bytes())
    return place


def refusal(folder: Path, exposure: dict[str, Any], **parts: Any) -> list[str]:
    """Answer what is told of an overlay that is not valid."""
    with pytest.raises(InputError) as failure:
        overlay.load(write(folder, document(exposure, **parts)))
    return str(failure.value).splitlines()[1:]


def ways(objects: Objects) -> set[str]:
    kinds = {"Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute"}
    return {name for name, it in objects.items() if it["kind"] in kinds}


def backend(manifest: Manifest) -> tuple[str, int]:
    (rule,) = manifest["spec"]["rules"]
    if manifest["kind"] == "Ingress":
        (path,) = rule["http"]["paths"]
        service = path["backend"]["service"]
        return service["name"], service["port"]["number"]
    (one,) = rule["backendRefs"]
    return one["name"], one["port"]


def test_nothing_is_exposed_that_is_not_named(rendered: Rendered) -> None:
    objects = rendered(None)
    assert not ways(objects)
    assert not [name for name in objects if "login" in name]


@pytest.mark.parametrize("via", [INGRESS, GATEWAY], ids=["ingress", "gateway"])
def test_people_go_through_a_login_of_each_interface(
    rendered: Rendered, via: dict[str, Any]
) -> None:
    objects = rendered({"via": via, "login": LOGIN} | PEOPLE)
    kind = "Ingress" if via is INGRESS else "HTTPRoute"
    for name in PEOPLE:
        route = objects[f"{kind}/{name}"]
        assert backend(route) == (f"login-{name}", 4180)
        (proxy,) = objects[f"Deployment/login-{name}"]["spec"]["template"]["spec"]["containers"]
        env = {variable["name"]: variable.get("value") for variable in proxy["env"]}
        service, port = TARGETS[name]
        assert env["OAUTH2_PROXY_UPSTREAMS"] == f"http://{service}:{port}"
        assert port in {p["port"] for p in objects[f"Service/{service}"]["spec"]["ports"]}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_programs_never_go_through_a_login(rendered: Rendered, name: str) -> None:
    objects = rendered({"via": GATEWAY, "login": LOGIN, name: PROGRAMS[name]} | PEOPLE)
    (route,) = [
        it for key, it in objects.items() if key.endswith(f"Route/{name.replace('_', '-')}")
    ]
    assert backend(route) == TARGETS[name.replace("_", "-")]
    service = objects[f"Service/{backend(route)[0]}"]["spec"]
    assert backend(route)[1] in {port["port"] for port in service["ports"]}


MATCHES: dict[str, dict[str, Any]] = {
    "cube": {"path": {"type": "PathPrefix", "value": "/cubejs-api"}},
    "openlineage": {"path": {"type": "Exact", "value": "/api/v1/lineage"}, "method": "POST"},
    "otlp": {"path": {"type": "Exact", "value": "/v1/traces"}, "method": "POST"},
    "otlp_grpc": {
        "method": {
            "type": "Exact",
            "service": "opentelemetry.proto.collector.trace.v1.TraceService",
            "method": "Export",
        }
    },
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_programs_reach_what_they_need_and_no_more(rendered: Rendered, name: str) -> None:
    """Marquez deletes whatever it is told to, and Cube has pages for developers."""
    objects = rendered({"via": GATEWAY, name: PROGRAMS[name]})
    (route,) = [objects[key] for key in ways(objects)]
    (rule,) = route["spec"]["rules"]
    assert rule["matches"] == [MATCHES[name]]
    assert route["kind"] == ("GRPCRoute" if name == "otlp_grpc" else "HTTPRoute")
    objects = rendered({"via": INGRESS, name: PROGRAMS[name] | {"annotations": {"a": "GRPC"}}})
    (ingress,) = [objects[key] for key in ways(objects)]
    ((path,),) = [rule["http"]["paths"] for rule in ingress["spec"]["rules"]]
    wanted: Any = MATCHES[name].get("path")
    grpc = f"/{MATCHES['otlp_grpc']['method']['service']}/Export"
    assert path["path"] == (wanted["value"] if wanted else grpc)
    assert path["pathType"] == ("Prefix" if name == "cube" else "Exact")


def let_in(objects: Objects, workload: str) -> set[tuple[str, int]]:
    """Answer who may open which port of a workload."""
    found = set()
    policy = objects.get(f"NetworkPolicy/{workload}", {"spec": {}})
    for rule in policy["spec"].get("ingress", []):
        for peer in rule["from"]:
            labels = peer.get("podSelector", {}).get("matchLabels", {})
            who = (
                f"{labels['app.kubernetes.io/name']}-{labels['app.kubernetes.io/component']}"
                if "app.kubernetes.io/name" in labels
                else json.dumps(peer, sort_keys=True)
            )
            found |= {(who, port["port"]) for port in rule["ports"]}
    return found


FROM_CONTROLLER = json.dumps(
    {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}},
        "podSelector": {"matchLabels": {"app": "controller"}},
    },
    sort_keys=True,
)


def test_who_hands_requests_on_reaches_logins_and_nothing_behind_them(rendered: Rendered) -> None:
    objects = rendered({"via": INGRESS, "login": LOGIN} | PEOPLE)
    for name in PEOPLE:
        assert let_in(objects, f"login-{name}") == {(FROM_CONTROLLER, 4180)}
    everywhere = {
        name.removeprefix("NetworkPolicy/")
        for name in objects
        if name.startswith("NetworkPolicy/") and name.count("login-") == 0
    }
    for workload in everywhere:
        assert FROM_CONTROLLER not in {who for who, _ in let_in(objects, workload)}
    assert ("login-dagster", 3000) in let_in(objects, "dagster-webserver")
    assert ("login-marquez", 3000) in let_in(objects, "marquez-web")
    assert ("login-jaeger", 16686) in let_in(objects, "jaeger-all-in-one")


def test_a_login_reaches_its_interface_and_its_provider_alone(rendered: Rendered) -> None:
    login = LOGIN | {"cidrs": ["192.0.2.0/28"]}
    objects = rendered({"via": INGRESS, "login": login} | PEOPLE)
    rules = objects["NetworkPolicy/login-jaeger"]["spec"]["egress"]
    peers = {
        json.dumps(peer, sort_keys=True): rule["ports"] for rule in rules for peer in rule["to"]
    }
    assert {port["port"] for ports in peers.values() for port in ports} == {443, 16686}
    assert len(peers) == 2


def test_programs_open_the_one_port_that_they_need(rendered: Rendered) -> None:
    objects = rendered({"via": GATEWAY} | PROGRAMS)
    opened = {
        (workload, port)
        for workload in ("cube-api", "marquez-api", "jaeger-all-in-one", "dagster-webserver")
        for who, port in let_in(objects, workload)
        if who == FROM_CONTROLLER
    }
    assert opened == {
        ("cube-api", 4000),
        ("marquez-api", 5000),
        ("jaeger-all-in-one", 4317),
        ("jaeger-all-in-one", 4318),
    }


def test_without_a_login_the_word_of_somebody_leads_straight_to_the_interface(
    tmp_path: Path, rendered: Rendered
) -> None:
    objects = rendered({"via": GATEWAY, "jaeger": PEOPLE["jaeger"] | VOUCHED})
    assert backend(objects["HTTPRoute/jaeger"]) == TARGETS["jaeger"]
    assert (FROM_CONTROLLER, 16686) in let_in(objects, "jaeger-all-in-one")
    assert not [name for name in objects if "login" in name]
    files = {f"50-platform/{name}.yaml": it for name, it in objects.items()}
    report = linting.held(overlay.load(tmp_path / "test"), files)
    assert [(one.object, one.reason) for one, _ in report.excepted] == [
        ("HTTPRoute/jaeger", "mutual TLS at the gateway")
    ]


@pytest.mark.parametrize(
    ("tls", "annotations", "secret"),
    [
        ({"type": "load-balancer"}, {}, None),
        ({"type": "secret", "name": "wildcard"}, {}, "wildcard"),
        (
            {"type": "cert-manager", "issuer": "acme"},
            {"cert-manager.io/cluster-issuer": "acme"},
            "dagster-tls",
        ),
        (
            {"type": "cert-manager", "issuer": "acme", "kind": "Issuer"},
            {"cert-manager.io/issuer": "acme"},
            "dagster-tls",
        ),
    ],
    ids=["load balancer", "Secret", "ClusterIssuer", "Issuer"],
)
def test_an_ingress_has_the_certificate_that_is_said(
    rendered: Rendered, tls: dict[str, str], annotations: dict[str, str], secret: str | None
) -> None:
    hosts = ["a.example.com", "b.example.com"]
    exposure = {"via": INGRESS | {"tls": tls}, "login": LOGIN, "dagster": {"hosts": hosts}}
    ingress = rendered(exposure)["Ingress/dagster"]
    assert ingress["metadata"].get("annotations", {}) == annotations
    wanted = [{"hosts": hosts, "secretName": secret}] if secret else None
    assert ingress["spec"].get("tls") == wanted
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == hosts


def test_gkes_class_is_an_annotation(rendered: Rendered) -> None:
    via = INGRESS | {"class_name": "gce-internal"}
    ingress = rendered({"via": via, "cube": PROGRAMS["cube"]})["Ingress/cube"]
    assert "ingressClassName" not in ingress["spec"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations == {"kubernetes.io/ingress.class": "gce-internal"}


def test_annotations_of_one_way_win_over_those_of_all(rendered: Rendered) -> None:
    annotations = {"health": "/ping", "scheme": "internal"}
    exposure = {
        "via": INGRESS | {"annotations": annotations},
        "login": LOGIN,
        "dagster": PEOPLE["dagster"],
        "cube": PROGRAMS["cube"] | {"annotations": {"health": "/readyz"}},
    }
    objects = rendered(exposure)
    assert objects["Ingress/dagster"]["metadata"]["annotations"] == annotations
    assert objects["Ingress/cube"]["metadata"]["annotations"] == annotations | {"health": "/readyz"}


def test_only_services_that_are_led_to_are_annotated(rendered: Rendered) -> None:
    via = INGRESS | {"service_annotations": {"cloud.google.com/neg": '{"ingress": true}'}}
    objects = rendered({"via": via, "login": LOGIN, "dagster": PEOPLE["dagster"]})
    annotated = {
        name
        for name, it in objects.items()
        if "cloud.google.com/neg" in it["metadata"].get("annotations", {})
    }
    assert annotated == {"Service/login-dagster"}


def test_a_way_in_may_differ_from_the_others(rendered: Rendered) -> None:
    other = GATEWAY | {"section_name": "mutual-tls"}
    openlineage = PROGRAMS["openlineage"] | {"via": other}
    objects = rendered({"via": INGRESS, "cube": PROGRAMS["cube"], "openlineage": openlineage})
    assert ways(objects) == {"Ingress/cube", "HTTPRoute/openlineage"}
    (gateway,) = objects["HTTPRoute/openlineage"]["spec"]["parentRefs"]
    assert gateway["sectionName"] == "mutual-tls"


def test_groups_of_one_interface_win_over_those_of_the_login(rendered: Rendered) -> None:
    jaeger = PEOPLE["jaeger"] | {"groups": []}
    objects = rendered({"via": GATEWAY, "login": LOGIN} | PEOPLE | {"jaeger": jaeger})

    def groups(name: str) -> str | None:
        (proxy,) = objects[f"Deployment/login-{name}"]["spec"]["template"]["spec"]["containers"]
        env = {variable["name"]: variable.get("value") for variable in proxy["env"]}
        return env.get("OAUTH2_PROXY_ALLOWED_GROUPS")

    assert (groups("dagster"), groups("jaeger")) == ("data", None)


@pytest.mark.parametrize(
    ("ingress", "trusted"),
    [
        ([CONTROLLER], None),
        ([{"cidrs": ["10.1.0.0/24"]}, {"cidrs": ["10.2.0.0/24"]}], "10.1.0.0/24,10.2.0.0/24"),
        ([CONTROLLER, {"cidrs": ["10.1.0.0/24"]}], None),
    ],
)
def test_a_login_trusts_the_addresses_that_hand_requests_on(
    rendered: Rendered, ingress: list[Any], trusted: str | None
) -> None:
    cluster = BASE["cluster"] | {"ingress": ingress}
    exposure = {"via": INGRESS, "login": LOGIN, "dagster": PEOPLE["dagster"]}
    objects = rendered(exposure, cluster=cluster)
    (proxy,) = objects["Deployment/login-dagster"]["spec"]["template"]["spec"]["containers"]
    env = {variable["name"]: variable.get("value") for variable in proxy["env"]}
    assert env.get("OAUTH2_PROXY_TRUSTED_PROXY_IPS") == trusted


BALANCER = {"type": "load-balancer", "clients": ["10.8.0.0/16"], "class_name": "a.example/nlb"}
LISTENER = {"type": "gateway", "name": "tcp", "section_name": "sql"}


def test_sql_comes_through_a_load_balancer_of_its_own(rendered: Rendered) -> None:
    cluster = BASE["cluster"]
    annotations = {"scheme": "internal"}
    exposure = {"via": INGRESS, "cube_sql": BALANCER | {"annotations": annotations}}
    objects = rendered(exposure, cluster=cluster)
    service = objects["Service/cube-sql-load-balancer"]
    assert service["metadata"]["annotations"] == annotations
    spec = service["spec"]
    assert spec["loadBalancerSourceRanges"] == BALANCER["clients"]
    assert spec["loadBalancerClass"] == BALANCER["class_name"]
    assert spec["externalTrafficPolicy"] == "Local"
    (port,) = spec["ports"]
    pods = objects["Deployment/cube-api"]["spec"]["template"]
    assert spec["selector"].items() <= pods["metadata"]["labels"].items()
    assert port["targetPort"] in {
        p["containerPort"] for p in pods["spec"]["containers"][0]["ports"]
    }
    block = json.dumps({"ipBlock": {"cidr": "10.8.0.0/16"}})
    assert let_in(objects, "cube-api") == {(block, port["targetPort"])}


def test_a_load_balancer_that_the_quota_would_refuse_is_refused_here(rendered: Rendered) -> None:
    exposure = {"via": INGRESS, "cube_sql": BALANCER}
    with pytest.raises(InputError, match=r"services\.loadbalancers of 0; allowed: at least 1"):
        rendered(exposure, capacity={"quota": {"pods": 500}})
    rendered(exposure, capacity={"quota": {"pods": 500, "load_balancers": 1, "node_ports": 1}})


def test_sql_comes_through_a_listener_of_a_gateway(rendered: Rendered) -> None:
    objects = rendered({"via": INGRESS, "cube_sql": LISTENER})
    route = objects["TCPRoute/cube-sql"]["spec"]
    assert route["parentRefs"] == [
        {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "name": "tcp",
            "sectionName": "sql",
        }
    ]
    assert "hostnames" not in route
    assert backend(objects["TCPRoute/cube-sql"]) == ("cube-sql", 15432)
    assert let_in(objects, "cube-api") == {(FROM_CONTROLLER, 15432)}


@pytest.mark.tools
@pytest.mark.parametrize("via", [INGRESS, GATEWAY], ids=["ingress", "gateway"])
@pytest.mark.parametrize("sql", [BALANCER, LISTENER], ids=["load balancer", "listener"])
def test_every_way_in_passes_the_schemas_of_its_kind(
    tmp_path: Path, via: dict[str, Any], sql: dict[str, Any]
) -> None:
    programs = PROGRAMS | {"otlp_grpc": PROGRAMS["otlp_grpc"] | {"annotations": {"a": "GRPC"}}}
    exposure = {"via": via, "login": LOGIN, "cube_sql": sql} | PEOPLE | programs
    files = render(write(tmp_path, document(exposure)), Project()).files
    for path, text in files.items():
        if path.startswith("50-platform/") and "kustomization" not in path:
            target = tmp_path / "out" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    summary = json.loads(kubeconform(tmp_path / "out", "1.34").stdout)
    bad = [it for it in summary["resources"] or [] if it["status"] != "statusValid"]
    assert not bad
    assert {key: count for key, count in summary["summary"].items() if count} == {
        "valid": len(list((tmp_path / "out").rglob("*.yaml")))
    }


LOGGED_IN = {"via": GATEWAY, "login": LOGIN, "dagster": PEOPLE["dagster"]}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an interface without a login": (
        {"via": GATEWAY, "jaeger": PEOPLE["jaeger"]},
        {},
        r"exposure\.jaeger: found .*everybody.*allowed: .*`exposure\.login`.*`authenticated_by`",
    ),
    "Marquez without a login": (
        {"via": INGRESS, "marquez": PEOPLE["marquez"]},
        {},
        r"exposure\.marquez: found .*everybody.*allowed: .*`exposure\.login`.*`authenticated_by`",
    ),
    "Marquez with no login in words": (
        {"via": GATEWAY, "marquez": PEOPLE["marquez"] | {"authenticated_by": "none"}},
        {},
        r"exposure\.marquez\.authenticated_by: .*allowed: who in front",
    ),
    "Marquez' API as an interface": (
        LOGGED_IN | {"marquez_api": PEOPLE["marquez"]},
        {},
        r"exposure\.marquez_api: ",
    ),
    "lineage behind the host of the interface": (
        LOGGED_IN | {"marquez": PEOPLE["marquez"], "openlineage": PEOPLE["marquez"] | VOUCHED},
        {},
        r"exposure: .*used more than once: marquez\.example\.com",
    ),
    "lineage without a word": (
        {"via": GATEWAY, "openlineage": {"hosts": ["a.example.com"]}},
        {},
        r"exposure\.openlineage\.authenticated_by: found nothing; allowed: who in front",
    ),
    "a word that says nothing": (
        {"via": GATEWAY, "otlp": {"hosts": ["a.example.com"], "authenticated_by": "VPN"}},
        {},
        r"exposure\.otlp\.authenticated_by: .*allowed: who in front",
    ),
    "nobody to hand requests on": (
        LOGGED_IN,
        {"cluster": BASE["cluster"]},
        r"cluster\.ingress: found nothing.*allowed: namespace and labels",
    ),
    "nobody to hand connections on": (
        {"via": GATEWAY, "cube_sql": LISTENER},
        {"cluster": BASE["cluster"]},
        r"cluster\.ingress: found nothing",
    ),
    "a component that is not there": (
        LOGGED_IN,
        {"dagster": None},
        r"exposure\.dagster: found a way to what is not deployed here: dagster",
    ),
    "a component that is elsewhere": (
        {"via": GATEWAY, "cube": PROGRAMS["cube"]},
        {"cube": {"external": "https://cube.example.com"}},
        r"exposure\.cube: found a way to what is not deployed here: cube",
    ),
    "Marquez without its interface": (
        LOGGED_IN | PEOPLE,
        {"marquez": COMPONENTS["marquez"]},
        r"exposure\.marquez: .*marquez\.web",
    ),
    "SQL that is off": (
        {"via": GATEWAY, "cube_sql": LISTENER},
        {"cube": COMPONENTS["cube"]},
        r"exposure\.cube_sql: .*cube\.sql_api",
    ),
    "a login before nothing": (
        {"via": GATEWAY, "login": LOGIN, "jaeger": PEOPLE["jaeger"] | VOUCHED},
        {},
        r"exposure\.login: found a login that stands in front of nothing",
    ),
    "groups without a login": (
        {"via": GATEWAY, "jaeger": PEOPLE["jaeger"] | VOUCHED | {"groups": ["data"]}},
        {},
        r"exposure\.jaeger: .*groups are what `login` lets in",
    ),
    "gRPC through an Ingress": (
        {"via": INGRESS, "otlp_grpc": PROGRAMS["otlp_grpc"]},
        {},
        r"exposure\.otlp_grpc: found gRPC through an Ingress",
    ),
    "a way to receivers that speak TLS": (
        {"via": GATEWAY, "otlp": PROGRAMS["otlp"]},
        {"jaeger": COMPONENTS["jaeger"] | {"receiver_tls": PAIR | {"ca": SECRET}}},
        r"exposure\.otlp: found a way to receivers that speak TLS",
    ),
    "rates that nobody reads": (
        LOGGED_IN,
        {"jaeger": COMPONENTS["jaeger"] | {"performance": {"prometheus": "http://prometheus"}}},
        r"jaeger\.performance: found rates that Jaeger counts and nobody reads",
    ),
    "a host that leads to two things": (
        LOGGED_IN | {"cube": PEOPLE["dagster"]},
        {},
        r"exposure: .*used more than once: dagster\.example\.com",
    ),
    "an Ingress with two classes": (
        LOGGED_IN | {"via": INGRESS | {"annotations": {"kubernetes.io/ingress.class": "gce"}}},
        {},
        r"exposure\.via: class_name says the class",
    ),
    "an Ingress without encryption": (
        LOGGED_IN | {"via": {"type": "ingress", "class_name": "internal"}},
        {},
        r"exposure\.via\.tls: found nothing; allowed: ",
    ),
    "SQL through an Ingress": (
        LOGGED_IN | {"cube_sql": INGRESS},
        {},
        r'exposure\.cube_sql\.type: found "ingress"; allowed: load-balancer or gateway',
    ),
    "no host": (
        LOGGED_IN | {"dagster": {"hosts": []}},
        {},
        r"exposure\.dagster\.hosts: ",
    ),
}


@pytest.mark.parametrize(
    ("exposure", "parts", "told"), list(REFUSED.values()), ids=[*map(str, REFUSED)]
)
def test_what_cannot_be_meant_is_refused_once_and_clearly(
    tmp_path: Path, exposure: dict[str, Any], parts: dict[str, Any], told: str
) -> None:
    (line,) = refusal(tmp_path, exposure, **parts)
    assert re.search(told, line), line


def test_the_interface_of_jaeger_is_led_to_where_it_is(rendered: Rendered) -> None:
    """What is in front hands on the path as it is, so Jaeger has to know it."""
    jaeger = COMPONENTS["jaeger"] | {"base_path": "/traces"}
    objects = rendered({"via": INGRESS, "jaeger": PEOPLE["jaeger"] | VOUCHED}, jaeger=jaeger)
    (rule,) = objects["Ingress/jaeger"]["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/traces"]

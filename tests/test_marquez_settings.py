"""What an environment may say about Marquez: search, memory, connections, logs, another image."""

import re
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from conftest import Objects, Synth
from floe_constructs.exposure.spec import Exposure
from floe_constructs.kubernetes.endpoint import Endpoint, Outside
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.marquez import MarquezSpec
from floe_constructs.marquez.config import HTTP
from floe_constructs.marquez.credentials import credentials
from floe_constructs.marquez.flows import flows, labels
from floe_deploy import overlay, wiring
from marquez_example import LARGE, RESOURCES, SEARCH, spec
from test_dist import ENVIRONMENTS, ROOT, manifests
from test_docs import blocks
from test_marquez import container, made, pod

API = ("Deployment", "marquez-api")


def config(objects: Objects, name: str = "marquez-api") -> dict[str, Any]:
    read = yaml.safe_load(objects["ConfigMap", name]["data"]["config.yml"])
    return dict(read)


def variables(objects: Objects, kind: str, name: str) -> dict[str, dict[str, Any]]:
    (found,) = [m for (k, n), m in objects.items() if k == kind and n.startswith(name)]
    return {variable["name"]: variable for variable in container(found)["env"]}


# Search.


def test_the_api_is_told_where_it_searches_and_who_it_is_there(synth: Synth) -> None:
    objects = made(synth, spec(search=SEARCH))
    assert config(objects)["search"] == {
        "enabled": True,
        "scheme": "https",
        "host": "search.example.com",
        "port": 9200,
        "username": "${SEARCH_USERNAME}",
        "password": "${SEARCH_PASSWORD}",
    }
    env = variables(objects, *API)
    for variable, key in (("SEARCH_USERNAME", "user"), ("SEARCH_PASSWORD", "password")):
        assert env[variable]["valueFrom"]["secretKeyRef"] == {"name": "search", "key": key}


@pytest.mark.parametrize(("kind", "name"), [("Job", "marquez-m"), ("CronJob", "marquez-r")])
def test_who_does_not_search_gets_no_login_for_it(synth: Synth, kind: str, name: str) -> None:
    objects = made(synth, spec(search=SEARCH))
    assert not [it for it in variables(objects, kind, name) if it.startswith("SEARCH")]
    uses = [use for use in credentials(spec(search=SEARCH)) if "SEARCH" in use.variable]
    assert {use.pods.component for use in uses} == {"api"}
    for other in ("marquez-migrate", "marquez-retention"):
        assert config(objects, other)["search"] == {"enabled": False}


def test_the_search_server_is_reached_by_the_api_alone() -> None:
    found = [
        (flow.source, flow.port, flow.target.cidrs)
        for flow in flows(spec(search=SEARCH | {"cidrs": ["10.2.0.0/24"]}))
        if isinstance(flow.target, Endpoint) and flow.target.name == "search"
    ]
    (one,) = found
    assert isinstance(one[0], Labels)
    assert (one[0].component, *one[1:]) == ("api", 9200, ("10.2.0.0/24",))


@pytest.mark.parametrize("kept", [SEARCH["trust_store"], {"name": "ca", "key": "store.jks"}])
def test_java_trusts_the_authorities_of_the_search_server(
    synth: Synth, kept: dict[str, str]
) -> None:
    marquez = spec(search=SEARCH | {"trust_store": kept})
    objects = made(synth, marquez)
    api = container(objects[API])
    (path,) = re.findall(r"trustStore=(\S+)", variables(objects, *API)["JAVA_OPTS"]["value"])
    (mount,) = [it for it in api["volumeMounts"] if it["name"] == "trust-store"]
    (volume,) = [it for it in pod(objects[API])["spec"]["volumes"] if it["name"] == "trust-store"]
    (projection,) = volume["projected"]["sources"]
    (source,) = projection.values()
    assert source["items"] == [{"key": kept["key"], "path": path.rpartition("/")[2]}]
    assert f"{mount['mountPath']}/{source['items'][0]['path']}" == path
    assert ("name" not in kept) or [use for use in credentials(marquez) if use.file == path]


# Memory.


def test_a_heap_is_the_share_of_the_memory_that_is_said(synth: Synth) -> None:
    api = LARGE["api"] | {"heap_percent": 60, "env": {"JAVA_TOOL_OPTIONS": "-javaagent:/a.jar"}}
    env = variables(made(synth, spec(api=api)), *API)
    assert "-XX:MaxRAMPercentage=60" in env["JAVA_OPTS"]["value"]
    assert env["JAVA_TOOL_OPTIONS"]["value"] == "-javaagent:/a.jar"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a heap that leaves Java no room": (
        {"api": {"resources": RESOURCES | {"memory": "512Mi"}, "heap_percent": 80}},
        "leaves 102Mi of 512Mi beside the heap",
    ),
    "more connections at least than at most": (
        {"connections": {"least": 9, "most": 8}},
        "least 9 is above most 8",
    ),
    "a search server below a path": (
        {"search": SEARCH | {"url": "https://search.example.com/opensearch"}},
        "url has a path",
    ),
    "authorities for what is not encrypted": (
        {"search": SEARCH | {"url": "http://search.example.com"}},
        "trust_store is for https",
    ),
    "authorities that would take away the database's": (
        {"search": SEARCH, "database": LARGE["database"] | {"sslmode": "verify-full"}},
        "give database.ca",
    ),
    "a schedule of four fields": (
        {"retention": {"days": 1, "schedule": "15 3 * *"}},
        "retention.schedule",
    ),
    "a schedule of a day that is not": (
        {"retention": {"days": 1, "schedule": "15 3 * * 7"}},
        "'7' is no day of the week, which is from 0 to 6",
    ),
    "a schedule that goes backwards": (
        {"retention": {"days": 1, "schedule": "15 6-3 * * *"}},
        "'6-3' is no hour",
    ),
    "a schedule of nothing": (
        {"retention": {"days": 1, "schedule": "15 3, * * *"}},
        "'' is no hour",
    ),
    "retention without a number of days": ({"retention": {}}, "retention.days"),
}


@pytest.mark.parametrize(("given", "told"), list(REFUSED.values()), ids=[*REFUSED])
def test_what_cannot_be_meant_of_marquez_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as failure:
        spec(**given)
    assert told in str(failure.value)


# Connections, GraphQL, tags, logs.


def test_all_sizes_of_the_pool_are_said_because_those_that_are_not_are_large(synth: Synth) -> None:
    given = config(made(synth, spec(connections={"most": 8})))["db"]
    assert (given["initialSize"], given["minSize"], given["maxSize"]) == (2, 2, 8)
    assert "maxSize" not in config(made(synth, spec()))["db"]


def test_tags_are_there_in_the_order_of_their_names(synth: Synth) -> None:
    tags = {"b": "Second", "a": "First: #1"}
    assert config(made(synth, spec(tags=tags)))["tags"] == [
        {"name": "a", "description": "First: #1"},
        {"name": "b", "description": "Second"},
    ]


def test_graphql_can_be_switched_off(synth: Synth) -> None:
    assert config(made(synth, spec(graphql=False)))["graphql"] == {"enabled": False}


def test_a_log_is_text_or_json_that_of_requests_included(synth: Synth) -> None:
    read = config(made(synth, spec(log_format="json", log_level="warn")))
    assert read["logging"]["level"] == "WARN"
    layouts = (read["logging"]["appenders"], read["server"]["requestLog"]["appenders"])
    assert [one["layout"]["type"] for (one,) in layouts] == ["json", "access-json"]
    assert "requestLog" not in config(made(synth, spec()))["server"]


# Images.


def test_another_image_is_one_line_for_api_migration_and_retention(synth: Synth) -> None:
    before, after = made(synth, spec()), made(synth, spec(image="ilum/marquez:0.53.0"))
    images = {
        kind: container(manifest)["image"]
        for (kind, name), manifest in after.items()
        if kind in {"Deployment", "Job", "CronJob"} and name != "marquez-web"
    }
    assert images == dict.fromkeys(("Deployment", "Job", "CronJob"), "ilum/marquez:0.53.0")
    assert before["Deployment", "marquez-web"] == after["Deployment", "marquez-web"]


def test_users_are_numbers_because_the_images_name_none(synth: Synth) -> None:
    for (kind, name), manifest in made(synth, spec()).items():
        if kind in {"Deployment", "Job", "CronJob"}:
            context = pod(manifest)["spec"]["securityContext"]
            assert context["runAsUser"] == (1000 if name == "marquez-web" else 10001)
            assert context["runAsNonRoot"] is True


def test_annotations_of_pods_are_on_pods(synth: Synth) -> None:
    """The chart puts them on the Deployment."""
    api = LARGE["api"] | {"annotations": {"acme.example/team": "data"}}
    manifest = made(synth, spec(api=api))[API]
    assert pod(manifest)["metadata"]["annotations"]["acme.example/team"] == "data"
    assert "acme.example/team" not in manifest["metadata"].get("annotations", {})


# What there never is.


EVERYTHING = spec(
    search=SEARCH, log_format="json", tags={"a": "A"}, connections={"most": 5}, graphql=False
)


@pytest.mark.parametrize("marquez", [spec(), spec(retention=None), EVERYTHING])
def test_no_process_deletes_lineage_by_itself(synth: Synth, marquez: MarquezSpec) -> None:
    """With the block `dbRetention`, whatever is in it, each API process would."""
    for (kind, _), manifest in made(synth, marquez).items():
        if kind == "ConfigMap":
            assert "dbRetention" not in manifest["data"]["config.yml"]


def test_the_log_level_is_never_left_as_a_placeholder(synth: Synth) -> None:
    """The chart's file has `${LOG_LEVEL}`, and its pods no such variable."""
    for (kind, _), manifest in made(synth, EVERYTHING).items():
        if kind == "ConfigMap":
            assert yaml.safe_load(manifest["data"]["config.yml"])["logging"]["level"] == "INFO"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_api_is_reached_by_those_who_report_show_or_watch_and_by_nobody_else(
    environment: str,
) -> None:
    """It asks nobody who is there, and lets everybody delete."""
    wired = wiring.wire(overlay.load(ROOT / "overlays" / environment))
    assert wired.marquez
    api = labels(wired.marquez, "api")
    sources = [flow.source for flow in wired.flows if flow.target == api]
    who = {
        it.name if isinstance(it, Outside) else f"{it.name} {it.component.partition('-')[0]}"
        for it in sources
    }
    exposure, cluster = wired.environment.exposure, wired.environment.cluster
    assert who == {
        "marquez web",
        "dagster code",
        "dagster run",
        *(["preflight verify"] if wired.verification else []),
        *(["ingress"] if exposure and exposure.openlineage else []),
        *(["monitoring"] if cluster.monitoring else []),
    }
    assert {flow.port for flow in wired.flows if flow.target == api} == {HTTP}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_way_leads_to_the_api_but_the_one_of_lineage(environment: str) -> None:
    """The chart's Ingress leads `/api` there, past what stands in front of the interface."""
    for manifest in manifests(environment):
        if manifest["kind"] in {"HTTPRoute", "Ingress"} and "marquez-api" in str(manifest["spec"]):
            (rule,) = manifest["spec"]["rules"]
            (match,) = rule["matches"]
            assert match["path"] == {"type": "Exact", "value": "/api/v1/lineage"}
            assert match["method"] == "POST"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_services_of_marquez_are_of_the_cluster(environment: str) -> None:
    found = [it for it in manifests(environment) if it["kind"] == "Service"]
    ours = [it for it in found if it["metadata"]["name"].startswith("marquez-")]
    assert {it["spec"]["type"] for it in ours} == {"ClusterIP"}
    assert not [it for it in ours if "externalIPs" in it["spec"]]


PAGE = "docs/how-to/marquez.md"


@pytest.mark.parametrize("page", [PAGE, "docs/explanation/scope.md", "docs/reference/overlay.md"])
def test_the_version_of_postgresql_is_told_where_it_matters(page: str) -> None:
    """The chart brings 12, which Marquez no longer works with."""
    assert "PostgreSQL 14 or newer" in (ROOT / page).read_text()


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"))
def test_what_the_page_on_marquez_shows_can_be_said(block: str) -> None:
    said = yaml.safe_load(block)
    if "marquez" in said:
        spec(**said["marquez"])
    else:
        assert Exposure.model_validate(said["exposure"]).openlineage

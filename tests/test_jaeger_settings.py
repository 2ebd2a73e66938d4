"""What an environment may say of Jaeger beside where traces are kept."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from conftest import Objects, Synth
from floe_constructs.jaeger import JaegerSpec
from floe_constructs.jaeger.credentials import credentials
from floe_constructs.jaeger.flows import collector_url, flows, sender_files, workloads
from floe_constructs.jaeger.watch import watched
from floe_constructs.kubernetes.endpoint import Endpoint, Outside
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import secret_keys
from jaeger_example import BADGER, LARGE, MEMORY, RESOURCES, SEARCH, SHARED, TAIL, secret, spec
from test_jaeger import config, container, made, texts
from test_jaeger import workloads as of

CLEANER = {"index_cleaner": LARGE["index_cleaner"]}
KEPT = SEARCH["storage"] | {"keep_days": 14}


def backend(values: dict[str, Any], synth: Synth) -> dict[str, Any]:
    objects = made(synth, spec(values))
    (block,) = config(objects, of(objects)[0])["extensions"]["jaeger_storage"]["backends"].values()
    (found,) = block.values()
    return dict(found)


def query(objects: Objects) -> dict[str, Any]:
    return config(objects, objects["Deployment", "jaeger-query"])


def collector(objects: Objects) -> dict[str, Any]:
    return config(objects, objects["Deployment", "jaeger-collector"])


# Roles.


def test_over_a_search_server_several_pods_may_do_everything(synth: Synth) -> None:
    objects = made(synth, spec(SHARED))
    workload = objects["Deployment", "jaeger-all-in-one"]
    assert workload["spec"]["replicas"] == 3
    assert workload["spec"]["strategy"]["type"] == "RollingUpdate"
    assert ("PodDisruptionBudget", "jaeger-all-in-one") in objects
    assert {flow.why for flow in flows(spec(SHARED))} == {"write and read spans"}


def test_pods_over_a_search_server_are_replaced_one_by_one_and_spread(synth: Synth) -> None:
    for workload in of(made(synth, spec(SEARCH))):
        assert workload["spec"]["strategy"]["type"] == "RollingUpdate"
    pod = made(synth, spec(SEARCH))["Deployment", "jaeger-collector"]["spec"]["template"]["spec"]
    assert pod["topologySpreadConstraints"]


def test_the_number_of_collectors_follows_their_load(synth: Synth) -> None:
    objects = made(synth, spec(LARGE))
    assert "replicas" not in objects["Deployment", "jaeger-collector"]["spec"]
    scaler = objects["HorizontalPodAutoscaler", "jaeger-collector"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 5)
    assert ("HorizontalPodAutoscaler", "jaeger-query") not in objects


def test_senders_by_grpc_find_new_collectors_where_there_are_several(synth: Synth) -> None:
    grpc = collector(made(synth, spec(SEARCH)))["receivers"]["otlp"]["protocols"]["grpc"]
    assert grpc["keepalive"]["server_parameters"]["max_connection_age"]
    alone = made(synth, spec(SEARCH, collector={"resources": RESOURCES}))
    assert "keepalive" not in collector(alone)["receivers"]["otlp"]["protocols"]["grpc"]


# What 2.20 reads, and what no Jaeger should be told.


@pytest.mark.parametrize("values", [MEMORY, BADGER, SEARCH, SHARED, TAIL, LARGE])
def test_nothing_is_said_that_only_jaeger_1_reads(values: dict[str, Any], synth: Synth) -> None:
    for workload in of(made(synth, spec(values))):
        one = container(workload)
        assert {item["name"] for item in one["env"]} == {"GOMEMLIMIT", "OTEL_TRACES_SAMPLER"}
        assert len(one["args"]) == 2


def test_an_image_of_jaeger_1_is_refused() -> None:
    with pytest.raises(ValidationError, match="Jaeger 1 has ended"):
        spec(MEMORY, image="jaegertracing/all-in-one:1.76.0")


@pytest.mark.parametrize("values", [MEMORY, BADGER, SEARCH, SHARED, TAIL, LARGE])
def test_nothing_that_debugs_or_talks_to_models_is_switched_on(
    values: dict[str, Any], synth: Synth
) -> None:
    for text in texts(made(synth, spec(values))):
        said = text["data"]["config.yaml"]
        assert not [word for word in ("pprof", "zpages", "expvar", "mcp", "ai:") if word in said]
        assert "otlp_proxy" not in said


@pytest.mark.parametrize("values", [MEMORY, BADGER, SEARCH, SHARED, TAIL, LARGE])
def test_no_service_leads_to_what_people_or_senders_do_not_use(
    values: dict[str, Any], synth: Synth
) -> None:
    """Not to the query's gRPC, which asks for no login, nor to ports that nobody listens on."""
    objects = made(synth, spec(values))
    open_ = {port["port"] for port in objects["Service", "jaeger-query"]["spec"]["ports"]}
    assert open_ == {16686}
    received = {port["port"] for port in objects["Service", "jaeger-collector"]["spec"]["ports"]}
    assert received <= {4317, 4318, 5778, 5779, 9411, 14250, 14268}
    assert {4317, 4318} <= received


@pytest.mark.parametrize("values", [SEARCH, LARGE])
def test_no_secret_is_in_the_text_that_jaeger_expands(values: dict[str, Any], synth: Synth) -> None:
    for text in texts(made(synth, spec(values))):
        assert "${" not in json.dumps(text["data"])
    for workload in of(made(synth, spec(values))):
        assert not [item for item in container(workload)["env"] if "valueFrom" in item]


def test_badgers_volume_belongs_to_the_group_of_its_pod(synth: Synth) -> None:
    pod = made(synth, spec(BADGER))["StatefulSet", "jaeger-all-in-one"]["spec"]["template"]["spec"]
    context = pod["securityContext"]
    assert context["fsGroup"] == context["runAsUser"] == 10001


# The search server.


def test_what_a_file_says_is_read_again_because_secrets_are_rotated(synth: Synth) -> None:
    for values in (
        SEARCH["storage"],
        {"api_key": secret("search/key")},
        {"bearer_token": secret("search/token")},
    ):
        storage = {"type": "elasticsearch", "urls": ["https://search.example.com"]} | values
        ((_, login),) = backend(SEARCH | {"storage": storage}, synth)["auth"].items()
        assert login["reload_interval"] == "10s"
    assert backend(LARGE, synth)["tls"]["reload_interval"] == "10s"


@pytest.mark.parametrize("name", ["api_key", "bearer_token"])
def test_jaeger_logs_in_in_one_way(name: str) -> None:
    storage = SEARCH["storage"] | {name: secret("search/other")}
    with pytest.raises(ValidationError, match=f"username and {name} exclude each other"):
        spec(SEARCH, storage=storage)


@pytest.mark.parametrize("name", ["api_key", "bearer_token"])
def test_a_token_is_a_file_too(name: str, synth: Synth) -> None:
    key = secret("search/token")
    storage = {"type": "opensearch", "urls": ["https://search.example.com"], name: key}
    objects = made(synth, spec(SEARCH, storage=storage))
    ((how, login),) = backend(SEARCH | {"storage": storage}, synth)["auth"].items()
    assert how == name
    (workload, *_) = of(objects)
    pod = workload["spec"]["template"]["spec"]
    (source,) = (v["projected"]["sources"][0]["secret"] for v in pod["volumes"] if "projected" in v)
    (item,) = source["items"]
    mounts = {m["name"]: m["mountPath"] for m in container(workload)["volumeMounts"]}
    assert login["file_path"] == f"{mounts['credentials']}/{item['path']}"
    assert {"name": source["name"], "key": item["key"]} == key


def test_servers_are_verified_by_their_authority_and_shown_a_certificate(synth: Synth) -> None:
    objects = made(synth, spec(LARGE))
    tls = backend(LARGE, synth)["tls"]
    for workload in of(objects):
        mounted = [mount["mountPath"] for mount in container(workload)["volumeMounts"]]
        for file in ("ca_file", "cert_file", "key_file"):
            assert tls[file].rpartition("/")[0] in mounted


@pytest.mark.parametrize("name", ["ca", "client_certificate"])
def test_certificates_are_refused_where_nobody_shows_any(name: str) -> None:
    storage = LARGE["storage"] | {"urls": ["http://search.example.com"], "ca": None}
    storage |= {"client_certificate": None, name: LARGE["storage"][name]}
    with pytest.raises(ValidationError, match="are for https"):
        spec(LARGE, storage=storage)


def test_a_trace_is_found_for_as_long_as_it_is_kept(synth: Synth) -> None:
    """Jaeger looks three days back by itself, however long indices stay."""
    assert "max_span_age" not in backend(SEARCH, synth)
    assert backend(SEARCH | {"storage": KEPT}, synth)["max_span_age"] == "336h"
    page = texts(made(synth, spec(SEARCH, storage=KEPT)))
    (told,) = (json.loads(text["data"]["ui.json"]) for text in page if "ui.json" in text["data"])
    assert told["search"]["maxLookback"] == {"label": "14 Days", "value": "14d"}


def test_indices_are_of_a_day_or_an_hour_and_never_behind_aliases(synth: Synth) -> None:
    """Aliases need rollover, which needs more than is deployed here."""
    for values, layout in ((SEARCH, None), (LARGE, "2006-01-02-15")):
        said = backend(values, synth)
        assert not said.keys() & {"use_aliases", "use_ilm", "create_mappings"}
        for name in ("spans", "services", "dependencies", "sampling"):
            rotation = said["indices"][name].get("rotation", {"periodic": {}})
            assert rotation["periodic"].get("date_layout") == layout


# The index cleaner.


def test_nothing_deletes_indices_unless_it_is_asked_for(synth: Synth) -> None:
    objects = made(synth, spec(SEARCH, storage=KEPT))
    assert not [kind for kind, _ in objects if kind in {"CronJob", "Job"}]


def test_the_cleaner_deletes_what_is_older_than_is_kept_of_its_own_indices_only(
    synth: Synth,
) -> None:
    objects = made(synth, spec(SEARCH, storage=KEPT, **CLEANER))
    job = objects["CronJob", "jaeger-index-cleaner"]["spec"]
    (one,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    days, url, *options = one["args"]
    assert (days, url) == ("14", "https://search.example.com:9200")
    assert "--index-prefix=test" in options
    assert "--es.username=jaeger" in options
    (password,) = one["env"]
    assert password["name"] == "ES_PASSWORD"
    assert password["valueFrom"]["secretKeyRef"] == SEARCH["storage"]["password"]
    assert job["concurrencyPolicy"] == "Forbid"


def test_the_cleaner_reaches_one_server_and_nothing_else() -> None:
    storage = KEPT | {"urls": ["https://one.example.com", "https://two.example.com"]}
    found = [
        flow.target.host
        for flow in flows(spec(SEARCH, storage=storage, **CLEANER))
        if isinstance(flow.source, Labels)
        and flow.source.component == "index-cleaner"
        and isinstance(flow.target, Endpoint)
    ]
    assert found == ["one.example.com"]


@pytest.mark.parametrize(
    ("values", "storage", "message"),
    [
        (MEMORY, MEMORY["storage"], "lets traces go by itself"),
        (SEARCH, SEARCH["storage"], "needs storage.keep_days"),
        (
            SEARCH,
            KEPT | {"username": None, "password": None, "api_key": secret("search/key")},
            "username and password only",
        ),
    ],
)
def test_a_cleaner_that_could_not_clean_is_refused(
    values: dict[str, Any], storage: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(values, storage=storage, **CLEANER)


# Who sends.


def test_pods_of_other_namespaces_send_where_they_are_let_in() -> None:
    found = {flow.port: flow.why for flow in flows(spec(LARGE)) if isinstance(flow.source, Outside)}
    assert set(found) == {4317, 4318, 5778, 5779, 9411, 14250, 14268}
    assert {found[port] for port in (5778, 5779)} == {"ask which traces to begin"}
    assert not [flow for flow in flows(spec(SEARCH)) if isinstance(flow.source, Outside)]


def test_senders_of_the_platform_have_what_tls_asks_of_them() -> None:
    assert collector_url(spec(LARGE)).startswith("https://")
    assert set(sender_files(spec(LARGE))) == {
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    }
    assert sender_files(spec(MEMORY)) == {}


def test_clients_authorities_are_read_once_because_grpc_refuses_otherwise(synth: Synth) -> None:
    """With `client_ca_file_reload` TLS is agreed on without HTTP/2."""
    protocols = collector(made(synth, spec(LARGE)))["receivers"]["otlp"]["protocols"]
    for said in protocols.values():
        assert "client_ca_file_reload" not in said["tls"]
        assert said["tls"]["client_ca_file"]


def test_every_receiver_of_spans_asks_for_tls(synth: Synth) -> None:
    receivers = collector(made(synth, spec(LARGE)))["receivers"]
    assert set(receivers) == {"otlp", "jaeger", "zipkin"}
    protocols = [receivers["zipkin"]]
    protocols += [
        said for name in ("otlp", "jaeger") for said in receivers[name]["protocols"].values()
    ]
    assert all(said["tls"]["cert_file"] for said in protocols)


def test_old_protocols_come_in_only_where_it_is_asked_for(synth: Synth) -> None:
    assert set(collector(made(synth, spec(SEARCH)))["receivers"]) == {"otlp"}


def test_every_credential_is_one_that_a_pod_gets() -> None:
    """All but what only senders elsewhere in the platform need."""
    senders = set(sender_files(spec(LARGE)).values())
    assert {use.secret for use in credentials(spec(LARGE))} == secret_keys(spec(LARGE)) - senders
    assert {use.pods.component for use in credentials(spec(LARGE)) if use.variable} == {
        "index-cleaner"
    }


def test_all_pods_are_told_of() -> None:
    found = {pods.component for pods, _ in workloads(spec(LARGE))}
    assert found == {"collector", "index-cleaner", "query"}


# Sampling.


def test_clients_are_told_a_share_or_a_rate() -> None:
    for said, message in (
        ({}, "exactly one of probability and per_second"),
        ({"probability": 0.1, "per_second": 5}, "exactly one of probability and per_second"),
        ({"per_second": 5, "operations": {"/health": 0}}, "they need probability"),
        ({"probability": 2}, "less than or equal to 1"),
    ):
        with pytest.raises(ValidationError, match=message):
            spec(MEMORY, remote_sampling={"default": said})


def test_no_trace_at_all_is_a_share_like_any_other(synth: Synth) -> None:
    objects = made(synth, spec(MEMORY, remote_sampling={"default": {"probability": 0}}))
    (text,) = texts(objects)
    told = json.loads(text["data"]["sampling.json"])
    assert told["default_strategy"] == {"type": "probabilistic", "param": 0.0}


@pytest.mark.parametrize(
    "collecting",
    [{"replicas": 2}, {"autoscale": {"max_replicas": 3}}],
)
def test_whole_traces_are_seen_by_one_pod_or_not_at_all(collecting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="all spans of a trace in one pod"):
        spec(
            SEARCH,
            tail_sampling=TAIL["tail_sampling"],
            collector={"resources": RESOURCES} | collecting,
        )


def test_what_is_not_kept_is_counted(synth: Synth) -> None:
    objects = made(synth, spec(TAIL))
    pipelines = config(objects, of(objects)[0])["service"]["pipelines"]
    assert "tail_sampling" not in pipelines["traces/received"]["processors"]
    assert "spanmetrics" in pipelines["traces/received"]["exporters"]
    assert pipelines["traces"]["receivers"] == ["forward"]
    assert "tail_sampling" in pipelines["traces"]["processors"]


# The interface.


def test_rates_are_counted_by_the_collector_and_asked_for_by_the_query(synth: Synth) -> None:
    objects = made(synth, spec(LARGE))
    assert "spanmetrics" in collector(objects)["service"]["pipelines"]["traces"]["exporters"]
    assert "metric_backends" not in collector(objects)["extensions"]["jaeger_storage"]
    assert query(objects)["extensions"]["jaeger_query"]["storage"]["metrics"]
    (page,) = (text["data"]["ui.json"] for text in texts(objects) if "ui.json" in text["data"])
    assert json.loads(page)["monitor"] == {"menuEnabled": True}
    (asked,) = (flow for flow in flows(spec(LARGE)) if flow.why.startswith("read rates"))
    assert isinstance(asked.source, Labels)
    assert (asked.source.component, asked.port) == ("query", 9090)


def test_what_is_counted_is_read_where_it_is_served(synth: Synth) -> None:
    workload = made(synth, spec(LARGE))["Deployment", "jaeger-collector"]
    ports = {port["name"]: port["containerPort"] for port in container(workload)["ports"]}
    targets = [it for it in watched(spec(LARGE)).targets if it.pods.component == "collector"]
    assert {ports[it.port] for it in targets} == {it.number for it in targets} == {8888, 8889}


def test_a_path_is_below_the_root() -> None:
    for path in ("jaeger", "/jaeger/", "//jaeger", "/a/../b", "/"):
        with pytest.raises(ValidationError, match="base_path"):
            spec(MEMORY, base_path=path)


def test_a_link_hangs_on_a_tag_or_on_a_whole_trace() -> None:
    for said in ({"type": "tags"}, {"type": "traces", "key": "run"}):
        link = {"url": "https://runs.example.com/#{run}", "text": "Run"} | said
        with pytest.raises(ValidationError, match="a whole trace alone has none"):
            spec(MEMORY, ui={"link_patterns": [link]})


def test_without_anything_to_say_there_is_no_page(synth: Synth) -> None:
    objects = made(synth, spec(SEARCH))
    assert not [text for text in texts(objects) if "ui.json" in text["data"]]
    assert "ui" not in query(objects)["extensions"]["jaeger_query"]


CHANGES: dict[str, Any] = {
    "base_path": "/traces",
    "clients": [{"cidrs": ["10.1.0.0/24"]}],
    "legacy_receivers": ["zipkin"],
    "performance": None,
    "receiver_tls": None,
    "remote_sampling": None,
    "index_cleaner": None,
    "ui": None,
}


def shown(jaeger: JaegerSpec, synth: Synth) -> str:
    return f"{made(synth, jaeger)}{flows(jaeger)}"


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_setting_beside_the_storage_changes_what_is_deployed(name: str, synth: Synth) -> None:
    assert shown(spec(LARGE, **{name: CHANGES[name]}), synth) != shown(spec(LARGE), synth)

"""Reading an environment: what the overlay says, what the artifacts say, and what both do."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import opens
from floe_constructs.cube import CubeSpec
from floe_constructs.cube import config as cube_config
from floe_constructs.dagster.environment import user_variables
from floe_constructs.dagster.run_pod import container_context
from floe_constructs.kubernetes.cloud_identity import IrsaIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_deploy import overlay, project, wiring
from floe_deploy.errors import InputError
from floe_deploy.wiring import Wired
from test_dist import ROOT, where_it_is

Change = Callable[[dict[str, Any], dict[str, Any]], object]


def wired(folder: Path, environment: str, change: Change, artifacts: str = "") -> Wired:
    """Wire an environment of this repository after a change of its overlay and artifacts."""
    source = ROOT / "overlays" / environment
    settings = yaml.safe_load((source / "environment.yaml").read_text())
    where_it_is(settings, source)
    path = ROOT / "tests" / "contract" / "examples" / f"{artifacts}.json"
    said = json.loads((path if artifacts else source / "compiled_artifacts.json").read_text())
    change(settings, said)
    target = folder / environment
    target.mkdir(parents=True)
    (target / "environment.yaml").write_text(yaml.safe_dump(settings))
    (target / "compiled_artifacts.json").write_text(json.dumps(said))
    return wiring.wire(overlay.load(target))


def refused(folder: Path, environment: str, change: Change, artifacts: str = "") -> list[str]:
    with pytest.raises(InputError) as failure:
        wired(folder, environment, change, artifacts)
    first, *problems = str(failure.value).splitlines()
    assert first.endswith(f"{environment} is not a valid overlay:")
    return [problem.strip() for problem in problems]


def test_all_problems_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["dagster"]["webservr"] = settings["dagster"].pop("webserver")
        settings["cluster"]["kubernetes"] = 1.34
        said["resolved_profiles"]["storage"]["type"] = "s4"

    told = "\n".join(refused(tmp_path, "dev", change))
    assert "dagster.webserver: found nothing" in told
    assert "dagster.webservr: found an unknown setting" in told
    assert "Did you mean webserver?" in told
    assert 'Write it in quotes: "1.34"' in told
    assert "resolved_profiles.storage.type" in told


def test_secret_references_become_variables_of_user_code(tmp_path: Path) -> None:
    dagster = wired(tmp_path, "demo", lambda *_: None).dagster
    assert dagster
    assert dagster.variables == {
        "AWS_ACCESS_KEY_ID": SecretKey(name="aws-credentials", key="AWS_ACCESS_KEY_ID"),
        "AWS_SECRET_ACCESS_KEY": SecretKey(name="aws-credentials", key="AWS_SECRET_ACCESS_KEY"),
        "POLARIS_CLIENT_ID": SecretKey(name="polaris-client-id", key="value"),
        "POLARIS_CLIENT_SECRET": SecretKey(name="polaris-client-secret", key="value"),
    }


def test_a_mapped_reference_means_the_secret_that_the_overlay_names(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "user"}
        settings["secrets"]["map"] = {"aws-credentials": {"name": "lake", "keys": keys}}

    dagster = wired(tmp_path, "demo", change).dagster
    assert dagster
    assert dagster.variables["AWS_ACCESS_KEY_ID"] == SecretKey(name="lake", key="user")
    secret = SecretKey(name="lake", key="AWS_SECRET_ACCESS_KEY")
    assert dagster.variables["AWS_SECRET_ACCESS_KEY"] == secret


def test_a_reference_that_is_no_name_of_a_secret_has_to_be_mapped(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["resolved_profiles"]["storage"]["credentials"]["secret_ref"] = "AWS_Keys"
        said["resolved_layers"] = None

    (told,) = refused(tmp_path, "demo", change)
    assert told.startswith("secrets.map: ")
    assert "AWS_Keys" in told


@pytest.mark.parametrize(("length", "fits"), [(63, True), (64, True), (253, True), (254, False)])
def test_a_reference_may_be_as_long_as_the_name_of_a_secret(
    length: int, *, fits: bool, tmp_path: Path
) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        login = said["resolved_profiles"]["catalog"]["credentials"]
        login["client_id"] = {"secret_ref": "a" * length}

    if fits:
        assert "a" * length in wired(tmp_path, "dev", change).secrets
    else:
        (told,) = refused(tmp_path, "dev", change)
        assert "at most 253" in told


def test_a_mapped_key_is_of_a_variable_that_the_reference_has(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        keys = {"AWS_ACESS_KEY_ID": "user"}
        settings["secrets"]["map"] = {"aws-credentials": {"name": "lake", "keys": keys}}

    (told,) = refused(tmp_path, "demo", change)
    assert told.startswith("secrets.map.aws-credentials.keys.AWS_ACESS_KEY_ID: ")
    assert "Did you mean AWS_ACCESS_KEY_ID?" in told


def test_a_map_entry_that_nothing_refers_to_is_told(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["secrets"]["map"] = {"aws-credential": {"name": "lake"}}

    (told,) = refused(tmp_path, "demo", change)
    assert "secrets.map.aws-credential" in told


def test_several_roles_for_one_pod_are_an_error_that_names_the_layers(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        profiles = said["resolved_profiles"]
        silver = json.loads(json.dumps(profiles["storage"]))
        silver["credentials"]["role_arn"] = "arn:aws:iam::123456789012:role/silver"
        said["resolved_layers"] = {
            "silver": {
                "name": "silver",
                "namespace": "x.silver",
                "storage": silver,
                "catalog": profiles["catalog"],
            }
        }

    (told,) = refused(tmp_path, "dev", change)
    assert "resolved_layers.silver.storage" in told
    assert "resolved_profiles.storage" in told


def test_the_role_of_the_storage_is_who_user_code_is(tmp_path: Path) -> None:
    dagster = wired(tmp_path, "prod", lambda *_: None).dagster
    assert dagster
    assert isinstance(dagster.code_identity, IrsaIdentity)
    assert dagster.code_identity.role_arn.endswith("role/floe-prod-bronze-access")


@pytest.mark.parametrize(
    ("component", "field", "deployed"),
    [("marquez", "lineage_endpoint", "marquez"), ("jaeger", "otlp_endpoint", "jaeger")],
)
def test_two_places_to_send_to_are_a_contradiction(
    tmp_path: Path, component: str, field: str, deployed: str
) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        said["observability"][field] = "http://there.example.com:4000"
        assert settings[deployed]

    (told,) = refused(tmp_path, "dev", change)
    assert told.startswith(f"{component}: ")
    assert "http://there.example.com:4000" in told
    assert f"observability.{field}" in told


def test_the_artifacts_endpoint_counts_where_the_overlay_is_silent(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["marquez"] = None
        said["observability"]["lineage_endpoint"] = "https://lineage.example.com"
        said["lineage_namespace"] = "acme"

    result = wired(tmp_path, "dev", change)
    assert result.dagster
    assert result.dagster.lineage
    assert result.dagster.lineage.url == "https://lineage.example.com"
    assert result.dagster.lineage.namespace == "acme"
    hosts = {getattr(flow.target, "host", None) for flow in result.flows}
    assert "lineage.example.com" in hosts


def test_lineage_that_the_artifacts_switch_off_is_off(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["observability"]["lineage"] = False

    result = wired(tmp_path, "dev", change)
    assert result.dagster
    assert result.dagster.lineage is None
    assert not [flow for flow in result.flows if flow.why == "report lineage"]


def test_cube_that_the_data_team_wants_is_not_dropped_silently(tmp_path: Path) -> None:
    (told,) = refused(
        tmp_path, "staging", lambda settings, _: settings.update(cube=None, exposure=None)
    )
    assert told.startswith("cube: ")
    assert "consumption.enabled" in told


def test_cube_takes_from_the_artifacts_what_the_overlay_leaves_silent(tmp_path: Path) -> None:
    cube = wired(tmp_path, "staging", lambda *_: None).cube
    assert cube
    assert cube.time_zones == ("Europe/Berlin",)
    assert cube.api_secret == SecretKey(name="cube-api", key="value")
    assert cube.source.type == "trino"


def test_cube_in_front_of_another_database_than_the_artifacts_say_is_told(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"]["source"] = {
            "type": "bigquery",
            "project": "p",
            "location": "EU",
            "credentials": {"name": "bq", "key": "k"},
        }

    bucket, told = refused(tmp_path, "staging", change)
    assert told.startswith("cube.source.type: ")
    assert "consumption.database_type" in told
    assert "bigquery through a bucket of Google" in bucket


@pytest.mark.parametrize(
    "ca", [{"config_map": "company", "key": "ca.pem"}, {"name": "company", "key": "ca.pem"}]
)
def test_an_authority_of_trinos_is_known_to_user_code_and_to_cube(
    tmp_path: Path, ca: dict[str, str]
) -> None:
    result = wired(tmp_path, "prod", lambda s, _: s["compute"].update(ca=ca))
    assert result.dagster
    assert result.cube
    for location in result.dagster.deployed:
        env = user_variables(result.dagster, location)
        assert env["TRINO_CA"] == "/etc/floe/credentials/TRINO_CA"
        context = container_context(result.dagster, location)
        given = context["k8s"]["volumes"]
        sources = [
            one for volume in given for one in volume.get("projected", {}).get("sources", [])
        ]
        paths = [
            (kept["name"], item["path"])
            for one in sources
            for kept in one.values()
            for item in kept["items"]
        ]
        assert ("company", "TRINO_CA") in paths
    assert cube_config.api(result.cube)["CUBEJS_DB_SSL_CA"] == "/etc/floe/sources/default/ca.crt"


def test_cube_stores_bucket_is_the_artifacts(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"]["store"]["storage"]["bucket"] = "another-bucket"

    (told,) = refused(tmp_path, "staging", change)
    assert told.startswith("cube.store.storage.bucket: ")
    assert "acme-cubestore" in told


def test_snowflake_of_the_artifacts_is_what_cube_and_user_code_ask(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"].pop("source")
        settings["cube"].pop("api_secret")

    result = wired(tmp_path, "dev", change, "snowflake-adls")
    assert result.cube
    assert result.cube.source.type == "snowflake"
    password = SecretKey(name="snowflake-credentials", key="SNOWFLAKE_PASSWORD")
    assert result.cube.source.password == password
    assert result.dagster
    assert result.dagster.variables["SNOWFLAKE_PASSWORD"] == password
    assert result.dagster.variables["AZURE_STORAGE_ACCOUNT_KEY"].name == "adls-credentials"  # type: ignore[union-attr]
    hosts = {getattr(flow.target, "host", None) for flow in result.flows}
    assert {"acme-prod.snowflakecomputing.com", "acmelake.dfs.core.windows.net"} <= hosts


def test_trino_of_the_overlay_wins_and_its_rivals_credentials_are_not_asked_for(
    tmp_path: Path,
) -> None:
    dagster = wired(tmp_path, "staging", lambda *_: None).dagster
    assert dagster
    assert dagster.variables["FLOE_COMPUTE_TYPE"] == "trino"
    assert dagster.variables["TRINO_PASSWORD"] == SecretKey(name="trino-floe", key="password")
    assert "SPARK_CREDENTIALS" not in dagster.variables


def test_every_secret_that_a_pod_refers_to_is_listed(tmp_path: Path) -> None:
    result = wired(tmp_path, "prod", lambda *_: None)
    assert result.secrets["dagster-postgres"] == ("password", "username")
    assert set(result.secrets) == {
        *("cube-api", "cube-sql", "dagster-postgres", "finance-erp", "jaeger-opensearch"),
        *("login", "marquez-postgres", "polaris-client-id", "polaris-client-secret"),
        *("registry-pull", "trino-floe"),
    }


def test_a_comment_or_another_order_is_the_same_environment(tmp_path: Path) -> None:
    source = ROOT / "overlays" / "dev"
    target = tmp_path / "dev"
    target.mkdir(parents=True)
    settings = yaml.safe_load((source / "environment.yaml").read_text())
    reordered = yaml.safe_dump(dict(reversed(settings.items())), sort_keys=False)
    (target / "environment.yaml").write_text(f"# another comment\n{reordered}")
    artifacts = json.loads((source / "compiled_artifacts.json").read_text())
    (target / "compiled_artifacts.json").write_text(json.dumps(artifacts, indent=7))
    assert overlay.load(target).digest == overlay.load(source).digest


def test_cubes_model_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "model" / "cubes").mkdir(parents=True)
    (tmp_path / "model" / "cubes" / "orders.yml").write_text("cubes: []\n")
    (tmp_path / "model" / "README.md").write_text("not a model")
    result = wired(tmp_path, "demo", lambda settings, _: settings.update(cube_model="../model"))
    assert result.cube
    assert result.cube.model == {"cubes/orders.yml": "cubes: []\n"}


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, "demo", lambda s, _: s.update(cube_model="no/such/folder"))
    assert told.startswith("cube_model: ")


def test_the_artifacts_export_bucket_reaches_cube(tmp_path: Path) -> None:
    result = wired(tmp_path, "staging", lambda *_: None)
    assert result.cube
    assert exported(result.cube) == {
        "CUBEJS_DB_EXPORT_BUCKET_TYPE": "s3",
        "CUBEJS_DB_EXPORT_BUCKET": "acme-cube-export",
        "CUBEJS_DB_EXPORT_BUCKET_AWS_REGION": "eu-central-1",
        "CUBEJS_DB_EXPORT_BUCKET_AWS_KEY": SecretKey(name="export-access-key", key="value"),
        "CUBEJS_DB_EXPORT_BUCKET_AWS_SECRET": SecretKey(name="export-secret-key", key="value"),
    }


def test_cube_store_itself_loads_what_the_server_only_names(tmp_path: Path) -> None:
    result = wired(tmp_path, "staging", lambda *_: None)
    fetching = {opens(flow).component for flow in result.flows if "large results" in flow.why}
    assert fetching == {"api", "refresh-worker", "store-router", "store-worker"}


def exported(cube: CubeSpec) -> dict[str, Any]:
    env = cube_config.api(cube)
    return {name: value for name, value in env.items() if "_EXPORT_" in name}


@pytest.mark.parametrize(("source", "spelt"), [("bigquery", "gcp"), ("trino", "gcs")])
def test_a_google_bucket_is_spelt_as_cube_wants_it(tmp_path: Path, source: str, spelt: str) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        bucket = said["consumption"]["pre_aggregations"]["export_bucket"]
        bucket |= {"bucket_type": "gcs", "secret_key_ref": None, "integration": "INT"}
        said["consumption"]["database_type"] = source
        if source == "bigquery":
            settings["cube"]["source"] = {
                "type": "bigquery",
                "project": "p",
                "location": "EU",
                "credentials": {"name": "bq", "key": "k"},
            }

    cube = wired(tmp_path, "staging", change).cube
    assert cube
    assert exported(cube)["CUBEJS_DB_EXPORT_BUCKET_TYPE"] == spelt
    assert "CUBEJS_DB_EXPORT_INTEGRATION" not in exported(cube)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("port", 4001, "consumption.port"), ("dev_mode", True, "consumption.dev_mode")],
)
def test_what_cube_is_never_told_is_refused_in_the_artifacts(
    tmp_path: Path, field: str, value: object, told: str
) -> None:
    (said,) = refused(tmp_path, "staging", lambda _, a: a["consumption"].update({field: value}))
    assert said.startswith("compiled_artifacts.json: ")
    assert told in said


@pytest.mark.parametrize(
    ("sampling", "ratio"),
    [
        ({"sampling_type": "always_on"}, None),
        ({"sampling_type": "always_off"}, 0.0),
        ({"sampling_type": "probabilistic", "probability": 0.25}, 0.25),
    ],
)
def test_traces_are_sampled_as_the_artifacts_say(
    tmp_path: Path, sampling: dict[str, Any], ratio: float | None
) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["observability"]["tracing"] = {"sampling": sampling}

    dagster = wired(tmp_path, "dev", change).dagster
    assert dagster
    assert dagster.traces
    assert dagster.traces.sampler_ratio == ratio


def test_a_sampler_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        sampling = {"sampling_type": "rate_limiting", "rate_limit": 5}
        said["observability"]["tracing"] = {"sampling": sampling}

    (told,) = refused(tmp_path, "dev", change)
    assert "rate_limiting" in told


def test_compute_logs_that_the_artifacts_ask_for_are_not_dropped_silently(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["observability"]["compute_logs"] = {"manager_type": "s3", "bucket": "logs"}

    (told,) = refused(tmp_path, "dev", change)
    assert told.startswith("dagster.compute_logs: ")


def test_compute_logs_in_two_buckets_are_a_contradiction(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["observability"]["compute_logs"] = {"manager_type": "s3", "bucket": "logs"}

    (told,) = refused(tmp_path, "prod", change)
    assert told.startswith("dagster.compute_logs.bucket: ")


def put(settings: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for step in above:
        settings = settings[step]
    settings[last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("namespace", "kube-system"),
        ("namespace", "default"),
        ("cluster.api_server_cidrs", ["999.1.1.1/99"]),
        ("cluster.api_server_cidrs", ["10.20.0.1/20"]),
        ("dagster.database.database", "m?sslmode=disable&x="),
        ("dagster.image", "acme/dagster:latest"),
        ("dagster.image", "acme/dagster"),
        ("dagster.webserver.replicas", 10**12),
        ("dagster.webserver.resources.cpu", "0m"),
        ("dagster.webserver.node_selector", {"a b": "c"}),
        ("dagster.webserver.node_selector", {"a": "b c"}),
        ("dagster.webserver.tolerations", [{"key": "a", "operator": "Exists", "value": "b"}]),
        ("dagster.webserver.tolerations", [{"key": "a b"}]),
        ("cube.store.storage.storage_class", "GP 3"),
    ],
)
def test_what_the_api_server_would_refuse_or_nobody_means_is_refused(
    tmp_path: Path, path: str, value: object
) -> None:
    told = refused(tmp_path, "dev", lambda settings, _: put(settings, path, value))
    assert all(line.startswith(path) for line in told), told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cluster.api_server_cidrs", ["10.20.0.0/20", "fd00::/8"]),
        ("dagster.image", "acme/dagster:latest@sha256:" + "0" * 64),
        ("dagster.webserver.resources.cpu", "0.5"),
        ("dagster.webserver.node_selector", {"example.com/pool": "a-1_b.c"}),
        ("dagster.webserver.tolerations", [{"key": "a", "operator": "Exists"}]),
    ],
)
def test_what_nearly_is_wrong_is_taken(tmp_path: Path, path: str, value: object) -> None:
    assert wired(tmp_path, "dev", lambda settings, _: put(settings, path, value))


def test_prod_reaches_nothing_whose_addresses_are_not_known(tmp_path: Path) -> None:
    flows = wired(tmp_path, "prod", lambda *_: None).flows
    outside = [flow.target for flow in flows if isinstance(flow.target, Endpoint)]
    assert outside
    assert [it for it in outside if not it.cidrs and ".svc" not in (it.host or "")] == []


def test_a_problem_of_the_artifacts_names_their_file(tmp_path: Path) -> None:
    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["version"] = "2.0.0"

    (told,) = refused(tmp_path, "dev", change)
    assert told.startswith("compiled_artifacts.json: version: ")


def test_an_environment_is_called_by_its_name_or_its_folder(tmp_path: Path) -> None:
    overlays = ROOT / "overlays"
    assert overlay.folders(overlays, ["prod", str(overlays / "dev")]) == [
        overlays / "dev",
        overlays / "prod",
    ]
    (tmp_path / "Dev_1").mkdir()
    (tmp_path / "Dev_1" / "environment.yaml").write_text("{}")
    with pytest.raises(InputError, match=r"Dev_1: found an environment whose name cannot be one"):
        overlay.folders(tmp_path, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [("outptu: x\n", "Did you mean output?"), ("output: 3\n", "allowed: text")],
)
def test_a_slip_in_cdk8s_yaml_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cdk8s.yaml").write_text(text)
    with pytest.raises(InputError, match=re.escape(told)):
        project.load()
    Path("cdk8s.yaml").write_text("language: python\nimports: []\nwhatever: else\n")
    assert project.load().output == Path("dist")

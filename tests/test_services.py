"""Services that an environment brings: constructs, and what follows from what is used of them."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Objects, Synth
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.services.brought import BroughtServices
from floe_constructs.services.config import made
from floe_deploy import overlay, wiring
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from floe_deploy.synth import render
from floe_deploy.wiring import Wired
from services_example import LARGE, SMALL, STORING, spec
from test_dist import ROOT, where_it_is

Change = Callable[[dict[str, Any], dict[str, Any]], None]


def built(synth: Synth, values: dict[str, Any]) -> Objects:
    return synth(lambda chart: BroughtServices(chart, "services", spec(values)))


def names(objects: Objects) -> set[str]:
    return {f"{kind}/{re.sub(r'-[0-9a-f]{10}$', '-HASH', name)}" for kind, name in objects}


def job(name: str, *kinds: str) -> set[str]:
    return {f"ServiceAccount/{name}", f"Job/{name}-HASH", *(f"{kind}/{name}" for kind in kinds)}


SECRETS = job("floe-secrets", "ConfigMap", "Role", "RoleBinding")
STORE = {
    "ServiceAccount/seaweedfs-server",
    "StatefulSet/seaweedfs-server",
    "Service/seaweedfs",
}
POSTGRES = {
    "ServiceAccount/postgres-server",
    "StatefulSet/postgres-server",
    "Service/postgres",
    *job("postgres-databases", "ConfigMap"),
}
POLARIS = {
    "ServiceAccount/polaris-server",
    "ConfigMap/polaris-server",
    "Deployment/polaris-server",
    "Service/polaris",
    *job("polaris-bootstrap"),
    *job("polaris-setup", "ConfigMap"),
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (SMALL, SECRETS),
        (STORING, SECRETS | STORE),
        (LARGE, SECRETS | STORE | POSTGRES | POLARIS),
    ],
)
def test_each_service_brings_its_own_objects_and_no_others(
    synth: Synth, values: dict[str, Any], expected: set[str]
) -> None:
    assert names(built(synth, values)) == expected


def test_everything_but_accounts_comes_before_the_gate(synth: Synth) -> None:
    for (kind, _), found in built(synth, LARGE).items():
        phase = found["metadata"].get("annotations", {}).get("floe.dev/phase")
        assert phase == (None if kind == "ServiceAccount" else "20-services")


def pods(objects: Objects) -> dict[str, dict[str, Any]]:
    return {
        re.sub(r"-[0-9a-f]{10}$", "", name): found["spec"]["template"]["spec"]
        for (_, name), found in objects.items()
        if "template" in found.get("spec", {})
    }


@pytest.mark.requirement("FR-011")
def test_pods_run_as_the_user_of_their_image_and_write_only_where_they_are_let(
    synth: Synth,
) -> None:
    found = pods(built(synth, LARGE))
    users = {
        name: (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"])
        for name, pod in found.items()
    }
    assert users == {
        "floe-secrets": (10001, 10001),
        "polaris-bootstrap": (10000, 10001),
        "polaris-server": (10000, 10001),
        "polaris-setup": (10001, 10001),
        "postgres-databases": (999, 999),
        "postgres-server": (999, 999),
        "seaweedfs-server": (1000, 1000),
    }
    for name, pod in found.items():
        (one,) = pod["containers"]
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["enableServiceLinks"] is False
        assert pod["automountServiceAccountToken"] is (name == "floe-secrets")
        assert "tmp" in {mount["name"] for mount in one["volumeMounts"]}


def test_who_makes_secrets_may_read_those_alone_and_change_none(synth: Synth) -> None:
    objects = built(synth, LARGE)
    create, get = objects["Role", "floe-secrets"]["rules"]
    told = yaml.safe_load(objects["ConfigMap", "floe-secrets"]["data"]["secrets.yaml"])
    assert create == {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}
    assert get["verbs"] == ["get"]
    assert get["resourceNames"] == [secret["name"] for secret in told["secrets"]]


def test_every_secret_that_a_service_reads_is_made(synth: Synth) -> None:
    objects = built(synth, LARGE)
    told = made.keys(spec())
    read = set()
    for pod in pods(objects).values():
        for variable in pod["containers"][0].get("env", ()):
            if key := variable.get("valueFrom", {}).get("secretKeyRef"):
                read.add((key["name"], key["key"]))
        for volume in pod["volumes"]:
            for source in volume.get("projected", {}).get("sources", ()):
                (item,) = source["secret"]["items"]
                read.add((source["secret"]["name"], item["key"]))
    assert len(read) > 10
    assert read <= {(name, key) for name, keys in told.items() for key in keys}


def test_another_list_of_users_is_another_secret_which_the_pod_waits_for(synth: Synth) -> None:
    def users(values: dict[str, Any]) -> str:
        pod = pods(built(synth, values))["seaweedfs-server"]
        (one,) = [volume for volume in pod["volumes"] if volume["name"] == "users"]
        name: str = one["projected"]["sources"][0]["secret"]["name"]
        return name

    assert users(STORING) != users(STORING | {"holders": STORING["holders"][:1]})


def test_services_lead_to_their_pods(synth: Synth) -> None:
    objects = built(synth, LARGE)
    for name, kind in (
        ("seaweedfs", "StatefulSet"),
        ("postgres", "StatefulSet"),
        ("polaris", "Deployment"),
    ):
        service = objects["Service", name]["spec"]
        template = objects[kind, f"{name}-server"]["spec"]["template"]
        assert service["selector"].items() <= template["metadata"]["labels"].items()
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["ports"]} <= ports


def wired(tmp_path: Path, change: Change = lambda *_: None) -> Wired:
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "overlays" / "demo", folder)
    settings = yaml.safe_load((folder / "environment.yaml").read_text())
    where_it_is(settings, ROOT / "overlays" / "demo")
    artifacts = json.loads((folder / "compiled_artifacts.json").read_text())
    change(settings, artifacts)
    (folder / "environment.yaml").write_text(yaml.safe_dump(settings))
    (folder / "compiled_artifacts.json").write_text(json.dumps(artifacts))
    return wiring.wire(overlay.load(folder))


def test_databases_follow_from_the_components_that_use_them(tmp_path: Path) -> None:
    found = wired(tmp_path).services
    assert found
    databases = {
        each.name: (each.owner.user, [reader.user for reader in each.readers])
        for each in found.used
    }
    assert databases == {
        "dagster": ("dagster", []),
        "marquez": ("marquez", []),
        "marts": ("marts", ["cube"]),
        "polaris": ("polaris", []),
    }


def test_whoever_reaches_a_service_reaches_its_pods_and_nothing_else(tmp_path: Path) -> None:
    found = wired(tmp_path)
    hosts = {flow.target.host for flow in found.flows if isinstance(flow.target, Endpoint)}
    assert hosts == {"kubernetes.default.svc"}


def in_full(settings: dict[str, Any], _: object) -> None:
    settings["dagster"]["database"]["host"] = "postgres.floe-demo.svc.cluster.local"


def test_a_service_is_known_by_each_of_its_names(tmp_path: Path) -> None:
    found = wired(tmp_path, in_full)
    assert found.services
    assert "dagster" in {each.name for each in found.services.used}
    assert "dagster-postgres" in found.made


def with_cube_store(settings: dict[str, Any], _: object) -> None:
    pair = {
        "access_key_id": {"name": "cube-store", "key": "id"},
        "secret_access_key": {"name": "cube-store", "key": "secret"},
    }
    settings["cube"]["store"]["storage"] = {
        "type": "s3",
        "bucket": "pre-aggregations",
        "region": "us-east-1",
        "endpoint": "http://seaweedfs:8333",
        "credentials": pair,
    }


def test_each_key_pair_is_for_its_own_buckets_and_tables_are_in_those_of_the_artifacts(
    tmp_path: Path,
) -> None:
    found = wired(tmp_path, with_cube_store).services
    assert found
    layers = ("iceberg-bronze", "iceberg-silver", "iceberg-gold")
    assert found.tables == layers
    assert set(found.buckets) == {*layers, "pre-aggregations"}
    assert {holder.access_key_id.name: holder.buckets for holder in found.holders} == {
        "seaweedfs-admin": (),
        "aws-credentials": layers,
        "cube-store": ("pre-aggregations",),
        "polaris-s3": layers,
    }


def by_seaweedfs(settings: dict[str, Any], artifacts: dict[str, Any]) -> None:
    settings["services"]["catalog"] = {"type": "seaweedfs"}
    places = [artifacts["resolved_profiles"], *artifacts["resolved_layers"].values()]
    for place in places:
        place["catalog"] |= {"type": "rest", "uri": "http://seaweedfs:8181"}


def test_the_object_store_can_be_the_catalog_whose_clients_are_its_administrators(
    tmp_path: Path,
) -> None:
    found = wired(tmp_path, by_seaweedfs).services
    assert found
    assert found.warehouses == ("lakehouse",)
    assert found.principals == ()
    rights = {
        holder.access_key_id.name: "all" if holder.admin else holder.buckets
        for holder in found.holders
    }
    assert rights == {
        "seaweedfs-admin": "all",
        "aws-credentials": ("iceberg-bronze", "lakehouse", "iceberg-silver", "iceberg-gold"),
        "polaris-client-id": "all",
    }


def test_the_strategy_brings_what_is_not_made(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: object) -> None:
        settings["secrets"] = {"strategy": "external-secrets", "store": {"name": "store"}}
        settings["services"] |= {"secrets": [], "texts": []}

    found = wired(tmp_path, change)
    assert set(found.secrets) == {"cube-api"}
    assert not found.made.keys() & found.secrets.keys()


def test_rules_know_what_is_made_in_the_cluster(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: object) -> None:
        settings["secrets"] = {"strategy": "external-secrets", "store": {"name": "store"}}

    wired(tmp_path, change)
    rendering = render(tmp_path / "demo", Project())
    assert not [file for file in rendering.files if "externalsecret" in file]


def _marts(settings: dict[str, Any], _: object) -> None:
    settings["services"]["postgres"]["databases"] = {}
    del settings["demo"]  # which makes tables there


def _encrypted(settings: dict[str, Any], _: object) -> None:
    settings["marquez"]["database"]["sslmode"] = "require"


def _hidden(settings: dict[str, Any], _: object) -> None:
    settings["marquez"]["database"]["user"] = {"name": "marquez", "key": "user"}


def _shared(settings: dict[str, Any], _: object) -> None:
    settings["marquez"]["database"]["database"] = "dagster"


def _twice(settings: dict[str, Any], _: object) -> None:
    settings["marquez"]["database"]["user"] = "dagster"


def _superuser(settings: dict[str, Any], _: object) -> None:
    settings["marquez"]["database"]["user"] = "postgres"


def _elsewhere(_: object, artifacts: dict[str, Any]) -> None:
    for layer in (artifacts["resolved_profiles"], *artifacts["resolved_layers"].values()):
        layer["storage"]["endpoint"] = "http://minio:9000"


def _other_port(_: object, artifacts: dict[str, Any]) -> None:
    artifacts["resolved_profiles"]["storage"]["endpoint"] = "http://seaweedfs:9000"


def _other_catalog(_: object, artifacts: dict[str, Any]) -> None:
    for layer in (artifacts["resolved_profiles"], *artifacts["resolved_layers"].values()):
        layer["catalog"]["uri"] = "http://seaweedfs:8181"


def _nowhere(_: object, artifacts: dict[str, Any]) -> None:
    for layer in (artifacts["resolved_profiles"], *artifacts["resolved_layers"].values()):
        layer["storage"] = layer["storage"] | {"type": "gcs", "endpoint": None}


def _bad_warehouse(settings: dict[str, Any], artifacts: dict[str, Any]) -> None:
    by_seaweedfs(settings, artifacts)
    for layer in (artifacts["resolved_profiles"], *artifacts["resolved_layers"].values()):
        layer["catalog"]["warehouse"] = "lake_house"


def _two_origins(settings: dict[str, Any], _: object) -> None:
    settings["jaeger"] = settings["exposure"] = None
    settings["cube"]["api_secret"] = {"name": "cube-postgres", "key": "signing"}


def _text_of_nothing(settings: dict[str, Any], _: object) -> None:
    settings["services"]["texts"][0]["text"] = "demo:$(demo-login/pasword)"


def _text_for_a_value(settings: dict[str, Any], _: object) -> None:
    settings["services"]["texts"][0]["key"] = "password"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_text_of_nothing, "Did you mean $(demo-login/password)?"),
        (_text_for_a_value, "services.texts[0].key: found key password, which is made at random"),
        (_marts, "Add services.postgres.databases.marts"),
        (_encrypted, "Say disable: it speaks no TLS"),
        (_hidden, "database or user in a Secret"),
        (_shared, "marquez of marquez beside dagster"),
        (_twice, "another password of dagster than for other databases"),
        (_superuser, "postgres, a role of the server's own"),
        (_elsewhere, "iceberg-bronze at http://minio:9000"),
        (_other_port, "http://seaweedfs:9000"),
        (_other_catalog, "http://polaris:8181/api/catalog"),
        (_nowhere, "warehouse lakehouse, whose tables are kept nowhere here"),
        (_bad_warehouse, "the warehouse lake_house"),
        (_two_origins, "or add {name: cube-postgres, key: signing} to services.secrets"),
    ],
)
def test_what_a_service_cannot_be_is_told_with_what_to_do(
    tmp_path: Path, change: Change, said: str
) -> None:
    with pytest.raises(InputError) as failure:
        wired(tmp_path, change)
    assert said in str(failure.value)


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ({}, "nothing is brought"),
        ({"catalog": {"type": "seaweedfs"}}, "catalog seaweedfs needs object_store"),
        ({"catalog": LARGE["catalog"]}, "catalog polaris needs object_store and postgres"),
    ],
)
def test_a_catalog_is_brought_with_what_it_rests_on(
    tmp_path: Path, services: dict[str, Any], said: str
) -> None:
    def change(settings: dict[str, Any], _: object) -> None:
        settings["services"] = {"preparation": settings["services"]["preparation"], **services}

    with pytest.raises(InputError, match=said):
        wired(tmp_path, change)

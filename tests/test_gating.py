"""What preflight checks of an environment, which has to be what its workloads use."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import DOCKER_CONFIG, SecretKey, secret_keys
from floe_constructs.preflight.spec import Suite
from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.services.flows import reached
from floe_deploy import overlay, wiring
from floe_deploy.errors import InputError
from floe_deploy.gating import gate as gates
from floe_deploy.preflight.credentials import resolve
from floe_deploy.wiring import Wired
from test_dist import ENVIRONMENTS, ROOT
from test_overlay import wired as changed

pytestmark = [pytest.mark.requirement("FR-015"), pytest.mark.requirement("FR-020")]

GOOGLE = {"type": "gcp", "service_account": "cube-api@acme.iam.gserviceaccount.com"}
UNCHECKED = {
    "kubernetes",  # a Job of its own asks it
    "oidc",  # logins
    "prometheus",  # Jaeger shows less without it
    "erp.prod.floe.internal",  # what user code reaches beside the lakehouse
    "sts",
}
"""Endpoints of workloads that no target is for."""


def wired(environment: str) -> Wired:
    return wiring.wire(overlay.load(ROOT / "overlays" / environment))


def suites(found: Wired) -> dict[str, Suite]:
    return {suite.name: suite for suite in gates.suites(found.name, found.targets)}


def ids(config: PreflightConfig) -> set[str]:
    services = ("compute", "storage", "catalog", "postgres")
    return {
        f"{service}.{target.name}" if target.name else service
        for service in services
        for target in getattr(config, service)
    }


def places(found: set[Endpoint]) -> set[tuple[str | None, int, tuple[str, ...]]]:
    return {(at.host, at.port, at.cidrs) for at in found}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_checked_is_where_workloads_go_with_the_same_addresses(environment: str) -> None:
    found = wired(environment)
    flows = [flow for flow in found.flows if isinstance(flow.target, Endpoint)]
    used = {
        flow.target
        for flow in flows
        if isinstance(flow.target, Endpoint) and "preflight" not in str(flow.source)
    }
    checked = {at for derived in found.targets for at in derived.endpoints}
    brought = [*reached(found.services)] if found.services else []
    inside = {at for at in checked if (at.host, at.port) in {(name, to) for name, to, _ in brought}}
    assert len({(at.host, at.port) for at in inside}) == len(brought)
    checked -= inside
    assert places(checked) <= places(used)
    left = {at for at in used if places({at}) - places(checked)}
    assert {at.name for at in left} <= UNCHECKED


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_credential_of_it_is_one_that_workloads_have(environment: str) -> None:
    found = wired(environment)
    keys = secret_keys(found.preflight())
    assert keys
    there = {**found.secrets, **found.made}
    assert all(key.key in there[key.name] for key in keys)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_suites_check_together_what_there_is_and_nothing_twice(environment: str) -> None:
    found = wired(environment)
    parts = [ids(suite.config) for suite in suites(found).values()]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert set.union(*parts) == ids(found.preflight())


def test_production_is_checked_as_who_its_workloads_are() -> None:
    found = suites(wired("prod"))
    roles = {
        name: suite.account.identity.model_dump()["role_arn"].rpartition("/")[2]
        for name, suite in found.items()
        if suite.account
    }
    assert roles == {
        "dagster-code-analytics": "floe-prod-bronze-access",
        "dagster-webserver": "floe-prod-dagster-logs",
        "cube-store-router": "floe-prod-cubestore",
    }
    assert ids(found["dagster-webserver"].config) == {"storage.compute-logs"}
    assert {"compute.lake", "catalog.lake", "postgres.dagster"} <= ids(found["services"].config)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_is_checked_by_an_identity_finds_no_key(environment: str) -> None:
    for suite in suites(wired(environment)).values():
        if suite.account:
            named = {key.key for key in secret_keys(suite.config)}
            assert not {name for name in named if "key" in name.lower()}


def test_code_locations_with_identities_of_their_own_are_checked_apart(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        role = "arn:aws:iam::999888777666:role/floe-prod-bronze-access"
        for location in settings["dagster"]["code_locations"]:
            location["identity"] = {"type": "aws-pod-identity"}
        settings["dagster"]["code_locations"][1]["identity"] = {
            "type": "aws-irsa",
            "role_arn": role,
        }

    found = suites(changed(tmp_path, "prod", change))
    assert ids(found["dagster-code-analytics"].config) == {"storage.lake"}
    # The agent on a node knows accounts by their names: runs have one of their own.
    assert ids(found["dagster-run-analytics"].config) == {"storage.lake-dagster-run-analytics"}
    assert ids(found["dagster-code-finance"].config) == {"storage.lake-dagster-code-finance"}
    assert "dagster-run-finance" not in found
    (lake,) = found["dagster-code-analytics"].config.storage
    assert lake.model_dump()["identity"] == "aws-pod-identity"


def test_a_key_file_of_google_is_where_the_pods_find_it(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"]["source"] = {"type": "bigquery", "project": "acme", "location": "EU"}
        settings["cube"]["source"]["credentials"] = {"name": "cube-google", "key": "key.json"}

    found = changed(tmp_path, "dev", change)
    (target,) = found.preflight().compute
    assert target.model_dump()["credentials_file"] == "/etc/floe/preflight/cube.json"
    (elsewhere,) = found.preflight("/home/me/keys").compute
    assert elsewhere.model_dump()["credentials_file"] == "/home/me/keys/cube.json"
    hosts = {at.host for at in suites(found)["services"].endpoints}
    assert {"bigquery.googleapis.com", "oauth2.googleapis.com"} <= hosts


def test_cube_asks_by_an_identity_of_its_own(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"]["source"] = {"type": "bigquery", "project": "acme", "location": "EU"}
        settings["cube"]["identity"] = GOOGLE

    found = suites(changed(tmp_path, "dev", change))
    assert ids(found["cube-api"].config) == {"compute.cube"}


def test_one_engine_that_two_ask_with_one_login_is_checked_once(tmp_path: Path) -> None:
    def other_password(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["cube"]["source"] = copy.deepcopy(settings["compute"]) | {"user": "cube"}

    assert "compute.cube" not in ids(wired("staging").preflight())
    two = ids(changed(tmp_path, "staging", other_password).preflight())
    assert two >= {"compute.lake", "compute.cube"}


def test_another_database_of_cube_is_asked_for_reading_alone() -> None:
    (cube,) = [target for target in wired("demo").preflight().postgres if target.name == "cube"]
    assert cube.read_only
    assert cube.migrations is None


def test_a_database_that_takes_tokens_is_logged_in_to_by_the_identity(tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/dagster"

    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        database = settings["dagster"]["database"]
        del database["password"]
        database |= {
            "identity": {"type": "aws-irsa", "role_arn": role},
            "region": "us-east-1",
        }

    found = suites(changed(tmp_path, "dev", change))
    (database,) = found["dagster-webserver"].config.postgres
    assert (database.identity, database.region) == ("aws-irsa", "us-east-1")
    assert database.password is None


def test_without_user_code_nothing_of_the_lakehouse_is_checked(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["dagster"] = None
        del settings["exposure"]["dagster"]

    found = ids(changed(tmp_path, "staging", change).preflight())
    assert not {"catalog.lake", "storage.lake", "postgres.dagster"} & found
    assert "compute.cube" in found  # Cube asks it


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_variables_tell_from_anywhere_what_secrets_tell_in_the_cluster(
    environment: str,
) -> None:
    config = wired(environment).preflight()
    _, missing = resolve(config, {})
    names = {str(one.kept.env): "a credential" for one in missing}
    assert resolve(config, names)[1] == []


def gate(**said: object) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["gate"] |= said

    return change


def told(folder: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> str:
    with pytest.raises(InputError) as failure:
        changed(folder, "dev", change)
    return str(failure.value)


def test_a_check_that_is_left_out_has_to_be_one(tmp_path: Path) -> None:
    assert "gate.skip: found no check postgres.marqez" in told(
        tmp_path, gate(skip=["postgres.marqez"])
    )


def test_a_fault_that_is_ignored_has_to_be_one(tmp_path: Path) -> None:
    said = told(tmp_path, gate(ignore=["PLAIN_TRAFIC"]))
    assert "gate.ignore: found PLAIN_TRAFIC" in said
    assert "Did you mean PLAIN_TRAFFIC?" in said


def test_what_is_left_out_as_a_whole_has_no_job(tmp_path: Path) -> None:
    found = changed(tmp_path, "dev", gate(skip=["storage.lake", "cluster"]))
    assert found.gate
    assert [suite.name for suite in found.gate.suites] == ["services"]
    assert not [flow for flow in found.flows if "preflight-cluster" in str(flow.source)]


def test_what_the_artifacts_do_not_say_enough_of_has_to_be_left_out(tmp_path: Path) -> None:
    def snowflake(_: dict[str, Any], said: dict[str, Any]) -> None:
        compute = {"type": "snowflake", "properties": {"warehouse": "w", "database": "d"}}
        login = said["resolved_profiles"]["compute"]["credentials"]
        compute["credentials"] = login | {"secret_ref": "snowflake-credentials"}
        said["resolved_profiles"]["compute"] = compute

    message = told(tmp_path / "one", snowflake)
    assert "resolved_profiles.compute.properties.account" in message
    assert "gate.skip: [compute]" in message

    def skipping(settings: dict[str, Any], said: dict[str, Any]) -> None:
        snowflake(settings, said)
        settings["gate"]["skip"] = ["compute"]

    assert changed(tmp_path / "two", "dev", skipping).unchecked


def test_a_name_of_a_variable_is_for_one_secret(tmp_path: Path) -> None:
    """A reference of the artifacts becomes the variable of its name, which may be one of ours."""

    def change(_: dict[str, Any], said: dict[str, Any]) -> None:
        login = said["resolved_profiles"]["catalog"]["credentials"]
        login["client_secret"] = {"secret_ref": "marquez-pg-password"}

    assert "MARQUEZ_PG_PASSWORD is from two Secrets" in told(tmp_path, change)


# other Secrets


@pytest.mark.requirement("FR-015", "FR-008")
@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_secret_that_a_workload_reads_is_asked_with_or_looked_for(environment: str) -> None:
    found = wired(environment)
    assert found.gate
    seen = {
        key
        for suite in found.gate.suites
        for key in (*suite.variables.values(), *suite.files.values())
        if isinstance(key, SecretKey)
    }
    needed = {
        SecretKey(name=name, key=key)
        for name, keys in found.secrets.items()
        for key in keys
        if key != DOCKER_CONFIG  # the pods that check are pulled with it
    }
    assert seen == needed
    looked_for = [kept.secret for suite in found.gate.suites for kept in suite.config.secrets]
    assert len(set(looked_for)) == len(looked_for) > 0


def test_other_secrets_are_looked_for_where_nothing_else_is_asked_as_nobody() -> None:
    key = SecretKey(name="login", key="cookie-secret")
    (suite,) = gates.suites("dev", [], [key])
    assert (suite.name, suite.account) == ("services", None)
    assert suite.files == {"/etc/floe/preflight/login__cookie-secret": key}
    assert gates.suites("dev", []) == ()


def test_a_layer_with_a_store_of_its_own_is_checked_and_reached_by_user_code(
    tmp_path: Path,
) -> None:
    def layers(_: dict[str, Any], artifacts: dict[str, Any]) -> None:
        main = artifacts["resolved_profiles"]
        own = {"endpoint": "https://bronze.example.com:9000"}
        bronze = {"storage": main["storage"] | own, "catalog": main["catalog"]}
        artifacts["resolved_layers"] = {"bronze": bronze | {"namespace": "bronze"}}

    found = changed(tmp_path, "dev", layers)
    checked = {target.model_dump().get("endpoint") for target in found.preflight().storage}
    assert "https://bronze.example.com:9000" in checked
    reached = {
        flow.source.object_name
        for flow in found.flows
        if isinstance(flow.target, Endpoint) and flow.target.host == "bronze.example.com"
        if isinstance(flow.source, Labels)
    }
    assert {"dagster-code-analytics", "dagster-run"} <= reached

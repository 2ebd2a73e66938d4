"""Where compute logs are kept by what overlay and artifacts say, and as whom runs write them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from conftest import Synth
from dagster_example import AZURE, GCS, LOGS, ROLE, SHOP, spec
from floe_constructs.dagster.azure_logs import AzureComputeLogs
from floe_constructs.dagster.compute_logs import GcsComputeLogs, S3ComputeLogs
from floe_constructs.dagster.credentials import credentials
from floe_constructs.dagster.flows import flows
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import SecretKey
from test_dagster_config import build, code_server, container
from test_overlay import refused, wired

ROLE_ARN = "arn:aws:iam::111122223333:role/acme-lake"
BY_ARTIFACTS = {"type": "artifacts"}


def dagster(folder: Path, artifacts: str, logs: object, storage: dict[str, Any]) -> DagsterSpec:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["addresses"] = {"storage": ["10.8.0.0/24"]}
        amended(settings, said, logs, storage)

    found = wired(folder, "dev", change, artifacts).dagster
    assert found
    return found


def amended(
    settings: dict[str, Any], said: dict[str, Any], logs: object, storage: dict[str, Any]
) -> None:
    """Let an overlay have these logs, and no Cube; let artifacts have another storage."""
    settings["cube"], said["consumption"] = None, None
    settings["dagster"]["compute_logs"] = logs
    there = said["resolved_profiles"]["storage"]
    login = there["credentials"] | storage.get("credentials", {})
    there.update(storage | {"credentials": login})


STATIC: dict[str, Any] = {"mode": "static", "role_arn": None, "secret_ref": "lake"}


def test_logs_are_in_the_storage_that_the_artifacts_name(tmp_path: Path) -> None:
    endpoint = "https://s3.example.com"
    storage = {"endpoint": endpoint, "credentials": STATIC}
    found = dagster(tmp_path, "spark-s3-cube", BY_ARTIFACTS | {"prefix": "logs"}, storage)
    logs = found.compute_logs
    assert isinstance(logs, S3ComputeLogs)
    assert (logs.bucket, logs.region, logs.endpoint) == ("acme-lake", "eu-central-1", endpoint)
    assert (logs.prefix, logs.cidrs) == ("logs", ("10.8.0.0/24",))
    assert logs.credentials
    assert logs.credentials.access_key_id == SecretKey(name="lake", key="AWS_ACCESS_KEY_ID")


def test_logs_are_read_by_the_role_that_the_artifacts_name(tmp_path: Path) -> None:
    logs = dagster(tmp_path, "spark-s3-cube", BY_ARTIFACTS, {}).compute_logs
    assert isinstance(logs, S3ComputeLogs)
    assert logs.identity
    assert logs.identity.model_dump()["role_arn"] == ROLE_ARN


def test_logs_in_azure_are_in_the_account_of_the_endpoint(tmp_path: Path) -> None:
    endpoint = "https://acmelake.dfs.core.chinacloudapi.cn"
    found = dagster(tmp_path, "snowflake-adls", BY_ARTIFACTS, {"endpoint": endpoint})
    logs = found.compute_logs
    assert isinstance(logs, AzureComputeLogs)
    assert (logs.storage_account, logs.container) == ("acmelake", "lake")
    assert logs.endpoint_suffix == "core.chinacloudapi.cn"
    key = SecretKey(name="adls-credentials", key="AZURE_STORAGE_ACCOUNT_KEY")
    assert logs.access_key_or_sas_token == key


def test_logs_in_google_are_read_with_the_key_of_the_artifacts(tmp_path: Path) -> None:
    storage = {"type": "gcs", "credentials": STATIC}
    logs = dagster(tmp_path, "spark-s3-cube", BY_ARTIFACTS, storage).compute_logs
    assert isinstance(logs, GcsComputeLogs)
    assert logs.credentials == SecretKey(name="lake", key="credentials.json")


@pytest.mark.parametrize(
    ("artifacts", "storage", "told"),
    [
        ("spark-s3-cube", {"credentials": STATIC | {"secret_ref": None}}, "exactly one of"),
        ("spark-s3-cube", {"type": "local"}, "name no object storage"),
        ("spark-s3-cube", {"endpoint": {"secret_ref": "where"}}, "is in a Secret"),
        ("snowflake-adls", {"endpoint": "https://lake.example.com"}, "is not https://ACCOUNT"),
    ],
)
def test_artifacts_that_do_not_say_enough_are_told(
    tmp_path: Path, artifacts: str, storage: dict[str, Any], told: str
) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        amended(settings, said, BY_ARTIFACTS, storage)

    (problem,) = refused(tmp_path, "dev", change, artifacts)
    assert problem.startswith("dagster.compute_logs.type: found artifacts")
    assert told in problem


def test_the_storage_of_the_artifacts_and_the_database_have_one_login(tmp_path: Path) -> None:
    """Webserver and daemon would be told two things: what a key says wins over an identity."""

    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        database = settings["dagster"]["database"]
        del database["password"]
        database |= {"identity": ROLE, "region": "eu-central-1"}
        amended(settings, said, BY_ARTIFACTS, {"credentials": STATIC})

    told = " ".join(refused(tmp_path, "dev", change, "spark-s3-cube"))
    assert "compute_logs.credentials would be taken for the database" in told


def test_who_has_no_login_gets_that_of_the_logs(tmp_path: Path) -> None:
    found = dagster(tmp_path, "snowflake-adls", LOGS, {})
    assert found.variables["AWS_ACCESS_KEY_ID"] == SecretKey(name="logs", key="id")
    assert found.variables["AWS_DEFAULT_REGION"] == "eu-central-1"


def test_who_has_a_login_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    own = dagster(tmp_path / "keys", "spark-s3-cube", LOGS, {"credentials": STATIC}).variables
    assert own["AWS_ACCESS_KEY_ID"] == SecretKey(name="lake", key="AWS_ACCESS_KEY_ID")
    role = dagster(tmp_path, "spark-s3-cube", LOGS, {})
    assert role.code_identity
    assert not [name for name in role.variables if name.startswith("AWS_")]


def test_google_keys_are_files_of_whoever_has_none(tmp_path: Path) -> None:
    key = SecretKey(name="logs", key="key.json")
    files = dagster(tmp_path, "snowflake-adls", GCS, {}).credential_files
    assert files == {"GOOGLE_APPLICATION_CREDENTIALS": key}


@pytest.mark.parametrize(
    ("logs", "cloud"),
    [(LOGS | {"credentials": None, "identity": ROLE}, "aws"), (AZURE[2], "azure")],
)
def test_runs_that_could_write_nowhere_are_told(
    tmp_path: Path, logs: dict[str, Any], cloud: str
) -> None:
    def change(settings: dict[str, Any], said: dict[str, Any]) -> None:
        amended(settings, said, logs, {})

    (told,) = refused(tmp_path, "dev", change, "snowflake-adls")
    assert told.startswith("dagster.code_locations.analytics: ")
    assert f"nobody to {cloud}" in told


@pytest.mark.parametrize("change", [{"manager_type": "gcs"}, {"bucket": "other"}])
def test_artifacts_that_ask_for_other_logs_are_told(tmp_path: Path, change: dict[str, Any]) -> None:
    def asked(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["dagster"]["compute_logs"] = AZURE[0]
        logs = {"manager_type": "azure_blob", "bucket": "logs"}
        said["observability"]["compute_logs"] = logs | change

    (told,) = refused(tmp_path, "dev", asked)
    assert told.startswith("dagster.compute_logs.")


@pytest.mark.parametrize(
    ("logs", "missing"),
    [(GCS, "credentials"), (AZURE[0], "access_key_or_sas_token"), (AZURE[1], "secret_credential")],
)
def test_there_is_exactly_one_way_to_log_in(logs: dict[str, Any], missing: str) -> None:
    for changed in (logs | {missing: None}, logs | {"identity": AZURE[2]["identity"]}):
        with pytest.raises(ValidationError):
            spec(compute_logs=changed)


@pytest.mark.parametrize("logs", [LOGS, GCS, *AZURE])
def test_the_migration_has_no_login_to_the_logs(synth: Synth, logs: dict[str, Any]) -> None:
    objects = build(synth, spec(compute_logs=logs))
    (job,) = (item for (kind, _), item in objects.items() if kind == "Job")
    assert '"logs"' not in str(job).replace("'", '"')
    (told,) = (str(objects["Deployment", "dagster-webserver"]),)
    assert ("'logs'" in told) == ("identity" not in logs)


def test_secrets_of_azure_reach_every_process_under_a_name_of_their_own(synth: Synth) -> None:
    logs = AZURE[1]["secret_credential"] | {"authority": "login.chinacloudapi.cn"}
    dagster = spec(compute_logs=AZURE[1] | {"secret_credential": logs})
    objects = build(synth, dagster)
    names = {"DAGSTER_LOGS_CLIENT_SECRET", "DAGSTER_LOGS_TENANT_ID", "AZURE_AUTHORITY_HOST"}
    for name in ("dagster-webserver", "dagster-daemon", "dagster-code-shop"):
        found = container(objects["Deployment", name])["env"]
        assert names <= {variable["name"] for variable in found}
    told = {use.pods.component for use in credentials(dagster) if use.variable in names}
    assert told >= {"webserver", "daemon", "code-shop", "run-shop", "run"}
    reached = {flow.target.host for flow in flows(dagster) if isinstance(flow.target, Endpoint)}
    assert {"acmelogs.blob.core.windows.net", "login.chinacloudapi.cn"} <= reached
    assert code_server(objects, SHOP)

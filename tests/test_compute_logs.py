"""What steps say is kept where the environment says, and read by who shows it."""

import base64
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.cloud_storage_compute_log_manager import CloudStorageComputeLogManager
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster_shared import seven

import object_stores
from conftest import Objects, Synth
from dagster_example import LOGS, SHOP, spec
from floe_constructs.dagster import Dagster
from test_dagster_config import cluster_launcher, code_server, container, run_pod
from tls import Authority

BOTO: Any = import_module("boto3")
KEY = base64.b64encode(b"k" * 64).decode()
AZURE = {"type": "azure", "storage_account": "acmelogs", "container": "logs"}
AZURE |= {"endpoint_suffix": "core.chinacloudapi.cn"}
SECRETS = {
    "database/user": "someone", "database/password": "something", "polaris-client-id/value": "x",
    "logs/id": "floe", "logs/secret": "not-a-secret", "logs/key": KEY,
}  # fmt: skip
BY_KEY = {"access_key_or_sas_token": {"name": "logs", "key": "key"}}
LOG_KEY = ["some-run", "compute_logs", "some-step"]


def environment(variables: list[dict[str, Any]]) -> dict[str, str]:
    """Answer the variables of a container, with the values of Secrets."""
    found = {}
    for variable in variables:
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        else:
            secret = variable["valueFrom"]["secretKeyRef"]
            found[variable["name"]] = SECRETS[f"{secret['name']}/{secret['key']}"]
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answer a folder for files, where the variables of the database's login are set."""
    monkeypatch.setenv("DAGSTER_PG_USER", "someone")
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "something")
    return tmp_path


class Process:
    """A pod's process, as far as logs are concerned: its variables, and a folder of its own."""

    def __init__(self, objects: Objects, home: Path, env: dict[str, str]) -> None:
        self.home, self.env = home, env
        home.mkdir()
        text = objects["ConfigMap", "dagster-instance"]["data"]["dagster.yaml"]
        (home / "dagster.yaml").write_text(text)

    def manager(self, patch: pytest.MonkeyPatch) -> CloudStorageComputeLogManager[Any]:
        for name in [*SIGNING, *self.env]:
            patch.delenv(name, raising=False)
        for name, text in self.env.items():
            patch.setenv(name, text)
        patch.setattr(seven, "get_system_temp_directory", lambda: str(self.home))
        manager = InstanceRef.from_dir(str(self.home)).compute_log_manager
        assert isinstance(manager, CloudStorageComputeLogManager)
        return manager


SIGNING = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")


def said_and_read(
    objects: Objects, folder: Path, monkeypatch: pytest.MonkeyPatch, own: dict[str, str]
) -> None:
    """Write as the pod of a run, which has a login of its own or none; read as the webserver."""
    launcher = cluster_launcher(objects, folder, monkeypatch)
    job = run_pod(launcher, code_server(objects, SHOP))
    run = Process(objects, folder / "run", environment(container(job)["env"]) | own)
    with run.manager(monkeypatch).open_log_stream(LOG_KEY, ComputeIOType.STDERR) as stream:
        assert stream
        stream.write("what a step said\n")
    webserver = container(objects["Deployment", "dagster-webserver"])["env"]
    shown = Process(objects, folder / "webserver", environment(webserver))
    assert shown.manager(monkeypatch).get_log_data(LOG_KEY).stderr == b"what a step said\n"


def test_s3_keeps_what_steps_say(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (store := tmp_path / "store").mkdir()
    keys = (SECRETS["logs/id"], SECRETS["logs/secret"])
    with object_stores.s3(store, *keys, "acme-logs") as endpoint:
        objects = synth_with(synth, LOGS | {"endpoint": endpoint})
        own = dict(zip(SIGNING, (*keys, "eu-central-1"), strict=True))
        said_and_read(objects, folder, monkeypatch, own)
        names = BOTO.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            region_name="eu-central-1",
        ).list_objects_v2(Bucket="acme-logs")["Contents"]
        assert [item["Key"] for item in names] == [f"dagster/storage/{'/'.join(LOG_KEY)}.err"]


def synth_with(synth: Synth, logs: dict[str, Any]) -> Objects:
    dagster = spec(compute_logs=logs, credential_files={}, code_locations=[SHOP])
    return synth(lambda chart: Dagster(chart, "dagster", dagster))


@pytest.mark.tools
def test_azure_keeps_what_steps_say_with_a_key_that_reaches_every_process(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The account's name in a sovereign cloud leads to the server, by DNS alone."""
    (store := tmp_path / "store").mkdir()
    authority, host = Authority("cloud"), "acmelogs.blob.core.chinacloudapi.cn"
    authority.server(store, host)
    (tmp_path / "ca.pem").write_text(authority.pem)
    with object_stores.azure(store, "acmelogs", KEY) as port:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        resolve = socket.getaddrinfo

        def to_server(name: Any, at: Any, *args: Any, **kwargs: Any) -> Any:
            local = ("127.0.0.1", port) if name == host else (name, at)
            return resolve(*local, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", to_server)
        BlobServiceClient(f"https://{host}", KEY).create_container("logs")
        said_and_read(synth_with(synth, AZURE | BY_KEY), folder, monkeypatch, {})


def test_google_keeps_what_steps_say(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logs = {"type": "gcs", "bucket": "acme-logs", "identity": {"type": "gcp"}}
    with object_stores.gcs("acme-logs", tmp_path / "buckets") as endpoint:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", endpoint)
        said_and_read(synth_with(synth, logs), folder, monkeypatch, {})

"""How Dagster's pods find their database, verify it and log in."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from dagster import DagsterInstance
from dagster_postgres import auth
from dagster_postgres.utils import DagsterPostgresException

from conftest import Objects, Synth
from dagster_example import ELSEWHERE, EVENTS, LARGE, ROLE, SHOP, spec
from floe_constructs.dagster import Dagster, DagsterSpec
from floe_constructs.dagster.credentials import credentials
from floe_constructs.dagster.flows import flows
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.postgres import CA_FOLDER
from floe_constructs.problem import SettingError
from postgres import Postgres, postgres
from test_dagster_config import cluster_launcher, code_server, container, pod, run_pod
from tls import Authority, postgres_over_tls

PASSWORD = LARGE["database"]
TOKENS = {name: value for name, value in PASSWORD.items() if name != "password"}
GCP = {"type": "gcp", "service_account": "floe-dagster@acme-data.iam.gserviceaccount.com"}
AZURE = {"type": "azure", "client_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}
AWS = {"identity": ROLE, "region": "eu-central-1"}
SECRET = {"name": "dagster-app", "key": "host"}


def build(synth: Synth, **database: Any) -> Objects:
    dagster = spec(
        database=database, code_identity=None, code_locations=[SHOP, ELSEWHERE], compute_logs=None
    )
    return synth(lambda chart: Dagster(chart, "dagster", dagster))


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres(folder) as found:
            yield found


def connect(
    objects: Objects, folder: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Make an instance of the rendered file, which looks for its tables at once."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = objects["ConfigMap", "dagster-migrate"]["data"]["dagster.yaml"]
    (folder / "dagster.yaml").write_text(config.replace(CA_FOLDER, str(folder)))
    with DagsterInstance.from_config(str(folder)) as found:
        assert found.get_runs_count() == 0


@pytest.mark.requirement("FR-008")
def test_host_and_name_come_from_a_secret_where_they_are_kept(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Postgres
) -> None:
    secret = {"host": SECRET, "database": SECRET | {"key": "dbname"}, "port": server.port}
    objects = build(synth, **PASSWORD | secret | {"sslmode": "disable"})
    told = {"DAGSTER_PG_HOST": server.host, "DAGSTER_PG_DB": server.database}
    told |= {"DAGSTER_PG_USER": server.user, "DAGSTER_PG_PASSWORD": server.password}
    connect(objects, tmp_path, monkeypatch, told)
    keys = {"DAGSTER_PG_HOST": "host", "DAGSTER_PG_DB": "dbname"}
    everywhere = [found for (kind, _), found in objects.items() if kind in ("Deployment", "Job")]
    everywhere.append(run_pod(cluster_launcher(objects, tmp_path, monkeypatch), outside()))
    for manifest in everywhere:
        env = {one["name"]: one.get("valueFrom") for one in container(manifest)["env"]}
        for name, key in keys.items():
            assert env[name] == {"secretKeyRef": {"name": "dagster-app", "key": key}}


def outside() -> dict[str, str]:
    """Answer what a location elsewhere tells of its runs."""
    return {
        "DAGSTER_CURRENT_IMAGE": "acme/elsewhere:v1",
        "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT": "{}",
    }


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_a_certificate_is_verified_by_the_authority_that_is_given(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Postgres, mode: str
) -> None:
    """Dagster's own code and the real driver; only TLS is in front of a server that has none."""
    ours, another = Authority("ours"), Authority("another")
    told = {"DAGSTER_PG_USER": server.user, "DAGSTER_PG_PASSWORD": server.password}
    with postgres_over_tls(server.port, ours.server(tmp_path, server.host)) as port:
        where = {"host": server.host, "port": port, "database": server.database}
        ca = {"config_map": "authorities", "key": "ours.pem"}
        objects = build(synth, **PASSWORD | where | {"sslmode": mode, "ca": ca})
        found = tmp_path / CA_FILE
        found.write_text(ours.pem)
        connect(objects, tmp_path, monkeypatch, told)
        found.write_text(another.pem)
        with pytest.raises(DagsterPostgresException) as error:
            connect(objects, tmp_path, monkeypatch, told)
        assert "certificate verify failed" in str(error.value.__cause__)


def test_without_an_authority_those_count_that_are_known_everywhere(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Postgres
) -> None:
    told = {"DAGSTER_PG_USER": server.user, "DAGSTER_PG_PASSWORD": server.password}
    with postgres_over_tls(server.port, Authority("x").server(tmp_path, server.host)) as port:
        where = {"host": server.host, "port": port, "database": server.database}
        objects = build(synth, **PASSWORD | where | {"sslmode": "verify-full"})
        with pytest.raises(DagsterPostgresException) as error:
            connect(objects, tmp_path, monkeypatch, told)
        assert "certificate verify failed" in str(error.value.__cause__)


@pytest.mark.parametrize(
    "ca", [{"config_map": "rds", "key": "eu.pem"}, {"name": "pg", "key": "ca"}]
)
def test_every_process_that_uses_the_database_has_the_authority(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ca: dict[str, str]
) -> None:
    monkeypatch.setenv("DAGSTER_PG_USER", "someone")
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "something")
    objects = build(synth, **PASSWORD | {"sslmode": "verify-full", "ca": ca})
    launcher = cluster_launcher(objects, tmp_path, monkeypatch)
    workloads = [found for (kind, _), found in objects.items() if kind in ("Deployment", "Job")]
    workloads += [run_pod(launcher, outside())]
    workloads += [
        run_pod(launcher, code_server(objects, SHOP), step=step) for step in (False, True)
    ]
    assert len(workloads) == 8
    volumes = []
    for manifest in workloads:
        (mount,) = (m for m in container(manifest)["volumeMounts"] if m["mountPath"] == CA_FOLDER)
        assert mount["readOnly"]
        named = {volume["name"]: volume for volume in pod(manifest)["volumes"]}
        volumes.append(named[mount["name"]])
    assert all(volume == volumes[0] for volume in volumes)
    assert f"'path': '{CA_FILE}'" in str(volumes[0])


def test_nothing_else_is_mounted_where_a_run_finds_the_authority(synth: Synth) -> None:
    volume = {"name": "other", "path": CA_FOLDER, "size": "1Gi"}
    location = SHOP | {"runs": SHOP["runs"] | {"volumes": [volume]}}
    database = PASSWORD | {"sslmode": "verify-full", "ca": SECRET}
    with pytest.raises(SettingError, match=f"folders that are taken already: {CA_FOLDER}"):
        synth(lambda chart: Dagster(chart, "d", spec(database=database, code_locations=[location])))


def test_an_authority_in_a_secret_is_among_the_secrets_that_are_needed() -> None:
    ca = {"name": "pg", "key": "ca"}
    dagster = spec(database=PASSWORD | {"sslmode": "verify-full", "ca": ca})
    users = {use.pods.component for use in credentials(dagster) if use.secret.name == "pg"}
    everyone = {"webserver", "webserver-read-only", "daemon", "migrate", "run"}
    assert users == everyone | {f"{of}-{at}" for of in ("code", "run") for at in ("shop", "events")}


# Tokens of a cloud instead of a password.


@pytest.mark.parametrize(
    ("given", "provider", "told"),
    [
        (AWS, auth.AwsWifTokenProvider, {"_region": "eu-central-1", "_hostname": "127.0.0.1"}),
        ({"identity": GCP}, auth.GcpWifTokenProvider, {}),
        (
            {"identity": AZURE},
            auth.AzureWifTokenProvider,
            {"_scope": "https://ossrdbms-aad.database.windows.net/.default"},
        ),
        (
            {"identity": AZURE | {"authority": "login.microsoftonline.us"}},
            auth.AzureWifTokenProvider,
            {"_scope": "https://ossrdbms-aad.database.usgovcloudapi.net/.default"},
        ),
    ],
)
def test_dagster_logs_in_with_a_token_of_the_cloud(  # noqa: PLR0913, PLR0917  fixtures, a row
    synth: Synth,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: Postgres,
    given: dict[str, Any],
    provider: type[auth.PgTokenProvider],
    told: dict[str, str],
) -> None:
    """Dagster's own providers; what the cloud would answer is the password of a real server."""
    monkeypatch.setattr(provider, "_fetch_token", lambda _: (server.password, 2**40))
    made: list[auth.PgTokenProvider] = []
    create = auth.create_token_provider

    def remembered(*args: Any) -> auth.PgTokenProvider:
        made.append(create(*args))
        return made[-1]

    monkeypatch.setattr(auth, "create_token_provider", remembered)
    where = {"host": server.host, "port": server.port, "database": server.database}
    objects = build(synth, **TOKENS | where | given | {"sslmode": "disable"})
    connect(objects, tmp_path, monkeypatch, {"DAGSTER_PG_USER": server.user})
    assert type(made[0]) is provider
    assert {name: vars(made[0])[name] for name in told} == told
    assert "DAGSTER_PG_PASSWORD" not in str(objects)


def test_every_account_that_logs_in_has_the_identity(synth: Synth) -> None:
    objects = build(synth, **TOKENS | AWS)
    accounts = {
        name: found["metadata"].get("annotations", {})
        for (kind, name), found in objects.items()
        if kind == "ServiceAccount"
    }
    assert len(accounts) == 7
    for name, annotations in accounts.items():
        assert annotations == {"eks.amazonaws.com/role-arn": ROLE["role_arn"]}, name


def test_a_location_may_have_another_identity_of_the_cloud(synth: Synth) -> None:
    dagster = spec(
        database=TOKENS | AWS, compute_logs=None, code_identity=None, code_locations=[SHOP, EVENTS]
    )
    objects = synth(lambda chart: Dagster(chart, "dagster", dagster))
    roles = {
        name: objects["ServiceAccount", name]["metadata"]["annotations"].popitem()[1]
        for name in ("dagster-run-shop", "dagster-run-events")
    }
    assert roles == {
        "dagster-run-shop": ROLE["role_arn"],
        "dagster-run-events": EVENTS["identity"]["role_arn"],
    }


def test_whoever_logs_in_by_token_reaches_who_makes_sessions_of_them() -> None:
    dagster = spec(
        database=TOKENS | AWS,
        compute_logs=None,
        code_identity=None,
        code_locations=[SHOP, ELSEWHERE],
    )

    def sources(name: str) -> set[object]:
        return {
            flow.source
            for flow in flows(dagster)
            if isinstance(flow.target, Endpoint) and flow.target.name == name
        }

    assert sources("sts") >= sources("postgres")


def test_runs_of_locations_elsewhere_carry_what_azure_looks_for(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_PG_USER", "someone")
    objects = build(synth, **TOKENS | {"identity": AZURE})
    job = run_pod(cluster_launcher(objects, tmp_path, monkeypatch), outside())
    assert job["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    account = objects["ServiceAccount", pod(job)["serviceAccountName"]]
    assert AZURE["client_id"] in account["metadata"]["annotations"].values()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (TOKENS, "exactly one of password and identity"),
        (PASSWORD | AWS, "exactly one of password and identity"),
        (TOKENS | {"identity": ROLE}, "region is for an identity of AWS, which needs it"),
        (TOKENS | AWS | {"identity": GCP}, "region is for an identity of AWS, which needs it"),
        (PASSWORD | {"sslmode": "verify-ca"}, "sslmode verify-ca needs ca"),
        (PASSWORD | {"ca": SECRET}, "with require no certificate is verified"),
        (TOKENS | AWS | {"sslmode": "prefer"}, "could cross the network as it is"),
    ],
)
def test_a_login_that_cannot_be_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        spec(database=change)


def test_webserver_and_daemon_are_one_to_the_cloud() -> None:
    logs = {"type": "s3", "bucket": "acme-logs", "region": "eu-central-1"}
    other = ROLE | {"role_arn": "arn:aws:iam::111122223333:role/logs"}
    assert DagsterSpec.model_validate(
        LARGE | {"database": TOKENS | AWS, "compute_logs": logs | {"identity": ROLE}}
    )
    with pytest.raises(ValueError, match="webserver and daemon have one identity"):
        spec(database=TOKENS | AWS, compute_logs=logs | {"identity": other})

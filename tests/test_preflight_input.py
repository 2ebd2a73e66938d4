"""What `floe preflight` is told to check: files of several kinds, and environment variables."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.variables import VARIABLES
from floe_deploy.errors import InputError
from floe_deploy.preflight.credentials import resolve
from floe_deploy.preflight.reading import NoConfigurationError, read
from test_dist import floe

EXAMPLES = Path(__file__).parent / "contract" / "examples"

pytestmark = pytest.mark.requirement("FR-018")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def dumped(config: PreflightConfig) -> dict[str, Any]:
    found: dict[str, Any] = config.model_dump(exclude_defaults=True, by_alias=True, mode="json")
    return found


def from_variables(**variables: str) -> dict[str, Any]:
    return dumped(read(None, variables))


def from_text(text: str, name: str = "checked.yaml", **variables: str) -> dict[str, Any]:
    Path(name).write_text(text)
    return dumped(read(Path(name), variables))


def refused(text: str | None = None, name: str = "checked.yaml", **variables: str) -> InputError:
    if text is not None:
        Path(name).write_text(text)
    with pytest.raises(InputError) as raised:
        read(Path(name) if text is not None else None, variables)
    return raised.value


def lines(error: InputError) -> list[str]:
    return [str(problem) for problem in error.problems]


TRINO = {
    "TRINO_HOST": "trino.svc",
    "TRINO_PORT": "8443",
    "TRINO_USER": "floe",
    "TRINO_PASSWORD": "hunter2",
    "TRINO_CATALOG": "lake",
    "TRINO_SCHEMA": "bronze",
    "TRINO_HTTP_SCHEME": "https",
}
S3 = {
    "FLOE_STORAGE_URL": "s3://lake/warehouse",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
    "AWS_SESSION_TOKEN": "hunter2",
    "AWS_ENDPOINT_URL": "http://minio.svc:9000",
    "AWS_REGION": "eu-central-1",
}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            TRINO,
            {
                "compute": [
                    {
                        "type": "trino",
                        "host": "trino.svc",
                        "port": 8443,
                        "user": "floe",
                        "password": {"env": "TRINO_PASSWORD"},
                        "catalog": "lake",
                        "schema": "bronze",
                    }
                ]
            },
        ),
        (
            {
                "SNOWFLAKE_ACCOUNT": "ACME-PROD",
                "SNOWFLAKE_USER": "FLOE",
                "SNOWFLAKE_PRIVATE_KEY_PATH": "/keys/floe.p8",
                "SNOWFLAKE_ROLE": "R",
                "SNOWFLAKE_WAREHOUSE": "W",
                "SNOWFLAKE_DATABASE": "D",
            },
            {
                "compute": [
                    {
                        "type": "snowflake",
                        "account": "ACME-PROD",
                        "user": "FLOE",
                        "private_key": {"file": "/keys/floe.p8"},
                        "role": "R",
                        "warehouse": "W",
                        "database": "D",
                    }
                ]
            },
        ),
        (
            {
                "BIGQUERY_PROJECT": "acme",
                "BIGQUERY_DATASET": "marts",
                "BIGQUERY_LOCATION": "EU",
                "GOOGLE_APPLICATION_CREDENTIALS": "/keys/g.json",
                "FLOE_STORAGE_URL": "gs://lake",
            },
            {
                "compute": [
                    {
                        "type": "bigquery",
                        "project": "acme",
                        "dataset": "marts",
                        "location": "EU",
                        "credentials_file": "/keys/g.json",
                    }
                ],
                "storage": [{"type": "gcs", "bucket": "lake", "credentials_file": "/keys/g.json"}],
            },
        ),
        ({"DUCKDB_PATH": "/data/a.db"}, {"compute": [{"type": "duckdb", "path": "/data/a.db"}]}),
        (
            S3,
            {
                "storage": [
                    {
                        "type": "s3",
                        "bucket": "lake",
                        "prefix": "warehouse",
                        "region": "eu-central-1",
                        "endpoint": "http://minio.svc:9000",
                        "access_key_id": {"env": "AWS_ACCESS_KEY_ID"},
                        "secret_access_key": {"env": "AWS_SECRET_ACCESS_KEY"},
                        "session_token": {"env": "AWS_SESSION_TOKEN"},
                    }
                ]
            },
        ),
        (
            {"FLOE_STORAGE_URL": "abfss://lake@acme/a/b", "AZURE_STORAGE_SAS_TOKEN": "hunter2"},
            {
                "storage": [
                    {
                        "type": "adls",
                        "account": "acme",
                        "container": "lake",
                        "prefix": "a/b",
                        "sas": {"env": "AZURE_STORAGE_SAS_TOKEN"},
                    }
                ]
            },
        ),
        (
            {
                "POLARIS_URI": "https://polaris/api/catalog",
                "POLARIS_CLIENT_ID": "id",
                "POLARIS_CLIENT_SECRET": "hunter2",
                "POLARIS_WAREHOUSE": "prod",
                "POLARIS_SCOPE": "PRINCIPAL_ROLE:ALL",
            },
            {
                "catalog": [
                    {
                        "type": "polaris",
                        "uri": "https://polaris/api/catalog",
                        "client_id": {"env": "POLARIS_CLIENT_ID"},
                        "client_secret": {"env": "POLARIS_CLIENT_SECRET"},
                        "warehouse": "prod",
                        "scope": "PRINCIPAL_ROLE:ALL",
                    }
                ]
            },
        ),
        (
            {
                "DAGSTER_PG_HOST": "db.svc",
                "DAGSTER_PG_PORT": "6432",
                "DAGSTER_PG_DB": "dagster",
                "DAGSTER_PG_USER": "dagster",
                "DAGSTER_PG_PASSWORD": "hunter2",
                "DAGSTER_PG_SSLMODE": "verify-full",
            },
            {
                "postgres": [
                    {
                        "host": "db.svc",
                        "port": 6432,
                        "database": "dagster",
                        "user": "dagster",
                        "password": {"env": "DAGSTER_PG_PASSWORD"},
                        "sslmode": "verify-full",
                        "migrations": "dagster",
                    }
                ]
            },
        ),
    ],
    ids=["trino", "snowflake", "google", "duckdb", "s3", "azure", "polaris", "postgres"],
)
def test_variables_alone_say_what_to_check_and_a_credential_stays_where_it_is(
    variables: Mapping[str, str], expected: dict[str, Any]
) -> None:
    found = from_variables(**variables)
    assert found == expected
    assert "hunter2" not in json.dumps(found)
    config = PreflightConfig.model_validate(found)
    assert resolve(config, variables)[1] == [] or "file" in json.dumps(found)


@pytest.mark.parametrize("kind", VARIABLES)
def test_every_variable_of_the_table_says_something(kind: str) -> None:
    service = "postgres" if kind == "dagster" else "catalog" if kind == "polaris" else "compute"
    urls = {"s3": "s3://lake", "gcs": "gs://lake", "adls": "abfss://lake@acme"}
    service = "storage" if kind in urls else service
    base = {"FLOE_STORAGE_URL": urls.get(kind, ""), "FLOE_COMPUTE_TYPE": kind}
    base = base if service == "storage" else {"FLOE_COMPUTE_TYPE": base["FLOE_COMPUTE_TYPE"]}
    base |= {} if service == "compute" else {"FLOE_COMPUTE_TYPE": ""}
    texts = {"port": "1234", "tls": "http", "sslmode": "require", "uri": "http://c/api"}
    values = {
        name: texts.get(setting, f"a{setting.replace('_', '')[:9]}")
        for setting, name in VARIABLES[kind].items()
    }
    values |= {"AWS_ENDPOINT_URL": "http://s3"} if kind == "s3" else {}
    left_out = {"SNOWFLAKE_PASSWORD", "AWS_PROFILE"} & values.keys()  # the other login counts
    given = {name: value for name, value in values.items() if name not in left_out}
    (target,) = from_variables(**base, **given)[service]
    expected = {setting for setting, name in VARIABLES[kind].items() if name in given}
    assert expected <= target.keys()


def test_the_providers_other_names_count_as_well() -> None:
    found = from_variables(FLOE_STORAGE_URL="s3://lake", AWS_DEFAULT_REGION="eu-west-1")
    assert found["storage"][0]["region"] == "eu-west-1"
    url = "abfss://lake@acme.dfs.core.windows.net"
    found = from_variables(FLOE_STORAGE_URL=url, AZURE_STORAGE_KEY="hunter2")
    assert found["storage"][0]["account_key"] == {"env": "AZURE_STORAGE_KEY"}
    assert "endpoint" not in found["storage"][0]


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({"AWS_PROFILE": "me"}, "s3://lake", ("profile", "me")),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "s3://lake", ("identity", "aws-irsa")),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1"},
            "s3://lake",
            ("identity", "aws-pod-identity"),
        ),
        ({"AZURE_FEDERATED_TOKEN_FILE": "/t"}, "abfss://lake@acme", ("identity", "azure")),
    ],
)
def test_who_the_cloud_takes_a_pod_for_is_taken_from_what_the_cloud_tells_it(
    variables: Mapping[str, str], url: str, expected: tuple[str, str]
) -> None:
    (target,) = from_variables(FLOE_STORAGE_URL=url, **variables)["storage"]
    assert expected in target.items()


def test_of_two_engines_the_one_that_is_meant_has_to_be_said() -> None:
    both = {**TRINO, "SNOWFLAKE_ACCOUNT": "acme"}
    assert lines(refused(**both)) == [
        (
            "FLOE_COMPUTE_TYPE: found nothing, while TRINO_HOST and SNOWFLAKE_ACCOUNT are set; "
            "allowed: trino or snowflake. Say which engine is meant"
        )
    ]
    (target,) = from_variables(**both, FLOE_COMPUTE_TYPE="trino")["compute"]
    assert target["type"] == "trino"
    (told,) = lines(refused(FLOE_COMPUTE_TYPE="trion"))
    assert "Did you mean trino?" in told


@pytest.mark.parametrize("scheme", ["", "postgres://"])
def test_a_login_that_stands_in_a_host_is_not_shown(scheme: str) -> None:
    address = f"{scheme}dagster:hunt@er2@db:5432"
    error = refused(
        DAGSTER_PG_HOST=address,
        DAGSTER_PG_DB="d",
        DAGSTER_PG_USER="dagster",
        TRINO_HOST=address,
        TRINO_USER="u",
    )
    assert len(lines(error)) == 2
    assert not [part for part in ("hunt", "er2") if part in str(error)]
    assert '@db:5432"' in str(error)


def test_all_that_is_wrong_with_variables_is_told_at_once_by_their_names() -> None:
    error = refused(
        TRINO_HOST="https://trino.svc",
        TRINO_PORT="84x",
        TRINO_HTTP_SCHEME="ftp",
        POLARIS_CLIENT_ID="id",
        DAGSTER_PG_HOST="db",
        DAGSTER_PG_SSLMODE="verfy-full",
        FLOE_STORAGE_URL="https://u:hunter2@lake?sig=hunter2",
    )
    assert not isinstance(error, NoConfigurationError)
    assert lines(error) == [
        (
            'FLOE_STORAGE_URL: found "https://…@lake"; allowed: s3://BUCKET/PREFIX, '
            "gs://BUCKET/PREFIX or abfss://CONTAINER@ACCOUNT/PREFIX"
        ),
        (
            'TRINO_HOST: found "https://trino.svc". It has to be a host name or an address, '
            "without scheme, user and port"
        ),
        'TRINO_PORT: found "84x"; allowed: a whole number from 1 to 65535',
        'TRINO_HTTP_SCHEME: found "ftp"; allowed: https or http',
        "TRINO_USER: found nothing. Set it",
        "POLARIS_URI: found nothing. Set it",
        "DAGSTER_PG_DB: found nothing. Set it",
        "DAGSTER_PG_USER: found nothing. Set it",
        (
            'DAGSTER_PG_SSLMODE: found "verfy-full"; allowed: disable or prefer or require or '
            "verify-ca or verify-full. Did you mean verify-full?"
        ),
    ]


def test_what_is_missing_is_told_to_programs_by_code_and_service() -> None:
    given = {"TRINO_HOST": "trino", "FLOE_STORAGE_URL": "x"}
    done = floe("preflight", "--json", cwd=Path.cwd(), env=given)
    assert done.returncode == 2
    told = [(it["where"], it["service"], it["code"]) for it in json.loads(done.stdout)["details"]]
    assert told == [
        ("FLOE_STORAGE_URL", None, None),
        ("TRINO_USER", "compute", "CONFIG_MISSING"),
    ]


def test_half_a_login_is_told_by_the_variables_of_both_halves() -> None:
    snowflake = {"SNOWFLAKE_ACCOUNT": "acme", "SNOWFLAKE_USER": "me"}
    assert lines(refused(**snowflake)) == [
        "compute: give exactly one of SNOWFLAKE_PASSWORD and SNOWFLAKE_PRIVATE_KEY_PATH; found none"
    ]
    assert lines(refused(FLOE_STORAGE_URL="s3://lake", AWS_ACCESS_KEY_ID="AKIA")) == [
        (
            "storage: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY together: "
            "AWS_SECRET_ACCESS_KEY is not there"
        )
    ]


def test_nothing_to_check_is_an_error_that_names_the_ways_to_say_something() -> None:
    for error in (refused(), refused("{}"), refused("compute: []")):
        assert isinstance(error, NoConfigurationError)
        for way in ("--env", "--config", "preflight.yaml", "TRINO_HOST", "DAGSTER_PG_HOST"):
            assert way in str(error)
    with pytest.raises(NoConfigurationError, match=r"There is no file nowhere\.yaml"):
        read(Path("nowhere.yaml"), TRINO)


def test_preflight_yaml_is_read_where_no_file_is_named_and_wins_over_variables() -> None:
    Path("preflight.yaml").write_text("compute: [{type: duckdb}]")
    assert from_variables(**TRINO) == {"compute": [{"type": "duckdb"}]}


OURS = """
environment: prod
compute:
  - type: trino
    host: {env: TRINO_HOST, secret: {name: trino, key: host}}
    user: floe
    password: {file: /run/trino}
storage:
  - {name: lake, type: s3, bucket: lake, identity: aws-irsa}
  - {name: logs, type: s3, bucket: logs, identity: aws-irsa}
"""


def test_the_file_of_the_gate_is_read_as_it_is_in_yaml_and_in_json() -> None:
    found = from_text(OURS, **S3)
    assert found["compute"][0]["password"] == {"file": "/run/trino"}
    assert "access_key_id" not in found["storage"][0]  # variables add nothing to what a file says
    assert from_text(json.dumps(found), "checked.json") == found


FLAT = """
compute_type: trino
compute_host: trino.svc
compute_port: 8443
storage_type: s3
storage_bucket: lake
catalog_uri: https://polaris/api/catalog
postgres_host: db
postgres_port: 6432
postgres_database: dagster
"""


def test_the_plain_names_take_the_rest_from_variables() -> None:
    login = {"TRINO_USER": "floe", "DAGSTER_PG_USER": "dagster", "POLARIS_WAREHOUSE": "prod"}
    found = from_text(FLAT, **S3, **login)
    (s3,) = from_variables(**{**S3, "FLOE_STORAGE_URL": "s3://lake"})["storage"]
    assert found == {
        "compute": [{"type": "trino", "host": "trino.svc", "port": 8443, "user": "floe"}],
        "storage": [s3],
        "catalog": [{"type": "polaris", "uri": "https://polaris/api/catalog", "warehouse": "prod"}],
        "postgres": [
            {
                "host": "db",
                "port": 6432,
                "database": "dagster",
                "user": "dagster",
                "migrations": "dagster",
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        (
            "{compute_type: spark, compute_host: s, compute_port: 10000}",
            {},
            {"type": "other", "kind": "spark", "host": "s", "port": 10000},
        ),
        (
            "{storage_type: azure, storage_bucket: lake}",
            {"AZURE_STORAGE_ACCOUNT": "acme"},
            {"type": "adls", "account": "acme", "container": "lake"},
        ),
        (
            "{compute_type: bigquery}",
            {"BIGQUERY_PROJECT": "acme"},
            {"type": "bigquery", "project": "acme"},
        ),
    ],
)
def test_plain_names_know_every_engine_and_store(
    text: str, variables: Mapping[str, str], expected: dict[str, Any]
) -> None:
    (found,) = from_text(text, **variables).values()
    assert found == [expected]


def test_plain_names_go_together_with_ours() -> None:
    found = from_text(f"{FLAT}\nwarnings: {{slow_ms: 10}}", TRINO_USER="a", DAGSTER_PG_USER="b")
    assert found["warnings"] == {"slow_ms": 10}
    (told,) = lines(refused("{catalog_uri: 'http://c', catalog: []}"))
    assert "Write all of it below `catalog:`" in told


def test_all_that_is_wrong_with_plain_names_is_told_by_them() -> None:
    error = refused(
        """
compute_type: trno
compute_hst: trino.svc
storage_type: s3
storage_region: eu-central-1
postgres_port: "5432"
postgres_database: dagster
postgres_password: hunter2
"""
    )
    assert "hunter2" not in str(error)
    told = lines(error)
    assert told[0].startswith("compute_hst: found an unknown setting; allowed: catalog, ")
    assert told[0].endswith("Did you mean compute_host?")
    assert told[1:] == [
        (
            "storage_region: found an unknown setting. Set AWS_REGION in the environment, or write "
            "it below `storage:`"
        ),
        (
            "postgres_password: found an unknown setting. Set DAGSTER_PG_PASSWORD in the "
            "environment, or write it below `postgres:`"
        ),
        (
            'compute_type: found "trno"; allowed: trino or snowflake or bigquery or duckdb '
            "or other. Did you mean trino?"
        ),
        "storage_bucket: found nothing. Add it",
        "postgres_host: found nothing. Add it, or set DAGSTER_PG_HOST",
        (
            'postgres_port: found "5432"; allowed: a whole number from 1 to 65535. Write it '
            "without quotes"
        ),
        "DAGSTER_PG_USER: found nothing. Set it",
    ]


@pytest.mark.parametrize("name", ["compute_type", "storage_type", "catalog_uri", "postgres_host"])
@pytest.mark.parametrize("value", [{"a": 1}, ["a"], 5, True])
def test_a_plain_name_with_a_value_of_another_kind_is_refused(name: str, value: object) -> None:
    where = [problem.where for problem in refused(json.dumps({name: value})).problems]
    assert any(place in {name, f"{name}.a"} for place in where)


def test_an_engine_without_a_host_does_not_take_one() -> None:
    told = lines(refused("{compute_type: duckdb, compute_host: d}", DUCKDB_PATH="/d"))
    assert told == [
        (
            'compute_host: found "d"; allowed: nothing: duckdb is not known by a host. Remove it, '
            "and say the rest by variables or below `compute:`"
        )
    ]


@pytest.mark.requirement("FR-020")
def test_a_credential_in_the_file_is_refused_unseen_and_how_to_refer_to_it_is_told() -> None:
    error = refused(
        """
compute:
  - {type: trino, host: t, password: hunter2}
  - {name: b, type: snowflake, account: a, user: u, private_key: {value: hunter2}}
storage:
  - {name: a, type: s3, bucket: lake, access_key_id: hunter2, secret_access_key: 12345678}
  - {name: b, type: adls, account: acme, container: lake, sas: "sig=hunter2"}
  - name: c
    type: s3
    bucket: logs
    access_key_id: {env: "hunter2 "}
    secret_access_key: {env: KEY, file: /key}
catalog:
  - {type: rest, uri: "https://u:hunter2@c", client_id: id, client_secret: hunter2}
"""
    )
    assert "hunter2" not in str(error)
    assert "12345678" not in str(error)
    told = lines(error)
    hidden, only = "found a value that is not shown", "allowed: only where it is kept"
    assert (
        "compute[0].user: found nothing; allowed: text of 1 to 255 characters or a mapping with "
        "env, file, secret. Add it, or where it is kept: user: {env: TRINO_USER}" in told
    )
    for where, setting, variable in (
        ("compute[0]", "password", "TRINO_PASSWORD"),
        ("storage[0]", "access_key_id", "AWS_ACCESS_KEY_ID"),
        ("storage[0]", "secret_access_key", "AWS_SECRET_ACCESS_KEY"),
        ("storage[1]", "sas", "AZURE_STORAGE_SAS_TOKEN"),
        ("catalog[0]", "client_secret", "POLARIS_CLIENT_SECRET"),
    ):
        assert (
            f"{where}.{setting}: {hidden}; {only}. Write {setting}: {{env: {variable}}}, or "
            f"{setting}: {{file: PATH}}" in told
        )
    assert "compute[1].private_key.value: found an unknown setting" in str(error)
    assert f"storage[2].access_key_id.env: {hidden}" in str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compute: [{type: duckdb, type: trino}]", "compute[0].type: found the key twice"),
        ("password: &a hunter2\nb: *a", "found the anchor (not shown)"),
        ("sas: [hunter2", "did not find expected"),
        ("- a", "found a list; allowed: a mapping of services"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_without_showing_it(text: str, expected: str) -> None:
    error = refused(text)
    assert not isinstance(error, NoConfigurationError)
    assert expected in str(error)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "floe.yaml",
            "name: demo\nversion: '1'\ncompute: default",
            "Compile it first, and give compiled_artifacts.json",
        ),
        ("a.yaml", "transforms: [{type: dbt}]\nstorage: default", "found a floe.yaml"),
        ("environment.yaml", "namespace: prod\ncube: null", "`floe preflight --env NAME`"),
    ],
)
def test_a_file_about_something_else_is_refused_with_what_to_do(
    name: str, text: str, expected: str
) -> None:
    assert expected in str(refused(text, name))


def test_compiled_artifacts_are_known_by_their_content() -> None:
    found = dumped(read(EXAMPLES / "local.json", {}))
    assert [target["name"] for target in found["storage"]] == ["bronze", "silver", "gold"]
    assert found["compute"] == [{"type": "duckdb", "path": "/tmp/floe.duckdb"}]  # noqa: S108
    assert found["catalog"][0]["client_secret"] == {"env": "POLARIS_CLIENT_SECRET"}


def test_variables_say_what_artifacts_do_not_or_cannot() -> None:
    found = dumped(
        read(
            EXAMPLES / "dev.json",
            {
                **TRINO,
                "FLOE_COMPUTE_TYPE": "trino",
                "AWS_PROFILE": "me",
                "DAGSTER_PG_HOST": "db",
                "DAGSTER_PG_DB": "dagster",
                "DAGSTER_PG_USER": "dagster",
                "POLARIS_URI": "http://another",
            },
        )
    )
    assert found["compute"][0]["type"] == "trino"  # as pods are told
    assert found["storage"][0]["profile"] == "me"
    assert found["postgres"][0]["host"] == "db"
    assert found["catalog"][0]["uri"] == "https://polaris.dev.floe.internal/api/catalog"


def test_what_is_wrong_with_artifacts_is_told_by_the_contract_s_names() -> None:
    said = json.loads((EXAMPLES / "dev.json").read_text())
    said["resolved_profiles"]["compute"] = {"type": "bigquery", "credentials": {"secret_ref": "g"}}
    told = lines(refused(json.dumps(said), "compiled_artifacts.json"))
    at = "resolved_profiles.compute"
    assert told == [
        f"{at}.properties.project: found nothing; allowed: text of 1 to 255 characters. Add it",
        (
            f"{at}.credentials.secret_ref: found no path in GOOGLE_APPLICATION_CREDENTIALS; "
            "allowed: the file with the key. Set it"
        ),
    ]
    del said["transforms"]
    assert "transforms: found nothing" in str(refused(json.dumps(said), "a.json"))


def test_a_gate_s_file_is_read_without_the_models_of_overlays_and_artifacts() -> None:
    Path("checked.json").write_text(json.dumps({"compute": [{"type": "duckdb"}]}))
    heavy = ("floe_deploy.environment", "floe_constructs.artifacts.contract")
    program = (
        "import sys; from pathlib import Path; from floe_deploy.preflight.reading import read;"
        f"read(Path('checked.json')); print(*(name for name in {heavy} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []

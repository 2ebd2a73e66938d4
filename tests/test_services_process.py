"""What services are told, taken by the programs that read it.

SeaweedFS, PostgreSQL and the API server are real. Polaris is a stub (`polaris_management.py`): its
properties and its admin tool were never run here.
"""

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyarrow as pa
import pytest
import yaml
from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pyiceberg.catalog import load_catalog

from api_server import ApiServer, RefusedError
from floe_constructs.services.config import postgres as told
from floe_constructs.services.config import seaweedfs
from floe_constructs.services.config.made import made
from floe_constructs.services.config.polaris import Setup, setup
from floe_constructs.services.config.secrets import MadeSecrets
from floe_constructs.services.names import ICEBERG, S3
from floe_deploy.errors import NotPreparedError
from floe_deploy.preparing import catalog
from floe_deploy.preparing import secrets as preparing
from object_stores import WEED
from polaris_management import Management
from postgres import BIN, Postgres, free_port, postgres
from services_example import spec
from stub import stub
from test_dist import floe, manifests
from test_services import by_seaweedfs, wired


class Memory:
    """Secrets of a namespace that is no cluster's."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, str]] = {}

    def read(self, name: str) -> Mapping[str, str] | None:
        return self.secrets.get(name)

    def make(self, name: str, values: Mapping[str, str]) -> bool:
        return self.secrets.setdefault(name, dict(values)) == values


def demo(kind: str, name: str) -> dict[str, Any]:
    (found,) = [
        one
        for one in manifests("demo")
        if one["kind"] == kind and re.sub(r"-[0-9a-f]{10}$", "", one["metadata"]["name"]) == name
    ]
    return dict(found)


def wanted() -> MadeSecrets:
    text = demo("ConfigMap", "floe-secrets")["data"]["secrets.yaml"]
    return MadeSecrets.model_validate(yaml.safe_load(text))


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, str]]:
    """Answer the Secrets of the demo, made as its Job makes them."""
    there = Memory()
    assert all(line.endswith(": made") for line in preparing.make(wanted(), there))
    return there.secrets


def environment(container: dict[str, Any], kept: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    found = {}
    for variable in container["env"]:
        source = variable.get("valueFrom", {}).get("secretKeyRef")
        found[variable["name"]] = (
            kept[source["name"]][source["key"]] if source else variable["value"]
        )
    return found


# Secrets


def test_values_are_random_and_long_and_only_composed_texts_repeat_them(
    kept: dict[str, dict[str, str]],
) -> None:
    random = {
        (secret.name, key): (kept[secret.name][key], length)
        for secret in wanted().secrets
        for key, length in secret.random.items()
    }
    assert all(re.fullmatch(f"[0-9a-f]{{{length}}}", value) for value, length in random.values())
    assert len({value for value, _ in random.values()}) == len(random)
    assert min(length for _, length in random.values()) == 16


def test_another_run_changes_nothing_and_one_that_broke_off_is_completed(
    kept: dict[str, dict[str, str]],
) -> None:
    there = Memory()
    there.secrets = {name: dict(values) for name, values in kept.items()}
    assert all(line.endswith(": there") for line in preparing.make(wanted(), there))
    users = next(name for name in kept if name.startswith("seaweedfs-users"))
    for gone in ("polaris-root", users):
        before = there.secrets.pop(gone)
        lines = list(preparing.make(wanted(), there))
        assert [line for line in lines if line.endswith(": made")] == [f"Secret {gone}: made"]
        assert there.secrets[gone].keys() == before.keys()
    assert there.secrets[users] == kept[users]


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("aws-credentials", "AWS_SECRET_ACCESS_KEY", "there without AWS_SECRET_ACCESS_KEY"),
        ("aws-credentials", None, "was made of other values"),
    ],
)
def test_a_secret_that_is_not_what_it_has_to_be_is_told_and_left(
    kept: dict[str, dict[str, str]], name: str, key: str | None, said: str
) -> None:
    there = Memory()
    there.secrets = {name: dict(values) for name, values in kept.items()}
    del there.secrets[name]
    if key:
        there.secrets[name] = {other: "x" for other in kept[name] if other != key}
    with pytest.raises(NotPreparedError, match=said) as failure:
        list(preparing.make(wanted(), there))
    assert not any(
        value in str(failure.value)
        for values in there.secrets.values()
        for value in values.values()
    )


@pytest.mark.tools
@pytest.mark.slow
def test_the_jobs_account_makes_its_secrets_and_may_do_nothing_else(
    plane: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ServiceAccount", "Role", "RoleBinding")
    namespace = "floe-demo-secrets"
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        *(demo(kind, "floe-secrets") for kind in names),
    ]
    moved = json.loads(json.dumps(objects).replace('"floe-demo"', f'"{namespace}"'))
    plane.apply(moved)
    path = f"/api/v1/namespaces/{namespace}/secrets"
    token = plane.token(namespace, "floe-secrets")
    for name, text in (
        ("token", token),
        ("namespace", namespace),
        ("ca.crt", plane.ca.read_text()),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(plane.port))
    with preparing.own(tmp_path) as there:
        lines: list[str] = []
        end = time.monotonic() + 60
        while not lines and time.monotonic() < end:  # new rights take a moment to count
            with suppress(NotPreparedError):
                lines = list(preparing.make(wanted(), there))
        assert len(lines) == len(wanted().secrets)
        before = plane.ask("GET", path)["items"]
        assert {one["metadata"]["name"] for one in before} == {one.name for one in wanted().secrets}
        assert all(line.endswith(": there") for line in preparing.make(wanted(), there))
        assert plane.ask("GET", path)["items"] == before

    job = plane.account(namespace, "floe-secrets")
    foreign = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "foreign"}}
    plane.ask("POST", path, foreign)
    for method, at, body in (
        ("GET", path, None),
        ("GET", f"{path}/foreign", None),
        ("DELETE", f"{path}/cube-api", None),
        ("PUT", f"{path}/cube-api", foreign | {"metadata": {"name": "cube-api"}}),
        ("GET", f"/api/v1/namespaces/{namespace}/configmaps", None),
        ("GET", "/api/v1/namespaces/default/secrets/cube-api", None),
    ):
        with pytest.raises(RefusedError) as refused:
            job.ask(method, at, body)
        assert refused.value.code == 403
    plane.ask("DELETE", f"/api/v1/namespaces/{namespace}")


# The object store


@contextmanager
def weed(folder: Path, args: Sequence[str], users: str, ready: str) -> Iterator[dict[str, str]]:
    """Run an object store as its pod does, and wait until it is ready; answer addresses by port.

    Its folders are elsewhere, and so are ports.
    """
    (folder / "data").mkdir(parents=True)
    (folder / seaweedfs.FILE).write_text(users)
    ports = {name: free_port() for name in ("s3.port", "s3.port.iceberg", "filer.port")}
    edits = {
        f"-dir={seaweedfs.DATA}": f"-dir={folder / 'data'}",
        "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
        f"-s3.config={seaweedfs.USERS}/s3.json": f"-s3.config={folder / 's3.json'}",
        f"-s3.port={S3}": f"-s3.port={ports['s3.port']}",
        f"-s3.port.iceberg={ICEBERG}": f"-s3.port.iceberg={ports['s3.port.iceberg']}",
        f"-filer.port={seaweedfs.FILER}": f"-filer.port={ports['filer.port']}",
    }
    assert {*edits} - {*args} <= {f"-s3.port.iceberg={ICEBERG}"}
    given = [edits.get(arg, arg) for arg in args]
    free = ("volume", "master", "admin")
    given += [f"-{name}.port={free_port()}" for name in free]
    given += [f"-{name}.port.grpc={free_port()}" for name in (*free, "filer", "s3")]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(WEED), *given], cwd=folder / "data", env={}, stdout=output, stderr=output
        )
    found = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    try:
        end = time.monotonic() + 60
        while not answers(found["filer.port"] + ready):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield found
    finally:
        process.kill()
        process.wait(10)


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, trust_env=False).is_success
    return False


def store(url: str, bucket: str, pair: Mapping[str, str]) -> S3Store:
    access, secret = pair.values()
    return S3Store(
        bucket,
        endpoint=url,
        access_key_id=access,
        secret_access_key=secret,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def takes(store: S3Store) -> bool:
    """Answer whether an object can be written; refused is what may not be, whoever asks."""
    try:
        store.put("a/b", b"1")
    except (PermissionDeniedError, UnauthenticatedError):
        return False
    return True


@pytest.mark.slow
def test_the_object_store_has_its_buckets_once_it_is_ready_and_lets_each_user_into_its_own(
    tmp_path: Path, kept: dict[str, dict[str, str]]
) -> None:
    pod = demo("StatefulSet", "seaweedfs-server")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (mounted,) = [volume for volume in pod["volumes"] if volume["name"] == "users"]
    users = kept[mounted["projected"]["sources"][0]["secret"]["name"]][seaweedfs.FILE]
    ready = container["readinessProbe"]["httpGet"]
    assert (container["command"], ready["port"]) == (["weed"], "filer")
    nobody = {"access": "x" * 16, "secret": "y" * 32}
    with weed(tmp_path, container["args"], users, ready["path"]) as there:
        url = there["s3.port"]
        for bucket in ("iceberg-bronze", "iceberg-silver", "iceberg-gold"):
            assert takes(store(url, bucket, kept["aws-credentials"]))
        for name in ("polaris-s3", "seaweedfs-admin"):
            read = store(url, "iceberg-gold", kept[name]).get("a/b")
            assert bytes(read.bytes()) == b"1"
        assert not takes(store(url, "iceberg-gold", nobody))
        assert not takes(store(url, "other", kept["aws-credentials"]))


@pytest.mark.slow
def test_tables_are_made_in_the_stores_own_catalog_by_keys_that_are_for_them(
    tmp_path: Path,
) -> None:
    services = wired(tmp_path, by_seaweedfs).services
    assert services
    there = Memory()
    list(preparing.make(made(services), there))
    users = there.secrets[seaweedfs.users_key(services).name][seaweedfs.FILE]
    client, secret = (there.secrets[f"polaris-client-{part}"]["value"] for part in ("id", "secret"))
    access, key = there.secrets["aws-credentials"].values()
    _, *args = seaweedfs.command(services)
    with weed(tmp_path / "weed", args, users, seaweedfs.ready(services)) as at:
        catalog_of = load_catalog(
            "lake",
            **{
                "type": "rest",
                "uri": at["s3.port.iceberg"],
                "warehouse": "lakehouse",
                "credential": f"{client}:{secret}",
                "oauth2-server-uri": f"{at['s3.port.iceberg']}/v1/oauth/tokens",
                "header.X-Iceberg-Access-Delegation": "",
                "s3.endpoint": at["s3.port"],
                "s3.access-key-id": access,
                "s3.secret-access-key": key,
                "s3.region": services.region,
                "s3.force-virtual-addressing": "false",
            },
        )
        rows = pa.table({"total": [1, 2]})
        catalog_of.create_namespace("bronze")
        table = catalog_of.create_table("bronze.orders", schema=rows.schema)
        table.append(rows)
        assert catalog_of.load_table("bronze.orders").scan().to_arrow().num_rows == 2


# PostgreSQL


def psql(server: Postgres, folder: Path, script: str, env: Mapping[str, str]) -> str:
    """Run a script as the Job does, at this server and as its superuser."""
    (folder / told.SCRIPT).write_text(script)
    here = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user}
    here |= {"PGPASSWORD": server.password, "PATH": f"{BIN}:{os.defpath}"}
    command = [part.replace(told.SCRIPTS, str(folder)) for part in told.making()]
    done = subprocess.run(
        command, env={**env, **here}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


class As:
    """Somebody, at a database."""

    def __init__(self, server: Postgres, user: str, password: str, database: str) -> None:
        self._server, self._login = server, (user, password, database)

    def run(self, *statements: str) -> object:
        import asyncio

        user, password, database = self._login

        async def ask() -> object:
            connection = await asyncpg.connect(
                host=self._server.host,
                port=self._server.port,
                user=user,
                password=password,
                database=database,
            )
            try:
                found = None
                for statement in statements:
                    found = await connection.fetchval(statement)
                return found
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.mark.slow
def test_databases_have_owners_and_readers_and_let_nobody_else_in(tmp_path: Path) -> None:
    services = spec()
    passwords = {
        login.user: secrets.token_hex(16)
        for database in services.used
        for login in (database.owner, *database.readers)
    }
    by_secret = {
        login.password.name: passwords[login.user]
        for database in services.used
        for login in (database.owner, *database.readers)
    }
    said = told.making_variables(services)
    env = {
        name: value if isinstance(value, str) else by_secret.get(getattr(value, "name", ""), "")
        for name, value in said.items()
    }
    tmp_path.chmod(0o755)
    with postgres(tmp_path) as server:

        def who(user: str, database: str) -> As:
            return As(server, user, passwords[user], database)

        script = told.script(services)
        psql(server, tmp_path, script, env)
        who("abc-1", "shop-marts").run(
            "create schema serving", "create table serving.orders as select 42 as total"
        )
        for reader in ("Reader", "abc_1"):
            seen = who(reader, "shop-marts")
            assert seen.run("select total from serving.orders") == 42
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                seen.run("update serving.orders set total = 1")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                seen.run("create schema other")
        for user, database in (
            ("dagster", "shop-marts"),
            ("Reader", "dagster"),
            ("polaris", "dagster"),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
                who(user, database).run("select 1")
        who("polaris", "polaris").run("create schema polaris_schema")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            who("dagster", "dagster").run("create database other")

        # Again: nothing is lost, what came meanwhile is read, and passwords are those of now.
        passwords["dagster"] = by_secret["dagster-postgres"] = secrets.token_hex(16)
        env = {
            name: value if isinstance(value, str) else by_secret.get(getattr(value, "name", ""), "")
            for name, value in said.items()
        }
        psql(server, tmp_path, script, env)
        assert who("Reader", "shop-marts").run("select total from serving.orders") == 42
        who("dagster", "dagster").run("select 1")
        with pytest.raises(asyncpg.InvalidPasswordError):
            As(server, "dagster", "old", "dagster").run("select 1")


def test_no_password_is_in_what_the_databases_job_is_told() -> None:
    script = told.script(spec())
    assert script.count("\\getenv password PASSWORD_") == len(
        re.findall(r"^ALTER ROLE .* PASSWORD :'password';$", script, re.MULTILINE)
    )


# The catalog

ROOT = {"ROOT_CLIENT_ID": "r" * 16, "ROOT_CLIENT_SECRET": "s" * 32}
CLIENTS = {"CLIENT_1_ID": "c" * 16, "CLIENT_1_SECRET": "d" * 32, "CLIENT_2_SECRET": "e" * 32}


@pytest.fixture
def management() -> Iterator[tuple[Management, Setup]]:
    found = Management(root=(ROOT["ROOT_CLIENT_ID"], ROOT["ROOT_CLIENT_SECRET"]))
    wanted, _ = setup(spec())
    with stub(found.answer) as server:
        yield found, wanted.model_copy(update={"url": server.url.rstrip("/")})


def prepare(wanted: Setup, **variables: str) -> list[str]:
    with catalog.opened(wanted, ROOT | CLIENTS | variables) as polaris:
        polaris.log_in(patience=0, pause=lambda _: None)
        return list(catalog.make(wanted, polaris))


def test_catalogs_clients_and_rights_are_made_once(
    management: tuple[Management, Setup],
) -> None:
    found, wanted = management
    lines = prepare(wanted)
    assert lines == ["catalog warehouse: made", "client floe: made", "client floe-2: made"]
    made_there = found.catalogs["warehouse"]
    assert made_there["properties"]["default-base-location"] == "s3://lake/warehouse"
    assert made_there["storageConfigInfo"]["stsUnavailable"] is True
    assert found.principals == {
        "floe": (CLIENTS["CLIENT_1_ID"], CLIENTS["CLIENT_1_SECRET"]),
        "floe-2": ("reports", CLIENTS["CLIENT_2_SECRET"]),
    }
    grants = found.named["catalogs/warehouse/catalog-roles/content/grants"]
    assert [json.loads(it)["privilege"] for it in grants] == ["CATALOG_MANAGE_CONTENT"]
    assert found.named["principals/floe-2/principal-roles"] == ["REPORTS"]
    assert found.named["principal-roles/REPORTS/catalog-roles/warehouse"] == ["content"]
    before = json.dumps([found.catalogs, found.principals, found.named])
    assert all(line.endswith(": there") for line in prepare(wanted))
    assert json.dumps([found.catalogs, found.principals, found.named]) == before


@pytest.mark.parametrize("changes", [2, 8])
def test_a_catalog_that_is_half_made_is_completed(
    management: tuple[Management, Setup], changes: int
) -> None:
    found, wanted = management
    found.broken_after = changes
    with pytest.raises(NotPreparedError, match="HTTP 503"):
        prepare(wanted)
    found.broken_after = None
    prepare(wanted)
    other = Management(root=found.root)
    with stub(other.answer) as server:
        prepare(wanted.model_copy(update={"url": server.url.rstrip("/")}))
    assert (found.catalogs, found.principals) == (other.catalogs, other.principals)
    assert found.named == other.named


def test_a_client_gets_the_credentials_that_its_secret_has_now(
    management: tuple[Management, Setup],
) -> None:
    found, wanted = management
    prepare(wanted)
    prepare(wanted, CLIENT_1_SECRET="f" * 32)
    assert found.principals["floe"] == (CLIENTS["CLIENT_1_ID"], "f" * 32)


def test_a_realm_that_is_not_bootstrapped_is_waited_for(
    management: tuple[Management, Setup],
) -> None:
    found, wanted = management
    found.bootstrapped = False

    def bootstrap(_: float) -> None:
        found.bootstrapped = True

    with catalog.opened(wanted, ROOT | CLIENTS) as polaris:
        with pytest.raises(NotPreparedError, match="Realm is not bootstrapped"):
            polaris.log_in(patience=0, pause=lambda _: None)
        polaris.log_in(patience=60, pause=bootstrap)


def test_other_places_of_a_catalog_and_another_root_are_told(
    management: tuple[Management, Setup],
) -> None:
    _, wanted = management
    prepare(wanted)
    more = wanted.model_copy(update={"catalogs": {"warehouse": ("s3://a", "s3://b")}})
    with pytest.raises(NotPreparedError, match="catalog warehouse is there with places"):
        prepare(more)
    with pytest.raises(NotPreparedError, match="does not know its root"):
        prepare(wanted, ROOT_CLIENT_SECRET="t" * 32)


def test_the_job_says_what_it_made_and_no_secret(
    management: tuple[Management, Setup], tmp_path: Path
) -> None:
    _, wanted = management
    file = tmp_path / "catalog.yaml"
    file.write_text(yaml.safe_dump(wanted.model_dump(mode="json", exclude_none=True)))
    told = ["prepare", "catalog", f"--config={file}"]
    result = floe(*told, env=ROOT | CLIENTS)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == "catalog warehouse: made"
    result = floe(*told, env=ROOT | CLIENTS | {"ROOT_CLIENT_SECRET": "wrong"})
    assert (result.returncode, result.stdout) == (1, "")
    assert "does not know its root" in result.stderr
    file.write_text("urls: http://polaris:8181\n")
    result = floe(*told)
    assert result.returncode == 2
    assert "did you mean url?" in result.stderr.lower()


def test_secrets_are_made_in_a_pod_alone(tmp_path: Path) -> None:
    config = tmp_path / "secrets.yaml"
    config.write_text(demo("ConfigMap", "floe-secrets")["data"]["secrets.yaml"])
    result = floe("prepare", "secrets", f"--config={config}")
    assert result.returncode == 1
    assert "no API server" in result.stderr

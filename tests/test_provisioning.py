"""The pages that provision external services: what they grant is enough, and no more."""

import base64
import json
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore import xform_name  # type: ignore[import-untyped]

import object_stores
from floe_deploy.preflight.codes import codes
from postgres import BIN, Postgres, postgres
from preflight import preflight
from test_dist import ROOT, floe
from test_docs import DOCS, blocks, table

PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (DOCS / "how-to" / "provision").glob("*.md")
)
POSTGRES = "docs/how-to/provision/postgres.md"
STORAGE = "docs/how-to/provision/storage.md"
CATALOG = "docs/how-to/provision/catalog.md"
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
pytestmark = pytest.mark.requirement("FR-022")


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_good_shell(page: str) -> None:
    script = "set -eu\n" + "\n".join(blocks(page, "sh"))
    result = subprocess.run(
        [SHELLCHECK, "--shell=bash", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("page", PAGES)
def test_json_in_pages_is_json(page: str) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


def named(page: str, name: str) -> str:
    """Answer the block of a page that has a name in a comment before it."""
    (found,) = re.findall(
        rf"^<!-- {re.escape(name)} -->\n```\w+\n(.*?)^```$",
        (ROOT / page).read_text(),
        re.MULTILINE | re.DOTALL,
    )
    return str(found)


def test_pages_end_with_the_command_that_proves_them() -> None:
    proofs = [blocks(page, "sh")[-1].removesuffix("\n") for page in PAGES]
    services = ["catalog", "compute", "postgres", "storage"]
    assert proofs == [f"floe preflight --env prod --only {service}" for service in services]
    listed = floe("preflight", "--env", "prod", "--list").stdout
    assert [name for name in services if f"\n{name}" not in f"\n{listed}"] == []


@pytest.mark.parametrize("page", PAGES)
def test_codes_in_pages_lead_to_what_they_mean(page: str) -> None:
    text = (ROOT / page).read_text()
    every = {code.id for said in codes().values() for code in said}
    for code in every & set(re.findall(r"`([A-Z0-9_]+)`", text)):
        links = text.count(f"[`{code}`](../../reference/preflight.md#{code.lower()})")
        assert links == text.count(f"`{code}`"), code


OF_THE_CLI = {"--region", "--query", "--output"}
SHORT = {"authorize_security_group_ingress": {"--protocol", "--port", "--source-group"}}
"""Options that are AWS' program's own, and of no request."""


@pytest.mark.parametrize("page", [POSTGRES, STORAGE])
def test_options_of_aws_are_those_of_its_requests(page: str) -> None:
    script = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
    commands = [shlex.split(line, comments=True) for line in script.splitlines()]
    requests = [words[1:] for words in commands if words[:1] == ["aws"]]
    assert requests
    for service, request, *words in requests:
        client = boto3.client(service.removesuffix("api"), "eu-central-1")
        operation = client.meta.method_to_api_mapping[request.replace("-", "_")]
        shape = client.meta.service_model.operation_model(operation).input_shape
        members = {f"--{xform_name(name, '-')}" for name in shape.members}
        options = {word for word in words if word.startswith("--")}
        options = {re.sub("^--no-", "--", one) for one in options} - OF_THE_CLI
        assert options - SHORT.get(xform_name(operation), set()) <= members, request


# PostgreSQL: the real one, with an administrator who is no superuser.


OWN, SHARED, READER, AWS, GOOGLE, AZURE = range(6)
"""Blocks of SQL of the page, in their order."""

DENIED = "permission denied"
WRONG = "left out, or wrong"


class Server(Postgres):
    """A server whose SQL is typed into psql, as a reader does."""

    def type(self, text: str, database: str = "postgres") -> str:
        """Run statements one by one until one fails; answer what psql prints."""
        login = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        result = subprocess.run(
            [BIN / "psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", database],
            input=text,
            env=login | {"PGPASSWORD": self.password, "PGSSLMODE": "disable", "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return result.stdout.strip()

    def by(self, user: str, password: str) -> "Server":
        """Answer the same server for somebody else."""
        return replace(self, user=user, password=password)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres(tmp_path_factory.mktemp("provisioned")) as found:
        server = Server(port=found.port, user=found.user, password=found.password)
        assert not server.type(
            "create role admin login createdb createrole password 'admin';"
            "create role rds_iam; grant rds_iam to admin with admin option;"
            "create role passer login password 'passer';"
        )
        yield server


@pytest.fixture
def admin(owner: Server) -> Iterator[Server]:
    """Answer the administrator; whatever is made is gone afterwards."""
    yield owner.by("admin", "admin")
    for database in ("dagster", "marquez", "shared", "warehouse"):
        owner.type(f"drop database if exists {database};")
    for role in ("dagster", "marquez", "cube", "dbt", '"dagster@acme-data.iam"'):
        owner.type(f"drop role if exists {role};")


def sql(number: int) -> str:
    return blocks(POSTGRES, "sql")[number]


def test_each_role_makes_tables_in_its_own_database(admin: Server) -> None:
    assert not admin.type(sql(OWN))
    for name, password in (("dagster", "change-me-1"), ("marquez", "change-me-2")):
        role = admin.by(name, password)
        assert not role.type("create table t (a int); insert into t values (1);", name)
        assert not role.type("create function f() returns int language sql as 'select 1';", name)
        assert not role.type("create view v as select * from t; drop view v; drop table t;", name)


def test_nobody_else_enters_and_no_role_may_more(admin: Server) -> None:
    assert not admin.type(sql(OWN))
    dagster = admin.by("dagster", "change-me-1")
    for stranger in (dagster, admin.by("passer", "passer")):
        assert DENIED in stranger.type("select 1;", "marquez")
    assert DENIED in admin.type("select 1;", "dagster")  # no way back by what it gave itself
    for more in ("create database d", "create role r", "alter role dagster superuser"):
        assert DENIED in dagster.type(f"{more};", "dagster")
    assert DENIED in dagster.type("copy (select 1) to program 'true';", "dagster")


def test_a_role_may_also_make_tables_in_the_database_of_another(
    owner: Server, admin: Server
) -> None:
    assert not admin.type(sql(OWN))
    assert not owner.type("create database shared; revoke all on database shared from public;")
    dagster = admin.by("dagster", "change-me-1")
    assert DENIED in dagster.type("create table t (a int);", "shared")
    assert not owner.type(sql(SHARED), "shared")
    assert not dagster.type("create table t (a int);", "shared")
    assert DENIED in dagster.type("create schema other;", "shared")


def test_cube_reads_what_there_is_and_what_comes_and_writes_nothing(
    owner: Server, admin: Server
) -> None:
    assert not owner.type("create role dbt login password 'dbt'; create database warehouse;")
    assert not owner.type("create schema marts authorization dbt;", "warehouse")
    dbt = admin.by("dbt", "dbt")
    assert not dbt.type("create table marts.old as select 1 as a;", "warehouse")
    assert not owner.type(sql(READER), "warehouse")
    assert not dbt.type("create table marts.new as select 2 as a;", "warehouse")
    cube = admin.by("cube", "change-me-3")
    assert cube.type("select a from marts.old; select a from marts.new;", "warehouse") == "1\n2"
    for more in ("insert into marts.old values (3)", "create table marts.t (a int)"):
        assert DENIED in cube.type(f"{more};", "warehouse")
    assert DENIED in cube.type("create table t (a int);", "warehouse")


def test_roles_without_a_password_are_made_as_the_clouds_want_them(
    owner: Server, admin: Server
) -> None:
    assert not admin.type(sql(AWS))
    assert owner.type("select rolpassword is null from pg_authid where rolname = 'dagster';") == "t"
    assert owner.type("select pg_has_role('dagster', 'rds_iam', 'member');") == "t"
    owner.type("drop role dagster;")
    # Cloud SQL makes the role; its name needs quotes.
    assert not admin.type('create role "dagster@acme-data.iam" login;')
    assert not admin.type(sql(GOOGLE))
    told = "select pg_get_userbyid(datdba) from pg_database where datname = 'dagster';"
    assert owner.type(told) == "dagster@acme-data.iam"


def asked(server: Server, name: str, password: str) -> list[str]:
    """Answer the codes of preflight for the role and database of a name."""
    target = {
        "name": name,
        "host": server.host,
        "port": server.port,
        "database": name,
        "user": name,
        "password": {"env": "PASSWORD"},
    }
    found = preflight({"postgres": [target]}, {"PASSWORD": password})
    return [one.code for one in found if one.code not in {"SKIPPED", "PLAIN_TRAFFIC"}]


def test_preflight_passes_where_all_was_done(admin: Server) -> None:
    assert not admin.type(sql(OWN))
    for name, password in (("dagster", "change-me-1"), ("marquez", "change-me-2")):
        assert asked(admin, name, password) == ["OK", "OK"]


CREATED = "CREATE DATABASE dagster OWNER dagster;"
LEFT_OUT = {
    "PG_AUTH_FAILED": {"'change-me-1'": "'another'"},
    "PG_NO_LOGIN": {"dagster LOGIN": "dagster NOLOGIN"},
    "PG_DB_MISSING": {CREATED: ""},
    "PG_CONNECT_DENIED": {CREATED: "CREATE DATABASE dagster;"},
    "PG_NO_CREATE": {
        CREATED: "CREATE DATABASE dagster;",
        "REVOKE ALL ON DATABASE dagster FROM PUBLIC;": "",
    },
    "PG_TOO_MANY": {"LIMIT 100": "LIMIT 0"},
}
"""What somebody left out or mistook, by what preflight says then."""


@pytest.mark.parametrize("code", LEFT_OUT)
def test_preflight_says_what_the_page_says_that_was_left_out(code: str, admin: Server) -> None:
    text = sql(OWN).partition("\n\n")[0]
    for said, mistaken in LEFT_OUT[code].items():
        assert said in text
        text = text.replace(said, mistaken)
    admin.type(text)
    *before, last = asked(admin, "dagster", "change-me-1")
    assert (set(before) <= {"OK"}, last) == (True, code)
    assert any(f"[{code}]" in codes for _, codes in table(POSTGRES, WRONG))


def test_the_one_action_of_a_login_in_aws_is_for_one_role() -> None:
    (policy,) = (json.loads(block) for block in blocks(POSTGRES, "json"))
    (statement,) = policy["Statement"]
    assert statement["Action"] == "rds-db:connect"
    assert statement["Resource"].endswith("/dagster")
    assert "*" not in json.dumps(policy)


# Object storage.

BUCKET = "arn:aws:s3:::acme-lake"
OBJECTS = {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}


@pytest.mark.parametrize(
    ("name", "objects", "prefixes"),
    [
        ("policy: the bucket", f"{BUCKET}/*", None),
        ("policy: a folder of the bucket", f"{BUCKET}/marts/*", ["marts", "marts/*"]),
    ],
)
def test_policies_of_s3_allow_what_is_named_and_nothing_else(
    name: str, objects: str, prefixes: list[str] | None
) -> None:
    listing, own = json.loads(named(STORAGE, name))["Statement"]
    assert (listing["Action"], listing["Resource"]) == ("s3:ListBucket", BUCKET)
    assert listing.get("Condition", {}).get("StringLike", {}).get("s3:prefix") == prefixes
    assert (set(own["Action"]), own["Resource"]) == (OBJECTS, objects)
    assert {listing["Effect"], own["Effect"]} == {"Allow"}
    told = set(re.findall(r"`(s3:\w+)`", (ROOT / STORAGE).read_text()))
    assert told == OBJECTS | {"s3:ListBucket"}  # what the table says that is needed


def stored(endpoint: str, key: str) -> dict[str, str]:
    """Answer the codes of preflight for the page's bucket, by check."""
    target = {
        "type": "s3",
        "bucket": "acme-lake",
        "endpoint": endpoint,
        "access_key_id": {"env": "KEY"},
        "secret_access_key": {"env": "SECRET"},
    }
    found = preflight({"storage": [target]}, {"KEY": key, "SECRET": "of all"})
    return {one.id: one.code for one in found}


def test_preflight_needs_every_right_that_the_page_gives_in_seaweedfs(tmp_path: Path) -> None:
    (user,) = json.loads(named(STORAGE, "identities: SeaweedFS"))["identities"]
    names = {"List": "S3_LIST_DENIED", "Write": "S3_READ_ONLY", "Read": "S3_READ_DENIED"}
    actions: list[str] = user["actions"]
    without = {
        f"without-{name}": [one for one in actions if not one.startswith(name)] for name in names
    }
    users = {"analytics": actions, **without}
    with object_stores.s3(tmp_path, "admin", "of all", "acme-lake", users) as endpoint:
        made(endpoint)
        assert set(stored(endpoint, "analytics").values()) == {"OK"}
        for name, code in names.items():
            found = stored(endpoint, f"without-{name}").values()
            assert set(found) - {"OK", "SKIPPED"} == {code}
            assert any(f"[{code}]" in row[1] for row in table(STORAGE, WRONG))


def made(endpoint: str) -> None:
    """Wait for the bucket, which is made a moment later."""
    until = time.monotonic() + 30
    while "S3_BUCKET_MISSING" in stored(endpoint, "admin").values():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_role_is_taken_by_the_accounts_that_are_named() -> None:
    (irsa,) = json.loads(named(STORAGE, "trust: IRSA"))["Statement"]
    assert irsa["Action"] == "sts:AssumeRoleWithWebIdentity"
    (condition,) = irsa["Condition"].values()
    assert condition["OIDC_ISSUER:aud"] == "sts.amazonaws.com"
    assert all(not re.search(r"[*?]", one) for one in condition["OIDC_ISSUER:sub"])
    (pods,) = json.loads(named(STORAGE, "trust: EKS Pod Identity"))["Statement"]
    assert pods["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(pods["Action"]) == {"sts:AssumeRole", "sts:TagSession"}


# Polaris, as its published interface says: a real one cannot be had here.

READING = {
    *("CATALOG_READ_PROPERTIES", "NAMESPACE_LIST", "NAMESPACE_READ_PROPERTIES"),
    *("TABLE_LIST", "TABLE_READ_PROPERTIES", "TABLE_READ_DATA"),
}
WRITING = {
    *("NAMESPACE_CREATE", "TABLE_CREATE", "TABLE_DROP"),
    *("TABLE_WRITE_PROPERTIES", "TABLE_WRITE_DATA"),
}


@contextmanager
def polaris(login: str) -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    """Run what answers as Polaris' management does; answer its address and what it is asked."""
    asked: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/api/catalog/v1/oauth/tokens":
                basic = f"Basic {base64.b64encode(login.encode()).decode()}"
                form = "grant_type=client_credentials&scope=PRINCIPAL_ROLE:ALL"
                good = self.headers["Authorization"] == basic and body == form
                self.tell(200 if good else 401, {"access_token": "token", "expires_in": 3600})
            elif self.headers["Authorization"] != "Bearer token":
                self.tell(401, {})
            else:
                asked.append((self.command, self.path, json.loads(body)))
                self.tell(201, {"credentials": {"clientId": "id", "clientSecret": "secret"}})

        def tell(self, status: int, content: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_POST = do_PUT = answer  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api", asked
        server.shutdown()


def test_polaris_is_asked_for_a_principal_with_exactly_these_privileges(tmp_path: Path) -> None:
    catalog = named(CATALOG, "catalog.json: S3")
    (tmp_path / "catalog.json").write_text(catalog)
    with polaris("root:of the root") as (address, asked):
        script = named(CATALOG, "run").replace("https://polaris.example.com/api", address)
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
                "POLARIS_ROOT_ID": "root",
                "POLARIS_ROOT_SECRET": "of the root",
            },
            check=True,
            capture_output=True,
            timeout=60,
        )
    base, role = "/api/management/v1", {"principalRole": {"name": "analytics"}}
    writer = {"catalogRole": {"name": "writer"}}
    grants = f"{base}/catalogs/lake/catalog-roles/writer/grants"
    assert [one for one in asked if one[1] != grants] == [
        ("POST", f"{base}/catalogs", json.loads(catalog)),
        ("POST", f"{base}/principals", {"principal": {"name": "analytics"}}),
        ("POST", f"{base}/principal-roles", role),
        ("PUT", f"{base}/principals/analytics/principal-roles", role),
        ("POST", f"{base}/catalogs/lake/catalog-roles", writer),
        ("PUT", f"{base}/principal-roles/analytics/catalog-roles/lake", writer),
    ]
    granted = [(method, body["grant"]) for method, path, body in asked if path == grants]
    assert {(method, one["type"]) for method, one in granted} == {("PUT", "catalog")}
    assert sorted(one["privilege"] for _, one in granted) == sorted(READING | WRITING)
    left = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert left.pop("catalog.json")
    assert left == {"analytics.json": 0o600}  # the login and the token are gone


def test_storage_of_a_catalog_is_said_as_polaris_reads_it() -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\{.*\})` \|$", (ROOT / CATALOG).read_text(), re.MULTILINE)
    own = json.loads(named(CATALOG, "catalog.json: S3"))["catalog"]
    infos = [own["storageConfigInfo"], *map(json.loads, rows)]
    kinds = {
        "S3": {"region", "roleArn", "endpoint", "pathStyleAccess", "stsUnavailable"},
        "GCS": {"gcsServiceAccount"},
        "AZURE": {"tenantId", "hierarchical"},
    }
    assert [info["storageType"] for info in infos] == ["S3", "S3", "GCS", "AZURE"]
    for info in infos:
        assert info.keys() - kinds[info["storageType"]] == {"storageType", "allowedLocations"}
    assert own["properties"]["default-base-location"] in infos[0]["allowedLocations"]

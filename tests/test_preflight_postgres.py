"""What preflight says about PostgreSQL: a real server, with each fault made in it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from floe_deploy.preflight.checks import postgres as checks
from floe_deploy.preflight.checks.postgres import revisions, way
from floe_deploy.preflight.finding import Finding
from postgres import Postgres, postgres
from preflight import only, preflight, told
from tls import SSL_REQUEST, Authority, postgres_over_tls

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-019")]

VERSIONS = Path(dagster.__file__).parent / "_core" / "storage" / "alembic"
HBA = """
host all tls_only all reject
host all stranger all reject
"""
PASSWORD = "canary-of-a-role"
ROLES = (
    "create role builder login password 'canary-of-a-role'",
    "create role plain login password 'canary-of-a-role'",
    "create role sleeper nologin password 'canary-of-a-role'",
    "create role expired login password 'canary-of-a-role' valid until '2020-01-01'",
    "create role crowded login password 'canary-of-a-role' connection limit 0",
    "create role reader login password 'canary-of-a-role'",
    "create role frozen login password 'canary-of-a-role'",
    "alter role frozen set default_transaction_read_only = on",
    "grant create, usage on schema public to builder, frozen",
    "create schema private",
    "create schema lake authorization builder",
)
DATABASES = (
    "create database spare",
    "create database closed",
    "revoke connect on database closed from public",
)

Ask = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    with postgres(folder) as found:
        found.sql(*ROLES)
        for statement in DATABASES:
            _alone(found, statement)
        lines = folder / "data" / "pg_hba.conf"
        lines.write_text(HBA + lines.read_text())
        found.sql("select 1 from pg_reload_conf()")
        yield found


def _alone(server: Postgres, statement: str) -> None:
    """Run what no transaction may hold."""
    with server.engine() as engine, engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


@pytest.fixture
def ask(server: Postgres) -> Ask:
    def answer(variables: dict[str, str] | None = None, **changes: Any) -> list[Finding]:
        target = {
            "name": "dagster",
            "host": server.host,
            "port": server.port,
            "database": server.database,
            "user": "builder",
            "password": {"env": "PASSWORD", "secret": {"name": "dagster-db", "key": "password"}},
        }
        return preflight({"postgres": [target | changes]}, variables or {"PASSWORD": PASSWORD})

    return answer


def test_a_database_that_works_is_told_with_its_version(ask: Ask, server: Postgres) -> None:
    login, rights, migrations = ask(migrations="dagster")
    assert [found.status for found in (login, rights, migrations)] == ["ok", "ok", "ok"]
    assert login.message == "PostgreSQL 16.14, login as builder to postgres"
    assert login.details["version"] == "16.14"
    assert rights.message == "may make tables in schema public"
    assert migrations.message == "no tables of Dagster yet: the first installation makes them"
    assert [found.id for found in (login, rights, migrations)] == [
        "postgres.dagster",
        "postgres.dagster.rights",
        "postgres.dagster.migrations",
    ]
    assert server.sql("select count(*) from pg_stat_activity where usename = 'builder'") == 0


REFUSED_ADVICE = (
    "Check variable PASSWORD, from Secret dagster-db, key password: that it belongs to this role "
    "and ends without a line break; PostgreSQL says the same of a wrong password, an expired one "
    "and an unknown role"
)


@pytest.mark.parametrize("user", ["nobody", "expired", "builder"])
def test_a_login_that_is_refused(ask: Ask, user: str) -> None:
    password = "not this one" if user == "builder" else PASSWORD
    login, rights = ask({"PASSWORD": password}, user=user)
    assert told(login) == ("PG_AUTH_FAILED", "auth", f"login as {user} refused", REFUSED_ADVICE)
    assert (login.status, login.definitive) == ("error", True)
    assert (rights.code, rights.status) == ("SKIPPED", "warning")


def test_a_line_break_after_a_password_counts(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    login, _ = ask(password={"file": str(file)})
    assert login.code == "PG_AUTH_FAILED"
    assert "ends without a line break" in login.remediation


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"user": "sleeper"},
            (
                "PG_NO_LOGIN",
                "auth",
                "the role sleeper may not log in",
                "ALTER ROLE sleeper LOGIN",
            ),
        ),
        (
            {"user": "stranger"},
            (
                "PG_NO_HBA_LINE",
                "auth",
                "the server lets nobody in as stranger to postgres from here, without TLS",
                (
                    "Add a line for this address, role and database to pg_hba.conf, or to what "
                    "your provider has for it: allowed networks"
                ),
            ),
        ),
        (
            {"database": "nowhere"},
            (
                "PG_DB_MISSING",
                "authz",
                "database nowhere does not exist",
                "CREATE DATABASE nowhere OWNER builder",
            ),
        ),
        (
            {"database": "closed"},
            (
                "PG_CONNECT_DENIED",
                "authz",
                "builder lacks CONNECT on database closed",
                "GRANT CONNECT ON DATABASE closed TO builder",
            ),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_keeps_a_role_out(
    ask: Ask, changes: dict[str, str], expected: tuple[str, str, str, str]
) -> None:
    login, _ = ask(**changes)
    assert told(login) == expected
    assert login.definitive


def test_a_role_that_has_no_free_connection(ask: Ask, server: Postgres) -> None:
    login, _ = ask(user="crowded")
    assert told(login) == (
        "PG_TOO_MANY",
        "authz",
        f"127.0.0.1:{server.port} has no free connection for crowded",
        (
            "Raise the limit of the role, the database or the server, or put a pooler before it; "
            "look at who holds them in pg_stat_activity"
        ),
    )
    assert not login.definitive  # one may end


@pytest.mark.parametrize(
    ("changes", "rights"),
    [
        ({"user": "plain"}, "CREATE"),
        ({"user": "plain", "schema": "private"}, "CREATE, USAGE"),
    ],
)
def test_a_plain_role_makes_no_tables(ask: Ask, changes: dict[str, str], rights: str) -> None:
    login, found = ask(**changes)
    schema = changes.get("schema", "public")
    assert login.status == "ok"
    assert told(found) == (
        "PG_NO_CREATE",
        "authz",
        f"plain cannot make tables in schema {schema}: it lacks {rights}",
        (
            f"GRANT {rights} ON SCHEMA {schema} TO plain; since PostgreSQL 15 only the owner may "
            "create in public"
        ),
    )
    assert found.definitive


def test_a_role_that_only_reads_needs_no_right_to_make_tables(ask: Ask) -> None:
    assert [found.status for found in ask(user="plain", read_only=True)] == ["ok", "ok"]
    assert [found.status for found in ask(user="frozen", read_only=True)] == ["ok", "ok"]
    _, rights = ask(user="plain", read_only=True, schema="private")
    assert told(rights) == (
        "PG_NO_USAGE",
        "authz",
        "plain cannot see what is in schema private: it lacks USAGE",
        "GRANT USAGE ON SCHEMA private TO plain, and SELECT on its tables",
    )


def test_a_schema_that_is_not_there(ask: Ask) -> None:
    _, rights = ask(schema="Nowhere; drop")
    assert told(rights) == (
        "PG_SCHEMA_MISSING",
        "authz",
        "schema Nowhere; drop does not exist in database postgres",
        "CREATE SCHEMA Nowhere; drop AUTHORIZATION builder",
    )


def test_a_schema_that_is_not_there_yet_to_be_read(ask: Ask) -> None:
    _, rights = ask(schema="marts", read_only=True)
    assert told(rights) == (
        "PG_NOTHING_TO_READ",
        "operation",
        "schema marts is not in database postgres yet: there is nothing to read",
        (
            "Before the first run of what makes it, that is as it should be; otherwise correct the "
            "name"
        ),
    )
    assert rights.status == "warning"  # nothing could make it behind a gate that it keeps shut


READ_ONLY_ADVICE = (
    "Use the primary's address, and look at default_transaction_read_only of the server, the "
    "database and the role"
)


def test_a_role_whose_transactions_are_read_only(ask: Ask, server: Postgres) -> None:
    _, rights = ask(user="frozen")
    message = f"127.0.0.1:{server.port} takes no writes: transactions are read-only"
    assert told(rights) == ("PG_READ_ONLY", "authz", message, READ_ONLY_ADVICE)
    assert not rights.definitive  # a standby may be promoted


def test_a_standby(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> None:
    with postgres(tmp_path_factory.mktemp("standby"), standby=True) as found:
        variables = {"PASSWORD": found.password}
        login, rights = ask(variables, port=found.port, user=found.user)
        assert login.status == "ok"
        message = f"127.0.0.1:{found.port} takes no writes: it is a standby"
        assert told(rights) == ("PG_READ_ONLY", "authz", message, READ_ONLY_ADVICE)


def test_a_server_that_takes_no_logins_yet(
    ask: Ask, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recovering")
    with postgres(folder, standby=True, logins=False) as found:
        login, _ = ask({"PASSWORD": found.password}, port=found.port, user=found.user)
        assert told(login) == (
            "PG_STARTING",
            "auth",
            f"127.0.0.1:{found.port} takes no logins now: it starts, stops or recovers",
            (
                "Wait for it; if it stays so, it may be a standby that takes no queries: use the "
                "primary's address"
            ),
        )
        assert not login.definitive


def test_the_known_revisions_are_those_of_the_package() -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    chain = [it.revision for it in ScriptDirectory.from_config(config).walk_revisions()]
    assert dagster.__version__ == revisions.VERSION
    assert [revisions.behind(revision) for revision in chain] == list(range(len(chain)))
    assert revisions.behind("ffffffffffff") is None


@pytest.fixture
def revision(server: Postgres) -> Iterator[Callable[[str], None]]:
    """Answer how to set the revision of tables in schema lake, which the role builder owns."""

    def put(found: str, owner: str = "builder") -> None:
        server.sql(
            "create table lake.alembic_version (version_num varchar(32) not null)",
            f"alter table lake.alembic_version owner to {owner}",
            f"insert into lake.alembic_version select '{found}' where '{found}' <> ''",
        )

    yield put
    server.sql("drop table if exists lake.alembic_version")


def migrations(ask: Ask, **changes: Any) -> Finding:
    return only(ask(schema="lake", migrations="dagster", **changes), "postgres.dagster.migrations")


def test_tables_of_an_older_release_are_worth_a_warning(
    ask: Ask, revision: Callable[[str], None]
) -> None:
    revision("46b412388816")
    found = migrations(ask)
    assert found.status == "warning"  # the migration Job is next
    assert told(found) == (
        "PG_MIGRATION_PENDING",
        "operation",
        (
            "Dagster's tables are at revision 46b412388816, 8 before the newest that is known, "
            "29b539ebc72a of Dagster 1.13.27"
        ),
        (
            "The migration Job brings them to what its image needs, right after the gate; without "
            "it, run dagster instance migrate before the rollout"
        ),
    )
    assert found.details["revision"] == "46b412388816"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("29b539ebc72a", "Dagster's tables are at revision 29b539ebc72a, the newest"),
        (
            "ffffffffffff",
            (
                "Dagster's tables are at revision ffffffffffff, ahead of what is known (Dagster "
                "1.13.27), as after a rollback: that is supported"
            ),
        ),
        ("", "Dagster's tables have no revision: the migration gives them one"),
    ],
)
def test_tables_that_need_no_migration(
    ask: Ask, revision: Callable[[str], None], found: str, message: str
) -> None:
    revision(found)
    assert (migrations(ask).status, migrations(ask).message) == ("ok", message)


@pytest.mark.parametrize("found", ["46b412388816", "29b539ebc72a"])
def test_tables_of_another_role(
    ask: Ask, server: Postgres, revision: Callable[..., None], found: str
) -> None:
    revision(found, owner="owner")
    if found == "46b412388816":  # it may read them, which does not help the migration
        server.sql("grant select on lake.alembic_version to builder")
    denied = migrations(ask)
    assert told(denied) == (
        "PG_NOT_OWNER",
        "authz",
        "Dagster's tables in schema lake belong to owner, and builder may not change them",
        "Log in as owner, or REASSIGN OWNED BY owner TO builder",
    )
    assert denied.definitive


def test_a_migration_that_holds_its_lock(
    ask: Ask,
    server: Postgres,
    revision: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "QUERY_SECONDS", 0.3)
    revision("46b412388816")
    with server.engine() as engine, engine.begin() as connection:
        connection.exec_driver_sql("lock table lake.alembic_version in access exclusive mode")
        found = migrations(ask)
    assert told(found) == (
        "PG_SLOW_QUERY",
        "operation",
        f"a query of 127.0.0.1:{server.port} was cancelled after 0.3 s",
        (
            "The server is overloaded, or a lock is held, by a migration for one: look at "
            "pg_stat_activity and pg_locks"
        ),
    )
    assert not found.definitive


def test_a_server_that_is_older_than_what_the_platform_is_for(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "OLDEST", 17)  # the server is what it is
    login, _ = ask()
    assert login.status == "warning"
    assert told(login) == (
        "PG_VERSION",
        "operation",
        "PostgreSQL 16.14 is older than 17, the oldest that the platform is for",
        "Upgrade it; its community has ended its own support as well",
    )


@pytest.mark.parametrize(("minutes", "status"), [(2, "warning"), (10, "error")])
def test_a_clock_that_is_off(ask: Ask, server: Postgres, minutes: int, status: str) -> None:
    server.sql(
        "create schema late",
        "create function late.clock_timestamp() returns timestamptz language sql as "
        f"$$ select pg_catalog.clock_timestamp() - interval '{minutes} min' $$",
        "grant usage on schema late to builder",
        "alter role builder set search_path = late, pg_catalog",
    )
    try:
        login, _ = ask()
    finally:
        server.sql("alter role builder reset search_path", "drop schema late cascade")
    assert (login.code, login.status, login.stage) == ("CLOCK_SKEW", status, "operation")
    assert login.message.startswith("this clock and that of 127.0.0.1 are ")
    assert login.remediation == "Let the node's time be synchronized"


def test_variables_and_files_of_the_user_are_not_read(
    ask: Ask, server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password that is found by accident would let a gate pass that a pod does not."""
    line = f"{server.host}:{server.port}:*:builder:{PASSWORD}\n"
    (tmp_path / ".pgpass").write_text(line)
    (tmp_path / ".pgpass").chmod(0o600)
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").write_text("nonsense")
    (tmp_path / "service").write_text(f"[other]\npassword={PASSWORD}\n")
    given = {"HOME": str(tmp_path), "PGPASSWORD": PASSWORD, "PGSERVICE": "other"}
    given |= {"PGSERVICEFILE": str(tmp_path / "service"), "PGPASSFILE": str(tmp_path / ".pgpass")}
    given |= {"PGTARGETSESSIONATTRS": "standby", "PGSSLMODE": "verify-full", "PGHOST": "nowhere"}
    given |= {"PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "nowhere"}
    given |= {"PGSSLNEGOTIATION": "direct", "PGSSLROOTCERT": "nowhere"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    login, _ = ask(password=None)
    assert login.code == "PG_AUTH_FAILED"
    assert login.remediation.startswith("Check whether it wants a password: ")
    login, _ = ask()
    assert login.status == "ok"


def test_tls_as_sslmode_says(ask: Ask, server: Postgres, tmp_path: Path) -> None:
    ours, theirs = Authority("ours"), Authority("theirs")
    for authority in (ours, theirs):
        (tmp_path / authority_file(authority)).write_text(authority.pem)
    known = {"ca_file": str(tmp_path / authority_file(ours))}
    unknown = {"ca_file": str(tmp_path / authority_file(theirs))}
    with postgres_over_tls(server.port, ours.server(tmp_path, server.host), plain=True) as port:
        for mode, more in [
            ("disable", {}),
            ("prefer", {}),
            ("require", {}),
            ("require", known),
            ("verify-ca", known),
            ("verify-full", known),
        ]:
            login, _ = ask(port=port, sslmode=mode, **more)
            assert (login.code, mode) == ("CERT_EXPIRES_SOON" if more else "OK", mode)
            assert login.details["encrypted"] is (mode != "disable")
        for mode in ("require", "verify-ca", "verify-full"):
            login, _ = ask(port=port, sslmode=mode, **unknown)
            assert told(login) == (
                "TLS_UNTRUSTED",
                "tls",
                (
                    f"the certificate of 127.0.0.1:{port} is not signed by a trusted authority: "
                    "it is by ours"
                ),
                "Give the authority's certificate: ca_file, or SSL_CERT_FILE",
            )
        login, _ = ask(port=port, sslmode="disable", user="tls_only")
        assert told(login) == (
            "PG_TLS_REQUIRED",
            "auth",
            f"127.0.0.1:{port} lets tls_only in by TLS alone, and sslmode is disable",
            "Set sslmode to verify-full, with ca_file where the authority is your own",
        )


def test_prefer_goes_on_without_tls_that_does_not_work(ask: Ask, server: Postgres) -> None:
    broken = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # it has no certificate
    with postgres_over_tls(server.port, broken, plain=True) as port:
        login, _ = ask(port=port, sslmode="prefer")
        assert (login.status, login.details["encrypted"]) == ("ok", False)
        login, _ = ask(port=port, sslmode="require")
        assert (login.code, login.stage) == ("TLS_FAILED", "tls")


def test_names_may_be_kept_in_variables_and_files(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "user").write_text("builder")
    login, _ = ask(
        {"PASSWORD": PASSWORD, "HOST": "127.0.0.1", "NAME": "spare"},
        host={"env": "HOST"},
        database={"env": "NAME"},
        user={"file": str(tmp_path / "user")},
    )
    assert login.message == "PostgreSQL 16.14, login as ••• to spare"  # who keeps it, hides it


def authority_file(authority: Authority) -> str:
    return f"{authority.name.rfc4514_string()}.pem"


def test_a_certificate_of_another_name(ask: Ask, server: Postgres, tmp_path: Path) -> None:
    ours = Authority("ours")
    (tmp_path / "ca.pem").write_text(ours.pem)
    known = {"ca_file": str(tmp_path / "ca.pem")}
    with postgres_over_tls(server.port, ours.server(tmp_path, "db.example")) as port:
        login, _ = ask(port=port, sslmode="verify-full", **known)
        assert told(login) == (
            "TLS_NAME_MISMATCH",
            "tls",
            "the certificate is for db.example, not 127.0.0.1",
            "Use a name of the certificate, or have the name added to it",
        )
        login, _ = ask(port=port, sslmode="verify-ca", **known)
        assert login.status == "warning"  # it expires tomorrow


def test_a_server_that_offers_no_tls(ask: Ask, server: Postgres) -> None:
    login, _ = ask(sslmode="require")
    assert told(login) == (
        "PG_TLS_MISMATCH",
        "tls",
        f"127.0.0.1:{server.port} offers no TLS, and sslmode is require",
        "Turn ssl on at the server or its pooler; prefer does without, where nobody is on the way",
    )
    assert login.definitive


class _Http(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.requirement("SC-003")
def test_a_web_server_in_its_place(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "RESPONSE_SECONDS", 0.5)
    with HTTPServer(("127.0.0.1", 0), _Http) as web:
        threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
        began = time.monotonic()
        login, _ = ask(port=web.server_port)
        web.shutdown()
    assert told(login) == (
        "RESPONSE_TIMEOUT",
        "tls",
        f"connected to 127.0.0.1:{web.server_port}, then no answer in 0.5 s",
        (
            "Something else may listen there, a proxy may hold the connection, or the server is "
            "overloaded"
        ),
    )
    assert time.monotonic() - began < 4


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """Run a stub of something that is no PostgreSQL: it answers one message of whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with suppress(OSError), client:  # who has heard enough hangs up
                    client.sendall(answer(client.recv(1000)))
                    client.shutdown(socket.SHUT_WR)
                    client.recv(100)

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])


def error(state: str, words: str) -> bytes:
    """Answer PostgreSQL's message of an error."""
    fields = f"SFATAL\0C{state}\0M{words}\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("SASL authentication failed", "PG_AUTH_FAILED", "login as builder refused"),
        ("no such database: lake", "PG_DB_MISSING", "database postgres does not exist"),
        ('database "lake" does not exist', "PG_DB_MISSING", "database postgres does not exist"),
        ("query_wait_timeout", "PG_POOLER_WAITS", "query_wait_timeout"),
        ("auth_query is off", "PG_REFUSED", "08P01, auth_query is off"),
    ],
)
def test_a_pooler_says_all_with_one_state(ask: Ask, words: str, code: str, message: str) -> None:
    """The stub says what PgBouncer 1.18.0 was seen to say."""
    refusal = error("08P01", words)
    with answering(lambda said: b"N" if said == SSL_REQUEST else refusal) as port:
        login, _ = ask(port=port)
    assert login.code == code
    assert login.message.endswith(message)


def test_another_protocol_in_its_place(ask: Ask) -> None:
    with answering(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        login, _ = ask(port=port)
    assert told(login) == (
        "WRONG_SERVICE",
        "tls",
        f"127.0.0.1:{port} answered, but not as PostgreSQL: another protocol",
        "Check the address: something else listens there",
    )


def test_a_server_that_cannot_start_a_process(ask: Ask) -> None:
    with answering(lambda _: b"Ecould not fork new process for connection\0") as port:
        login, _ = ask(port=port)
    message = f"127.0.0.1:{port} has no free connection for anybody"
    assert (login.code, login.message) == ("PG_TOO_MANY", message)


def test_what_has_no_name_of_its_own_is_told_in_the_words_of_the_server(
    ask: Ask, server: Postgres
) -> None:
    login, _ = ask(database="template0")
    seen = 'database "template0" is not currently accepting connections'
    assert told(login) == (
        "PG_REFUSED",
        "auth",
        f"127.0.0.1:{server.port} refused: 55000, {seen}",
        "Look up what it says, and the server's log at this time",
    )


def test_a_proxy_without_a_server_behind_it(ask: Ask) -> None:
    with answering(lambda _: b"") as port:
        login, _ = ask(port=port)
    assert login.code == "CONN_CLOSED"


def test_a_port_that_nobody_listens_on(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    login, rights = ask(port=port)
    assert (login.code, login.stage) == ("CONN_REFUSED", "tcp")
    assert rights.code == "SKIPPED"

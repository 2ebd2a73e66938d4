"""What PostgreSQL is told: where its data is, and which databases and roles there are."""

from collections.abc import Iterator

from floe_constructs.kubernetes.environment import Variable
from floe_constructs.services.names import (
    POSTGRES,
    POSTGRES_PORT,
    SUPERUSER,
    SUPERUSER_PASSWORD,
)
from floe_constructs.services.spec import ServicesSpec
from floe_constructs.services.used import Database, Login

VOLUME, DATA = "/var/lib/postgresql", "/var/lib/postgresql/pgdata"
"""A folder of the volume, which is the server's own: the volume's root belongs to the disk."""

SCRIPTS, SCRIPT = "/etc/floe/postgres-databases", "databases.sql"


def variables() -> dict[str, Variable]:
    """Answer the server's environment, which it reads when it makes its data folder."""
    ways = "--auth-local=scram-sha-256 --auth-host=scram-sha-256"
    return {"PGDATA": DATA, "POSTGRES_PASSWORD": SUPERUSER_PASSWORD, "POSTGRES_INITDB_ARGS": ways}


def ready() -> list[str]:
    """Answer the command that asks whether the server takes connections by TCP."""
    where = ["-h", "127.0.0.1", "-p", str(POSTGRES_PORT), "-U", SUPERUSER, "-d", SUPERUSER]
    return ["pg_isready", "-q", *where]


def making() -> list[str]:
    """Answer the command of the Job that makes databases, as soon as the server is there."""
    run = f"psql -X -q -v ON_ERROR_STOP=1 -f {SCRIPTS}/{SCRIPT}"
    return ["bash", "-c", f"until pg_isready -q; do sleep 1; done; exec {run}"]


def making_variables(spec: ServicesSpec) -> dict[str, Variable]:
    """Answer its environment: who it is, and the password of each role."""
    return {
        "PGHOST": POSTGRES,
        "PGPORT": str(POSTGRES_PORT),
        "PGSSLMODE": "disable",
        "PGUSER": SUPERUSER,
        "PGDATABASE": SUPERUSER,
        "PGPASSWORD": SUPERUSER_PASSWORD,
        **{name: login.password for name, login in _roles(spec)},
    }


def script(spec: ServicesSpec) -> str:
    """Answer what the Job does; it may do it again, and gives roles the passwords that they have.

    A name of a role may hold what a variable's may not, so that variables are numbered.
    """
    lines = [
        f"REVOKE ALL ON DATABASE {_name(own)} FROM PUBLIC;" for own in (SUPERUSER, "template1")
    ]
    lines += ["", "-- Roles, each with its password: psql takes it from the environment."]
    for variable, login in _roles(spec):
        lines += _role(variable, login)
    for database in spec.used:
        lines += _database(database)
    return "\n".join(lines) + "\n"


def _roles(spec: ServicesSpec) -> Iterator[tuple[str, Login]]:
    found = (login for database in spec.used for login in (database.owner, *database.readers))
    for number, login in enumerate(dict.fromkeys(found), 1):
        yield f"PASSWORD_{number}", login


def _role(variable: str, login: Login) -> Iterator[str]:
    role, text = _name(login.user), _text(login.user)
    yield ""
    yield f"\\getenv password {variable}"
    yield f"SELECT {_text(f'CREATE ROLE {role}')}"
    yield f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) \\gexec"
    yield f"ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';"


def _database(database: Database) -> Iterator[str]:
    name, owner = _name(database.name), _name(database.owner.user)
    there = f"SELECT FROM pg_database WHERE datname = {_text(database.name)}"
    yield ""
    yield f"-- {database.name}: no role gets in but the owner and readers."
    yield f"SELECT {_text(f'CREATE DATABASE {name} OWNER {owner}')}"
    yield f"WHERE NOT EXISTS ({there}) \\gexec"
    yield f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
    if not database.readers:
        return
    yield f"\\connect {name}"
    for login in database.readers:
        reader = _name(login.user)
        yield f"GRANT CONNECT ON DATABASE {name} TO {reader};"
        owned = f"pg_get_userbyid(nspowner) = {_text(database.owner.user)}"
        for right in ("USAGE ON SCHEMA", "SELECT ON ALL TABLES IN SCHEMA"):
            yield f"SELECT format('GRANT {right} %I TO %I', nspname, {_text(login.user)})"
            yield f"FROM pg_namespace WHERE {owned} OR nspname = 'public' \\gexec"
        default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT"
        yield f"{default} USAGE ON SCHEMAS TO {reader};"
        yield f"{default} SELECT ON TABLES TO {reader};"
    yield f"\\connect {_name(SUPERUSER)}"


def _name(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def _text(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"

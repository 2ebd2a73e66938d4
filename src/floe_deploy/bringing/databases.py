"""Databases of the PostgreSQL that an environment brings: who owns each, and who reads it."""

from collections.abc import Iterable, Iterator

from floe_constructs.preflight.targets import Postgres, Target
from floe_constructs.problem import Problem
from floe_constructs.services import names
from floe_constructs.services.config import polaris
from floe_constructs.services.flows import is_service
from floe_constructs.services.spec import PolarisSettings, Services
from floe_constructs.services.used import Database, Login

_PLAIN = ("disable", "prefer")


def databases(
    services: Services, namespace: str, targets: Iterable[Target], problems: list[Problem]
) -> tuple[Database, ...]:
    """Answer each database, its owner, who makes tables there, and its readers."""
    if services.postgres is None:
        return ()
    owners = {
        name: Login(user=own.user, password=own.password)
        for name, own in services.postgres.databases.items()
    }
    if isinstance(services.catalog, PolarisSettings):
        owners[polaris.DATABASE] = polaris.LOGIN
    readers: dict[str, list[Login]] = {}
    for target, name, login in _logins(namespace, targets, problems):
        if target.read_only:
            readers.setdefault(name, []).append(login)
        elif owners.setdefault(name, login) != login:
            found = f"{login.user} of {target.name} beside {owners[name].user}"
            problems.append(_problem(name, found, "one owner", "give each a database of its own"))
    for name in sorted(readers.keys() - owners.keys()):
        fix = f"add services.postgres.databases.{name}, with user and password of who makes tables"
        problems.append(_problem(name, "readers, and nobody who makes tables", "an owner", fix))
    made = tuple(
        Database(name=name, owner=owner, readers=_others(owner, readers.get(name, ())))
        for name, owner in sorted(owners.items())
    )
    problems += _faults(made)
    return made


def _others(owner: Login, readers: Iterable[Login]) -> tuple[Login, ...]:
    return tuple(dict.fromkeys(each for each in readers if each.user != owner.user))


def _faults(made: Iterable[Database]) -> Iterator[Problem]:
    """Find names of the server's own, and roles that are to have two passwords."""
    passwords: dict[str, object] = {}
    for database in made:
        if database.name == names.SUPERUSER or database.name.startswith("template"):
            yield _problem(database.name, "a database of the server's own", "any other", "")
        for login in (database.owner, *database.readers):
            if login.user == names.SUPERUSER or login.user.startswith("pg_"):
                found = f"{login.user}, a role of the server's own"
                yield _problem(database.name, found, "any other", "call the user otherwise")
            if passwords.setdefault(login.user, login.password) != login.password:
                found = f"another password of {login.user} than for other databases"
                yield _problem(database.name, found, "one for each user", "refer to one Secret")


def _logins(
    namespace: str, targets: Iterable[Target], problems: list[Problem]
) -> Iterator[tuple[Postgres, str, Login]]:
    """Answer each target that is a database of ours, its name, and who logs in."""
    for target in targets:
        if not isinstance(target, Postgres) or not isinstance(target.host, str):
            continue
        if not is_service(target.host, names.POSTGRES, namespace):
            continue
        name, user = target.database, target.user
        where = f"of {target.name}"
        secret = target.password.secret if target.password else None
        if not isinstance(name, str) or not isinstance(user, str):
            fix = "write them as text: only the password is kept in a Secret"
            problems.append(_problem(where, "database or user in a Secret", "text", fix))
        elif secret is None:
            fix = "give password, a reference to a Secret that will be made"
            problems.append(_problem(where, "no password", "one", fix))
        elif target.sslmode not in _PLAIN or target.port != names.POSTGRES_PORT:
            found = f"port {target.port}, sslmode {target.sslmode}"
            allowed = f"port {names.POSTGRES_PORT}, sslmode {' or '.join(_PLAIN)}"
            problems.append(_problem(where, found, allowed, "say disable: it speaks no TLS"))
        else:
            yield target, name, Login(user=user, password=secret)


def _problem(database: str, found: str, allowed: str, fix: str) -> Problem:
    where = f"database {database} at host {names.POSTGRES}"
    return Problem(where=where, found=found, allowed=allowed, fix=fix)

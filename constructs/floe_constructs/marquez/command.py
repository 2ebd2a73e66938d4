"""What Marquez' containers are told, and what they run."""

from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.marquez.config import ADMIN, API, FILE, HTTP, PATH, WEB
from floe_constructs.marquez.java import JavaWorkload, options
from floe_constructs.marquez.spec import MarquezRetention, MarquezSpec

_PROGRAM = "java $JAVA_OPTS -jar /usr/src/app/marquez-*.jar"
"""The image's own entry point takes no arguments, and keeps SIGTERM from the server."""

_FAILED = "Failed to apply retention policy"
"""What `db-retention` writes to its log, before it ends with 0 all the same."""


def variables(spec: MarquezSpec, pods: JavaWorkload) -> Variables:
    """Answer what a container of Marquez' image is told.

    The ports are written although the file has them: a Service called `marquez` would otherwise
    set `MARQUEZ_PORT` to an address.
    """
    database, search = spec.database, spec.search if pods is spec.api else None
    given: dict[str, Variable] = {"POSTGRES_HOST": database.host, "POSTGRES_DB": database.database}
    where = {name: value for name, value in given.items() if isinstance(value, SecretKey)}
    login: dict[str, Variable] = {}
    if search:
        login = {"SEARCH_USERNAME": search.username, "SEARCH_PASSWORD": search.password}
    return {
        **where,
        **login,
        "MARQUEZ_CONFIG": f"{PATH}/{FILE}",
        "MARQUEZ_PORT": str(HTTP),
        "MARQUEZ_ADMIN_PORT": str(ADMIN),
        "POSTGRES_USER": database.user,
        "POSTGRES_PASSWORD": database.password,
        "JAVA_OPTS": options(pods, trusts=bool(search and search.trust_store)),
    }


def web_variables() -> dict[str, Variable]:
    """Answer what the interface is told; it ends at once when one of them is missing."""
    return {"MARQUEZ_HOST": API, "MARQUEZ_PORT": str(HTTP), "WEB_PORT": str(WEB)}


def serve() -> list[str]:
    """Answer the command that answers requests until it is told to end, and then those it has."""
    return ["sh", "-c", f'exec {_PROGRAM} server "$MARQUEZ_CONFIG"']


def migrate() -> list[str]:
    """Answer the command that runs all pending migrations and ends."""
    return ["sh", "-c", f'exec {_PROGRAM} db-migrate "$MARQUEZ_CONFIG"']


def retain(retention: MarquezRetention) -> list[str]:
    """Answer the command that deletes old lineage and ends.

    The program catches its own failure, logs it, and ends with 0: so the log is looked at.
    """
    given = [f"--retention-days {retention.days}"]
    given += [f"--number-of-rows-per-batch {retention.rows_per_batch}"]
    given += ["--dry-run"] if retention.dry_run else []
    program = f'{_PROGRAM} db-retention {" ".join(given)} "$MARQUEZ_CONFIG"'
    lines = [
        "log=$(mktemp)",
        f'{{ {program}; echo $? > "$log.code"; }} 2>&1 | tee "$log"',
        f'! grep -q "{_FAILED}" "$log" && exit "$(cat "$log.code")"',
    ]
    return ["sh", "-c", "\n".join(lines)]

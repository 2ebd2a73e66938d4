"""The configuration file of Marquez, and what its containers are told."""

from typing import Any

from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.postgres import CA_FILE, CA_FOLDER, Postgres
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.yaml_text import Block, dump

PATH, FILE = "/etc/marquez", "config.yml"
HTTP, ADMIN, WEB = 5000, 5001, 3000
MIGRATION, API = "marquez-migrate", "marquez-api"

_PROGRAM = "exec java $JAVA_OPTS -jar /usr/src/app/marquez-*.jar"
"""The image's own entry point takes no arguments, and would start the server."""


def files(spec: MarquezSpec, name: str) -> Files:
    """Answer the configuration file: in a ConfigMap of its own for what comes before the API."""
    return Files(name=name, path=PATH, data={FILE: dump(_config(spec))})


def _config(spec: MarquezSpec) -> dict[str, Any]:
    """Answer Dropwizard's configuration.

    Every value stands here, but for the login: a placeholder without a value stays as text
    (`ERROR_ON_UNDEFINED=false`). There is no `dbRetention`: with that block, whatever is in it,
    each API process deletes lineage by itself (MarquezProject/marquez#3118).
    """
    return {
        "server": {
            "applicationConnectors": [
                # Names of datasets hold characters that a strict parser refuses in paths.
                {"type": "http", "port": HTTP, "httpCompliance": "RFC7230_LEGACY"}
            ],
            "adminConnectors": [{"type": "http", "port": ADMIN}],
        },
        "db": {
            "driverClass": "org.postgresql.Driver",
            "url": _url(spec.database),
            # Put in before the file is read as YAML: a quote or backslash must not end the text.
            "user": Block("${POSTGRES_USER}"),
            "password": Block("${POSTGRES_PASSWORD}"),
        },
        "migrateOnStartup": False,
        "graphql": {"enabled": True},
        "search": {"enabled": False},
        "logging": {"level": "INFO", "appenders": [{"type": "console"}]},
    }


def _url(database: Postgres) -> str:
    """Answer the driver's address; by itself it would look for authorities in a home folder."""
    host = database.host if isinstance(database.host, str) else "${POSTGRES_HOST}"
    name = database.database if isinstance(database.database, str) else "${POSTGRES_DB}"
    url = f"jdbc:postgresql://{host}:{database.port}/{name}?sslmode={database.sslmode}"
    if database.ca:
        return f"{url}&sslrootcert={CA_FOLDER}/{CA_FILE}"
    if database.sslmode == "verify-full":
        return f"{url}&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
    return url


def variables(spec: MarquezSpec) -> dict[str, Variable]:
    """Answer what every container of Marquez' image is told.

    The ports are written although the file has them: a Service called `marquez` would otherwise
    set `MARQUEZ_PORT` to an address.
    """
    database = spec.database
    where = {"POSTGRES_HOST": database.host, "POSTGRES_DB": database.database}
    return {
        **{name: value for name, value in where.items() if isinstance(value, SecretKey)},
        "MARQUEZ_CONFIG": f"{PATH}/{FILE}",
        "MARQUEZ_PORT": str(HTTP),
        "MARQUEZ_ADMIN_PORT": str(ADMIN),
        "POSTGRES_USER": database.user,
        "POSTGRES_PASSWORD": database.password,
        "JAVA_OPTS": "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError",
    }


def web_variables() -> dict[str, Variable]:
    """Answer what the interface is told; it ends at once when one of them is missing."""
    return {"MARQUEZ_HOST": API, "MARQUEZ_PORT": str(HTTP), "WEB_PORT": str(WEB)}


def migrate() -> list[str]:
    """Answer the command that runs all pending migrations and ends."""
    return ["sh", "-c", f'{_PROGRAM} db-migrate "$MARQUEZ_CONFIG"']


def retain(days: int) -> list[str]:
    """Answer the command that deletes lineage older than that and ends."""
    return ["sh", "-c", f'{_PROGRAM} db-retention --retention-days {days} "$MARQUEZ_CONFIG"']

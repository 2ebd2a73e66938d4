"""The configuration file of Marquez."""

from typing import Any
from urllib.parse import urlsplit

from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.endpoint import endpoint_of
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.postgres import CA_FOLDER, Postgres
from floe_constructs.marquez.spec import MarquezConnections, MarquezSearch, MarquezSpec
from floe_constructs.yaml_text import Block, dump

PATH, FILE = "/etc/marquez", "config.yml"
HTTP, ADMIN, WEB = 5000, 5001, 3000
API = "marquez-api"


def files(spec: MarquezSpec, name: str) -> Files:
    """Answer the configuration file, in a ConfigMap for each workload.

    Search is for the API alone: who does not search needs not its login.
    """
    search = spec.search if name == API else None
    return Files(name=name, path=PATH, data={FILE: dump(_config(spec, search))})


def _config(spec: MarquezSpec, search: MarquezSearch | None) -> dict[str, Any]:
    """Answer Dropwizard's configuration.

    Every value stands here, but for logins: a placeholder without a value stays as text
    (`ERROR_ON_UNDEFINED=false`). There is no `dbRetention`: with that block, whatever is in it,
    each API process deletes lineage by itself (MarquezProject/marquez#3118).
    """
    appender: dict[str, Any] = {"type": "console"}
    server: dict[str, Any] = {
        "applicationConnectors": [
            # Names of datasets hold characters that a strict parser refuses in paths.
            {"type": "http", "port": HTTP, "httpCompliance": "RFC7230_LEGACY"}
        ],
        "adminConnectors": [{"type": "http", "port": ADMIN}],
    }
    if spec.log_format == "json":
        requests = appender | {"layout": {"type": "access-json"}}
        server["requestLog"] = {"appenders": [requests]}
        appender |= {"layout": {"type": "json"}}
    tags = [{"name": name, "description": text} for name, text in sorted(spec.tags.items())]
    return {
        "server": server,
        "db": {
            "driverClass": "org.postgresql.Driver",
            "url": _url(spec.database),
            # Put in before the file is read as YAML: a quote or backslash must not end the text.
            "user": Block("${POSTGRES_USER}"),
            "password": Block("${POSTGRES_PASSWORD}"),
            **_pool(spec.connections),
        },
        "migrateOnStartup": False,
        "graphql": {"enabled": spec.graphql},
        "search": _search(search),
        **({"tags": tags} if tags else {}),
        "logging": {"level": spec.log_level.upper(), "appenders": [appender]},
    }


def _pool(connections: MarquezConnections | None) -> dict[str, int]:
    """Answer the sizes of the pool: all three, because those that are not said are 10 and more."""
    if not connections:
        return {}
    least = connections.least
    return {"initialSize": least, "minSize": least, "maxSize": connections.most}


def _search(search: MarquezSearch | None) -> dict[str, Any]:
    if not search:
        return {"enabled": False}
    endpoint = endpoint_of("search", search.url)
    return {
        "enabled": True,
        "scheme": urlsplit(search.url).scheme,
        "host": endpoint.host,
        "port": endpoint.port,
        "username": Block("${SEARCH_USERNAME}"),
        "password": Block("${SEARCH_PASSWORD}"),
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

"""Databases of components, as targets of preflight's."""

from dataclasses import replace

from floe_constructs.cube.duckdb import DUCKDB_EXTENSIONS
from floe_constructs.cube.source import PostgresSource, Source, Trino
from floe_constructs.cube.spec import DEFAULT, CubeSpec
from floe_constructs.cube.warehouse import BigQuerySource, SnowflakeSource
from floe_constructs.dagster.database import DagsterDatabase
from floe_constructs.dagster.demo import ServingDatabase
from floe_constructs.kubernetes.postgres import Postgres as PostgresDatabase
from floe_constructs.kubernetes.postgres import PostgresServer
from floe_constructs.preflight.spec import Account
from floe_constructs.preflight.targets import BigQuery, Postgres, Snowflake
from floe_constructs.preflight.targets import Trino as TrinoTarget
from floe_constructs.variables import VARIABLES
from floe_deploy.gating.derived import Derived, file, kept, reached, secret, verified


def dagster(database: DagsterDatabase, account: Account | None) -> Derived:
    """Answer the database of runs, whose migrations are told from its tables."""
    found = postgres(database, "dagster", "DAGSTER_PG")
    given = {
        "migrations": "dagster",
        "password": secret(database.password, VARIABLES["dagster"]["password"]),
        "identity": database.identity.type if database.identity else None,
        "region": database.region,
    }
    target = found.target.model_copy(update=given)
    return replace(found, target=target, account=account if database.identity else None)


def serving(database: ServingDatabase) -> Derived:
    """Answer the database that the demo serves from; its client encrypts where the server does."""
    return with_password(
        PostgresDatabase(**dict(database), sslmode="prefer"), "serving", "SERVING_PG"
    )


def with_password(database: PostgresDatabase, name: str, prefix: str) -> Derived:
    """Answer a database that is logged in to with a password."""
    found = postgres(database, name, prefix)
    password = secret(database.password, f"{prefix}_PASSWORD")
    return replace(found, target=found.target.model_copy(update={"password": password}))


def postgres(server: PostgresServer, name: str, prefix: str) -> Derived:
    """Answer a database, but for how it is logged in to."""
    ca_file, authorities = verified(server.ca, name)
    target = Postgres(
        name=name,
        host=kept(server.host, f"{prefix}_HOST"),
        port=server.port,
        database=kept(server.database, f"{prefix}_DB"),
        user=kept(server.user, f"{prefix}_USER"),
        sslmode=server.sslmode,
        ca_file=ca_file,
    )
    return Derived(
        service="postgres", target=target, endpoints=(server.endpoint,), authorities=authorities
    )


def trino(settings: Trino, name: str, prefix: str = "TRINO") -> Derived:
    """Answer a coordinator."""
    ca_file, authorities = verified(settings.ca, f"{name}-trino")
    target = TrinoTarget(
        type="trino",
        name=name,
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        ca_file=ca_file,
        user=kept(settings.user, f"{prefix}_USER"),
        password=secret(settings.password, f"{prefix}_PASSWORD"),
        catalog=settings.catalog,
        schema=settings.db_schema,
    )
    return Derived(
        service="compute", target=target, endpoints=settings.endpoints, authorities=authorities
    )


def sources(cube: CubeSpec, account: Account | None) -> list[Derived]:
    """Answer the databases that Cube asks."""
    return [
        derived
        for name, source in cube.all_sources.items()
        for derived in _source(source, "cube" if name == DEFAULT else f"cube-{name}", account)
    ]


def _source(source: Source, name: str, account: Account | None) -> list[Derived]:
    name = name.replace("_", "-")
    prefix = name.upper().replace("-", "_")
    match source:
        case PostgresSource():
            found = with_password(source, name, prefix)
            target = found.target.model_copy(update={"read_only": True})
            return [replace(found, target=target)]
        case Trino():
            return [trino(source, name, prefix)]
        case SnowflakeSource():
            return [_snowflake(source, name, prefix)]
        case BigQuerySource(credentials=key):
            target = BigQuery(
                type="bigquery",
                name=name,
                project=source.project,
                location=source.location,
                credentials_file=file(f"{name}.json") if key else None,
                secret=key,
                identity=None if key else "gcp",
            )
            who = None if key else account
            return [
                Derived(service="compute", target=target, endpoints=source.endpoints, account=who)
            ]
    return [  # DuckDB runs within Cube: what it reads is elsewhere
        derived
        for endpoint in source.endpoints
        for derived in reached(
            "storage",
            endpoint.name,
            f"{name}-{endpoint.name}",
            endpoint,
            tls=endpoint != DUCKDB_EXTENSIONS,
        )
    ]


def _snowflake(source: SnowflakeSource, name: str, prefix: str) -> Derived:
    phrase = source.private_key_passphrase
    target = Snowflake(
        type="snowflake",
        name=name,
        account=source.account,
        user=kept(source.user, f"{prefix}_USER"),
        password=secret(source.password, f"{prefix}_PASSWORD"),
        private_key=secret(source.private_key, f"{prefix}_PRIVATE_KEY"),
        private_key_passphrase=secret(phrase, f"{prefix}_PRIVATE_KEY_PASSPHRASE"),
        role=source.role,
        warehouse=source.warehouse,
        database=source.database,
        url=f"https://{source.host}" if source.host else None,
    )
    return Derived(service="compute", target=target, endpoints=source.endpoints)

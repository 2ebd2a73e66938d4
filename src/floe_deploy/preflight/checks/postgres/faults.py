"""What can be wrong with PostgreSQL; told by SQLSTATE, because its words are translated."""

from floe_deploy.preflight.code import Code, Stage

PG_TLS_REQUIRED = Code(
    id="PG_TLS_REQUIRED",
    stage=Stage.AUTH,
    message="{host}:{port} lets {user} in by TLS alone, and sslmode is {sslmode}",
    remediation="Set sslmode to verify-full, with ca_file where the authority is your own",
    detection="SQLSTATE 28000 from ClientAuthentication without TLS, which the server offers",
    definitive=True,
)

PG_TLS_MISMATCH = Code(
    id="PG_TLS_MISMATCH",
    stage=Stage.TLS,
    message="{host}:{port} offers no TLS, and sslmode is {sslmode}",
    remediation="Turn ssl on at the server or its pooler; prefer does without, where nobody is on "
    "the way",
    detection="the answer N to SSLRequest",
    definitive=True,
)

PG_AUTH_FAILED = Code(
    id="PG_AUTH_FAILED",
    stage=Stage.AUTH,
    message="login as {user} refused",
    remediation="Check {credential}: that it belongs to this role and ends without a line break; "
    "PostgreSQL says the same of a wrong password, an expired one and an unknown role",
    detection="SQLSTATE 28P01, 28000 from auth_failed, or PgBouncer's 08P01 with these words",
    definitive=True,
)

PG_PLAIN_TOKEN = Code(
    id="PG_PLAIN_TOKEN",
    stage=Stage.TLS,
    message="the identity's token was not sent to {host}:{port}: sslmode {sslmode} would let it "
    "cross the network as it is",
    remediation="Set sslmode to require or verify-full, or run a proxy in the pod, at 127.0.0.1",
    detection="no TLS, an identity, and another machine",
    definitive=True,
)

PG_TOKEN_REFUSED = Code(
    id="PG_TOKEN_REFUSED",
    stage=Stage.AUTH,
    message="login as {user} with a token of {identity} refused",
    remediation="Let the role log in with tokens: GRANT rds_iam TO {user} and rds-db:connect in "
    "AWS; in Cloud SQL an IAM user of this name, which ends before .gserviceaccount.com, and "
    "roles/cloudsql.instanceUser; in Azure a principal made by pgaadauth_create_principal",
    detection="SQLSTATE 28P01, or 28000 from auth_failed, to a token",
    definitive=True,
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
    "UsingWithRDS.IAMDBAuth.DBAccounts.html",
)

PG_NO_LOGIN = Code(
    id="PG_NO_LOGIN",
    stage=Stage.AUTH,
    message="the role {user} may not log in",
    remediation="ALTER ROLE {user} LOGIN",
    detection="SQLSTATE 28000 from InitializeSessionUserId",
    definitive=True,
)

PG_NO_HBA_LINE = Code(
    id="PG_NO_HBA_LINE",
    stage=Stage.AUTH,
    message="the server lets nobody in as {user} to {database} from here, {encryption}",
    remediation="Add a line for this address, role and database to pg_hba.conf, or to what your "
    "provider has for it: allowed networks",
    detection="SQLSTATE 28000 from ClientAuthentication",
    definitive=True,
)

PG_DB_MISSING = Code(
    id="PG_DB_MISSING",
    stage=Stage.AUTHZ,
    message="database {database} does not exist",
    remediation="CREATE DATABASE {database} OWNER {user}",
    detection="SQLSTATE 3D000, or PgBouncer's 08P01 with these words",
    definitive=True,
)

PG_CONNECT_DENIED = Code(
    id="PG_CONNECT_DENIED",
    stage=Stage.AUTHZ,
    message="{user} lacks CONNECT on database {database}",
    remediation="GRANT CONNECT ON DATABASE {database} TO {user}",
    detection="SQLSTATE 42501 at login",
    definitive=True,
)

PG_TOO_MANY = Code(
    id="PG_TOO_MANY",
    stage=Stage.AUTHZ,
    message="{host}:{port} has no free connection for {user}",
    remediation="Raise the limit of the role, the database or the server, or put a pooler before "
    "it; look at who holds them in pg_stat_activity",
    detection="SQLSTATE 53300",
)

PG_POOLER_WAITS = Code(
    id="PG_POOLER_WAITS",
    stage=Stage.AUTHZ,
    message="the pooler at {host}:{port} has no connection to give: {seen}",
    remediation="Look at its log: the server behind it may be down or refuse it, or its pool is "
    "smaller than what is asked of it",
    detection="SQLSTATE 08P01 with PgBouncer's words: query_wait_timeout, server login has been "
    "failing, no more connections allowed",
)

PG_STARTING = Code(
    id="PG_STARTING",
    stage=Stage.AUTH,
    message="{host}:{port} takes no logins now: it starts, stops or recovers",
    remediation="Wait for it; if it stays so, it may be a standby that takes no queries: use the "
    "primary's address",
    detection="SQLSTATE 57P01, 57P02 and 57P03",
)

PG_REFUSED = Code(
    id="PG_REFUSED",
    stage=Stage.OPERATION,
    message="{host}:{port} refused: {seen}",
    remediation="Look up what it says, and the server's log at this time",
    detection="any other error, with its SQLSTATE",
)

PG_SCHEMA_MISSING = Code(
    id="PG_SCHEMA_MISSING",
    stage=Stage.AUTHZ,
    message="schema {schema} does not exist in database {database}",
    remediation="CREATE SCHEMA {schema} AUTHORIZATION {user}",
    detection="to_regnamespace answers null",
    definitive=True,
)

PG_NOTHING_TO_READ = Code(
    id="PG_NOTHING_TO_READ",
    stage=Stage.OPERATION,
    message="schema {schema} is not in database {database} yet: there is nothing to read",
    remediation="Before the first run of what makes it, that is as it should be; otherwise correct "
    "the name",
    detection="to_regnamespace answers null, where reading is all that is needed",
    warning=True,
)

PG_NO_CREATE = Code(
    id="PG_NO_CREATE",
    stage=Stage.AUTHZ,
    message="{user} cannot make tables in schema {schema}: it lacks {rights}",
    remediation="GRANT {rights} ON SCHEMA {schema} TO {user}; since PostgreSQL 15 only the owner "
    "may create in public",
    detection="has_schema_privilege answers false",
    definitive=True,
)

PG_NO_USAGE = Code(
    id="PG_NO_USAGE",
    stage=Stage.AUTHZ,
    message="{user} cannot see what is in schema {schema}: it lacks USAGE",
    remediation="GRANT USAGE ON SCHEMA {schema} TO {user}, and SELECT on its tables",
    detection="has_schema_privilege answers false, where reading is all that is needed",
    definitive=True,
)

PG_READ_ONLY = Code(
    id="PG_READ_ONLY",
    stage=Stage.AUTHZ,
    message="{host}:{port} takes no writes: {reason}",
    remediation="Use the primary's address, and look at default_transaction_read_only of the "
    "server, the database and the role",
    detection="pg_is_in_recovery(), transaction_read_only",
)

PG_MIGRATION_PENDING = Code(
    id="PG_MIGRATION_PENDING",
    stage=Stage.OPERATION,
    message="Dagster's tables are at revision {found}, {behind} before the newest that is known, "
    "{newest} of Dagster {version}",
    remediation="The migration Job brings them to what its image needs, right after the gate; "
    "without it, run dagster instance migrate before the rollout",
    detection="alembic_version holds an older revision",
    warning=True,
)

PG_NOT_OWNER = Code(
    id="PG_NOT_OWNER",
    stage=Stage.AUTHZ,
    message="Dagster's tables in schema {schema} belong to {owner}, and {user} may not change them",
    remediation="Log in as {owner}, or REASSIGN OWNED BY {owner} TO {user}",
    detection="the owner of alembic_version is no role of the user's, and a migration is pending "
    "or it cannot be read",
    definitive=True,
)

PG_SLOW_QUERY = Code(
    id="PG_SLOW_QUERY",
    stage=Stage.OPERATION,
    message="a query of {host}:{port} was cancelled after {seconds:g} s",
    remediation="The server is overloaded, or a lock is held, by a migration for one: look at "
    "pg_stat_activity and pg_locks",
    detection="SQLSTATE 57014 by statement_timeout",
)

PG_VERSION = Code(
    id="PG_VERSION",
    stage=Stage.OPERATION,
    message="PostgreSQL {found} is older than {oldest}, the oldest that the platform is for",
    remediation="Upgrade it; its community has ended its own support as well",
    detection="server_version_num",
    warning=True,
)

CODES = (
    PG_TLS_MISMATCH,
    PG_TLS_REQUIRED,
    PG_AUTH_FAILED,
    PG_PLAIN_TOKEN,
    PG_TOKEN_REFUSED,
    PG_NO_LOGIN,
    PG_NO_HBA_LINE,
    PG_STARTING,
    PG_DB_MISSING,
    PG_CONNECT_DENIED,
    PG_TOO_MANY,
    PG_POOLER_WAITS,
    PG_SCHEMA_MISSING,
    PG_NOTHING_TO_READ,
    PG_NO_CREATE,
    PG_NO_USAGE,
    PG_READ_ONLY,
    PG_NOT_OWNER,
    PG_MIGRATION_PENDING,
    PG_SLOW_QUERY,
    PG_VERSION,
    PG_REFUSED,
)
"""Codes of PostgreSQL."""

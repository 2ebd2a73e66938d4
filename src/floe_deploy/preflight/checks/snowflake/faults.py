"""What can be wrong with Snowflake."""

from floe_deploy.preflight.code import Code, Stage

SF_KEY = Code(
    id="SF_KEY",
    stage=Stage.CONFIG,
    message="the private key in {place} {reason}",
    remediation="Give an RSA key in PEM, PKCS #8 (BEGIN PRIVATE KEY), and its passphrase if it has "
    "one",
    detection="the key is read before the first connection",
    definitive=True,
)

SF_AUTH_FAILED = Code(
    id="SF_AUTH_FAILED",
    stage=Stage.AUTH,
    message="login as {user} refused",
    remediation="Check {place}; services log in with a key pair or a programmatic access token. "
    "Snowflake says the same of a wrong password and an unknown user",
    detection="390100; 394400 for a token",
    definitive=True,
    source="https://docs.snowflake.com/en/user-guide/programmatic-access-tokens",
)

SF_JWT_INVALID = Code(
    id="SF_JWT_INVALID",
    stage=Stage.AUTH,
    message="key-pair login as {user} refused",
    remediation="Compare the fingerprint of DESCRIBE USER with the key in {place}, the account's "
    "name, and the clock; SYSTEM$GET_LOGIN_FAILURE_DETAILS tells the reason for {id}",
    detection="390144",
    definitive=True,
    source="https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting",
)

SF_LOCKED = Code(
    id="SF_LOCKED",
    stage=Stage.AUTH,
    message="user {user} is locked for now",
    remediation="Wait 15 minutes, or ALTER USER … SET MINS_TO_UNLOCK = 0; and find who tries a "
    "wrong password",
    detection="390102",
    source="https://docs.snowflake.com/en/user-guide/admin-user-management",
)

SF_MFA = Code(
    id="SF_MFA",
    stage=Stage.AUTH,
    message="{user} is asked for a second factor, which no program has",
    remediation="Make it a user of TYPE = SERVICE with a key pair or a programmatic access token",
    detection="394508, or words about multi-factor authentication",
    definitive=True,
    source="https://docs.snowflake.com/en/user-guide/security-mfa-rollout",
)

SF_NETWORK_POLICY = Code(
    id="SF_NETWORK_POLICY",
    stage=Stage.AUTH,
    message="a network policy of {account} blocks this address",
    remediation="Add the address that the cluster goes out with to the policy of account or user",
    detection="390422",
    definitive=True,
    source="https://docs.snowflake.com/en/user-guide/network-policies",
)

SF_ROLE = Code(
    id="SF_ROLE",
    stage=Stage.AUTHZ,
    message="role {role} does not exist, or is not granted to {user}",
    remediation="GRANT ROLE {role} TO USER …, with the name in the case in which it was created",
    detection="390189",
    definitive=True,
    source="https://docs.snowflake.com/en/sql-reference/sql/grant-role",
)

SF_ACCOUNT_WRONG = Code(
    id="SF_ACCOUNT_WRONG",
    stage=Stage.AUTH,
    message="no account {account} at {host}",
    remediation="Write ORGANIZATION-ACCOUNT, without a domain: Snowsight shows it under account "
    "details",
    detection="HTTP 403 or 404 for the login, no such host, or a domain in the name",
    definitive=True,
    source="https://docs.snowflake.com/en/user-guide/admin-account-identifier",
)

SF_NOT_READY = Code(
    id="SF_NOT_READY",
    stage=Stage.AUTH,
    message="{host} does not serve now: HTTP {status}",
    remediation="Look at status.snowflake.com, and at the proxy before it",
    detection="HTTP 429, 502, 503 or 504 for the login",
    source="https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses",
)

SF_DB = Code(
    id="SF_DB",
    stage=Stage.AUTHZ,
    message="database {database} does not exist, or is not granted to role {role}",
    remediation="GRANT USAGE ON DATABASE {database} TO ROLE {role}; or correct the name",
    detection="CURRENT_DATABASE() is null: a login succeeds without it",
    definitive=True,
    source="https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api",
)

SF_SCHEMA = Code(
    id="SF_SCHEMA",
    stage=Stage.AUTHZ,
    message="schema {schema} is not in {database}, or not granted to role {role}",
    remediation="GRANT USAGE ON SCHEMA {database}.{schema} TO ROLE {role}; or correct the name",
    detection="CURRENT_SCHEMA() is null: a login succeeds without it",
    definitive=True,
    source="https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api",
)

SF_WAREHOUSE = Code(
    id="SF_WAREHOUSE",
    stage=Stage.AUTHZ,
    message="warehouse {warehouse} does not exist, or is not granted to role {role}",
    remediation="GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role}; or correct the name",
    detection="CURRENT_WAREHOUSE() is null: a login succeeds without it; 606 for a query",
    definitive=True,
    source="https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api",
)

SF_QUOTA = Code(
    id="SF_QUOTA",
    stage=Stage.OPERATION,
    message="warehouse {warehouse} may not start: a resource monitor's quota is used up",
    remediation="Raise the quota, or wait until the monitor begins anew",
    detection="90073 for a query",
    source="https://docs.snowflake.com/en/user-guide/resource-monitors",
)

SF_COLD = Code(
    id="SF_COLD",
    stage=Stage.OPERATION,
    message="the first query in {warehouse} took {seconds:.1f} s: it was probably suspended",
    remediation="Nothing to do, if the first run after a pause may take as long",
    detection="time of a query that needs the warehouse, above 1 s",
    warning=True,
    source="https://docs.snowflake.com/en/user-guide/warehouses-overview",
)

SF_ERROR = Code(
    id="SF_ERROR",
    stage=Stage.OPERATION,
    message="Snowflake refused with {number}: {said}",
    remediation="Look the number up, or the query in QUERY_HISTORY",
    detection="any other number",
)

CODES = (
    SF_KEY,
    SF_AUTH_FAILED,
    SF_JWT_INVALID,
    SF_LOCKED,
    SF_MFA,
    SF_NETWORK_POLICY,
    SF_ROLE,
    SF_ACCOUNT_WRONG,
    SF_NOT_READY,
    SF_DB,
    SF_SCHEMA,
    SF_WAREHOUSE,
    SF_QUOTA,
    SF_COLD,
    SF_ERROR,
)
"""Codes of Snowflake."""

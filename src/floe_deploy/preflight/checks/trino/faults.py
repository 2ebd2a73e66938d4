"""What can be wrong with Trino; told by HTTP's status and by the names of Trino's errors."""

from floe_deploy.preflight.code import Code, Stage

_DOCS = "https://trino.io/docs/current"

TRINO_PLAIN_PASSWORD = Code(
    id="TRINO_PLAIN_PASSWORD",
    stage=Stage.CONFIG,
    message="a password for {host}:{port} is set, and tls is false: it was not sent",
    remediation="Set tls: true and the port that speaks TLS; Trino takes passwords by TLS alone",
    detection="the configuration, before the first connection",
    definitive=True,
)

TRINO_USER_MALFORMED = Code(
    id="TRINO_USER_MALFORMED",
    stage=Stage.CONFIG,
    message="the user for {host}:{port} has characters that HTTP takes in no header",
    remediation="Take a name in ASCII, without a line break at its end: see how its Secret is made",
    detection="the value, before the first connection",
    definitive=True,
)

TRINO_TLS_REQUIRED = Code(
    id="TRINO_TLS_REQUIRED",
    stage=Stage.AUTH,
    message="{host}:{port} lets nobody log in without TLS: {seen}",
    remediation="Set tls: true and the port that speaks TLS",
    detection="HTTP 403 without TLS",
    definitive=True,
)

TRINO_AUTH_REQUIRED = Code(
    id="TRINO_AUTH_REQUIRED",
    stage=Stage.AUTH,
    message="{host}:{port} asks {user} for credentials ({scheme}), and none are set",
    remediation="Set password, from a Secret",
    detection="HTTP 401, and no password is set",
    definitive=True,
)

TRINO_AUTH_FAILED = Code(
    id="TRINO_AUTH_FAILED",
    stage=Stage.AUTH,
    message="login as {user} refused ({scheme}): {seen}",
    remediation="Check {credential}, that it belongs to this user, and that the coordinator takes "
    "passwords",
    detection="HTTP 401 to a password",
    definitive=True,
)

TRINO_FORBIDDEN = Code(
    id="TRINO_FORBIDDEN",
    stage=Stage.AUTHZ,
    message="{host}:{port} forbids {user} to ask: {seen}",
    remediation="Look at who refuses: the coordinator's access control and rules of impersonation, "
    "or a proxy before it",
    detection="HTTP 403",
    definitive=True,
    source=f"{_DOCS}/develop/client-protocol.html",
)

TRINO_FORWARDED = Code(
    id="TRINO_FORWARDED",
    stage=Stage.OPERATION,
    message="the coordinator behind {host}:{port} takes nothing that a proxy forwards",
    remediation="Set http-server.process-forwarded=true in its config.properties, with TLS "
    "ended at the proxy",
    detection="HTTP 406, X-Forwarded-For",
    definitive=True,
)

TRINO_STARTING = Code(
    id="TRINO_STARTING",
    stage=Stage.OPERATION,
    message="the coordinator at {host}:{port} is not ready: {seen}",
    remediation="Wait for it with --wait; if it stays so, look at its log and at what is behind "
    "its proxy",
    detection="starting in /v1/info, SERVER_STARTING_UP, and HTTP 502, 503 and 504, which are a "
    "gateway's",
    source=f"{_DOCS}/develop/client-protocol.html",
)

TRINO_BEHIND_PROXY = Code(
    id="TRINO_BEHIND_PROXY",
    stage=Stage.OPERATION,
    message="{host}:{port} tells clients to go on at {other}",
    remediation="Set http-server.process-forwarded=true at the coordinator, and have the proxy "
    "send X-Forwarded-Host, -Port and -Proto; clients follow that address",
    detection="scheme, host or port of nextUri",
    warning=True,
)

TRINO_CATALOG_MISSING = Code(
    id="TRINO_CATALOG_MISSING",
    stage=Stage.OPERATION,
    message="catalog {catalog} not found; there are {there}",
    remediation="Add etc/catalog/{catalog}.properties to coordinator and workers, or correct the "
    "name",
    detection="CATALOG_NOT_FOUND",
    definitive=True,
)

TRINO_SCHEMA_MISSING = Code(
    id="TRINO_SCHEMA_MISSING",
    stage=Stage.OPERATION,
    message="schema {schema} is not in catalog {catalog}, or {user} may not see it",
    remediation="Before the first run of what makes it, that is as it should be; otherwise correct "
    "the name, or grant {user} rights on it",
    detection="SHOW SCHEMAS does not list it",
    warning=True,
)

TRINO_ACCESS_DENIED = Code(
    id="TRINO_ACCESS_DENIED",
    stage=Stage.AUTHZ,
    message="{user} is denied {what}: {seen}",
    remediation="Allow it in the coordinator's access control",
    detection="PERMISSION_DENIED",
    definitive=True,
)

TRINO_NO_WORKERS = Code(
    id="TRINO_NO_WORKERS",
    stage=Stage.OPERATION,
    message="{host}:{port} has no workers: {seen}",
    remediation="Scale them up; check that they reach the coordinator at its discovery.uri and "
    "have the same shared secret",
    detection="NO_NODES_AVAILABLE",
    source=f"{_DOCS}/develop/client-protocol.html",
)

TRINO_QUEUED = Code(
    id="TRINO_QUEUED",
    stage=Stage.OPERATION,
    message="a query is still {state} after {seconds:g} s",
    remediation="Look at the limits of its resource group and at what runs, in Trino's web "
    "interface; QUEUED waits for others, WAITING_FOR_RESOURCES for workers",
    detection="time is up, and the state in the last answer",
)

TRINO_REFUSED = Code(
    id="TRINO_REFUSED",
    stage=Stage.OPERATION,
    message="{host}:{port} failed: {seen}",
    remediation="Look up what it says, and the coordinator's log at this time",
    detection="any other status, or any other error of a query, with its name",
)

CODES = (
    TRINO_PLAIN_PASSWORD,
    TRINO_USER_MALFORMED,
    TRINO_TLS_REQUIRED,
    TRINO_AUTH_REQUIRED,
    TRINO_AUTH_FAILED,
    TRINO_FORBIDDEN,
    TRINO_FORWARDED,
    TRINO_STARTING,
    TRINO_BEHIND_PROXY,
    TRINO_CATALOG_MISSING,
    TRINO_SCHEMA_MISSING,
    TRINO_ACCESS_DENIED,
    TRINO_NO_WORKERS,
    TRINO_QUEUED,
    TRINO_REFUSED,
)
"""Codes of Trino."""

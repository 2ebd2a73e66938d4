"""What can be wrong with an Iceberg REST catalog."""

from floe_deploy.preflight.code import Code, Stage

CAT_CLIENT_REFUSED = Code(
    id="CAT_CLIENT_REFUSED",
    stage=Stage.AUTH,
    message="client {client} refused",
    remediation="Check {place}: that it belongs to this client and ends without a line break; or "
    "rotate the credentials of the principal. Catalogs say the same of an unknown client",
    detection="unauthorized_client (Polaris), invalid_client or invalid_grant of the token "
    "endpoint",
    definitive=True,
)

CAT_CLIENT_MISSING = Code(
    id="CAT_CLIENT_MISSING",
    stage=Stage.AUTH,
    message="{host} sees no client id or no secret",
    remediation="Check {place}: it may hold nothing but spaces, or a proxy may drop what is sent",
    detection="HTTP 400 with invalid_client of the catalog's own token endpoint",
    definitive=True,
    source="https://github.com/apache/polaris/blob/main/runtime/service"
    "/src/main/java/org/apache/polaris/service/auth/internal/service/DefaultOAuth2ApiService.java",
)

CAT_NO_CLIENT = Code(
    id="CAT_NO_CLIENT",
    stage=Stage.AUTH,
    message="{host} wants a login, and none is configured",
    remediation="Give client_id and client_secret",
    detection="HTTP 401 or 403 for a request without a token",
    definitive=True,
)

CAT_SCOPE = Code(
    id="CAT_SCOPE",
    stage=Stage.AUTH,
    message="scope {scope} refused",
    remediation="Polaris takes PRINCIPAL_ROLE:ALL, or PRINCIPAL_ROLE: and the name of a role; an "
    "identity provider has scopes of its own",
    detection="invalid_scope of the token endpoint",
    definitive=True,
    source="https://github.com/apache/polaris/blob/main/runtime/service"
    "/src/main/java/org/apache/polaris/service/auth/internal/broker/TokenRequestValidator.java",
)

CAT_REALM = Code(
    id="CAT_REALM",
    stage=Stage.AUTH,
    message="realm {realm} is not known to {host}",
    remediation="Set realm to one of polaris.realm-context.realms, and bootstrap it",
    detection="MissingOrInvalidRealm, or HTTP 500 with the words that it is not bootstrapped",
    source="https://github.com/apache/polaris/blob/main/runtime/service"
    "/src/main/java/org/apache/polaris/service/context/RealmContextFilter.java",
)

CAT_WAREHOUSE_MISSING = Code(
    id="CAT_WAREHOUSE_MISSING",
    stage=Stage.OPERATION,
    message="catalog {warehouse} not found by {host}, or hidden from this client",
    remediation="Create it, or correct warehouse: its case counts",
    detection="HTTP 404 that speaks of the warehouse: of the configuration (Polaris) or of its "
    "namespaces (SeaweedFS)",
    definitive=True,
)

CAT_WAREHOUSE_UNSAID = Code(
    id="CAT_WAREHOUSE_UNSAID",
    stage=Stage.CONFIG,
    message="{host} has several catalogs, and no warehouse is configured",
    remediation="Give warehouse: in Polaris the name of the catalog",
    detection="HTTP 400 for the configuration without a warehouse",
    definitive=True,
    source="https://github.com/apache/polaris/blob/main/integration-tests"
    "/src/main/java/org/apache/polaris/service/it/test/PolarisApplicationIntegrationTest.java",
)

CAT_TOKEN_REJECTED = Code(
    id="CAT_TOKEN_REJECTED",
    stage=Stage.AUTH,
    message="{host} refuses the token that it was given for scope {scope}",
    remediation="Check that the scope's role is granted to the client, that several servers share "
    "one signing key, that the token is by an issuer that the catalog trusts, and all clocks",
    detection="HTTP 401 for a request with the token",
)

CAT_FORBIDDEN = Code(
    id="CAT_FORBIDDEN",
    stage=Stage.AUTHZ,
    message="{principal} may not {what}",
    remediation="Grant it a catalog role with NAMESPACE_LIST, and what the workload needs",
    detection="HTTP 403 for a request with the token",
    definitive=True,
    source="https://polaris.apache.org/in-dev/unreleased/managing-security/access-control/",
)

CAT_WRONG_PATH = Code(
    id="CAT_WRONG_PATH",
    stage=Stage.OPERATION,
    message="no catalog API at {uri}",
    remediation="Give the address before /v1: Polaris' path ends in /api/catalog, Nessie's in "
    "/iceberg",
    detection="HTTP 404 that does not speak of a warehouse, or HTML",
    definitive=True,
)

CAT_TOKEN_ENDPOINT = Code(
    id="CAT_TOKEN_ENDPOINT",
    stage=Stage.AUTH,
    message="no tokens for a client's secret at {uri}",
    remediation="Set token_uri to the token endpoint of the identity provider that the catalog "
    "trusts",
    detection="HTTP 404, 405 or 501, or unsupported_grant_type, where tokens are asked for, while "
    "the catalog itself answers",
    definitive=True,
    source="https://polaris.apache.org/in-dev/unreleased/managing-security/external-idp/",
)

CAT_NOT_READY = Code(
    id="CAT_NOT_READY",
    stage=Stage.OPERATION,
    message="{host} is not ready: HTTP {status}",
    remediation="It may be starting: --wait tries again; else look at its pods and their database",
    detection="HTTP 502, 503 or 504",
    source="https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml",
)

CAT_ERROR = Code(
    id="CAT_ERROR",
    stage=Stage.OPERATION,
    message="{host} failed with HTTP {status}: {said}",
    remediation="Look at the catalog's own log of this moment",
    detection="any other status",
)

CAT_EMPTY = Code(
    id="CAT_EMPTY",
    stage=Stage.OPERATION,
    message="no namespaces in {warehouse} yet",
    remediation="Nothing to do before the first run, if runs create them",
    detection="an empty list of namespaces",
    warning=True,
)

CAT_TOKEN_SHORT = Code(
    id="CAT_TOKEN_SHORT",
    stage=Stage.AUTH,
    message="tokens of {host} live {seconds} s",
    remediation="Let them live an hour, or make sure that clients refresh them",
    detection="expires_in below 300",
    warning=True,
    source="https://www.rfc-editor.org/rfc/rfc6749#section-5.1",
)

CODES = (
    CAT_CLIENT_REFUSED,
    CAT_CLIENT_MISSING,
    CAT_NO_CLIENT,
    CAT_SCOPE,
    CAT_REALM,
    CAT_WAREHOUSE_MISSING,
    CAT_WAREHOUSE_UNSAID,
    CAT_TOKEN_REJECTED,
    CAT_FORBIDDEN,
    CAT_WRONG_PATH,
    CAT_TOKEN_ENDPOINT,
    CAT_NOT_READY,
    CAT_ERROR,
    CAT_EMPTY,
    CAT_TOKEN_SHORT,
)
"""Codes of catalogs."""

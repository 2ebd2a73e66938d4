"""A stub of Apache Polaris, which cannot be had here: its answers, as its source of 1.7 gives them.

Of its `runtime/service`: the token endpoint (`DefaultOAuth2ApiService`, `TokenRequestValidator`,
`JWTBroker`), realms (`RealmContextFilter`), the configuration (`CatalogConfigHandler`) and errors
(`IcebergExceptionMapper`, `PolarisAuthorizerImpl`). A published access log of a real one has the
same statuses and lengths for a refused client, a request without a token and a refused listing.
"""

from dataclasses import dataclass, field

from stub import Asked, Said

BASE = "/api/catalog/v1"


@dataclass(kw_only=True)
class Polaris:
    """One server."""

    client: str = "floe"
    secret: str = "s3cr3t"
    token: str = "token-of-polaris"
    realm: str = "POLARIS"
    bootstrapped: bool = True
    internal: bool = True
    granted: tuple[str, ...] = ("ALL", "DATA_ENGINEER")
    namespaces: dict[str, list[list[str]]] = field(
        default_factory=lambda: {"prod": [["bronze"], ["silver", "orders"]]}
    )
    """By catalog."""

    forbidden: bool = False

    def answer(self, asked: Asked) -> Said:
        if not asked.path.startswith(BASE):
            return Said(status=404, body="<html>Resource not found</html>")
        if asked.headers.get("polaris-realm", self.realm) != self.realm:
            return _error(404, "MissingOrInvalidRealm", "Missing or invalid realm")
        if not self.bootstrapped:
            message = "Realm is not bootstrapped, please run server in bootstrap mode."
            return _error(500, "IllegalStateException", message)
        path = asked.path.removeprefix(BASE)
        return self._token(asked) if path == "/oauth/tokens" else self._api(asked, path)

    def _api(self, asked: Asked, path: str) -> Said:
        scope = asked.headers.get("authorization", "").removeprefix(f"Bearer {self.token}-")
        if scope not in self.granted:
            return Said(status=401, headers={"www-authenticate": "Bearer"})
        if path == "/config":
            return self._config(asked)
        catalog = path.split("/")[1]
        if self.forbidden:
            return _error(
                403,
                "ForbiddenException",
                "Principal 'etl' with activated PrincipalRoles '[]' and activated grants via "
                "'[]' is not authorized for op LIST_NAMESPACES",
            )
        return Said(body={"namespaces": self.namespaces[catalog], "next-page-token": None})

    def _token(self, asked: Asked) -> Said:
        form, scope = asked.form, asked.form.get("scope", "")
        if not self.internal:
            return Said(status=501)
        if form["grant_type"] != "client_credentials":
            return _refused("unsupported_grant_type", "The grant type is invalid")
        if not form.get("client_id") or not form.get("client_secret"):
            return _refused("invalid_client", "The Client is invalid")
        if not scope.startswith("PRINCIPAL_ROLE:"):
            return _refused("invalid_scope", "The scope is invalid")
        if (form["client_id"], form["client_secret"]) != (self.client, self.secret):
            return _refused("unauthorized_client", "The client is not authorized", 401)
        return Said(
            body={
                "access_token": f"{self.token}-{scope.removeprefix('PRINCIPAL_ROLE:')}",
                "token_type": "bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "expires_in": 3600,
            }
        )

    def _config(self, asked: Asked) -> Said:
        warehouse = asked.query.get("warehouse")
        if warehouse is None:
            return _error(400, "BadRequestException", "Please specify a warehouse")
        if warehouse not in self.namespaces:
            return _error(404, "NotFoundException", f"Unable to find warehouse {warehouse}")
        defaults = {"default-base-location": "s3://lake", "secret": "of-clients-alone"}
        return Said(body={"defaults": defaults, "overrides": {"prefix": warehouse}})


def _refused(error: str, description: str, status: int = 400) -> Said:
    return Said(
        status=status, body={"error": error, "error_description": description, "error_uri": None}
    )


def _error(status: int, kind: str, message: str) -> Said:
    return Said(status=status, body={"error": {"message": message, "type": kind, "code": status}})

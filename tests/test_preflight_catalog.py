"""What preflight says about Iceberg REST catalogs: SeaweedFS' real one, and a stub of Polaris."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from floe_deploy.preflight.finding import Finding
from object_stores import iceberg
from polaris import Polaris
from preflight import preflight
from stub import Asked, Said, Stub, stub

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-018")]

CATALOGS = ("prod", "empty")
SECRET = {"env": "POLARIS_CLIENT_SECRET", "secret": {"name": "polaris", "key": "client-secret"}}
GOOD = "s3cr3t"
PLACE = "variable POLARIS_CLIENT_SECRET, from Secret polaris, key client-secret"
REFUSED = (
    f"Check {PLACE}: that it belongs to this client and ends without a line break; or rotate the "
    "credentials of the principal. Catalogs say the same of an unknown client"
)


def told(found: Finding) -> tuple[str, str, str, str]:
    return found.code, found.stage, found.message, found.remediation


def asked(uri: str, secret: str = GOOD, /, **changes: Any) -> tuple[Finding, Finding]:
    target = {
        "type": "rest",
        "uri": uri,
        "warehouse": "prod",
        "client_id": "floe",
        "client_secret": SECRET,
    } | changes
    given = {name: value for name, value in target.items() if value is not None}
    catalog, namespaces = preflight({"catalog": [given]}, {"POLARIS_CLIENT_SECRET": secret})
    assert (catalog.id, namespaces.id) == ("catalog", "catalog.namespaces")
    return catalog, namespaces


def fails(found: tuple[Finding, Finding]) -> Finding:
    """Answer what the login has found, where no namespaces were asked for then."""
    catalog, namespaces = found
    assert (catalog.status, namespaces.code) == ("error", "SKIPPED")
    return catalog


def host(uri: str) -> str:
    return uri.removeprefix("http://").partition("/")[0]


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    clients = {"floe": ["Admin"], "stranger": ["Read:another"]}
    folder = tmp_path_factory.mktemp("seaweed")
    with iceberg(folder, clients, "s3cr3t", ",".join(CATALOGS)) as (uri, store):
        form = {"grant_type": "client_credentials", "client_id": "floe"}
        answer = httpx.post(f"{uri}/v1/oauth/tokens", data=form | {"client_secret": "s3cr3t"})
        login = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=uri, headers=login) as made:
            until = time.monotonic() + 30  # it makes the catalogs when it answers already
            while not all(made.get(f"v1/{name}/namespaces").is_success for name in CATALOGS):
                assert time.monotonic() < until
                time.sleep(0.05)
            for name in (["bronze"], ["silver"], ["silver", "orders"], ["gold"]):
                made.post("v1/prod/namespaces", json={"namespace": name}).raise_for_status()
        yield uri, store


@pytest.fixture
def uri(seaweed: tuple[str, str]) -> str:
    return seaweed[0]


def test_of_seaweedfs_a_catalog_that_works_is_told_with_its_namespaces(uri: str) -> None:
    catalog, namespaces = asked(uri)
    assert (catalog.status, namespaces.status) == ("ok", "ok")
    assert catalog.message == "Iceberg REST catalog prod, login as client floe"
    assert namespaces.details["namespaces"] == ["bronze", "gold", "silver", "silver.orders"]
    assert namespaces.message == "4 namespaces: bronze, gold, silver, …"


@pytest.mark.parametrize(("client", "secret"), [("floe", "another"), ("nobody", "s3cr3t")])
def test_of_seaweedfs_a_wrong_secret_and_an_unknown_client(
    uri: str, client: str, secret: str
) -> None:
    found = fails(asked(uri, secret, client_id=client))
    assert told(found) == ("CAT_CLIENT_REFUSED", "auth", f"client {client} refused", REFUSED)
    assert found.definitive


def test_of_seaweedfs_a_warehouse_that_is_not_there(uri: str) -> None:
    catalog, namespaces = asked(uri, warehouse="nowhere")
    assert catalog.status == "ok"  # it has a configuration for any name
    assert told(namespaces) == (
        "CAT_WAREHOUSE_MISSING",
        "operation",
        f"catalog nowhere not found by {host(uri)}, or hidden from this client",
        "Create it, or correct warehouse: its case counts",
    )
    assert namespaces.definitive


def test_of_seaweedfs_a_client_without_rights_there(uri: str) -> None:
    _, namespaces = asked(uri, client_id="stranger")
    assert namespaces.code == "CAT_WAREHOUSE_MISSING"  # which is what it says


def test_of_seaweedfs_no_login(uri: str) -> None:
    _, namespaces = asked(uri, client_id=None, client_secret=None)
    assert told(namespaces) == (
        "CAT_NO_CLIENT",
        "auth",
        f"{host(uri)} wants a login, and none is configured",
        "Give client_id and client_secret",
    )


def test_of_seaweedfs_no_namespaces(uri: str) -> None:
    _, namespaces = asked(uri, warehouse="empty")
    assert told(namespaces) == (
        "CAT_EMPTY",
        "operation",
        "no namespaces in empty yet",
        "Nothing to do before the first run, if runs create them",
    )
    assert namespaces.status == "warning"


def test_of_seaweedfs_a_token_of_somebody_else(uri: str) -> None:
    given = {"access_token": "eyJhbGciOiJIUzI1NiJ9.e30.tampered", "expires_in": 3600}
    with stub(lambda _: Said(body=given)) as idp:
        _, namespaces = asked(uri, token_uri=f"{idp.url}/token")
    assert told(namespaces) == (
        "CAT_TOKEN_REJECTED",
        "auth",
        f"{host(uri)} refuses the token that it was given for scope catalog",
        (
            "Check that the scope's role is granted to the client, that several servers share one "
            "signing key, that the token is by an issuer that the catalog trusts, and all clocks"
        ),
    )
    assert not namespaces.definitive


def test_of_seaweedfs_a_wrong_path(uri: str) -> None:
    found = fails(asked(f"{uri}/api/catalog"))
    assert told(found) == (
        "CAT_WRONG_PATH",
        "operation",
        f"no catalog API at {uri}/api/catalog",
        "Give the address before /v1: Polaris' path ends in /api/catalog, Nessie's in /iceberg",
    )
    assert found.definitive


def test_of_seaweedfs_s3_in_the_catalog_s_place(seaweed: tuple[str, str]) -> None:
    found = fails(asked(seaweed[1]))
    assert found.code == "WRONG_SERVICE"
    assert found.message.startswith(
        f"{host(seaweed[1])} answered, but not as an Iceberg REST catalog: HTTP 40"
    )
    assert found.message.endswith(", application/xml")


@pytest.fixture
def polaris() -> Polaris:
    return Polaris()


@pytest.fixture
def server(polaris: Polaris) -> Iterator[Stub]:
    with stub(polaris.answer) as server:
        yield server


@pytest.fixture
def ask(server: Stub) -> Callable[..., tuple[Finding, Finding]]:
    def answer(*secret: str, **changes: Any) -> tuple[Finding, Finding]:
        uri = changes.pop("uri", f"{server.url}/api/catalog")
        return asked(uri, *secret, **{"type": "polaris"} | changes)

    return answer


def test_of_polaris_a_catalog_that_works(ask: Any) -> None:
    catalog, namespaces = ask(realm="POLARIS")
    assert (catalog.status, namespaces.status) == ("ok", "ok")
    assert namespaces.message == "2 namespaces: bronze, silver.orders"
    assert catalog.details == {"warehouse": "prod", "prefix": "prod"}


@pytest.mark.requirement("FR-020")
def test_of_polaris_a_secret_is_in_the_body_alone_and_storage_is_not_asked_for(
    ask: Any, server: Stub, polaris: Polaris
) -> None:
    found = ask("s3cr3t")
    token, *others = server.asked
    assert token.form == {
        "grant_type": "client_credentials",
        "client_id": "floe",
        "client_secret": "s3cr3t",
        "scope": "PRINCIPAL_ROLE:ALL",
    }
    assert not token.query
    assert "authorization" not in token.headers
    for one in others:
        assert "s3cr3t" not in json.dumps([one.path, dict(one.query), dict(one.headers)])
    assert all("x-iceberg-access-delegation" not in one.headers for one in server.asked)
    assert polaris.token not in repr(found)
    assert "of-clients-alone" not in repr(found)


def test_of_polaris_a_wrong_secret(ask: Any) -> None:
    found = fails(ask("another"))
    assert told(found) == ("CAT_CLIENT_REFUSED", "auth", "client floe refused", REFUSED)


def test_of_polaris_a_client_that_is_kept_is_told_by_its_place(ask: Any) -> None:
    found = fails(ask("another", client_id={"env": "POLARIS_CLIENT_SECRET"}))
    assert found.message == "client (variable POLARIS_CLIENT_SECRET) refused"


def test_of_polaris_an_empty_secret(ask: Any, polaris: Polaris, server: Stub) -> None:
    polaris.client = ""
    with stub(lambda it: polaris.answer(_without_secret(it))) as proxy:
        found = fails(ask(uri=f"{proxy.url}/api/catalog"))
    assert told(found) == (
        "CAT_CLIENT_MISSING",
        "auth",
        f"{host(proxy.url)} sees no client id or no secret",
        f"Check {PLACE}: it may hold nothing but spaces, or a proxy may drop what is sent",
    )
    assert found.definitive
    assert not server.asked


def test_of_polaris_a_scope_that_is_none(ask: Any) -> None:
    found = fails(ask(scope="catalog"))
    assert told(found) == (
        "CAT_SCOPE",
        "auth",
        "scope catalog refused",
        (
            "Polaris takes PRINCIPAL_ROLE:ALL, or PRINCIPAL_ROLE: and the name of a role; an "
            "identity provider has scopes of its own"
        ),
    )
    assert found.definitive


def test_of_polaris_a_role_that_the_client_does_not_have(ask: Any) -> None:
    found = fails(ask(scope="PRINCIPAL_ROLE:OTHER"))
    assert found.code == "CAT_TOKEN_REJECTED"
    assert "for scope PRINCIPAL_ROLE:OTHER" in found.message
    assert ask(scope="PRINCIPAL_ROLE:DATA_ENGINEER")[0].status == "ok"


@pytest.mark.parametrize("bootstrapped", [True, False])
def test_of_polaris_a_realm_that_is_not_there(
    ask: Any, server: Stub, polaris: Polaris, *, bootstrapped: bool
) -> None:
    polaris.bootstrapped = bootstrapped
    found = fails(ask(realm="ACME" if bootstrapped else None))
    named = "ACME" if bootstrapped else "(none is configured)"
    assert told(found) == (
        "CAT_REALM",
        "auth",
        f"realm {named} is not known to {host(server.url)}",
        "Set realm to one of polaris.realm-context.realms, and bootstrap it",
    )


def test_of_polaris_a_warehouse_that_is_not_there_by_its_case(ask: Any, server: Stub) -> None:
    found = fails(ask(warehouse="Prod"))
    assert told(found) == (
        "CAT_WAREHOUSE_MISSING",
        "operation",
        f"catalog Prod not found by {host(server.url)}, or hidden from this client",
        "Create it, or correct warehouse: its case counts",
    )


def test_of_polaris_a_warehouse_that_is_not_said(ask: Any, server: Stub) -> None:
    found = fails(ask(warehouse=None))
    assert told(found) == (
        "CAT_WAREHOUSE_UNSAID",
        "config",
        f"{host(server.url)} has several catalogs, and no warehouse is configured",
        "Give warehouse: in Polaris the name of the catalog",
    )
    assert found.definitive


def test_of_polaris_rights_that_are_missing_are_told_with_the_principal(
    ask: Any, polaris: Polaris
) -> None:
    polaris.forbidden = True
    catalog, namespaces = ask()
    assert catalog.status == "ok"
    assert told(namespaces) == (
        "CAT_FORBIDDEN",
        "authz",
        "etl may not list namespaces in prod",
        "Grant it a catalog role with NAMESPACE_LIST, and what the workload needs",
    )
    assert namespaces.definitive


def test_of_polaris_no_login(ask: Any) -> None:
    found = fails(ask(client_id=None, client_secret=None))
    assert found.code == "CAT_NO_CLIENT"


def test_of_polaris_a_path_without_the_api(ask: Any, server: Stub) -> None:
    found = fails(ask(uri=server.url))
    assert told(found)[:3] == (
        "CAT_WRONG_PATH",
        "operation",
        f"no catalog API at {server.url}",
    )


def test_of_polaris_tokens_are_made_elsewhere(ask: Any, server: Stub, polaris: Polaris) -> None:
    polaris.internal = False
    found = fails(ask())
    assert told(found) == (
        "CAT_TOKEN_ENDPOINT",
        "auth",
        f"no tokens for a client's secret at {server.url}/api/catalog/v1/oauth/tokens",
        "Set token_uri to the token endpoint of the identity provider that the catalog trusts",
    )
    assert found.definitive
    given = {"access_token": f"{polaris.token}-ALL", "expires_in": 60}
    with stub(lambda _: Said(body=given)) as idp:
        catalog, namespaces = ask(token_uri=f"{idp.url}/realms/acme/token", realm="POLARIS")
    assert namespaces.status == "ok"
    (request,) = idp.asked
    assert request.path == "/realms/acme/token"
    assert "scope" not in request.form  # another's scopes are not Polaris'
    assert "polaris-realm" not in request.headers
    assert told(catalog) == (
        "CAT_TOKEN_SHORT",
        "auth",
        f"tokens of {host(idp.url)} live 60 s",
        "Let them live an hour, or make sure that clients refresh them",
    )
    assert catalog.status == "warning"


def _without_secret(it: Asked) -> Asked:
    return replace(it, body=it.body.replace(GOOD.encode(), b""))


def answering(*answers: Said) -> Callable[[Asked], Said]:
    """Answer token, configuration and namespaces so; as they should be, where none is given."""
    usual = {
        "tokens": Said(body={"access_token": "token-of-stub"}),
        "config": Said(body={"defaults": {}, "overrides": {}}),
        "namespaces": Said(body={"namespaces": [["bronze"]]}),
    }
    said = usual | dict(zip(usual, answers, strict=False))
    return lambda it: said[it.path.rpartition("/")[2]]


OK = (Said(body={"access_token": "t" * 9}), Said(body={"defaults": {}, "overrides": {}}))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            [Said(status=503)],
            (
                "CAT_NOT_READY",
                "auth",
                "{host} is not ready: HTTP 503",
                "It may be starting: --wait tries again; else look at its pods and their database",
            ),
        ),
        (
            [OK[0], Said(status=502, body="<html>Bad Gateway</html>")],
            (
                "CAT_NOT_READY",
                "operation",
                "{host} is not ready: HTTP 502",
                "It may be starting: --wait tries again; else look at its pods and their database",
            ),
        ),
        (
            [OK[0], Said(status=500, body={"error": {"type": "X", "message": "no\n database"}})],
            (
                "CAT_ERROR",
                "operation",
                "{host} failed with HTTP 500: X no database",
                "Look at the catalog's own log of this moment",
            ),
        ),
        (
            [Said(status=400, body={"error": "unsupported_grant_type"})],
            (
                "CAT_TOKEN_ENDPOINT",
                "auth",
                "no tokens for a client's secret at http://{host}/v1/oauth/tokens",
                (
                    "Set token_uri to the token endpoint of the identity provider that the catalog "
                    "trusts"
                ),
            ),
        ),
        (
            [Said(status=308, headers={"location": "https://catalog/v1"})],
            (
                "WRONG_SERVICE",
                "auth",
                (
                    "{host} answered, but not as an Iceberg REST catalog: a redirect to "
                    "https://catalog/v1"
                ),
                "Check the address: something else listens there",
            ),
        ),
        (
            [Said(status=403, body="RBAC: access denied")],
            (
                "WRONG_SERVICE",
                "auth",
                "{host} answered, but not as an Iceberg REST catalog: HTTP 403, text/plain",
                "Check the address: something else listens there",
            ),
        ),
        (
            [Said(body={"hello": "world"})],
            (
                "WRONG_SERVICE",
                "auth",
                "{host} answered, but not as a token endpoint: JSON without access_token",
                "Check the address: something else listens there",
            ),
        ),
        (
            [OK[0], Said(body="<html>hello</html>")],
            (
                "WRONG_SERVICE",
                "operation",
                "{host} answered, but not as an Iceberg REST catalog: HTTP 200, text/plain",
                "Check the address: something else listens there",
            ),
        ),
        (
            [OK[0], Said(body={"hello": "world"})],
            (
                "WRONG_SERVICE",
                "operation",
                "{host} answered, but not as an Iceberg REST catalog: JSON without a configuration",
                "Check the address: something else listens there",
            ),
        ),
        (
            [Said(status=404), Said(body={"hello": "world"})],
            (
                "WRONG_SERVICE",
                "operation",
                (
                    "{host} answered, but not as an Iceberg REST catalog: HTTP 200 without a "
                    "configuration"
                ),
                "Check the address: something else listens there",
            ),
        ),
    ],
)
def test_answers_that_no_catalog_should_give(
    answers: list[Said], expected: tuple[str, str, str, str]
) -> None:
    with stub(answering(*answers)) as server:
        found = fails(asked(server.url))
    code, stage, message, remediation = expected
    assert told(found) == (code, stage, message.format(host=host(server.url)), remediation)


def test_an_identity_provider_s_refusal_is_about_the_client() -> None:
    refused = Said(status=400, body={"error": "invalid_client"})
    with stub(lambda _: refused) as idp, stub(answering()) as server:
        found = fails(asked(server.url, token_uri=f"{idp.url}/token"))
    assert told(found) == ("CAT_CLIENT_REFUSED", "auth", "client floe refused", REFUSED)


def test_a_list_of_namespaces_that_is_none() -> None:
    with stub(answering(*OK, Said(body={"tables": []}))) as server:
        _, found = asked(server.url)
    assert found.code == "WRONG_SERVICE"
    assert found.message.endswith("JSON without namespaces")


def test_one_namespace_is_one() -> None:
    with stub(answering()) as server:
        _, found = asked(server.url)
    assert found.message == "1 namespace: bronze"


def test_a_catalog_without_warehouses_is_called_by_its_address() -> None:
    with stub(answering(*OK, Said(body={"namespaces": []}))) as server:
        catalog, namespaces = asked(server.url, warehouse=None)
    assert catalog.message == f"Iceberg REST catalog {server.url}, login as client floe"
    assert namespaces.message == f"no namespaces in {server.url} yet"


def test_many_namespaces_are_counted() -> None:
    many = Said(body={"namespaces": [[f"n{number}"] for number in range(250)]})
    with stub(answering(*OK, many)) as server:
        _, found = asked(server.url)
    assert found.message == "250 namespaces: n0, n1, n2, …"
    assert len(found.details["namespaces"]) == 100  # type: ignore[arg-type]
    assert found.details["namespace_count"] == 250


@pytest.mark.requirement("FR-020")
def test_a_token_that_comes_back_in_an_error_is_hidden() -> None:
    error = Said(status=500, body={"error": {"message": f"no: {'t' * 9} s3cr3t"}})
    with stub(answering(OK[0], error)) as server:
        found = fails(asked(server.url))
    assert found.message.endswith("no: ••• •••")

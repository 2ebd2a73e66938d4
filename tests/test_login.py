"""A login in front of an interface: oauth2-proxy's objects, and what it is told."""

from typing import Any

import pytest
from pydantic import ValidationError

from conftest import Objects, Synth
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.workload import Replicated
from floe_constructs.login import LoginSpec
from floe_constructs.login.credentials import credentials
from floe_constructs.login.flows import flows, labels
from floe_constructs.login.login import Login
from login_example import LARGE, SMALL, spec
from rule_cases import broken


def made(synth: Synth, login: LoginSpec) -> Objects:
    return synth(lambda chart: Login(chart, "login", login))


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return made(synth, spec())


def container(objects: Objects) -> dict[str, Any]:
    (one,) = objects["Deployment", "login-dagster"]["spec"]["template"]["spec"]["containers"]
    return dict(one)


def told(objects: Objects) -> dict[str, Any]:
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in container(objects)["env"]}


BASE = {(kind, "login-dagster") for kind in ("ServiceAccount", "Deployment", "Service")}


def test_a_login_is_exactly_these_objects(synth: Synth) -> None:
    assert set(made(synth, LoginSpec.model_validate(SMALL))) == BASE
    more = {("PodDisruptionBudget", "login-dagster"), ("ConfigMap", "login-dagster")}
    assert set(made(synth, spec())) == BASE | more


def test_its_pods_are_restricted_and_have_no_token(objects: Objects) -> None:
    assert broken({f"{kind}/{name}": it for (kind, name), it in objects.items()}) == []
    pod = objects["Deployment", "login-dagster"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsUser"] == 65532


def test_the_service_reaches_its_pods_where_they_listen(objects: Objects) -> None:
    service = objects["Service", "login-dagster"]["spec"]
    template = objects["Deployment", "login-dagster"]["spec"]["template"]
    assert service["selector"].items() <= template["metadata"]["labels"].items()
    (port,), (own,) = service["ports"], container(objects)["ports"]
    assert (port["targetPort"], port["port"]) == (own["name"], own["containerPort"])
    assert told(objects)["OAUTH2_PROXY_HTTP_ADDRESS"] == f"0.0.0.0:{own['containerPort']}"


@pytest.mark.requirement("FR-008")
def test_credentials_are_references(objects: Objects) -> None:
    references = {
        name.removeprefix("OAUTH2_PROXY_"): value["secretKeyRef"]
        for name, value in told(objects).items()
        if isinstance(value, dict)
    }
    assert references == {
        "CLIENT_ID": {"name": "login", "key": "id"},
        "CLIENT_SECRET": {"name": "login", "key": "client"},
        "COOKIE_SECRET": {"name": "login", "key": "cookie"},
    }
    assert {use.variable.removeprefix("OAUTH2_PROXY_") for use in credentials(spec())} == set(
        references
    )


def test_one_host_is_where_the_provider_sends_browsers_back_to(synth: Synth) -> None:
    url = "OAUTH2_PROXY_REDIRECT_URL"
    assert told(made(synth, spec()))[url] == "https://dagster.example.com/oauth2/callback"
    several = told(made(synth, spec(hosts=("a.example.com", "b.example.com"))))
    assert url not in several


def test_only_who_hands_requests_on_may_say_where_they_came_from(synth: Synth) -> None:
    assert told(made(synth, spec()))["OAUTH2_PROXY_TRUSTED_PROXY_IPS"] == "10.0.0.0/24,10.0.1.0/24"
    assert "OAUTH2_PROXY_TRUSTED_PROXY_IPS" not in told(made(synth, spec(trusted=())))


def test_pods_follow_a_change_of_the_authority(synth: Synth, objects: Objects) -> None:
    pem = LARGE["authority"].replace("AAAA", "BBBB")
    after = made(synth, spec(authority=pem))
    before, now = (
        o["Deployment", "login-dagster"]["spec"]["template"]["metadata"] for o in (objects, after)
    )
    assert before["annotations"] != now["annotations"]


def test_it_reaches_the_provider() -> None:
    (flow,) = flows(spec())
    provider = Endpoint(name="oidc", host="login.example.com", port=443, cidrs=("192.0.2.0/28",))
    assert (flow.source, flow.target, flow.port) == (labels(spec()), provider, 443)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("issuer", "http://login.example.com"),
        ("email_domains", ()),
        ("email_domains", ("alice@example.com",)),
        ("groups", ("a,b",)),
        ("groups", ("",)),
        ("scopes", ("openid email",)),
        ("authority", "/etc/ssl/ca.pem"),
        ("authority", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        ("session_hours", 0),
        ("hosts", ()),
    ],
)
def test_what_would_open_or_break_it_is_refused(setting: str, value: object) -> None:
    with pytest.raises(ValidationError):
        spec(**{setting: value})


CHANGES: dict[str, Any] = {
    "authority": None,
    "client_id": "other",
    "client_secret": {"name": "other", "key": "client"},
    "cookie_secret": {"name": "other", "key": "cookie"},
    "email_domains": ("*",),
    "groups": (),
    "hosts": ("other.example.com",),
    "image": "acme/other:1",
    "instance": "other",
    "interface": "jaeger",
    "issuer": "https://other.example.com",
    "scopes": ("openid", "email", "groups"),
    "session_hours": 8,
    "trusted": (),
    "upstream": "http://other:3000",
}


def test_every_setting_of_its_own_changes_what_is_deployed(synth: Synth) -> None:
    """`cidrs` are for the policies alone."""
    assert set(CHANGES) == LoginSpec.model_fields.keys() - Replicated.model_fields.keys() - {
        "cidrs"
    }
    before = made(synth, spec())
    for name, value in CHANGES.items():
        assert made(synth, spec(**{name: value})) != before, name
    assert flows(spec(cidrs=())) != flows(spec())

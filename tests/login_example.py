"""A small and a large login, as values that tests change."""

from typing import Any

from floe_constructs.login import LoginSpec

AUTHORITY = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
SMALL: dict[str, Any] = {
    "instance": "test",
    "interface": "dagster",
    "upstream": "http://dagster-webserver:3000",
    "hosts": ("dagster.example.com",),
    "image": "acme/oauth2-proxy:v7.15.3",
    "issuer": "https://login.example.com/realms/acme",
    "client_id": "floe",
    "client_secret": {"name": "login", "key": "client"},
    "cookie_secret": {"name": "login", "key": "cookie"},
    "email_domains": ("example.com",),
}
LARGE: dict[str, Any] = SMALL | {
    "authority": AUTHORITY,
    "cidrs": ("192.0.2.0/28",),
    "client_id": {"name": "login", "key": "id"},
    "groups": ("data", "platform"),
    "replicas": 2,
    "trusted": ("10.0.0.0/24", "10.0.1.0/24"),
}


def spec(**changes: object) -> LoginSpec:
    return LoginSpec.model_validate(LARGE | changes)

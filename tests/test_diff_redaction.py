"""No form of a comparison shows a credential, wherever a hand has put it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from floe_deploy.diff import markdown, text
from floe_deploy.diff.judging import changes
from floe_deploy.diff.report import Report, ReportedEnvironment
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.snapshot import Entry, Snapshot

OLD, NEW = "hunter two/1", "correct horse/2"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."
RAW = "hunter-two_1", "correct-horse_2"
PEM = "-----BEGIN PRIVATE KEY-----\n{}\nmore of it\n-----END PRIVATE KEY-----\n"


def forms(old: Any, new: Any, kind: str = "ConfigMap", api: str = "v1") -> str:
    """Answer all that is shown of an object whose `data` or `spec` is another."""
    sides = []
    for body in (old, new):
        metadata = {"name": "it", "namespace": "data"}
        it = {"apiVersion": api, "kind": kind, "metadata": metadata, **body}
        entry = Entry("50-platform/it.yaml", it)
        sides.append(Snapshot(title="it", entries={entry.key: entry}))
    found = [reported(change) for change in changes(*sides)]
    assert found, "nothing differs"
    environment = ReportedEnvironment(
        environment="prod", old="a", new="b", gated=True, changes=found
    )
    report = Report(differs=True, environments=[environment])
    said = text.told(report, width=200, colour=False), markdown.told(report)
    return "\n".join([*said, json.dumps(report.model_dump(), ensure_ascii=False)])


Body = dict[str, Any]
Sides = tuple[Body, Body]


def both(make: Callable[[str], Body], values: tuple[str, str] = (OLD, NEW)) -> Sides:
    """Answer what is made of each of two values."""
    return make(values[0]), make(values[1])


def data(template: str) -> Sides:
    return both(lambda value: {"data": {"file": template.replace("{}", value)}})


def container(**fields: Any) -> Body:
    return {"spec": {"containers": [{"name": "a", **fields}]}}


def env(name: str) -> Sides:
    return both(lambda value: container(env=[{"name": name, "value": value}]))


def arguments(*template: str) -> Sides:
    return both(lambda value: container(args=[one.replace("{}", value) for one in template]))


@pytest.mark.parametrize(
    "sides",
    [
        data("password: {}\n"),
        data("db:\n  password: {}\n  user: me\n"),
        data("db:\n- password: {}\n  user: me\n"),
        data("db: {user: me, password: {}}\n"),
        data('{\n  "password": "{}",\n  "user": "me"\n}\n'),
        data('{"client_secret": "{}", "user": "me"}'),
        data("client_secret:\n  {}\nuser: me\n"),
        data("token: >-\n  {}\n  and more\nuser: me\n"),
        data("passphrase:\n- {}\nuser: me\n"),
        data("DAGSTER_PG_PASSWORD={}\nUSER=me\n"),
        data("export AWS_SECRET_ACCESS_KEY='{}'\nexport A=me\n"),
        data("jdbc:x;user=me;password={};\n"),
        data("url: postgresql://me:{}@db:5432/x?a=b\n"),
        data("postgresql://me:{}@db"),
        both(lambda one: {"data": {"a": f"Authorization: Bearer {one}\n"}}, RAW),
        both(lambda one: {"data": {"a": f"it: {JWT}{one}\n"}}, RAW),
        data(PEM),
        data(PEM.replace("\n", "\\n")),
        data("key: |\n  " + PEM.replace("\n", "\n  ")),
        both(lambda value: {"data": {"db-password": value}}),
        both(lambda value: {"data": {"a": {"apiKey": value}}}),
        both(lambda value: {"data": {"token": value} if value else {}}, ("", NEW)),
        env("PG_PASSWORD"),
        env("GITHUB_TOKEN"),
        arguments("--password={}"),
        arguments("--password", "{}", "--user", "me"),
        arguments("--url", "trino://me:{}@host"),
    ],
    ids=str,
)
def test_a_credential_is_nowhere(sides: Sides) -> None:
    shown = forms(*sides)
    for value in (OLD, NEW):
        for part in (*RAW, value, *value.split(), *value.split("/")[:1]):
            assert part not in shown, shown
    assert "•••" in shown


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_nothing_of_a_secret_is_shown(field: str) -> None:
    shown = forms({field: {"user": OLD}}, {field: {"user": NEW, "more": NEW}}, "Secret")
    assert "hunter" not in shown
    assert "horse" not in shown
    assert f"{field}.user" in shown


def test_encrypted_values_are_told_to_be_others_without_them() -> None:
    sealed = both(lambda value: {"spec": {"encryptedData": {"a": f"AgB{value}"}}})
    shown = forms(*sealed, kind="SealedSecret", api="bitnami.com/v1alpha1")
    assert "AgB" not in shown
    assert "spec.encryptedData.a" in shown
    sops = both(
        lambda value: {
            "stringData": {"a": f"ENC[{value}]"},
            "sops": {"mac": f"ENC[{value}]", "version": "3"},
        }
    )
    shown = forms(*sops, kind="Secret")
    assert "ENC[" not in shown
    assert "mac" not in shown
    assert "not shown" in shown


@pytest.mark.parametrize(
    "sides",
    [
        data("password: {env: PG_PASSWORD}\nhost: {}\n"),
        data("password:\n  env: PG_PASSWORD\n  secret:\n    name: {}\n    key: password\n"),
        data("password: ${PG_PASSWORD}\nhost: {}\n"),
        data('{\n  "token": {\n    "env": "{}"\n  }\n}\n'),
        data("token_file: {}\n"),
        data("image: oci://registry:5000/it:1@sha256:{}\n"),
        env("PASSWORD_FILE"),
        arguments("--password-file", "{}"),
    ],
    ids=str,
)
def test_what_only_leads_to_a_credential_is_shown(sides: Sides) -> None:
    shown = forms(*sides)
    assert OLD in shown
    assert NEW in shown


def test_names_of_keys_are_shown() -> None:
    store = both(
        lambda value: {"spec": {"data": [{"secretKey": "a", "remoteRef": {"key": value}}]}}
    )
    assert NEW in forms(*store, kind="ExternalSecret", api="external-secrets.io/v1")
    reference = both(
        lambda value: container(
            env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"key": value}}}]
        )
    )
    assert NEW in forms(*reference)


def test_a_terminal_is_sent_no_commands_and_nothing_hides() -> None:
    shown = forms({"data": {"a": "x"}}, {"data": {"a": "\x1b[2J\u202egnp.exe", "b": "\r\n\x07"}})
    assert not set("\x1b\u202e\r\x07") & set(shown.replace("\\u001b", ""))
    assert "\\x1b" in shown

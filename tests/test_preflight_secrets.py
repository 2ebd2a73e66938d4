"""What preflight says about Secrets that workloads read and no service is asked with."""

from pathlib import Path

import pytest

from floe_deploy.errors import InputError
from floe_deploy.preflight.reading import read
from preflight import only, preflight


@pytest.mark.requirement("FR-015", "FR-020")
def test_a_secret_that_is_not_there_is_named_and_may_yet_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THERE", "x")
    monkeypatch.delenv("NOWHERE", raising=False)
    (tmp_path / "login__cookie-secret").write_text("of-cookies")
    (tmp_path / "login__empty").touch()
    config = {
        "secrets": [
            {"env": "THERE"},
            {"file": str(tmp_path / "login__cookie-secret")},
            {"env": "NOWHERE", "secret": {"name": "cube-api", "key": "value"}},
            {
                "file": str(tmp_path / "login__empty"),
                "secret": {"name": "login", "key": "client-secret"},
            },
        ]
    }
    seen = only(preflight(config), "secrets")
    assert (seen.code, seen.stage, seen.service) == ("SECRET_ABSENT", "config", "cluster")
    assert "variable NOWHERE, from Secret cube-api, key value; file" in seen.message
    assert seen.message.endswith("from Secret login, key client-secret")
    assert "cookie" not in seen.message
    assert "the operator" in seen.remediation
    assert not seen.definitive


def test_secrets_that_are_there_are_counted_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text("of-cookies")
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was read"))
    seen = only(preflight({"secrets": [{"file": str(file)}]}), "secrets")
    assert (seen.status, seen.message) == ("ok", "1 key of Secrets is there")


def test_a_file_that_names_secrets_is_not_taken_for_an_overlay(tmp_path: Path) -> None:
    file = tmp_path / "preflight.yaml"
    file.write_text("secrets: [{env: THERE}]")
    assert [kept.env for kept in read(file, {}).secrets] == ["THERE"]
    file.write_text("secrets: {strategy: existing}\nnamespace: data")
    with pytest.raises(InputError, match="overlay of an environment"):
        read(file, {})

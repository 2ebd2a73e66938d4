"""`floe lint`, the rules within `floe synth`, and exceptions."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from called import floe
from floe_deploy.rules.catalog import BY_ID, RULES
from floe_deploy.rules.report import ALL
from test_dist import ROOT

WEBSERVER = "50-platform/dagster/deployment-dagster-webserver.yaml"
DEPLOYMENT = "50-platform/marquez/deployment-marquez-web.yaml"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one environment, synthesized."""
    for folder in ("overlays", "dist"):
        shutil.copytree(ROOT / folder / "dev", tmp_path / folder / "dev")
    return tmp_path


def edit(repo: Path, file: str, old: str, new: str) -> None:
    path = repo / "dist" / "dev" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def privileged(repo: Path) -> None:
    edit(repo, DEPLOYMENT, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")


def excepting(repo: Path, **changes: str) -> None:
    exception = {
        "rule": "pod-restricted",
        "object": "Deployment/marquez-web",
        "reason": "its image cannot do without, see its issue 12",
    } | changes
    path = repo / "overlays" / "dev" / "environment.yaml"
    path.write_text(f"{path.read_text()}\n{yaml.safe_dump({'exceptions': [exception]})}")


def test_what_is_in_dist_is_looked_at_without_rendering(repo: Path) -> None:
    assert floe("lint", cwd=repo).returncode == 0
    privileged(repo)
    result = floe("lint", "dev", cwd=repo, env={"JSII_NODE": "/nowhere"})
    assert result.returncode == 1
    assert "dev: 1 error" in result.stdout
    assert "error pod-restricted: " in result.stdout
    assert "    container web may gain privileges; allowed: allowPriv" in result.stdout
    assert f"      Deployment/marquez-web  {DEPLOYMENT}" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_program_can_read_the_findings(repo: Path) -> None:
    privileged(repo)
    result = floe("lint", "--json", cwd=repo)
    assert result.returncode == 1
    (report,) = json.loads(result.stdout)
    (finding,) = [one for one in report["findings"] if one["severity"] == "error"]
    assert report["environment"] == "dev"
    assert finding == {
        "rule": "pod-restricted",
        "severity": "error",
        "object": "Deployment/marquez-web",
        "file": DEPLOYMENT,
        "found": "container web may gain privileges",
        "allowed": "allowPrivilegeEscalation: false, not privileged",
        "fix": BY_ID["pod-restricted"].remedy,
        "documentation": "docs/reference/rules.md#pod-restricted",
    }


def test_an_exception_allows_one_object_one_rule_and_is_told_with_its_reason(repo: Path) -> None:
    privileged(repo)
    excepting(repo)
    result = floe("lint", cwd=repo)
    assert result.returncode == 0
    assert "1 exception" in result.stdout
    told = "Deployment/marquez-web may break pod-restricted: its image cannot do without"
    assert told in result.stdout
    (report,) = json.loads(floe("lint", "--json", cwd=repo).stdout)
    (exception,) = report["exceptions"]
    assert exception["reason"].startswith("its image")
    assert [finding["rule"] for finding in exception["findings"]] == ["pod-restricted"]
    edit(repo, "50-platform/marquez/deployment-marquez-api.yaml", "drop:", "keep:")
    assert floe("lint", cwd=repo).returncode == 1


@pytest.mark.parametrize("command", ["lint", "synth"])
def test_an_exception_that_matches_nothing_is_an_error(repo: Path, command: str) -> None:
    excepting(repo)
    result = floe(command, cwd=repo)
    assert result.returncode == (1 if command == "lint" else 2)
    told = result.stdout + result.stderr
    assert "exception-unused" in told
    assert "an exception of pod-restricted, which Deployment/marquez-web keeps" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rule": "pod-restrictd"}, 'rule: found "pod-restrictd". There is no such rule: did you'),
        ({"rule": "exception-unused"}, "rule: found"),
        ({"object": "marquez-web"}, 'object: found "marquez-web"; allowed: `Kind/name`'),
        ({"reason": ""}, "reason: found"),
    ],
)  # fmt: skip
def test_an_exception_says_a_rule_an_object_and_a_reason(
    repo: Path, changes: dict[str, str], told: str
) -> None:
    excepting(repo, **changes)
    for command in ("lint", "synth"):
        result = floe(command, cwd=repo)
        assert result.returncode == 2
        assert f"exceptions[0].{told}" in result.stderr


def test_files_that_cannot_be_looked_at_are_wrong_input(repo: Path) -> None:
    (repo / "dist" / "dev" / DEPLOYMENT).write_text("a: [")
    (repo / "dist" / "dev" / "notes.yaml").write_text("a: [")
    result = floe("lint", cwd=repo)
    assert result.returncode == 2
    assert result.stderr.count("found something else") == 1
    shutil.rmtree(repo / "dist")
    result = floe("lint", cwd=repo)
    assert result.returncode == 2
    assert "run `floe synth`" in result.stderr


def test_the_rules_are_listed() -> None:
    listed = floe("lint", "--rules").stdout
    assert [line.partition(" ")[0] for line in listed.splitlines() if line[0] != " "] == [
        rule.id for rule in ALL
    ]
    assert [rule["id"] for rule in json.loads(floe("lint", "--rules", "--json").stdout)] == [
        rule.id for rule in ALL
    ]


def test_rules_are_told_apart_and_written_alike() -> None:
    assert len(BY_ID) == len(RULES)
    for rule in ALL:
        assert rule.summary.endswith(".")
        assert rule.why.endswith(".")
        assert not rule.remedy.endswith(".")
        assert rule.remedy[0].islower()


def test_what_the_overlay_says_is_made_elsewhere_need_not_be_there(repo: Path) -> None:
    path = repo / "overlays" / "dev" / "environment.yaml"
    said = yaml.safe_load(path.read_text())
    said["dagster"]["webserver"] |= {
        "priority_class": "shared",
        "volumes": [
            {"name": "trust", "path": "/etc/trust", "config_map": "trust"},
            {"name": "data", "path": "/data", "claim": "data"},
        ],
    }
    path.write_text(yaml.safe_dump(said))
    assert floe("synth", cwd=repo).returncode == 0
    assert "reference-" not in floe("lint", cwd=repo).stdout
    edit(repo, WEBSERVER, "claimName: data", "claimName: date")
    assert "reference to PersistentVolumeClaim/date" in floe("lint", cwd=repo).stdout

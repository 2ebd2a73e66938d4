"""The workflow that `floe init` writes: what it may do, and what its jobs find and say."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from github import PULL_REQUEST, WORKFLOW, Runner
from test_dist import BIN, floe, run

PROGRAMS = Path(sys.executable).parent
MARK = "<!-- floe diff -->"
OVERLAY = Path("overlays", "dev", "environment.yaml")
CHECK, LINT, SCHEMA = (
    "dist is what floe synth would write",
    "No object breaks a rule",
    "Each object is valid in its cluster's version of Kubernetes",
)


def git(repo: Path, *arguments: str) -> None:
    person = ("-c", "user.name=Jo", "-c", "user.email=jo@example.com")
    result = run("git", *person, *arguments, cwd=repo)
    assert result.returncode == 0, result.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def merged(repo: Path, old: str, new: str) -> None:
    """Check out what GitHub would: a pull request that changes the overlay, merged."""
    git(repo, "checkout", "--quiet", "-B", "change", "main")
    edit(repo / OVERLAY, old, new)
    assert floe("synth", cwd=repo).returncode == 0
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", "Change")
    git(repo, "checkout", "--quiet", "--detach", "main")
    git(repo, "merge", "--quiet", "--no-ff", "--no-edit", "change")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository as `floe init` makes it, released once."""
    made = tmp_path / "repo"
    assert floe("init", made).returncode == 0
    assert floe("synth", cwd=made).returncode == 0
    git(made, "init", "--quiet", "--initial-branch=main")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "Start")
    return made


@pytest.fixture
def runner(repo: Path, tmp_path: Path) -> Runner:
    return Runner(repo, tmp_path)


@pytest.mark.tools
def test_they_please_those_who_read_workflows(repo: Path) -> None:
    """Scripts are held to shellcheck by actionlint; zizmor looks for what others could misuse."""
    every = sorted((repo / WORKFLOW.parent).glob("*.yml"))
    assert len(every) == 2
    said = run(BIN / "actionlint", "-shellcheck", PROGRAMS / "shellcheck", *every, cwd=repo)
    assert (said.returncode, said.stdout) == (0, "")
    audit = run(
        PROGRAMS / "zizmor", "--offline", "--persona=auditor", "--no-progress", *every, cwd=repo
    )
    assert audit.returncode == 0, audit.stdout
    assert "No findings" in audit.stdout + audit.stderr


def test_it_may_read_and_comment_and_nobody_else_acts_in_it(repo: Path) -> None:
    workflow: dict[Any, Any] = yaml.safe_load((repo / WORKFLOW).read_text())
    assert set(workflow[True]) == {"pull_request", "push"}  # `on` is a boolean in YAML 1.1
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "check": {"contents": "read"},
        "diff": {"contents": "read", "pull-requests": "write"},
    }
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = [step for step in steps if "uses" in step]
    assert {step["uses"].partition("@")[0] for step in used} == {"actions/checkout"}
    assert all(len(step["uses"].partition("@")[2]) == 40 for step in used)
    assert all(step["with"]["persist-credentials"] is False for step in used)
    assert all(job["timeout-minutes"] <= 15 for job in jobs.values())
    assert "secrets." not in (repo / WORKFLOW).read_text()


def test_the_version_that_wrote_the_repository_is_the_one_it_uses(repo: Path) -> None:
    required = (repo / "requirements.txt").read_text()
    assert f"floe-deploy[synth]=={version('floe-deploy')}\n" in required
    assert "kubernetes-validate==" in required


@pytest.mark.slow
def test_a_repository_as_it_was_made_passes_and_each_fault_is_told_by_its_own_step(
    runner: Runner,
) -> None:
    done = runner.run("check")
    assert {name: result.returncode for name, result in done.items()} == {
        CHECK: 0,
        LINT: 0,
        SCHEMA: 0,
    }, done
    assert "dist/dev/: Kubernetes 1.34" in done[SCHEMA].stdout

    web = runner.checkout / "dist/dev/50-platform/dagster/deployment-dagster-webserver.yaml"
    edit(web, "replicas: 1", "replicas: one")
    done = runner.run("check")
    assert done[CHECK].returncode == 1
    assert done[SCHEMA].returncode != 0
    assert "spec.replicas" in done[SCHEMA].stdout + done[SCHEMA].stderr
    assert done[LINT].returncode == 0


@pytest.mark.slow
def test_what_sops_encrypted_is_no_fault(runner: Runner) -> None:
    folder = runner.checkout / "dist" / "dev" / "10-foundation"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "Yg=="},
    }
    text = yaml.safe_dump(secret | {"sops": {"mac": "ENC[…]"}})
    (folder / "secret-s.yaml").write_text(text)
    assert runner.run("check")[SCHEMA].returncode == 0


@pytest.mark.slow
def test_what_changes_is_one_comment_that_each_push_renews(runner: Runner) -> None:
    repo = runner.checkout
    somebody = {"id": 1, "user": {"login": "jo"}, "body": f"{MARK}\nmine"}
    runner.comments = [somebody]
    merged(repo, "analytics:1.0.0", "analytics:1.1.0")
    done = runner.run("diff")
    assert all(result.returncode == 0 for result in done.values()), done
    assert "1.1.0" in runner.summary
    first, second = runner.comments
    assert first == somebody
    assert second["body"] == runner.summary
    assert runner.summary.startswith(f"{MARK}\n")
    assert runner.summary.count(MARK) == 1

    merged(repo, "analytics:1.0.0", "analytics:1.2.0")
    runner.run("diff")
    assert "1.2.0" in runner.summary
    assert "1.1.0" not in runner.summary
    assert runner.comments == [somebody, second | {"body": runner.summary}]


@pytest.mark.slow
def test_from_a_fork_and_for_dependabot_it_is_in_the_summary_alone(runner: Runner) -> None:
    merged(runner.checkout, "analytics:1.0.0", "analytics:1.1.0")
    for context in (
        {"github.event.pull_request.head.repo.full_name": "stranger/platform"},
        {"github.event.pull_request.user.login": "dependabot[bot]"},
    ):
        runner.context = PULL_REQUEST | context
        assert set(runner.run("diff")) == {"Say what changes"}
        assert "1.1.0" in runner.summary
    assert runner.asked == []
    runner.context = PULL_REQUEST | {"github.event_name": "push"}
    assert runner.run("diff") == {}

"""Jobs of a GitHub workflow, run on this machine.

GitHub cannot be reached from a test: its API is `gh_stub.py`, in place of the program `gh`, which
keeps the comments of one pull request in a file and writes down what it is asked. Actions are not
run: a checkout is there already.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from test_dist import BIN

WORKFLOW = Path(".github", "workflows", "floe.yml")
PULL_REQUEST = {
    "github.token": "token",
    "github.event_name": "pull_request",
    "github.event.number": "7",
    "github.event.pull_request.head.repo.full_name": "acme/platform",
    "github.event.pull_request.user.login": "jo",
    "github.repository": "acme/platform",
    "github.run_id": "42",
    "github.server_url": "https://github.com",
}


@dataclass
class Runner:
    """A machine with a checkout, Python, `gh`, and what `Install` would have installed."""

    checkout: Path
    folder: Path
    context: dict[str, str] = field(default_factory=lambda: dict(PULL_REQUEST))
    workflow: Path = WORKFLOW
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the programs there."""
        programs = self.folder / "programs"
        programs.mkdir()
        stub = programs / "gh"
        shutil.copy(Path(__file__).with_name("gh_stub.py"), stub)
        stub.write_text(f"#!{sys.executable}\n{stub.read_text()}")
        stub.chmod(0o755)
        (self.folder / "github").mkdir()
        (self.folder / "github" / "comments.json").write_text("[]")

    @property
    def comments(self) -> list[dict[str, Any]]:
        """The comments of the pull request."""
        found: list[dict[str, Any]] = json.loads(
            (self.folder / "github" / "comments.json").read_text()
        )
        return found

    @comments.setter
    def comments(self, comments: list[dict[str, Any]]) -> None:
        (self.folder / "github" / "comments.json").write_text(json.dumps(comments))

    @property
    def asked(self) -> list[list[str]]:
        """What `gh` was asked, call by call."""
        log = self.folder / "github" / "asked.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def summary(self) -> str:
        """What was written to the run's summary."""
        return (self.folder / "summary.md").read_text()

    def run(self, job: str) -> dict[str, "subprocess.CompletedProcess[str]"]:
        """Run a job's steps as GitHub would: all but what needs a network."""
        output = self.folder / "output"
        (self.folder / "summary.md").write_text("")
        done: dict[str, subprocess.CompletedProcess[str]] = {}
        wanted = yaml.safe_load((self.checkout / self.workflow).read_text())["jobs"][job]
        if "if" in wanted and not self._holds(wanted["if"], failed=False):
            return {}
        for step in wanted["steps"]:
            failed = any(result.returncode for result in done.values())
            if "run" not in step or step["name"] == "Install":
                continue
            if not self._holds(step.get("if", ""), failed=failed):
                continue
            output.write_text("")
            done[step["name"]] = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.checkout / step.get("working-directory", ""),
                env=self._env() | {k: self._filled(v) for k, v in step.get("env", {}).items()},
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            for line in output.read_text().splitlines():
                name, _, value = line.partition("=")
                self.context[f"steps.{step['id']}.outputs.{name}"] = value
        return done

    def _env(self) -> dict[str, str]:
        programs = (self.folder / "programs", Path(sys.executable).parent, BIN)
        return os.environ | {
            "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
            "GH_STUB": str(self.folder / "github"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_REPOSITORY": self.context["github.repository"],
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_WORKSPACE": str(self.checkout),
            **self.env,
        }

    def _filled(self, text: str) -> str:
        for name, value in self.context.items():
            text = text.replace(f"${{{{ {name} }}}}", value)
        assert "${{" not in text
        return text

    def _holds(self, condition: str, *, failed: bool) -> bool:
        """Answer what an expression of GitHub's says, as far as the workflow uses them."""
        terms = condition.removeprefix("${{").removesuffix("}}").split("&&")
        terms = [term.strip() for term in terms if term.strip()]
        if "!cancelled()" in terms:
            terms = [it for it in terms if it not in {"!cancelled()", _INSTALLED}]
        elif failed:
            return False
        return all(self._term(term) for term in terms)

    def _term(self, term: str) -> bool:
        left, sign, right = term.split(" ")
        values = [self.context.get(side) or side.strip("'") for side in (left, right)]
        return (values[0] == values[1]) is (sign == "==")


_INSTALLED = "steps.install.outcome == 'success'"

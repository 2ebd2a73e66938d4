"""Someone who follows a page of the documentation, command by command."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STEP = re.compile(
    r"<!-- edit (?P<edited>\S+): `(?P<old>[^`]*)` -> `(?P<new>[^`]*)` -->"
    r"|<!-- file (?P<written>\S+) -->\n```\w+\n(?P<text>.*?)```"
    r"|```console\n(?P<block>.*?)```",
    re.DOTALL,
)
"""What a reader does: change a file, write the one that is shown, or type commands."""

INSTALLED = re.compile(r"(pip install 'floe-deploy\[synth\]'|python3 -m venv )")
"""Commands that the environment of the tests stands in for: they need a network."""

MADE = {"make synth": "floe synth", "make test": "true"}
"""What stands in for the Makefile, which would install everything again: CI runs it as it is."""


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Answer each command of a block with the output that is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield re.sub(r" {2,}#.*", "", command).strip(), output.strip("\n")


def is_shown(output: str, expected: str) -> bool:
    """Tell whether a page shows an output; a line `…` stands for lines that it leaves out."""
    lines = expected.rstrip().splitlines(keepends=True)
    pattern = "".join(r"(.*\n)*?" if line.strip() == "…" else re.escape(line) for line in lines)
    return re.fullmatch(pattern, f"{output}\n" if lines[-1].strip() == "…" else output) is not None


TOOLS = str(Path(__file__).parents[1] / ".tools" / "bin")


class Reader:
    """Someone in an empty folder, with Python, Git and floe-deploy."""

    patience_seconds = 120

    def __init__(self, folder: Path) -> None:
        self.start = folder
        self.place = folder
        self.status = 0
        identity = {"NAME": "Reader", "EMAIL": "reader@example.com"}
        self.env = os.environ | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), TOOLS, os.environ["PATH"]]),
            **{f"GIT_AUTHOR_{key}": value for key, value in identity.items()},
            **{f"GIT_COMMITTER_{key}": value for key, value in identity.items()},
        }

    def follow(self, page: Path) -> None:
        """Do what a page says, and compare what is printed with what the page shows."""
        for step in STEP.finditer(page.read_text()):
            self.step(step)

    def step(self, step: re.Match[str]) -> None:
        """Do one thing."""
        if step["edited"]:
            path, old = self.place / step["edited"], step["old"]
            assert old in path.read_text(), f"{step['edited']} does not hold {old!r}"
            path.write_text(path.read_text().replace(old, step["new"], 1))
        elif step["written"]:
            path = self.place / step["written"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["text"])
        else:
            self._type(step["block"])

    def _type(self, block: str) -> None:
        for command, expected in commands(block):
            if INSTALLED.match(command):
                continue
            output = self.run(MADE.get(command, command))
            assert self.status == 0 or expected, f"{command}: {output}"
            if expected:
                assert is_shown(output, expected), f"{command}: {output}"

    def run(self, command: str) -> str:
        """Run a command where the last one ended; answer what a terminal would show."""
        here = self.start / ".here"
        result = subprocess.run(
            [
                "bash",
                "-c",
                f'(exit {self.status})\n{command}\nstatus=$?; pwd > "$HERE"; exit $status',
            ],
            cwd=self.place,
            env=self.env | {"HERE": str(here)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=self.patience_seconds,
        )
        self.status = result.returncode
        self.place = Path(here.read_text().strip())
        here.unlink()
        return result.stdout.strip("\n")

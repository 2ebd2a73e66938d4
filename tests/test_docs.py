"""What the documentation says is true: its commands are run, its links lead somewhere.

`make synth` and `make test` run in CI as they are; here the former is `floe synth` on a copy.
Blocks marked `sh` need a cluster or a network and are not run.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.reference import FOLDER, PAGES

from test_dist import ROOT

DOCS = ROOT / "docs"
ALL = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in ALL]
STEP = re.compile(
    r"<!-- edit (?P<file>\S+): `(?P<old>[^`]*)` -> `(?P<new>[^`]*)` -->"
    r"|```console\n(?P<block>.*?)```",
    re.DOTALL,
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
INSTALLED = ("pip install 'floe-deploy[synth]'", "python3 -m venv ")


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Answer each command of a block with the output that is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command.partition("    #")[0].strip(), output.strip()


class Reader:
    """Someone who follows a page, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        identity = {"NAME": "Reader", "EMAIL": "reader@example.com"}
        self.env = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **{f"GIT_AUTHOR_{key}": value for key, value in identity.items()},
            **{f"GIT_COMMITTER_{key}": value for key, value in identity.items()},
        }

    def run(self, command: str) -> str:
        """Run a command where the last one ended; answer what a terminal would show."""
        result = subprocess.run(
            ["bash", "-c", f'{command}\nstatus=$?; pwd > "$HERE"; exit $status'],
            cwd=self.place,
            env=self.env | {"HERE": str(self.place / ".here")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        here = self.place / ".here"
        self.place = Path(here.read_text().strip())
        here.unlink()
        return result.stdout.strip()


@pytest.mark.slow
@pytest.mark.requirement("SC-005")
@pytest.mark.parametrize(
    "page", [n for n, p in zip(NAMES, ALL, strict=True) if "```console" in p.read_text()]
)
def test_commands_answer_what_the_page_shows(page: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    if page == "docs/how-to/compose.md":
        shutil.copytree(DOCS / "how-to" / "compose", tmp_path, dirs_exist_ok=True)
    for step in STEP.finditer((ROOT / page).read_text()):
        if step["file"]:
            path = reader.place / step["file"]
            assert step["old"] in path.read_text()
            new = step["new"].replace("\\n", "\n")
            path.write_text(path.read_text().replace(step["old"], new, 1))
            continue
        for command, output in commands(step["block"]):
            if command.startswith(INSTALLED):
                continue
            if command.startswith("make "):
                assert re.search(
                    rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE
                )
                if not output:
                    continue
                shutil.copytree(ROOT / "overlays", tmp_path / "overlays")
            shown = reader.run("floe synth" if command == "make synth" else command)
            if output:
                assert shown == output, command


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target, anchor in LINK.findall(path.read_text()):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor[1:] in slugs, anchor


def test_every_page_is_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md", DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            targets = [target for target, _ in LINK.findall(page.read_text()) if target]
            waiting += [(page.parent / target).resolve() for target in targets]
    assert set(ALL) <= reached


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_what_the_code_says(page: str) -> None:
    assert (FOLDER / page).read_text() == PAGES[page]()


@pytest.mark.requirement("FR-021")
@pytest.mark.requirement("FR-023")
def test_the_deployment_view_and_the_scope_name_every_component() -> None:
    for page in ("deployment-view.md", "scope.md"):
        text = (DOCS / "explanation" / page).read_text()
        assert all(name in text for name in ("Dagster", "Cube", "Marquez", "Jaeger"))


def test_the_readme_shows_the_phases_of_prod() -> None:
    (tree,) = re.findall(r"```\ndist/prod/\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    shown = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    there = {path.name for path in (ROOT / "dist" / "prod").iterdir()}
    assert shown == there - {"kustomization.yaml"}


def test_every_command_of_the_program_is_in_the_reference() -> None:
    text = (DOCS / "reference" / "commands.md").read_text()
    help_text = subprocess.run(
        shlex.split(f"{sys.executable} -m floe_deploy --help"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    names = re.findall(r"^  ([a-z]+)  +[A-Z]", help_text.partition("Commands:")[2], re.MULTILINE)
    assert names
    assert all(f"`floe {name}`" in text for name in names)

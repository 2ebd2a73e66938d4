"""What the documentation says is true: its commands are run, its pictures and tables compared.

`make synth` and `make test` are not run within a test: CI runs them as they are, and `floe synth`
on a copy stands in for the former. Blocks marked `sh` need a cluster or a network and are not run.
"""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools.reference import FOLDER, PAGES

from encryption import Sealing
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.reached import Reached
from floe_deploy import overlay, walk, wiring
from floe_deploy.checking import State
from floe_deploy.errors import FindingError, InputError
from floe_deploy.project import Project
from reader import Reader, commands
from test_dist import ENVIRONMENTS, ROOT, floe, manifests

DOCS = ROOT / "docs"
ALL = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in ALL]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
ELSEWHERE = ("kubectl", "flux", "argocd", "docker", "curl", "git clone")
"""What a reader of a `console` block need not have."""


ENCRYPTING = ("docs/how-to/secrets-sealed.md", "docs/how-to/secrets-sops.md")
"""Pages that run what `make test` installs."""


def text(page: str) -> str:
    return (ROOT / page).read_text()


def blocks(page: str, language: str) -> list[str]:
    return [block for kind, block in FENCE.findall(text(page)) if kind == language]


def table(page: str, first: str) -> list[list[str]]:
    """Rows of the table whose first column is called so, without marks of code."""
    _, _, rest = text(page).partition(f"| {first} |")
    assert rest, f"{page} has no table of {first}"
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in rows]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def slugs(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.slow
@pytest.mark.requirement("SC-005")
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(name, marks=[pytest.mark.tools] if name in ENCRYPTING else [])
        for name in NAMES
        if blocks(name, "console")
    ],
)
def test_commands_answer_what_the_page_shows(page: str, tmp_path: Path) -> None:
    example = (ROOT / page).with_suffix("")
    if example.is_dir():
        shutil.copytree(example, tmp_path, dirs_exist_ok=True)
    if page in {"README.md", "CONTRIBUTING.md"}:
        shutil.copytree(ROOT / "overlays", tmp_path / "overlays")
        (tmp_path / "demo").symlink_to(ROOT / "demo")
    if page in ENCRYPTING:  # the certificate would come from a cluster
        (tmp_path / "shop").mkdir()
        Sealing(tmp_path).certificate.rename(tmp_path / "shop" / "sealing.pem")
    Reader(tmp_path).follow(ROOT / page)


@pytest.mark.parametrize("page", NAMES)
def test_what_needs_a_cluster_is_marked_as_such(page: str) -> None:
    for block in blocks(page, "console"):
        for command, _ in commands(block):
            assert not command.startswith(ELSEWHERE), command
    if blocks(page, "sh"):
        assert re.search("need(s)? (a cluster|the network)", prose(ROOT / page))


@pytest.mark.parametrize("page", NAMES)
def test_targets_of_make_are_there(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^\$ )make ([a-z]+)", text(page), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target, anchor in LINK.findall(prose(path)):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if anchor:
            assert anchor[1:] in slugs(there), anchor


def reached(*first: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = list(first)
    while waiting:
        page = waiting.pop()
        if page not in found and page.suffix == ".md":
            found.add(page)
            targets = [target for target, _ in LINK.findall(prose(page)) if target]
            waiting += [(page.parent / target).resolve() for target in targets]
    return found


def test_every_page_is_reached_from_the_first() -> None:
    pages = {path for path in ALL if path.is_relative_to(DOCS)}
    assert pages <= reached(DOCS / "README.md")
    assert set(ALL) <= reached(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_what_the_code_says(page: str) -> None:
    assert (FOLDER / page).read_text() == PAGES[page]()


def test_the_example_is_shown_as_it_is() -> None:
    page = DOCS / "how-to" / "compose.md"
    shown = shown_files(page)
    assert {name for name, _ in shown} >= {
        f"compose/{path}"
        for path in ("cdk8s.yaml", "acme_platform/environment.py", "acme_platform/platform.py")
    }


@pytest.mark.parametrize("page", [path for path in ALL if path.with_suffix("").is_dir()])
def test_what_is_shown_of_an_example_is_in_it(page: Path) -> None:
    assert shown_files(page)
    for name, block in shown_files(page):
        assert block in (page.parent / name).read_text(), name


def shown_files(page: Path) -> list[tuple[str, str]]:
    """Answer the files that a page shows, with what it shows: a link, a colon, the text."""
    link = rf"\]\(({page.stem}/[^)]+)\)\)?[^\n]*:\n\n?```\w+\n(.*?)```"
    return re.findall(link, page.read_text(), re.DOTALL)


@pytest.mark.parametrize("page", [name for name in NAMES if "`test_" in text(name)])
def test_a_test_that_a_page_names_is_there(page: str) -> None:
    tests = [path.read_text() for path in (ROOT / "tests").glob("test_*.py")]
    there = {name for it in tests for name in re.findall(r"^def (test_\w+)", it, re.MULTILINE)}
    named = re.findall(r"`(test_\w+)`", text(page))
    assert [name for name in named if name not in there] == []


@pytest.mark.parametrize("page", NAMES)
def test_yaml_in_pages_is_yaml(page: str) -> None:
    for block in blocks(page, "yaml"):
        assert yaml.safe_load(block) is not None


# What runs where (FR-021), and what has to exist (FR-023).


VIEW = "docs/explanation/deployment-view.md"
SCOPE = "docs/explanation/scope.md"


def pods_of(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    pod: dict[str, Any] = spec["template"]["spec"]
    return pod


@pytest.mark.requirement("FR-021")
def test_the_view_lists_every_workload_of_prod() -> None:
    scaled = {
        manifest["metadata"]["name"]: "{minReplicas} to {maxReplicas}".format(**manifest["spec"])
        for manifest in manifests("prod")
        if manifest["kind"] == "HorizontalPodAutoscaler"
    }
    there = {
        (
            name := re.sub("-[0-9a-f]{10}$", "", manifest["metadata"]["name"]),
            manifest["kind"],
            scaled.get(name) or str(manifest["spec"].get("replicas", 1)),
            "yes" if pods_of(manifest)["automountServiceAccountToken"] else "no",
        )
        for manifest in manifests("prod")
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job", "CronJob"}
    }
    assert {tuple(row) for row in table(VIEW, "workload")} == there


@pytest.mark.requirement("FR-021")
def test_the_view_has_a_picture_of_each_way() -> None:
    derivation, credential = blocks(VIEW, "mermaid")
    assert "](deployment-view.svg)" in text(VIEW)
    assert all(step in derivation for step in (overlay.FILE, overlay.ARTIFACTS, "rules", "dist/"))
    assert all(step in credential for step in ("secret_ref", "secrets.map", "secretKeyRef"))


@pytest.mark.requirement("FR-023")
def test_the_scope_names_every_service_that_an_environment_talks_to() -> None:
    wired = [wiring.wire(overlay.load(ROOT / "overlays" / name)) for name in ENVIRONMENTS]
    added = {one.host for each in wired for _, one in walk.found(each.environment, Reached)}
    outside = {
        flow.target.name
        for each in wired
        for flow in each.flows
        if isinstance(flow.target, Endpoint) and flow.target.host not in added
    }
    names = {row[0] for row in table(SCOPE, "name")}
    assert outside <= names
    # What only other overlays and artifacts lead to.
    made = r'(?:Endpoint\(\s*name=|s3_endpoint\(|endpoint_of\(|_elsewhere\(\s*)"([a-z-]+)"'
    assert set(re.findall(made, sources())) == names


@pytest.mark.requirement("FR-023")
def test_the_scope_names_the_versions_that_prod_runs() -> None:
    images = (ROOT / "dist" / "prod" / "images.txt").read_text()
    for component, version, *_ in table(SCOPE, "component"):
        assert re.search(rf"/{component.lower()}:v?{re.escape(version)}\.", images), component


def sources() -> str:
    paths = [*(ROOT / "src").rglob("*.py"), *(ROOT / "constructs").rglob("*.py")]
    return "\n".join(path.read_text() for path in paths)


# Tables of what the code has more than one of.


def test_the_readme_shows_the_folders_of_prod() -> None:
    (tree,) = re.findall(r"```\ndist/prod/\n(.*?)```", text("README.md"), re.DOTALL)
    shown = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    there = {path.name for path in (ROOT / "dist" / "prod").iterdir()}
    assert shown == there - {"kustomization.yaml"}


def test_the_reference_lists_every_phase_with_its_wave() -> None:
    rows = [(path, wave) for path, wave, _ in table("docs/reference/dist.md", "path") if wave]
    assert rows == [(f"{phase}/", str(phase.wave)) for phase in Phase]


def test_the_reference_names_every_file_beside_the_phases() -> None:
    files = {path for path, wave, _ in table("docs/reference/dist.md", "path") if not wave}
    for environment in ENVIRONMENTS:
        folder = ROOT / "dist" / environment
        assert {path.name for path in folder.iterdir() if path.is_file()} == files


def test_every_state_is_explained() -> None:
    assert {row[0] for row in table("docs/how-to/ci.md", "state")} == set(State)


@pytest.mark.parametrize("page", ["docs/how-to/ci.md", "docs/reference/commands.md"])
def test_exit_codes_are_those_of_the_code(page: str) -> None:
    codes = {int(row[0]) for row in table(page, "exit code")}
    assert codes == {0, FindingError.exit_code, InputError.exit_code, 70}


def test_the_reference_describes_every_key_of_cdk8s_yaml() -> None:
    rows = {key: default for key, default, _ in table("docs/reference/commands.md", "key")}
    fields = [field for field in dataclasses.fields(Project) if field.name != "committed"]
    defaults = {field.name: str(field.default) for field in fields}  # it is what `output` says
    assert rows == defaults | {"app": ""}


def test_the_reference_describes_every_variable_that_is_read() -> None:
    rows = {row[0] for row in table("docs/reference/commands.md", "variable")}
    read = r'environ(?:\.get\(|\.setdefault\()"(\w+)"'
    assert set(re.findall(read, sources())) == rows


def test_the_reference_describes_every_command_and_its_arguments() -> None:
    rows = {row[0]: row[1] for row in table("docs/reference/commands.md", "command")}
    listed = floe("--help").stdout.partition("Commands:")[2]
    names = re.findall(r"^  ([a-z]+)  +[A-Z]", listed, re.MULTILINE)
    assert set(rows) == {f"floe {name}" for name in names}
    for command, arguments in rows.items():
        told = floe(command.removeprefix("floe "), "--help").stdout
        options = set(re.findall(r"--[a-z]+", arguments))
        assert options == set(re.findall(r"^  (--[a-z]+)", told, re.MULTILINE))

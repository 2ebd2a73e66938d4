"""What is installed of the demo, and where it is not."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import floe_demo
from test_dist import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", one, maxsplit=1)[0].lower() for one in requirements}


def locked(name: str) -> set[str]:
    lines = (ROOT / "locks" / name).read_text().splitlines()
    return {line.partition("==")[0] for line in lines if re.match(r"[a-z0-9]", line)}


def test_the_demo_is_an_extra_that_synth_is_installed_without() -> None:
    extra = names(PROJECT["project"]["optional-dependencies"]["demo"])
    assert {"dagster", "dbt-duckdb", "pyiceberg"} <= extra <= locked("dev.txt")
    assert not extra & locked("synth.txt")
    assert "demo" in (metadata("floe-deploy").get_all("Provides-Extra") or [])


def test_the_wheel_has_the_package_and_dbt_s_project_within_it() -> None:
    package = Path(floe_demo.__file__).parent
    assert (
        package.relative_to(ROOT).as_posix()
        in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    )
    assert (package / "dbt" / "dbt_project.yml").exists()


def test_each_library_of_the_demo_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lines = text.partition("\ndemo = [\n")[2].partition("\n]")[0].splitlines()
    assert len(lines) > 10
    assert [line for line in lines if "#" not in line] == []

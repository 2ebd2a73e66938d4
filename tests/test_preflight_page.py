"""What the page of preflight shows is what the command, the report and Kubernetes take."""

import re
import tomllib
from typing import Any, get_args

import yaml

from floe_constructs.preflight.targets import PreflightConfig
from floe_deploy.preflight import report
from floe_deploy.preflight.asked import Format
from floe_deploy.preflight.reading import flat
from rule_cases import news
from test_dist import ROOT, floe, manifests
from test_docs import blocks, table

PAGE = "docs/how-to/preflight.md"


def shown(key: str) -> list[dict[str, Any]]:
    """Answer what is shown as YAML and has a key."""
    found = [yaml.safe_load(block) for block in blocks(PAGE, "yaml")]
    return [one for one in found if key in one]


def test_files_are_read_as_they_are_shown() -> None:
    files = shown("postgres")
    assert [PreflightConfig.model_validate(one).environment for one in files] == ["shop", "prod"]


def test_every_option_is_described() -> None:
    text = (ROOT / PAGE).read_text()
    options = set(re.findall(r"^  (--[a-z-]+)", floe("preflight", "--help").stdout, re.MULTILINE))
    assert {option for option in options - {"--help"} if option not in text} == set()


def test_formats_and_exit_codes_are_those_of_the_command() -> None:
    assert [row[0] for row in table(PAGE, "`--format`")] == list(get_args(Format))
    codes = {int(row[0]) for row in table(PAGE, "exit code")}
    of_ours = {report.PASSED, report.FAILED, report.INVALID, report.DEFINITIVE}
    assert codes == of_ours | {70}


def test_extras_are_those_that_can_be_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {row[0] for row in table(PAGE, "extra")}
    assert extras <= project["optional-dependencies"].keys()


def test_short_names_are_those_that_are_read() -> None:
    (line,) = re.findall(r"^The short names .*: (.*)\.$", (ROOT / PAGE).read_text(), re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", line))
    assert told == {name for names in flat.NAMES.values() for name in names}


def test_the_job_keeps_every_rule_that_ours_keep() -> None:
    (job,) = (one for one in shown("kind") if one["kind"] == "Job")
    found = news(lambda world: world.update({"job.yaml": job}))
    # Its image and its ConfigMap are its reader's.
    assert {rule for rule, _, _ in found} == {"image-digest", "reference-config-map"}


def test_policies_take_the_job_for_a_run_of_prod() -> None:
    (job,) = (one for one in shown("kind") if one["kind"] == "Job")
    labels = job["spec"]["template"]["metadata"]["labels"]
    name = job["spec"]["template"]["spec"]["serviceAccountName"]
    selecting = [
        policy["metadata"]["name"]
        for policy in manifests("prod")
        if policy["kind"] == "NetworkPolicy"
        and policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
    ]
    assert name in selecting
    services = [one["spec"]["selector"] for one in manifests("prod") if one["kind"] == "Service"]
    assert not any(selector.items() <= labels.items() for selector in services)

"""The codes of preflight, and the page that lists them."""

import importlib
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from string import Formatter

import pytest
from tools import fault_codes

from floe_deploy import preflight
from floe_deploy.preflight.code import Code
from floe_deploy.preflight.codes import codes

EXTRAS = ("azure", "boto3", "cdk8s", "duckdb", "google", "kubernetes", "snowflake")
EVERY = [code for said in codes().values() for code in said]


def test_no_two_codes_share_an_id() -> None:
    assert set(Counter(code.id for code in EVERY).values()) == {1}


def test_every_code_that_a_module_defines_is_in_its_list() -> None:
    defined = {
        value.id
        for module in pkgutil.walk_packages(preflight.__path__, f"{preflight.__name__}.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, Code)
    }
    assert defined == {code.id for code in EVERY}


def test_listing_codes_imports_no_extra() -> None:
    program = (
        "import sys; from floe_deploy.preflight.codes import codes; codes();"
        f"print(*(name for name in {EXTRAS} if name in sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert result.stdout.split() == []


@pytest.mark.parametrize("code", EVERY, ids=lambda code: code.id)
def test_a_code_is_said_in_full(code: Code) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]+", code.id)
    for text in (code.message, code.remediation, code.detection):
        assert text == " ".join(text.split())
        assert text
        assert not text.endswith(".")  # whoever shows it ends the sentence
    for text in (code.message, code.remediation):
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        assert all(name.isidentifier() for name in names)
    assert not code.source or code.source.startswith("https://")
    assert not (code.definitive and code.warning)


def test_the_page_has_a_heading_for_each_code_that_links_lead_to() -> None:
    page = fault_codes.page()
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == re.findall(r"^\| \[`(.*?)`\]\(#.*\) \|", page, re.MULTILINE)
    assert set(headings) == {code.id for code in EVERY}

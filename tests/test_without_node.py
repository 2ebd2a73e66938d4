"""Where Node is missing, all but the modules that make objects can be imported."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

IMPORT_ALL = """
import importlib, pkgutil, sys
for library in ("cdk8s", "cdk8s_plus_34", "constructs"):
    sys.modules[library] = None
for package in map(importlib.import_module, ("floe_deploy", "floe_constructs")):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.endswith(".__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError:
            print(module.name)
"""


def test_only_modules_that_name_cdk8s_need_it_and_of_the_application_only_platform() -> None:
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True
    )
    in_need = set(result.stdout.split())
    assert {name for name in in_need if name.startswith("floe_deploy.")} == {"floe_deploy.platform"}
    assert {name for name in in_need if not _names_cdk8s(name)} == set()


def _names_cdk8s(module: str) -> bool:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text()
    return bool(re.search(r"^from (cdk8s|cdk8s_plus_34|constructs) import", text, re.MULTILINE))

"""Where Node is missing, all but the modules that make objects can be imported."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from test_dist import ENVIRONMENTS, ROOT

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


LOAD_ALL = """
import sys
for library in ("cdk8s", "cdk8s_plus_34", "constructs", "jsii"):
    sys.modules[library] = None
from pathlib import Path
from floe_deploy import overlay, project, schema, wiring
from floe_deploy.environment import Environment
for folder in overlay.folders(Path("overlays"), []):
    wired = wiring.wire(overlay.load(folder))
    print(wired.name, len(wired.flows) > 0, len(wired.secrets) + len(wired.made) > 0)
assert schema.text(project.environment_of()) == schema.text(Environment)
"""


def test_every_environment_is_read_validated_and_wired() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [f"{name} True True" for name in ENVIRONMENTS]

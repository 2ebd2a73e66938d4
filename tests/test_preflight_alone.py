"""Nothing leaves by accident: no packet for another machine, no credential in any output.

Each run is in a network of loopback alone, whose kernel counts what has no route.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import echo
from alone import alone
from floe_deploy.preflight.codes import codes

HEALTHY = """
import json, os, subprocess, sys
from pathlib import Path
from lakehouse import lakehouse
folder = Path(sys.argv[1])
with lakehouse(folder) as lab:
    file = folder / "preflight.json"
    file.write_text(json.dumps(lab.config))
    command = [sys.executable, "-m", "floe_deploy", "preflight", "--json", f"--config={file}"]
    sys.exit(subprocess.run(command, env=os.environ | lab.variables, check=False).returncode)
"""


@pytest.mark.requirement("FR-015", "FR-016", "FR-017", "FR-018", "FR-019")
def test_all_that_an_environment_relies_on_is_well_and_nothing_else_is_asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("lakehouse")
    folder.chmod(0o755)
    path = {"PYTHONPATH": str(Path(__file__).parent)}
    done = alone([sys.executable, "-c", HEALTHY, folder], env=path, resolver="nxdomain")
    told = json.loads(done.stdout)
    assert told["overall_status"] == "pass"
    found = {check["id"]: check["status"] for check in told["checks"]}
    assert set(found.values()) <= {"ok", "warning"}, told
    assert {"compute", "storage.write", "catalog", "postgres.dagster.rights"} <= found.keys()
    assert {check["code"] for check in told["checks"]} <= {"OK", "CAT_EMPTY"}
    assert (done.asked, done.strayed) == ([], 0)


def written(value: str) -> set[str]:
    """Answer the forms in which a credential must not be seen."""
    data = value.encode()
    return {
        value,
        quote(value),
        quote(value, safe=""),
        json.dumps(value)[1:-1],
        base64.b64encode(data).decode(),
        data.hex(),
    }


@pytest.mark.requirement("SC-004")
@pytest.mark.slow
def test_no_credential_is_shown_in_any_form_though_every_server_repeats_it(tmp_path: Path) -> None:
    done = alone([sys.executable, Path(echo.__file__), tmp_path], resolver="nxdomain")
    assert done.returncode == 0, done.stderr
    runs: list[dict[str, Any]] = json.loads(done.stdout)
    assert [run["code"] for run in runs] == [1] * len(echo.FORMS), runs
    secrets = [*echo.variables(tmp_path).values(), echo.canary("sas"), echo.canary("account-key")]
    lines = [line for text in secrets for line in text.splitlines() if len(line) > 5]
    lines = [line for line in lines if not line.startswith("-----")]
    key = json.loads((tmp_path / "google.json").read_text())["private_key"]
    lines += [line for line in key.splitlines() if not line.startswith("-----")]
    for run in runs:
        for form in (form for line in lines for form in written(line)):
            assert form not in run["out"] + run["err"], (run["form"], form)
        assert "canary-" not in (run["out"] + run["err"]).lower(), run["form"]
    (told,) = [json.loads(run["out"]) for run in runs if run["form"] == "json"]
    assert {check["service"] for check in told["checks"]} == {
        "compute",
        "storage",
        "catalog",
        "postgres",
    }
    known = {code.id for group in codes().values() for code in group}
    assert {check["code"] for check in told["checks"]} <= known - {"UNEXPECTED"}
    assert (done.asked, done.strayed) == ([], 0)

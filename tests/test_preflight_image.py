"""The image of preflight: really built, and run as a container has it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from tools.building import Image

import contained
from built import PACKAGES, built, distributions, faults, files, size
from dockerfiles import locked
from floe_constructs.kubernetes.user import USER
from lakehouse import lakehouse
from pods import Body, Cluster
from test_dist import ROOT

MIB = 1024 * 1024
SCRATCH = [(None, "/tmp")]  # noqa: S108  where the pod has an empty volume
GATES = ROOT / "dist/prod/30-preflight"

pytestmark = [pytest.mark.tools, pytest.mark.slow]


def gate(
    image: Image,
    suite: str,
    config: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a gate of dist/prod in the image, with its files; answer its code and what it says."""
    job, told = (
        yaml.safe_load((GATES / f"{kind}-preflight-{suite}.yaml").read_text())
        for kind in ("job", "configmap")
    )
    data: Body = told["data"]
    if config:
        data = {"preflight.yaml": json.dumps(config)}

    def texts(kind: str, name: str) -> Mapping[str, str]:
        return data if (kind, name) == ("ConfigMap", f"preflight-{suite}") else {}

    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        spec = job["spec"]["template"]["spec"]
        pod = contained.pod(folder / suite, spec, image, Cluster(texts), {})
        pod.env.update(env or {})
        with pod.running() as process:
            return process.wait(120), pod.log


@pytest.mark.requirement("FR-015")
def test_its_gates_pass_wait_for_secrets_and_refuse(preflight_image: Image) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with lakehouse(folder) as lab:
            assert gate(preflight_image, "services", lab.config, lab.variables)[0] == 0
            wrong = {key: "wrong" for key in lab.variables if "PASSWORD" in key}
            code, said = gate(preflight_image, "services", lab.config, lab.variables | wrong)
            assert wrong
            assert code == 78, said
    code, said = gate(preflight_image, "services")
    assert (code, "Secret trino-floe, key password" in said) == (1, True), said
    code, said = gate(preflight_image, "cluster")
    assert (code, "CLUSTER_NO_ACCOUNT" in said) == (78, True), said


def test_it_runs_as_nobody_special_and_can_write_where_a_volume_is_alone(
    preflight_image: Image,
) -> None:
    seen = """
import os, pathlib
print(os.getuid(), os.getgid(), os.getgroups())
status = [line for line in open("/proc/self/status") if line.startswith(("CapP", "CapE", "NoNew"))]
print(*status)
for folder in ("/", "/opt/floe", "/usr/local", "/etc", "/tmp"):
    try:
        pathlib.Path(folder, "file").write_text("")
        print(folder)
    except OSError:
        pass
"""
    done = contained.run(preflight_image, "python", "-c", seen, volumes=SCRATCH)
    assert done.stdout.split() == [
        *(str(USER), str(USER), f"[{USER}]"),
        *("CapPrm:", "0" * 16, "CapEff:", "0" * 16, "NoNewPrivs:", "1", SCRATCH[0][1]),
    ], done.stderr


def test_it_trusts_the_authorities_that_debian_trusts(preflight_image: Image) -> None:
    seen = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    done = contained.run(preflight_image, "python", "-c", seen)
    assert int(done.stdout) > 100, done.stderr


def test_it_says_how_it_is_run(preflight_image: Image) -> None:
    config = preflight_image.config
    assert config["User"] == f"{USER}:{USER}"
    assert (config["Entrypoint"] or [], config["Cmd"]) == ([], ["floe", "preflight"])
    (job,) = {
        tuple(
            yaml.safe_load(path.read_text())["spec"]["template"]["spec"]["containers"][0][
                "command"
            ][:2]
        )
        for path in GATES.glob("job-*.yaml")
    }
    assert job == ("floe", "preflight")
    label = "org.opencontainers.image."
    told = {key.removeprefix(label) for key in config["Labels"] if key.startswith(label)}
    assert {
        "title",
        "description",
        "licenses",
        "version",
        "revision",
        "source",
        "base.name",
    } <= told


def test_nothing_in_it_runs_commands_installs_or_compiles(preflight_image: Image) -> None:
    assert faults(preflight_image) == []


def test_packages_are_those_of_the_lock_and_less_than_80_mib(preflight_image: Image) -> None:
    found = distributions(preflight_image)
    wanted = locked("image-preflight") | {"floe-deploy": found["floe-deploy"]}
    wanted.pop("colorama")  # for Windows
    assert found == wanted
    packages, *_ = preflight_image.layers
    assert size(packages) < 80 * MIB


def test_it_says_which_packages_of_debian_it_has_files_of(preflight_image: Image) -> None:
    """Of these alone lists of what is in it, and of what has to be corrected, can know."""
    known = files(preflight_image)
    told = {
        Path(name).name: path.read_text()
        for name, path in known.items()
        if name.startswith(f"{PACKAGES}/")
    }
    assert {"base-files", "libc6", "libssl3", "libsqlite3-0", "tzdata", "zlib1g"} <= told.keys()
    assert not {"apt", "bash", "coreutils", "dpkg", "perl-base"} & told.keys()
    for name, text in told.items():
        assert text.startswith(f"Package: {name}\n")
        assert "\nStatus: install ok installed\n" in text
        assert re.search(r"^Version: \d", text, re.MULTILINE)
    release = known["/usr/lib/os-release"].read_text()
    assert "ID=debian\n" in release
    assert 'VERSION_ID="12"\n' in release


def test_all_that_it_imports_is_compiled(preflight_image: Image) -> None:
    """On a root that nobody writes to, each start would compile it again."""
    known = files(preflight_image)
    sources = [name for name in known if name.endswith(".py") and "/floe_deploy/cli/" in name]
    compiled = [
        name.replace("cli/", "cli/__pycache__/").replace(".py", ".cpython-311.pyc")
        for name in sources
    ]
    assert sources
    assert {name for name in compiled if name not in known} == set()
    assert any(name.startswith("/usr/local/lib/python3.11/asyncio/__pycache__/") for name in known)


def test_with_all_extras_each_client_is_there() -> None:
    image = built("preflight", "all")
    clients = "boto3, duckdb, google.auth, cryptography, snowflake.connector"
    done = contained.run(image, "python", "-c", f"import {clients}", volumes=SCRATCH)
    assert done.returncode == 0, done.stderr
    assert faults(image) == []

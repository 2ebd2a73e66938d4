"""What the programs of the workflow for images say and do, without a network.

No daemon, registry or signing authority can be reached from a test. Under the name `docker` this
reads the bake file with the real buildx, but builds nothing: what a target would be is kept in a
file in place of a registry. Under the name `cosign` it keeps who signed what, and under the name
`pip` it makes the source distribution that the package index would have.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

FILE = Path(os.environ["IMAGE_STUB"])
known: dict[str, Any] = json.loads(FILE.read_text())
name, arguments = Path(sys.argv[0]).name, sys.argv[1:]


def bake(given: list[str]) -> None:
    """Push what buildx finds in a bake file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--push", action="store_true", required=True)
    parser.add_argument("--metadata-file", type=Path, required=True)
    asked, rest = parser.parse_known_args(given)
    command = [os.environ["BUILDX"], "bake", "--print", *rest]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    told: dict[str, Any] = {"buildx.build.warnings": []}
    for target, what in found["target"].items():
        (tag,) = what["tags"]
        assert tag.partition("/")[0] in known["logins"], "401 Unauthorized"
        digest = f"sha256:{hashlib.sha256(json.dumps(what).encode()).hexdigest()}"
        known["pushed"][f"{tag}@{digest}"] = what
        told[target] = {
            "buildx.build.ref": "builder/1",
            "containerimage.digest": digest,
            "image.name": tag,
        }
    asked.metadata_file.write_text(json.dumps(told))


def inspect(image: str, form: str) -> None:
    """Print an attestation by platform, as `docker buildx imagetools inspect` does."""
    wanted = re.fullmatch(r"\{\{ json \.(SBOM|Provenance) \}\}", form)
    assert wanted, form
    what = known["pushed"][image]
    kinds = {one["type"] for one in what["attest"]} - set(known["lost"])
    there = wanted[1].lower() in kinds
    sys.stdout.write(json.dumps({key: {} for key in what["platforms"]} if there else None))


if name == "pip":
    *_, destination, required = arguments
    assert required == f"floe-deploy=={known['version']}"
    build = [sys.executable, "-m", "hatchling", "build", "--target=sdist"]
    target = ["--directory", str(Path(destination).resolve())]
    subprocess.run([*build, *target], cwd=os.environ["SOURCE"], check=True)
elif name == "cosign":
    action, image = arguments[0], next(one for one in arguments if "@sha256:" in one)
    assert image in known["pushed"]
    if action == "sign":
        assert arguments[1] == "--yes"
        known["signed"][image] = known["signer"]
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("--certificate-identity", required=True)
        parser.add_argument("--certificate-oidc-issuer", required=True)
        asked, _ = parser.parse_known_args(arguments)
        assert asked.certificate_oidc_issuer == "https://token.actions.githubusercontent.com"
        if known["signed"][image] != asked.certificate_identity:
            sys.exit("none of the expected identities matched what was in the certificate")
elif arguments[0] == "login":
    host, user = arguments[1], arguments[3]
    assert arguments[4:] == ["--password-stdin"]
    known["logins"][host] = [user, sys.stdin.read().rstrip("\n")]
elif arguments[:2] == ["buildx", "bake"]:
    bake(arguments[2:])
else:
    assert arguments[:3] == ["buildx", "imagetools", "inspect"]
    assert arguments[4] == "--format"
    inspect(arguments[3], arguments[5])
FILE.write_text(json.dumps(known))

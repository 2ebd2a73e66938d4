"""Fetch the definitions of custom resources that dist/ and delivery/ have, from their Go modules.

A module's content is known by its sum, as in a go.sum; none of its dependencies is asked for.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

MODULES = {
    ("sigs.k8s.io/gateway-api@v1.6.3", "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc="): (
        "config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
        "config/crd/standard/gateway.networking.k8s.io_tcproutes.yaml",
    ),
    (
        "github.com/external-secrets/external-secrets@v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
    ): ("config/crds/bases/external-secrets.io_externalsecrets.yaml",),
    (
        "github.com/bitnami-labs/sealed-secrets@v0.40.0",
        "h1:rvCP35JL8ZV5LNA2SrwNR6iLyoM3ulrSFWN0lBtYEYI=",
    ): ("helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml",),
    (
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    ): (
        "example/prometheus-operator-crd-full/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd-full/monitoring.coreos.com_prometheusrules.yaml",
    ),
    (
        "github.com/fluxcd/source-controller@v1.9.6",
        "h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=",
    ): (
        # The controller watches all kinds of sources.
        "config/crd/bases/source.toolkit.fluxcd.io_buckets.yaml",
        "config/crd/bases/source.toolkit.fluxcd.io_externalartifacts.yaml",
        "config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml",
        "config/crd/bases/source.toolkit.fluxcd.io_ocirepositories.yaml",
    ),
    (
        "github.com/fluxcd/kustomize-controller@v1.9.6",
        "h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=",
    ): ("config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",),
    (
        "github.com/argoproj/argo-cd/v3@v3.6.1",
        "h1:OmhqeKiR3C//awbFrhQqFdtRI+Qiv17j8vqm3UkMj/g=",
    ): ("manifests/crds/application-crd.yaml", "manifests/crds/appproject-crd.yaml"),
}


class Loader(yaml.CSafeLoader):
    """Takes a plain `=`, which the Prometheus operator has, for a text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


def fetched(module: str, known: str) -> Path:
    """Answer where Go keeps a module, whose content is what it is known to be."""
    with TemporaryDirectory() as nowhere:  # no go.mod has a say
        command = ["go", "mod", "download", "-json", module]
        result = subprocess.run(command, cwd=nowhere, capture_output=True, text=True, check=False)
    told = json.loads(result.stdout or "{}")
    if result.returncode or told["Sum"] != known:
        sys.exit(f"{module}: {told.get('Error') or told.get('Sum') or result.stderr}")
    return Path(told["Dir"])


def write(folder: Path) -> None:
    """Write each definition as JSON, which is quick to read, under its own name."""
    folder.mkdir(parents=True, exist_ok=True)
    for (module, known), files in MODULES.items():
        root = fetched(module, known)
        for file in files:
            found = yaml.load((root / file).read_text(), Loader)  # noqa: S506  a safe one
            (folder / f"{found['metadata']['name']}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    write(Path(sys.argv[1]))

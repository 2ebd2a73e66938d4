"""How `dist/` of this repository gets into a cluster by what `delivery/` says of it."""

import time
from functools import partial

import yaml

from floe_constructs.kubernetes.phase import Phase
from released import Environment
from test_dist import ROOT, held

SPACES = {"demo": "floe-demo", "prod": "data-prod"}
"""Two that Flux applies, one by a branch and one by tags, and their namespaces."""


def demo_and_prod_come_in_as_they_are_written_and_go_back(environment: Environment) -> None:
    """Seconds are printed, from a push until the last phase is ready."""
    flux = environment.flux
    branch = flux.git.branch("main")
    written = {
        name: {path: data.decode() for path, data in held(ROOT / "dist" / name).items()}
        for name in SPACES
    }
    others = {name: environment.revisions[name].files for name in SPACES}
    for release, (what, files) in enumerate(
        (("install", written), ("another image", others), ("back", written))
    ):
        began = time.monotonic()
        for name in SPACES:
            branch.replace(f"dist/{name}", files[name])
        commit = branch.push(what, tag=f"v2026.11.{release}")
        if not release:
            for name in SPACES:
                text = (ROOT / "delivery" / name / "flux.yaml").read_text()
                flux.cluster.plane.apply(yaml.safe_load_all(text))
        for name, space in SPACES.items():
            last = f"{space}-{Phase.VERIFY}"
            flux.cluster.until(partial(flux.applied, last, commit), last)
            ready = [since(environment, f"{space}-{phase}") for phase in Phase]
            assert ready == sorted(ready)
            print(f"{name}, {what}: {time.monotonic() - began:.1f} s")  # noqa: T201


def since(environment: Environment, name: str) -> str:
    """Answer since when a Kustomization has been ready."""
    (ready,) = (
        each
        for each in environment.flux.kustomization(name)["status"]["conditions"]
        if each["type"] == "Ready"
    )
    return str(ready["lastTransitionTime"])


DIST_CASES = (demo_and_prod_come_in_as_they_are_written_and_go_back,)

"""Releases of a small environment that Argo CD delivers, rendered once for many of its name."""

import copy
import json
from pathlib import Path
from typing import Any

from floe_deploy.project import Project
from floe_deploy.synth import Rendering, render
from git_server import REPOSITORY
from test_dist import ROOT

NAME = "the-environment"
"""What it is called in what is rendered: a text that is nowhere else."""

HOST = "git.example.com"
RESOURCES = {"cpu": "10m", "memory": "64Mi"}
Overlay = dict[str, Any]


def revisions(folder: Path) -> dict[str, Rendering]:
    """Render what the cases release.

    The second revision has another image, one code location less, and its database elsewhere; the
    third has the image alone.
    """
    first = environment()
    second = copy.deepcopy(first)
    second["dagster"]["code_locations"] = [location("orders", 2)]
    second["dagster"]["database"] |= {"host": "new.example.com", "cidrs": ["198.51.100.0/24"]}
    fixed = copy.deepcopy(second)
    fixed["dagster"]["code_locations"] = [location("orders", 3)]
    third = copy.deepcopy(first)
    third["dagster"]["code_locations"][0] = location("orders", 2)
    exposed = copy.deepcopy(first)
    exposed["cluster"]["ingress"] = [{"namespace": "ingress"}]
    way = {"type": "ingress", "class_name": "internal", "tls": {"type": "load-balancer"}}
    interface = {"hosts": ["dagster.example.com"], "authenticated_by": "a proxy in front of it"}
    exposed["exposure"] = {"via": way, "dagster": interface}
    exposed["gate"]["schedule"] = "0 0 1 1 *"
    again = copy.deepcopy(exposed)
    again["dagster"]["code_locations"][0] = location("orders", 2)
    said = {"first": first, "second": second, "fixed": fixed, "third": third}
    said |= {"exposed": exposed, "exposed again": again}
    return {name: rendered(folder / name, settings) for name, settings in said.items()}


def environment() -> Overlay:
    """Answer the settings of an environment with a disk, whose Secrets are in a store."""
    password = {"name": "dagster-postgres", "key": "password"}
    login = {"host": "db.example.com", "database": "dagster", "user": "dagster"}
    return {
        "namespace": NAME,
        "cluster": {"kubernetes": "1.36", "api_server_cidrs": ["10.0.0.1/32"]},
        "secrets": {"strategy": "external-secrets", "store": {"name": "vault"}},
        "delivery": {
            "type": "argocd",
            "source": {"url": f"https://{HOST}/{REPOSITORY}", "revision": NAME},
        },
        "dagster": {
            "image": "registry.example.com/floe/dagster:1",
            "database": login | {"password": password, "cidrs": ["192.0.2.0/24"]},
            "webserver": {"resources": RESOURCES},
            "daemon": {"resources": RESOURCES},
            "code_locations": [location("orders"), location("returns")],
        },
        "cube": None,
        "marquez": None,
        "jaeger": {
            "image": "registry.example.com/jaeger:2",
            "storage": {"type": "badger", "size": "1Gi", "keep": "24h"},
            "all_in_one": {"resources": RESOURCES},
        },
        "gate": {"image": "registry.example.com/floe/preflight:1", "wait_seconds": 0},
        "verify": {},
    }


def image(version: int) -> str:
    """Answer the image of the code location that all revisions have."""
    return f"registry.example.com/floe/orders:{version}"


def location(name: str, version: int = 1) -> Overlay:
    """Answer the settings of a code location."""
    return {
        "name": name,
        "image": f"registry.example.com/floe/{name}:{version}",
        "module": f"{name}.definitions",
        "server": {"resources": RESOURCES},
        "runs": {"resources": RESOURCES},
    }


def rendered(folder: Path, settings: Overlay) -> Rendering:
    """Render settings, with artifacts that say nothing of a lakehouse."""
    at = folder / NAME
    at.mkdir(parents=True)
    (at / "environment.yaml").write_text(json.dumps(settings))
    source = ROOT / "overlays" / "demo" / "compiled_artifacts.json"
    artifacts = json.loads(source.read_text())
    artifacts |= {"resolved_profiles": None, "resolved_layers": None}
    (at / "compiled_artifacts.json").write_text(json.dumps(artifacts))
    return render(at, Project())

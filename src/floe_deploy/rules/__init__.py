"""What every object of an environment has to satisfy."""

from collections.abc import Mapping

from floe_constructs.problem import Problem
from floe_deploy.errors import InputError
from floe_deploy.manifests import Manifest
from floe_deploy.rules import names, pods, secrets

RULES = (
    names.dns_labels,
    names.label_values,
    pods.restricted,
    pods.read_only_root,
    pods.resources,
    secrets.no_data,
)
"""Functions from an object to what is wrong with it."""


def enforce(environment: str, objects: Mapping[str, Manifest]) -> None:
    """Check every object by every rule.

    Raises:
        InputError: an object breaks a rule; the message tells about all of them.

    """
    problems = [
        Problem(where=path, found=finding.found, allowed=finding.allowed, fix=finding.fix)
        for path, manifest in objects.items()
        for rule in RULES
        for finding in rule(manifest)
    ]
    if problems:
        raise InputError(f"{environment}: objects break the rules", problems)

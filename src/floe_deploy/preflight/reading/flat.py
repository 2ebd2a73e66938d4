"""The plain names that a hand-written file may have, such as `compute_type`.

They name services alone. Who logs in is said by environment variables, as everything else that
these names cannot say.
"""

from collections.abc import Mapping
from typing import Any

from floe_constructs.problem import Problem, shown
from floe_deploy.preflight.reading.environment import ENGINES, storage
from floe_deploy.preflight.reading.said import Said, told

NAMES: dict[str, tuple[str, ...]] = {
    "compute": ("compute_type", "compute_host", "compute_port"),
    "storage": ("storage_type", "storage_bucket"),
    "catalog": ("catalog_uri",),
    "postgres": ("postgres_host", "postgres_port", "postgres_database"),
}
"""The names, by service."""

_WITHOUT_CHECK = ("spark", "databricks", "redshift", "postgres")


def add(content: Mapping[str, Any], variables: Mapping[str, str], found: Said) -> None:
    """Add the services that a file names so."""
    for service, names in NAMES.items():
        given = {
            name.partition("_")[2]: content[name] for name in names if content.get(name) is not None
        }
        if given and service in content:
            found.problems.append(
                Problem(
                    where=f"{service}_{next(iter(given))}",
                    found=f"a name of a service that `{service}:` is about too",
                    allowed="one of the two",
                    fix=f"write all of it below `{service}:`",
                )
            )
        elif given:
            _ADDED[service](given, variables, found)


def _compute(given: dict[str, Any], variables: Mapping[str, str], found: Said) -> None:
    names = {"type": "compute_type", "host": "compute_host", "port": "compute_port"}
    kind = given.get("type")
    if kind in _WITHOUT_CHECK:
        target = {**given, "type": "other", "kind": kind}
    elif kind in ENGINES:
        if kind != "trino":
            names = {"type": "compute_type"}
            found.problems += (
                Problem(
                    where=f"compute_{name}",
                    found=shown(value),
                    allowed=f"nothing: {kind} is not known by a host",
                    fix="remove it, and say the rest by variables or below `compute:`",
                )
                for name, value in given.items()
                if name != "type"
            )
            given = {"type": kind}
        target = told(kind, variables) | given
    else:
        target = given
    found.add("compute", str(kind), target, names)


def _storage(given: dict[str, Any], variables: Mapping[str, str], found: Said) -> None:
    kind = "adls" if given.get("type") == "azure" else given.get("type")
    bucket = "container" if kind == "adls" else "bucket"
    names = {"type": "storage_type", bucket: "storage_bucket"}
    said = {"bucket": bucket, "type": "type"}
    target = {said[name]: value for name, value in given.items()} | {"type": kind}
    if kind in ("s3", "gcs", "adls"):
        target = storage(kind, variables) | target
    if kind is None:
        del target["type"]
    found.add("storage", str(kind), target, names)


def _catalog(given: dict[str, Any], variables: Mapping[str, str], found: Said) -> None:
    target = {"type": "polaris", **told("polaris", variables), **given}
    found.add("catalog", "polaris", target, {"uri": "catalog_uri"})


def _postgres(given: dict[str, Any], variables: Mapping[str, str], found: Said) -> None:
    names = {name: f"postgres_{name}" for name in ("host", "port", "database")}
    target = {"migrations": "dagster", **told("dagster", variables), **given}
    found.add("postgres", "dagster", target, names)


_ADDED = {"compute": _compute, "storage": _storage, "catalog": _catalog, "postgres": _postgres}

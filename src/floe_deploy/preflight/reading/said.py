"""What somebody has said to be checked, before it is validated, and by which names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from floe_constructs.preflight.targets import (
    S3,
    Adls,
    BigQuery,
    Cube,
    DuckDb,
    Gcs,
    Kept,
    Postgres,
    RestCatalog,
    Snowflake,
    Target,
    Trino,
)
from floe_constructs.problem import Problem
from floe_constructs.variables import ALSO, VARIABLES

_MODELS: tuple[type[Target], ...] = (
    Trino,
    Snowflake,
    BigQuery,
    DuckDb,
    S3,
    Gcs,
    Adls,
    RestCatalog,
    Postgres,
    Cube,
)


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)


def _settings(*, with_text: bool) -> frozenset[str]:
    """Answer the settings that may be kept elsewhere, with or without the choice of a text."""
    return frozenset(
        field.alias or name
        for model in _MODELS
        for name, field in model.model_fields.items()
        if Kept in (kinds := [*_kinds(field.annotation)]) and (str in kinds) == with_text
    )


CREDENTIALS = _settings(with_text=False)
"""Settings that say where a credential is kept, and nothing else."""

REFERABLE = _settings(with_text=True)
"""Settings that are a text, or say where one is kept."""

_PLACE = re.compile(r"(compute|storage|catalog|postgres|platform)\[(\d+)\](?:\.(\w+))?")


@dataclass(kw_only=True)
class Said:
    """What is to be checked, as it was said."""

    services: dict[str, Any] = field(default_factory=dict)
    """What `PreflightConfig` takes."""

    names: dict[str, str] = field(default_factory=dict)
    """What a setting is called where it was said, by its path: `TRINO_HOST`, `compute_host`."""

    problems: list[Problem] = field(default_factory=list)
    """What is wrong with it even before."""

    def add(
        self, service: str, kind: str, target: Mapping[str, Any], names: dict[str, str]
    ) -> None:
        """Add the one target of a service; a setting without a name has that of its variable."""
        self.services[service] = [dict(target)]
        called = VARIABLES.get(kind, {}) | names
        self.names[f"{service}[0]"] = service
        self.names |= {f"{service}[0].{setting}": name for setting, name in called.items()}

    def name(self, where: str) -> str:
        """Answer what a path is called where it was said; empty where that is the path itself."""
        place = _PLACE.match(where)
        known = self.names.get(place[0], "") if place else ""
        return known + where[place.end() :] if place and known else ""

    def at(self, where: str) -> Any:
        """Answer what was said at a path; None where it leads nowhere."""
        found: Any = self.services
        for part in re.findall(r"\w+", where):
            try:
                found = found[int(part) if isinstance(found, list) else part]
            except (KeyError, IndexError, ValueError, TypeError):
                return None
        return found

    def variable(self, where: str) -> str:
        """Answer the variable that holds the same as a setting; empty where there is none."""
        place = _PLACE.match(where)
        if place is None:
            return ""
        kind = self.at(f"{place[1]}[{place[2]}].type")
        kind = "dagster" if place[1] == "postgres" else "polaris" if kind == "rest" else kind
        return VARIABLES.get(str(kind), {}).get(place[3] or "", "")


def told(kind: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Answer the settings of a kind of target that variables hold; an empty one holds nothing."""
    found: dict[str, Any] = {}
    for setting, usual in VARIABLES[kind].items():
        name = usual if variables.get(usual) else ALSO.get(usual, usual)
        if text := variables.get(name):
            found[setting] = _value(setting, name, text)
    return found


def _value(setting: str, name: str, text: str) -> object:
    if setting in CREDENTIALS or setting == "client_id":
        return {"file": text} if name.endswith("_PATH") else {"env": name}
    if setting == "port" and text.isdecimal():
        return int(text)
    if setting == "tls":
        return {"https": True, "http": False}.get(text, text)
    return text

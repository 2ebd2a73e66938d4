"""What Marquez needs to be right."""

import re
from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, mapping, text

_IMAGE = re.compile(r"(^|/)marquez([:@]|$)")
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)\}")
_RETENTION = "db-retention"


def _servers(it: Object) -> list[dict[str, Any]]:
    """Answer the containers that run Marquez, whoever has built its image."""
    return [one for one in it.containers if _IMAGE.search(text(one.get("image")))]


def _names(container: dict[str, Any]) -> set[str]:
    return {text(one.get("name")) for one in entries(container.get("env"))}


def _words(container: dict[str, Any]) -> str:
    given = [container.get("command"), container.get("args")]
    return " ".join(str(one) for part in given if isinstance(part, list) for one in part)


def _config(it: Object) -> Iterator[Breach]:
    for container in _servers(it):
        if "MARQUEZ_CONFIG" not in _names(container):
            yield Breach(found=f"container {text(container.get('name'))} without MARQUEZ_CONFIG")


def _retention(it: Object) -> Iterator[Breach]:
    for name, said in it.files.items():
        kept = mapping(said).get("dbRetention")
        if "dbRetention" in mapping(said) and "retentionDays" not in mapping(kept):
            yield Breach(found=f"dbRetention of {name} without retentionDays")
    for container in _servers(it):
        words = _words(container)
        if _RETENTION in words and "--retention-days" not in words:
            yield Breach(found=f"{_RETENTION} without --retention-days")


def _substituted(it: Object) -> Iterator[Breach]:
    for container in _servers(it):
        for reference in it.references:
            source = it.among.find("ConfigMap", reference.name)
            if reference.kind != "ConfigMap" or source is None:
                continue
            wanted = {
                match["name"]
                for value in mapping(source.manifest.get("data")).values()
                for match in _VARIABLE.finditer(text(value))
            }
            if missing := sorted(wanted - _names(container)):
                named = ", ".join(missing)
                yield Breach(found=f"container {text(container.get('name'))} without {named}")


RULES = (
    Rule(
        id="marquez-config",
        summary="Marquez is told where its configuration is.",
        why="It would take the one for its developers, with a password that everybody knows.",
        remedy="set MARQUEZ_CONFIG",
        check=_config,
    ),
    Rule(
        id="marquez-retention",
        summary="Where Marquez deletes old lineage, it is told after how many days.",
        why="Its default is a week: the rest would be gone within minutes.",
        remedy="give the number of days, or switch it off",
        check=_retention,
    ),
    Rule(
        id="marquez-variables",
        summary="Every variable in Marquez' configuration is one of its container's.",
        why="Marquez takes a name that it does not know for the value itself: it would log in as "
        "`${POSTGRES_USER}`.",
        remedy="set the variable, or write ${NAME:-default}",
        check=_substituted,
    ),
)

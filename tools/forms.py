"""Tables of the settings that a specification has, out of its JSON Schema."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel


def tables(model: type[BaseModel]) -> Iterator[str]:
    """Answer a table of a form's settings, then a heading and a table for each form in it."""
    schema = model.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    yield from _table(schema, definitions)
    for name in _reached(schema, definitions):
        definition = definitions[name]
        if "properties" in definition:
            yield from (f"## {name}", "", plain(definition.get("description", "")), "")
            yield from _table(definition, definitions)


def plain(text: str) -> str:
    """Answer a text as a cell of a table holds it."""
    return " ".join(text.split()).replace("|", r"\|")


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", []))
    yield "| setting | what it takes | default | what it is |"
    yield "| --- | --- | --- | --- |"
    for name, field in schema["properties"].items():
        default = "" if name in required else _default(field.get("default"))
        takes = _takes(field, definitions)
        yield f"| `{name}` | {takes} | {default} | {plain(field.get('description', ''))} |"
    yield ""


def _default(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "as there" if value else "empty"
    if isinstance(value, list):
        return "empty" if not value else ", ".join(map(str, value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _takes(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if rule := field.get("rule"):
        return plain(rule)
    if reference := field.get("$ref"):
        name = reference.rpartition("/")[2]
        is_form = "properties" in definitions[name]
        return f"[{name}](#{name.lower()})" if is_form else _takes(definitions[name], definitions)
    if forms := field.get("anyOf") or field.get("oneOf"):
        return " or ".join(dict.fromkeys(_takes(form, definitions) for form in forms))
    if values := field.get("enum") or [field[key] for key in ("const",) if key in field]:
        return " or ".join(f"`{value}`" for value in values)
    return _typed(field, definitions)


def _typed(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    match field.get("type"):
        case "array":
            return f"list of {_takes(field.get('items', {}), definitions)}"
        case "object":
            return f"mapping of {_takes(field.get('additionalProperties', {}), definitions)}"
        case "integer":
            return _whole(field)
    text = "address" if field.get("format") == "uri" else "text"
    words = {"number": "number", "boolean": "`true` or `false`", "null": "null"}
    return words.get(str(field.get("type")), text)


def _whole(field: dict[str, Any]) -> str:
    above = field.get("exclusiveMinimum")
    least = field.get("minimum") if above is None else above + 1
    most = field.get("maximum")
    if least is None:
        return "whole number"
    return (
        f"whole number, {least} to {most}" if most is not None else f"whole number from {least} on"
    )


def _reached(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Answer the forms in the order in which a reader meets them."""
    seen: dict[str, None] = {}
    waiting: list[Any] = [schema["properties"]]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            if reference := value.get("$ref"):
                name = str(reference).rpartition("/")[2]
                if name not in seen:
                    seen[name] = None
                    waiting.append(definitions[name].get("properties", definitions[name]))
            waiting += [inner for key, inner in value.items() if key not in {"$ref", "mapping"}]
        elif isinstance(value, list):
            waiting += value
    yield from seen

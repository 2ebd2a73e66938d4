"""The table of the contract's fields, held to the contract's schema and to what is really read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.fields import IGNORED, READ
from floe_constructs.artifacts.part import IfEnabled
from floe_constructs.setting import is_model, members_of, values_of

CONTRACT = Path(__file__).parent / "contract"
SCHEMA = json.loads((CONTRACT / "compiled_artifacts.v1.1.0.schema.json").read_text())


def schema_fields(
    node: dict[str, Any], path: str = "", passed: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk every property of the schema; a definition inside itself is not entered again."""
    if reference := node.get("$ref"):
        if reference not in passed:
            definition = SCHEMA["$defs"][reference.removeprefix("#/$defs/")]
            yield from schema_fields(definition, path, (*passed, reference))
        return
    for member in node.get("anyOf", []) + node.get("oneOf", []):
        yield from schema_fields(member, path, passed)
    for name, inner in node.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield below, inner
        yield from schema_fields(inner, below, passed)
    if isinstance(values := node.get("additionalProperties"), dict):
        yield from schema_fields(values, f"{path}.*", passed)
    if "items" in node:
        yield from schema_fields(node["items"], f"{path}[]", passed)


def model_fields(setting: FieldInfo, path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Walk every field of the models."""
    for member in members_of(setting):
        kind: Any = member.annotation
        if is_model(kind):
            for name, inner in kind.model_fields.items():
                below = ".".join(filter(None, (path, inner.alias or name)))
                yield below, inner
                yield from model_fields(inner, below)
        elif get_origin(kind) is dict:
            yield from model_fields(FieldInfo.from_annotation(get_args(kind)[1]), f"{path}.*")


IN_SCHEMA = dict(schema_fields(SCHEMA))
IN_MODELS = dict(model_fields(FieldInfo(annotation=CompiledArtifacts)))


def enum_of(node: dict[str, Any]) -> set[str]:
    """Answer the values of an enumeration, by reference or written out."""
    if reference := node.get("$ref"):
        node = SCHEMA["$defs"][reference.removeprefix("#/$defs/")]
    return set(node.get("enum", ()))


def test_every_field_of_the_contract_is_in_the_table() -> None:
    assert set(IN_SCHEMA) - set(READ) - set(IGNORED) == set()


def test_the_table_has_no_field_that_the_contract_lacks() -> None:
    assert set(READ) - set(IN_SCHEMA) == set()
    assert set(IGNORED) - set(IN_SCHEMA) == set()


def test_a_field_is_read_or_ignored_and_not_both() -> None:
    assert set(READ) & set(IGNORED) == set()


def test_what_the_table_calls_read_is_in_the_models_and_nothing_else_is() -> None:
    switches = {path for path in READ if path.endswith(".enabled")}  # they make the block `None`
    assert set(IN_MODELS) | switches == set(READ)


def test_every_switch_that_makes_silence_is_understood() -> None:
    for path in (path for path in READ if path.endswith(".enabled")):
        block = IN_MODELS[path.removesuffix(".enabled")]
        assert path in IN_MODELS or IfEnabled in block.metadata


def test_the_models_take_exactly_the_enumerated_values_of_the_schema() -> None:
    enumerated = {path for path, node in IN_SCHEMA.items() if enum_of(node) and path in IN_MODELS}
    assert {path: set(values_of(IN_MODELS[path])) for path in enumerated} == {
        path: enum_of(IN_SCHEMA[path]) for path in enumerated
    }


def test_the_models_have_the_defaults_of_the_schema() -> None:
    plain = {
        path: node["default"]
        for path, node in IN_SCHEMA.items()
        if node.get("default") not in (None, "") and path in IN_MODELS
    }
    assert {path: IN_MODELS[path].get_default() for path in plain} == plain


def test_every_row_says_something() -> None:
    assert all(text.strip() for text in (READ | IGNORED).values())

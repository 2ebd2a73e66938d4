"""Write the reference pages that follow from the code."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from floe_constructs.artifacts.credentials import (
    BUNDLES,
    EXPORT_BUCKET,
    SINGLE_KEY,
    variable_of,
)
from floe_constructs.artifacts.fields import IGNORED, READ
from floe_constructs.dagster.environment import CREDENTIALS
from floe_constructs.preflight.targets import PreflightConfig
from floe_deploy import overlay as environments
from floe_deploy import schema, wiring
from floe_deploy.environment import Environment
from floe_deploy.graph import reading, svg
from floe_deploy.rules.report import ALL
from tools import fault_codes

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"


def overlay() -> str:
    """Answer the page of every setting of `environment.yaml`, out of its JSON Schema."""
    forms = Environment.model_json_schema()
    definitions: dict[str, Any] = forms["$defs"]
    lines = [
        "# The overlay: `environment.yaml`",
        "",
        "Made by `python -m tools.reference` out of the specs: every setting of every form. One",
        "without a default has to be given; an unknown one is an error. `floe schema` writes the",
        "same as JSON Schema, for editors.",
        "",
        "## Environment",
        "",
        *_table(forms, definitions),
    ]
    for name in _reached(forms, definitions):
        definition = definitions[name]
        if "properties" in definition:
            lines += [f"## {name}", "", _plain(definition.get("description", "")), ""]
            lines += _table(definition, definitions)
    return "\n".join(lines)


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", []))
    yield "| setting | what it takes | default | what it is |"
    yield "| --- | --- | --- | --- |"
    for name, field in schema["properties"].items():
        default = "" if name in required else _default(field.get("default"))
        takes = _takes(field, definitions)
        yield f"| `{name}` | {takes} | {default} | {_plain(field.get('description', ''))} |"
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
        return _plain(rule)
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


def contract() -> str:
    """Answer the page of every field of CompiledArtifacts, and where it goes."""
    lines = [
        "# CompiledArtifacts: where each field goes",
        "",
        "Made by `python -m tools.reference` out of the reader's own table.",
        "",
        "## Read",
        "",
        "| field | where it goes |",
        "| --- | --- |",
        *(f"| `{path}` | {_plain(text)} |" for path, text in READ.items()),
        "",
        "## Ignored",
        "",
        "User code reaches these all the same: the whole file is mounted.",
        "",
        "| field | why it is not read |",
        "| --- | --- |",
        *(f"| `{path}` | {_plain(text)} |" for path, text in IGNORED.items()),
        "",
    ]
    return "\n".join(lines)


def credentials() -> str:
    """Answer the page of what a `secret_ref` becomes in a pod."""
    example = "polaris-client-id"
    lines = [
        "# Credentials: what a `secret_ref` becomes",
        "",
        "Made by `python -m tools.reference` out of the table that the code uses. The artifacts",
        "and the overlay name Secrets, never values; a pod gets a value as a variable or a file.",
        "",
        "## One value",
        "",
        f"`secret_ref: {example}` is the variable `{variable_of(example)}` in code servers and",
        f"runs, from the Secret `{example}`, key `{SINGLE_KEY}`. So are `client_id`,",
        "`client_secret`, an `endpoint` or `uri` that is a reference, and the `secret_ref` of a",
        "service that is not in the next table. The variable is the reference in capitals, with",
        "`_` for all that is neither letter nor digit.",
        "",
        "## Several values in one Secret",
        "",
        "The `secret_ref` of these stands for a Secret with fixed keys:",
        "",
        "| service | type | variable | key in the Secret | what the variable holds |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {service} | `{kind}` | `{entry.variable}` | `{entry.key or entry.variable}` | "
            + (
                f"the path `{CREDENTIALS}/{entry.variable}` of a file"
                if entry.file
                else "the value"
            )
            + (f"; not there when `properties` say `{entry.unless}`" if entry.unless else "")
            + " |"
            for (service, kind), entries in BUNDLES.items()
            for entry in entries
        ),
        "",
        "With `role_arn` in place of a reference there is no Secret: the ServiceAccounts carry the",
        "role. Two references that would fill one variable with different values are an error.",
        "",
        "## Cube",
        "",
        "| field of `consumption` | variable | where |",
        "| --- | --- | --- |",
        "| `api_secret_ref` | `CUBEJS_API_SECRET` | API, refresh worker |",
        *(
            f"| `pre_aggregations.export_bucket.{field}`, `{kind}` | `{variable}` | "
            "API, refresh worker |"
            for kind, variables in EXPORT_BUCKET.items()
            for field, variable in zip(
                ("access_key_ref", "secret_key_ref"), variables, strict=False
            )
        ),
        "",
        f"Each is one value under the key `{SINGLE_KEY}`. Cube Store's own credentials are the",
        "overlay's: `s3_access_key_ref` and `s3_secret_key_ref` have to agree with them.",
        "",
        "## Another Secret, another key",
        "",
        "`secrets.map` of the overlay says which Secret a reference means, and which key where it",
        "is not the usual one. A reference that no Secret can be called like has to be in it.",
        "",
        "```yaml",
        "secrets:",
        "  strategy: existing",
        "  map:",
        "    AWS_Lake:                        # capitals and '_' are no name of a Secret",
        "      name: lake-reader",
        "      keys: {AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret}",
        "```",
        "",
    ]
    return "\n".join(lines)


def rules() -> str:
    """Answer the page of every rule, each under a heading that a finding leads to."""
    lines = [
        "# Rules",
        "",
        "Made by `python -m tools.reference` out of the rules. `floe synth` holds every object",
        "that it has rendered to these and writes nothing if one breaks a rule of severity",
        "*error*; `floe lint` holds what is in `dist/` to them. An overlay may [except an",
        "object](../how-to/except-an-object.md).",
        "",
        "| rule | severity | what it demands |",
        "| --- | --- | --- |",
        *(
            f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {_plain(rule.summary)} |"
            for rule in ALL
        ),
        "",
    ]
    for rule in ALL:
        lines += [f"## {rule.id}", "", f"*{rule.severity}.* {_plain(rule.summary)}", ""]
        lines += [f"**Why:** {_plain(rule.why)}", ""]
        lines += [f"**What to do:** {_plain(rule.remedy)}.", ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def prod() -> str:
    """Answer the picture of this repository's `prod`."""
    folder = ROOT / "overlays" / "prod"
    return svg.text(reading.picture(wiring.wire(environments.load(folder))))


PAGES = {
    "overlay.md": overlay,
    "contract.md": contract,
    "credentials.md": credentials,
    "rules.md": rules,
    "preflight.md": fault_codes.page,
    "preflight.schema.json": lambda: schema.text(PreflightConfig),
    "../explanation/deployment-view.svg": prod,
}

if __name__ == "__main__":
    for page, render in PAGES.items():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / page).write_text(render(), encoding="utf-8")
        print(FOLDER / page, file=sys.stderr)

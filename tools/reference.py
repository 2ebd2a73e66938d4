"""Write the reference pages that follow from the code."""

import sys
from pathlib import Path

from floe_constructs.artifacts.credentials import (
    BUNDLES,
    EXPORT_BUCKET,
    SINGLE_KEY,
    variable_of,
)
from floe_constructs.artifacts.fields import IGNORED, READ
from floe_constructs.dagster.environment import CREDENTIALS
from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.variables import ALSO, COMPUTE_TYPE, STORAGE_URL, VARIABLES
from floe_deploy import overlay as environments
from floe_deploy import schema, wiring
from floe_deploy.diff.report import Report
from floe_deploy.environment import Environment
from floe_deploy.graph import reading, svg
from floe_deploy.preflight.report import Printed
from floe_deploy.rules.report import ALL
from tools import fault_codes
from tools.forms import plain, tables

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"


def overlay() -> str:
    """Answer the page of every setting of `environment.yaml`, out of its JSON Schema."""
    lines = [
        "# The overlay: `environment.yaml`",
        "",
        "Made by `python -m tools.reference` out of the specs: every setting of every form. One",
        "without a default has to be given; an unknown one is an error. `floe schema` writes the",
        "same as JSON Schema, for editors.",
        "",
        "## Environment",
        "",
        *tables(Environment),
    ]
    return "\n".join(lines)


def preflight() -> str:
    """Answer the page of every setting of `preflight.yaml`, and of the variables instead of it."""
    lines = [
        "# What preflight checks: `preflight.yaml`",
        "",
        "Made by `python -m tools.reference` out of the specs: every setting of every form. One",
        "without a default has to be given; an unknown one is an error. Editors complete and check",
        "by [its JSON Schema](preflight.schema.json). A credential is never in the file, only",
        "[where it is kept](#kept). [How to use it](../how-to/preflight.md).",
        "",
        "## Variables",
        "",
        "Without a file, these say what to check. `" + COMPUTE_TYPE + "` says which engine is",
        "meant when two are set, `" + STORAGE_URL + "` which bucket: `s3://bucket/prefix`,",
        "`gs://bucket/prefix`, `abfss://container@account/prefix`.",
        "",
        "| variable | also | service | setting |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{variable}` | {_also(variable)} | {service} | `{setting}` |"
            for service, settings in VARIABLES.items()
            for setting, variable in settings.items()
        ),
        "",
        "## PreflightConfig",
        "",
        *tables(PreflightConfig),
    ]
    return "\n".join(lines)


def _also(variable: str) -> str:
    return f"`{ALSO[variable]}`" if variable in ALSO else ""


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
        *(f"| `{path}` | {plain(text)} |" for path, text in READ.items()),
        "",
        "## Ignored",
        "",
        "User code reaches these all the same: the whole file is mounted.",
        "",
        "| field | why it is not read |",
        "| --- | --- |",
        *(f"| `{path}` | {plain(text)} |" for path, text in IGNORED.items()),
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
            f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {plain(rule.summary)} |"
            for rule in ALL
        ),
        "",
    ]
    for rule in ALL:
        lines += [f"## {rule.id}", "", f"*{rule.severity}.* {plain(rule.summary)}", ""]
        lines += [f"**Why:** {plain(rule.why)}", ""]
        lines += [f"**What to do:** {plain(rule.remedy)}.", ""]
    return "\n".join(lines)


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
    "preflight-configuration.md": preflight,
    "preflight.schema.json": lambda: schema.text(PreflightConfig),
    "preflight-report.schema.json": lambda: schema.text(Printed),
    "diff-report.schema.json": lambda: schema.text(Report),
    "../explanation/deployment-view.svg": prod,
}

if __name__ == "__main__":
    for page, render in PAGES.items():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / page).write_text(render(), encoding="utf-8")
        print(FOLDER / page, file=sys.stderr)

"""`floe schema`."""

from pathlib import Path
from typing import Annotated

import typer


def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; standard output otherwise.")
    ] = None,
) -> None:
    """Write the JSON Schema of environment.yaml.

    Editors complete and check by it. An overlay names it in its first line:
    `# yaml-language-server: $schema=../environment.schema.json`.
    """
    from floe_deploy import project, schema

    text = schema.text(project.environment_of(project.load().environment))
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)

"""`floe graph`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from floe_deploy.cli.options import Overlays


class Form(StrEnum):
    """What a picture may be written in."""

    SVG = "svg"
    MERMAID = "mermaid"


def graph(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Environment to draw.")],
    form: Annotated[Form, typer.Option("--format", help="What to draw it in.")] = Form.SVG,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; standard output otherwise.")
    ] = None,
    overlays: Overlays = None,
) -> None:
    """Draw who talks to whom in an environment, and which Secrets are taken.

    It shows the flows that the network policies of dist/ are made of. The same input gives the
    same bytes.
    """
    from floe_deploy import overlay, project, wiring
    from floe_deploy.graph import mermaid, reading, svg

    settings = project.load(overlays)
    (folder,) = overlay.folders(settings.overlays, [environment])
    picture = reading.picture(wiring.wire(overlay.load(folder, settings.environment)))
    text = svg.text(picture) if form is Form.SVG else mermaid.text(picture)
    if output:
        output.write_text(text, encoding="utf-8", newline="\n")
    else:
        typer.echo(text, nl=False)

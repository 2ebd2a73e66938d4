"""`floe secrets`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from floe_deploy.cli.options import Environments, Overlays


def secrets(
    environments: Environments = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer JSON.")] = False,  # noqa: FBT002
    template: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Write Secrets without values there, to be filled in; - prints them.",
        ),
    ] = None,
    overlays: Overlays = None,
) -> None:
    """List the Secrets that environments need.

    Each with its keys, who gets them by which variable or file, and where it comes from. Values
    are nowhere in it. With --template, write what the one environment needs, and say how to go on.
    """
    from floe_deploy import overlay, project, wiring
    from floe_deploy.errors import InputError
    from floe_deploy.secrets import listing, report, templates

    settings = project.load(overlays)
    folders = overlay.folders(settings.overlays, environments or ())
    found = [wiring.wire(overlay.load(folder, settings.environment)) for folder in folders]
    if template is None:
        listed = [(wired, listing.listing(wired)) for wired in found]
        if as_json:
            typer.echo(json.dumps([report.data(*one) for one in listed], indent=2))
        else:
            typer.echo("\n\n".join("\n".join(report.text(*one)) for one in listed))
        return
    if len(found) > 1 or as_json:
        raise InputError("--template takes one environment, and no --json")
    (wired,) = found
    if str(template) == "-":
        typer.echo(templates.printed(wired), nl=False)
    else:
        for path in templates.write(wired, template, settings):
            typer.echo(path)
    typer.echo(f"\n{templates.next_step(wired, template, settings)}", err=True)

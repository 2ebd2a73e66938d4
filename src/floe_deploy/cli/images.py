"""`floe images`."""

import json
from typing import Annotated, Literal

import typer

from floe_deploy.cli.options import Environments, Output, Overlays


def images(  # noqa: PLR0913, PLR0917  the command line's
    environments: Environments = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer JSON, in full.")] = False,  # noqa: FBT002
    check: Annotated[bool, typer.Option("--check", help="Tell what is wrong with them.")] = False,  # noqa: FBT002
    mirror: Annotated[
        Literal["crane", "skopeo"] | None,
        typer.Option(help="Print a script that copies the images to `images.registry` instead."),
    ] = None,
    overlays: Overlays = None,
    output: Output = None,
) -> None:
    """List the images that environments need.

    Each with the settings that name it, and with the registry that it comes from where another one
    takes its place. With --check, exit code 1 for images without a digest, names in several
    versions, and images that are not from the registry of the overlay.
    """
    from floe_deploy import inventory, overlay, project
    from floe_deploy.errors import FindingError, InputError
    from floe_deploy.mirror import script

    if mirror and (as_json or check):
        raise InputError("--mirror prints a script: it goes with neither --json nor --check")
    settings = project.load(overlays, output)
    folders = overlay.folders(settings.overlays, environments or ())
    loaded = [overlay.load(folder, settings.environment) for folder in folders]
    found = [inventory.inventory(one, settings) for one in loaded]
    if mirror:
        typer.echo(script(mirror, found), nl=False)
    elif as_json:
        typer.echo(json.dumps([inventory.data(one) for one in found], indent=2))
    else:
        told = inventory.faulty if check else inventory.listed
        typer.echo("\n\n".join("\n".join(told(one)) for one in found))
    if check and any(list(one.faults) for one in found):
        raise FindingError("Images are not fixed, or not from where they have to be")

"""`floe promote`."""

from typing import Annotated

import typer

from floe_deploy.cli.options import Overlays


def promote(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Environment whose versions are taken.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Environment whose overlay is changed.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the edit alone.")] = False,  # noqa: FBT002
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="SETTING", help="Only images there, as dagster.code_locations.shop."),
    ] = None,
    overlays: Overlays = None,
) -> None:
    """Carry the versions of images to the next environment's overlay.

    Tags and digests move; registries, sizes and all else stay, and so does every other character
    of the file. What TO does not have is left and told. compiled_artifacts.json is not promoted:
    the data team's compiler writes one for each environment.
    """
    from floe_deploy import overlay, project
    from floe_deploy.errors import InputError
    from floe_deploy.promotion import promotion

    settings = project.load(overlays)
    overlay.folders(settings.overlays, [source, target])  # it tells of both, if need be
    (giving,), (taking,) = (overlay.folders(settings.overlays, [it]) for it in (source, target))
    if giving == taking:
        raise InputError(f"{source} cannot be promoted to itself: name two environments")
    found = promotion(giving, taking, settings, only or ())
    for line in found.left:
        typer.echo(f"left: {line}", err=True)
    if not found.carried:
        typer.echo(f"{found.file} has these versions already", err=True)
    elif dry_run:
        typer.echo(found.diff(), nl=False)
    else:
        found.write()
        for it in found.carried:
            typer.echo(f"{it.where}: {it.old} -> {it.new}")
        typer.echo(f"\nNext: floe diff {target}, and floe synth {target}", err=True)

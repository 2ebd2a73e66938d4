"""`floe synth`."""

import sys

import typer

from floe_deploy.cli.options import Environments, Output, Overlays


def synth(
    environments: Environments = None, overlays: Overlays = None, output: Output = None
) -> None:
    """Write the manifests of environments.

    dist/ENVIRONMENT/ is made from overlays/ENVIRONMENT/. Either every file of an environment is
    written or none; files that synth does not know are kept and named.
    """
    from floe_deploy import delivery, overlay, project, writing
    from floe_deploy.synth import render_all

    settings = project.load(overlays, output)
    folders = overlay.folders(settings.overlays, environments or ())
    steps = render_all(folders, settings)
    with typer.progressbar(
        steps, len(folders), "Synthesizing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as progress:
        renderings = list(progress)
    with writing.exclusive(settings.output):
        writing.repair(settings.output)
        kept = [
            writing.replace(settings.output / rendering.environment, rendering.files)
            for rendering in renderings
        ]
        if settings.delivery:
            delivery.write(settings.delivery, renderings, settings)
    for rendering, strangers in zip(renderings, kept, strict=True):  # the reader may have gone
        folder = settings.output / rendering.environment
        typer.echo(f"{folder}: {rendering.objects} objects")
        for path in strangers:
            typer.echo(f"{folder / path}: kept, but not written by synth", err=True)
    if warnings := sum(rendering.warnings for rendering in renderings):
        count = f"{warnings} warning" + ("s" if warnings > 1 else "")
        typer.echo(f"{count}: `floe lint` explains them", err=True)
    for orphan in overlay.orphans(settings):
        typer.echo(f"{orphan}: no overlay of this name any more; delete it", err=True)

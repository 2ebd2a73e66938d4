"""`floe check`."""

import typer

from floe_deploy.cli.options import Environments, Output, Overlays


def check(
    environments: Environments = None, overlays: Overlays = None, output: Output = None
) -> None:
    """Tell whether dist/ is what synth would write.

    Exit code 1, and what differs, when it is not: files are stale (the overlay has moved on),
    edited (by hand), missing or untracked (synth never wrote them). Nothing is written but a
    cache in .floe/.
    """
    from floe_deploy import checking, overlay, project
    from floe_deploy.errors import FindingError

    settings = project.load(overlays, output)
    folders = overlay.folders(settings.overlays, environments or ())
    differences = checking.check(folders, settings, everything=not environments)
    for difference in differences:
        typer.echo(difference)
    if differences:
        count = f"{len(differences)} file" + ("s" if len(differences) > 1 else "")
        raise FindingError(
            f"{count} not as synth would write: run `floe synth` and review the diff; "
            "delete what is untracked"
        )
    count = f"{len(folders)} environment" + ("s" if len(folders) > 1 else "")
    typer.echo(f"{settings.output}: up to date ({count})")

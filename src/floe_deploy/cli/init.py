"""`floe init`."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="Folder of the new repository.")
    ],
) -> None:
    """Make a repository that synthesizes at once.

    It has an overlay, cdk8s.yaml and a CI workflow. Nothing that is there is overwritten.
    """
    from floe_deploy import scaffold

    for path in scaffold.write(directory):
        typer.echo(path)
    typer.echo(f"\nNext: cd {directory} && floe synth", err=True)

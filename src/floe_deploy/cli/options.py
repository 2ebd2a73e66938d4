"""What several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Environments = Annotated[
    list[str] | None,
    typer.Argument(metavar="ENVIRONMENT", help="Environments; all of them when none is named."),
]
Overlays = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the overlays (overlays, unless cdk8s.yaml says)."),
]
Output = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the manifests (dist, unless cdk8s.yaml says)."),
]

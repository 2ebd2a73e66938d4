"""`floe diff`."""

from enum import StrEnum
from typing import Annotated

import typer

from floe_deploy.cli.options import Environments, Output, Overlays


class Form(StrEnum):
    """What a comparison may be written in."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def diff(  # noqa: PLR0913, PLR0917  the command line's
    environments: Environments = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="REVISION", help="Compare dist/ with that of a Git revision."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Compare with another environment's dist/."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="What to write.")] = Form.TEXT,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 at a change.")] = False,  # noqa: FBT002
    overlays: Overlays = None,
    output: Output = None,
) -> None:
    """Show what changes in the cluster, the weightiest first.

    Compared with dist/ is what synth would write. With --against, dist/ is compared with what a Git
    revision has there; with --from, with another environment, as in a promotion. Neither needs
    Node. Credentials are not shown.
    """
    from floe_deploy import project
    from floe_deploy.diff import comparing, markdown, text
    from floe_deploy.errors import FindingError, InputError

    if against is not None and source is not None:
        raise InputError("--against compares with a revision, --from with an environment: not both")
    settings, names = project.load(overlays, output), environments or ()
    if against is not None:
        report = comparing.since(names, settings, against)
    elif source is not None:
        report = comparing.between(names, settings, source)
    else:
        report = comparing.synthesized(names, settings)
    if form is Form.JSON:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(markdown.told(report) if form is Form.MARKDOWN else text.printed(report))
    if exit_code and report.differs:
        raise FindingError("There are differences")

"""`floe lint`."""

from typing import Annotated

import typer

from floe_deploy.cli.options import Environments, Output, Overlays


def lint(  # noqa: PLR0913, PLR0917  the command line's
    environments: Environments = None,
    overlays: Overlays = None,
    output: Output = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail at warnings too.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,  # noqa: FBT002
    rules: Annotated[bool, typer.Option("--rules", help="List the rules instead.")] = False,  # noqa: FBT002
) -> None:
    """Hold what is in dist/ to the rules.

    Exit code 1 when an object breaks one of severity error; `exceptions` of an overlay may allow
    it. Nothing is rendered. `floe synth` holds what it writes to the same rules.
    """
    import json

    from floe_deploy import linting, overlay, project
    from floe_deploy.errors import FindingError
    from floe_deploy.rules import data, text
    from floe_deploy.rules.report import ALL
    from floe_deploy.rules.rule import Severity

    if rules:
        lines = (
            [json.dumps([data.rule(rule) for rule in ALL], indent=2)]
            if as_json
            else text.rules(ALL)
        )
        typer.echo("\n".join(lines))
        return
    settings = project.load(overlays, output)
    folders = overlay.folders(settings.overlays, environments or ())
    reports = [linting.lint(folder, settings) for folder in folders]
    if as_json:
        typer.echo(json.dumps([data.told(report) for report in reports], indent=2))
    for report in () if as_json else reports:
        typer.echo("\n".join(text.told(report)))
    weighty = tuple(Severity) if strict else (Severity.ERROR,)
    if any(report.of(severity) for report in reports for severity in weighty):
        raise FindingError("Objects break the rules: mend them, or except them in their overlay")

"""`floe explain`."""

import json
from typing import Annotated

import typer

from floe_deploy.cli.options import Overlays


def explain(  # noqa: PLR0913, PLR0917  the command line's
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Environment.")],
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="Code location in it.")],
    run: Annotated[bool, typer.Option("--run", help="The pod of a run alone.")] = False,  # noqa: FBT002
    step: Annotated[bool, typer.Option("--step", help="The pod of a step alone.")] = False,  # noqa: FBT002
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=JSON", help="Tag of the run or its job: dagster-k8s/config={…}."),
    ] = None,
    op: Annotated[
        str | None, typer.Option(metavar="NAME", help="The step's op or asset (op).")
    ] = None,
    op_tag: Annotated[
        list[str] | None, typer.Option(metavar="KEY=JSON", help="Tag of the op, for its step.")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="What k8s_job_executor is configured by, for steps."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer JSON.")] = False,  # noqa: FBT002
    overlays: Overlays = None,
) -> None:
    """Show what the pods of a run and of its steps will be.

    The Jobs are what Dagster makes of its own defaults, its launcher, the code location, and tags
    or an executor's configuration; beside each part stands whose it is. Without --run and --step,
    those that the code location has.
    """
    from floe_deploy import overlay, project, wiring
    from floe_deploy.explain import asked, origin, text

    settings = project.load(overlays)
    (folder,) = overlay.folders(settings.overlays, [environment])
    wired = wiring.wire(overlay.load(folder, settings.environment))
    wanted = asked.asked(
        wired,
        location,
        run=run,
        step=step,
        tags=tag or (),
        op=op,
        op_tags=op_tag or (),
        executor=executor,
    )
    found = origin.explained(wanted)
    if as_json:
        typer.echo(json.dumps([origin.data(one) for one in found], indent=2))
    else:
        typer.echo("".join(map(text.text, found)), nl=False)

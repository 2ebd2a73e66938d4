"""`floe demo`."""

from pathlib import Path
from typing import Annotated

import typer

from floe_deploy.demonstration import demonstration

demo = typer.Typer(
    help="Show the platform with live data, all of it in a folder (extra `demo`).",
    no_args_is_help=True,
)
Home = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The demo's folder; else FLOE_DEMO_HOME's.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Port = Annotated[int, typer.Option(metavar="N", help="With --ui: where Dagster is.")]
Ui = Annotated[bool, typer.Option("--ui", help="Then show it in Dagster, with schedules on.")]
Url = Annotated[str | None, typer.Option(metavar="URL", help="Of a Dagster that runs already.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Orders = Annotated[int, typer.Argument(metavar="ORDERS", min=1, help="How many orders.")]


@demo.command()
def up(home: Home = None, ui: Ui = False, port: Port = 3000, as_json: Json = False) -> None:  # noqa: FBT002
    """Make a batch of a shop's orders, and see it through from Iceberg to what is served."""
    with demonstration():
        from floe_demo import commands

        typer.echo(commands.up(home, as_json=as_json))
        if ui:
            commands.shown(home, port)


@demo.command()
def status(home: Home = None, as_json: Json = False) -> None:  # noqa: FBT002
    """Tell how far the demo is, who is at work in it, and how large it is."""
    with demonstration():
        from floe_demo import commands

        typer.echo(commands.status(home, as_json=as_json))


@demo.command()
def burst(
    orders: Orders = 1000,
    home: Home = None,
    url: Url = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Make many orders at once: here, or in a Dagster that runs already."""
    with demonstration():
        from floe_demo import commands, remote

        answer = (
            remote.burst(url, orders, as_json=as_json)
            if url
            else commands.up(home, orders, as_json=as_json)
        )
        typer.echo(answer)


@demo.command()
def reset(home: Home = None, yes: Yes = False) -> None:  # noqa: FBT002
    """Delete what the demo made in its folder."""
    with demonstration():
        from floe_demo import commands, folder

        place = commands.place(home)
        if not yes:
            typer.confirm(f"Delete the demo in {place}?", abort=True, err=True)
        for path in folder.deleted(place):
            typer.echo(f"{path}: kept, as the demo did not make it", err=True)

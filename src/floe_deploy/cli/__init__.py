"""The command `floe`: one module for each sub-command."""

import sys

import typer

from floe_deploy.cli.check import check
from floe_deploy.cli.demo import demo
from floe_deploy.cli.diff import diff
from floe_deploy.cli.explain import explain
from floe_deploy.cli.graph import graph
from floe_deploy.cli.images import images
from floe_deploy.cli.init import init
from floe_deploy.cli.lint import lint
from floe_deploy.cli.preflight import preflight
from floe_deploy.cli.prepare import prepare
from floe_deploy.cli.promote import promote
from floe_deploy.cli.schema import schema
from floe_deploy.cli.secrets import secrets
from floe_deploy.cli.synth import synth

app = typer.Typer(
    name="floe",
    help="Turn typed overlays into the Kubernetes manifests of a data platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(synth)
app.command()(check)
app.command()(diff)
app.command()(promote)
app.command()(lint)
app.command()(graph)
app.command()(explain)
app.command()(preflight)
app.command()(prepare)
app.command()(schema)
app.command()(secrets)
app.command()(images)
app.command()(init)
app.add_typer(demo, name="demo")


def main() -> None:
    """Run a command; expected failures become one message and an exit code."""
    try:
        app()
    except Exception as failure:  # noqa: BLE001  the one place where failures end
        sys.exit(_told(failure))


def _told(failure: Exception) -> int:
    from floe_deploy.errors import FloeError

    if isinstance(failure, FloeError):
        typer.echo(failure, err=True)
        return failure.exit_code
    if isinstance(failure, OSError):
        where = f"{failure.filename}: " if failure.filename else ""
        typer.echo(f"{where}{failure.strerror or repr(failure)}", err=True)
        return FloeError.exit_code
    import os
    import traceback

    if os.environ.get("FLOE_TRACEBACK"):
        traceback.print_exc()
    typer.echo(
        f"floe met a fault of its own ({type(failure).__name__}: {failure}).\n"
        "Set FLOE_TRACEBACK=1 to see where, and report it with the command and its overlay.",
        err=True,
    )
    return 70

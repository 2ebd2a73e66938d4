"""`floe preflight`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from floe_deploy.cli.options import Overlays


class Format(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    SHORT = "short"
    JSON = "json"
    JUNIT = "junit"


_Flag = typer.Option


def preflight(  # noqa: PLR0913, PLR0917  the command line's
    env: Annotated[
        str | None, typer.Option(metavar="ENVIRONMENT", help="Check what this overlay deploys on.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Check what a file names (preflight.yaml here, when it is there): the gate's, "
            "compiled_artifacts.json, or one of your own. Without it environment variables say.",
        ),
    ] = None,
    verify: Annotated[  # noqa: FBT002
        bool, _Flag("--verify", help="Ask the platform's own services, after a release.")
    ] = False,
    overlays: Overlays = None,
    files: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="With --env: what pods have as files, certificates above all."
        ),
    ] = Path("/etc/floe/preflight"),
    check_compute: Annotated[bool, _Flag("--check-compute", help="Compute alone.")] = False,  # noqa: FBT002
    check_storage: Annotated[bool, _Flag("--check-storage", help="Object storage alone.")] = False,  # noqa: FBT002
    check_catalog: Annotated[bool, _Flag("--check-catalog", help="The catalog alone.")] = False,  # noqa: FBT002
    check_postgres: Annotated[bool, _Flag("--check-postgres", help="PostgreSQL alone.")] = False,  # noqa: FBT002
    everything: Annotated[bool, _Flag("--all", help="All services; so it is anyway.")] = False,  # noqa: FBT002
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="This check alone, and what it needs.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Not this check, nor what needs it.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Take this fault for none.")
    ] = None,
    timeout: Annotated[
        int,
        typer.Option(metavar="N", min=5, max=300, help="Seconds of each check, within --deadline."),
    ] = 30,
    deadline: Annotated[
        int,
        typer.Option(
            metavar="N", min=5, max=300, help="Seconds of the whole run; it ends by then."
        ),
    ] = 25,
    wait: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=3600, help="Seconds more, to try again what time may mend."
        ),
    ] = 0,
    strict: Annotated[bool, _Flag("--strict", help="Fail at warnings too.")] = False,  # noqa: FBT002
    format: Annotated[
        Format, typer.Option(metavar="FORMAT", help="table, short, json or junit.")
    ] = Format.TABLE,
    as_json: Annotated[bool, _Flag("--json", help="The same as --format json.")] = False,  # noqa: FBT002
    listing: Annotated[bool, _Flag("--list", help="List the checks instead.")] = False,  # noqa: FBT002
    gate: Annotated[bool, _Flag("--gate", help="End as a Job's gate: 78 is definitive.")] = False,  # noqa: FBT002
) -> None:
    """Prove that compute, object storage, catalog and PostgreSQL really work.

    Exit code 0 when all is well, 1 when a check fails, 2 when the configuration is wrong and
    nothing was asked. The report is on standard output. Nothing is left in a service, and no
    credential in a report.
    """
    from floe_deploy import preflighting
    from floe_deploy.preflight.asked import Asked
    from floe_deploy.preflight.check import Service

    services: dict[Service, bool] = {
        "compute": check_compute,
        "storage": check_storage,
        "catalog": check_catalog,
        "postgres": check_postgres,
        "platform": verify,
    }
    preflighting.end(
        Asked(
            services=tuple(name for name, said in services.items() if said and not everything),
            only=tuple(only or ()),
            skip=tuple(skip or ()),
            ignore=tuple(ignore or ()),
            timeout=timeout,
            deadline=deadline,
            wait=wait,
            strict=strict,
            format="json" if as_json else format.value,
            listing=listing,
            verify=verify,
            gate=gate,
        ),
        lambda: preflighting.configuration(env, config, overlays, files, verify=verify),
    )

"""`floe prepare`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class What(StrEnum):
    """What is made."""

    SECRETS = "secrets"
    CATALOG = "catalog"


def prepare(
    what: Annotated[What, typer.Argument(metavar="WHAT", help="secrets or catalog.")],
    config: Annotated[
        Path, typer.Option(metavar="FILE", help="What has to be there, as synth wrote it.")
    ],
) -> None:
    """Make what services need that an environment brings itself: for Jobs in its cluster.

    `secrets` makes Secrets at random, where they are not there yet, as the account of the pod;
    `catalog` makes catalogs, clients and their rights in Polaris. What is there stays as it is, but
    for credentials of clients, which become those of their Secrets. Exit code 1 when something is
    there that is not what it has to be, or cannot be made.
    """
    from floe_constructs.services.config.polaris import Setup
    from floe_constructs.services.config.secrets import MadeSecrets
    from floe_deploy import preparing
    from floe_deploy.preparing import catalog, secrets

    if what is What.SECRETS:
        wanted = preparing.told(config, MadeSecrets)
        with secrets.own() as there:
            for line in secrets.make(wanted, there):
                typer.echo(line)
    else:
        setup = preparing.told(config, Setup)
        with catalog.opened(setup) as polaris:
            polaris.log_in()
            for line in catalog.make(setup, polaris):
                typer.echo(line)

"""The check whether the Secrets are there that workloads read and no service is asked with."""

import os
from collections.abc import Iterator
from pathlib import Path

from floe_constructs.preflight.targets import SECRETS, Kept
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage

SECRET_ABSENT = Code(
    id="SECRET_ABSENT",
    stage=Stage.CONFIG,
    message="workloads need what is not there: {places}",
    remediation="Check that each Secret and key is there, and what makes them: the store, the "
    "operator, the encrypted file",
    detection="the variable or file of each key, which Kubernetes leaves out where there is none",
)

CODES = (SECRET_ABSENT,)


def checks(secrets: tuple[Kept, ...]) -> Iterator[Check]:
    """Answer the one check; no value is read."""

    async def there(_: Probe) -> Answer:
        if lacking := [kept.told for kept in secrets if not _is_there(kept)]:
            raise SECRET_ABSENT(places="; ".join(lacking))
        count = f"{len(secrets)} keys of Secrets are" if len(secrets) > 1 else "1 key of Secrets is"
        return Answer(message=f"{count} there")

    if secrets:
        yield Check(
            id=SECRETS,
            service="cluster",
            title="other Secrets of workloads are there",
            hint="what the pod was given",
            run=there,
        )


def _is_there(kept: Kept) -> bool:
    if kept.env is not None:
        return bool(os.environ.get(kept.env))
    try:
        return Path(kept.file or "").stat().st_size > 0
    except OSError:
        return False

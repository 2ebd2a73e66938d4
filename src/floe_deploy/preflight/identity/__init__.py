"""Whom a cloud takes the process for: its tokens, asked over HTTP so that each fault has a name.

A metadata or agent address is asked only by these, and only where a target's `identity` says so.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Code

_MOST_BYTES = 100_000


def variables(names: Sequence[str], missing: Code) -> list[str]:
    """Answer environment variables that the cluster sets for an identity.

    Raises:
        Fault: `missing`, with the `names` of those that are not set.

    """
    absent = [name for name in names if not os.environ.get(name)]
    if absent:
        raise missing(names=", ".join(absent))
    return [os.environ[name] for name in names]


def token_in(probe: Probe, file: str, unreadable: Code) -> str:
    """Answer the token that a file holds; reports hide it.

    Raises:
        Fault: `unreadable`, with the `file` and the `reason`.

    """
    try:
        with Path(file).open("rb") as content:
            token = content.read(_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as failure:
        reason = getattr(failure, "strerror", None) or "no text"
        raise unreadable(file=file, reason=reason.lower()) from failure
    if not token:
        raise unreadable(file=file, reason="empty")
    probe.redactor.hide(token)
    return token

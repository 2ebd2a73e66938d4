"""How a gate, or a verification, speaks to whoever looks after it."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from floe_deploy.preflight.report import PASSED

TERMINATION_LOG = Path("/dev/termination-log")
"""Where Kubernetes reads what a container says at its end."""

_MOST_BYTES = 4096
"""What Kubernetes keeps of it."""


def last_words(lines: Sequence[str], code: int, *, verify: bool = False) -> None:
    """Say how it ended where Kubernetes shows it beside the pod, as far as there is room.

    There always is for how the gate is opened, or a verification is run again.
    """
    end = "".join(f"\n{line}" for line in _following(code, verify=verify)).encode()
    said = "\n".join(lines).encode(errors="replace")[: _MOST_BYTES - len(end)]
    if TERMINATION_LOG.exists():  # in a container alone
        with suppress(OSError):
            TERMINATION_LOG.write_text((said + end).decode(errors="ignore"), encoding="utf-8")


def _following(code: int, *, verify: bool) -> list[str]:
    """Say how a gate that stays closed is opened, or a verification is run again."""
    if code == PASSED:
        return []
    job = socket.gethostname().rpartition("-")[0] or "JOB"  # a pod is called after its Job
    if verify:
        return [
            "It is rolled out all the same; in Argo CD the sync fails, and prunes nothing.",
            f"After a fix in Git it is asked again; after another one: kubectl delete job {job}",
        ]
    return [
        "A change in Git opens the gate by itself.",
        f"After another one: raise gate.attempt in the overlay, or kubectl delete job {job}",
    ]

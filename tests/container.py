"""A container that is a process, and what its node says of it."""

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pods import Body, Pod


@dataclass(kw_only=True)
class Container:
    """A pod's process, and what there is to say of it."""

    uid: str
    """Of the pod: its name may be another's before and after."""
    pod: Pod
    address: str
    process: subprocess.Popen[bytes]
    ready: bool = False
    codes: list[int] = field(default_factory=list)
    """How it ended, each time that it ran."""
    patience: float | None = None
    """When it is killed, once it was told to end, or starts again, once it has ended."""


def status(found: Container, body: Body) -> Body:
    """Answer the status of a pod."""
    (container,) = body["spec"]["containers"]
    again = body["spec"]["restartPolicy"] == "Always"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ran: list[Body] = [
        {"terminated": {"exitCode": code, "finishedAt": now}} for code in found.codes
    ]
    state: Body = {"running": {"startedAt": now}}
    phase = "Running"
    if found.process.poll() is not None:
        state = {"waiting": {"reason": "CrashLoopBackOff"}} if again else ran[-1]
        phase = "Running" if again else "Failed" if found.codes[-1] else "Succeeded"
    said = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": found.ready,
        "restartCount": len(found.codes),
        "state": state,
        "lastState": ran[-1] if again and ran else None,
    }
    address = found.address.replace("127.", "10.", 1)  # an EndpointSlice takes no loopback address
    return {
        "phase": phase,
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
        "conditions": [
            {"type": kind, "status": str(found.ready), "lastTransitionTime": now}
            for kind in ("Ready", "ContainersReady")
        ],
        "containerStatuses": [said],
    }

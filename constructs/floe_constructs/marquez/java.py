"""How Marquez' program is told about memory, and what else Java is told."""

from typing import Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.value import mebibytes
from floe_constructs.kubernetes.workload import Workload

TRUST_FOLDER, TRUST_FILE = "/etc/floe/trust", "trust-store"
"""Where the API finds authorities, as Java keeps them."""

_TRUST = (
    f"-Djavax.net.ssl.trustStore={TRUST_FOLDER}/{TRUST_FILE}",
    # Without a password a PKCS12 store that has one reads as empty, and nothing tells.
    "-Djavax.net.ssl.trustStorePassword=changeit",
)
_BESIDE_HEAP = 128
"""MiB that a JVM needs beside its heap, for classes, code and threads, to start at all."""


class JavaWorkload(Workload):
    """Settings of pods in which Marquez' program runs."""

    heap_percent: int = Field(default=75, ge=10, le=90)
    """Share of the memory limit that is Java's heap. More options of Java, such as those of an
    agent, go into `env` as JAVA_TOOL_OPTIONS."""

    @model_validator(mode="after")
    def _heap_leaves_room(self) -> Self:
        limit = mebibytes(self.resources.limits["memory"])
        left = limit * (100 - self.heap_percent) // 100
        if left < _BESIDE_HEAP:
            msg = (
                f"heap_percent {self.heap_percent} leaves {left}Mi of {limit}Mi beside the heap: "
                f"Java needs at least {_BESIDE_HEAP}Mi; lower it, or raise the memory"
            )
            raise ValueError(msg)
        return self


def options(pods: JavaWorkload, *, trusts: bool = False) -> str:
    """Answer the options of the command line; a process that runs out of memory ends."""
    given = [f"-XX:MaxRAMPercentage={pods.heap_percent}", "-XX:+ExitOnOutOfMemoryError"]
    return " ".join([*given, *(_TRUST if trusts else ())])

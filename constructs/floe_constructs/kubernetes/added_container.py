"""Containers that an environment adds to a workload's pods."""

from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.user_volume import MountPath
from floe_constructs.kubernetes.value import DnsLabel, Image, Port, VariableName
from floe_constructs.spec import Spec

_Text = Annotated[str, Field(max_length=32_768)]

Env = dict[VariableName, _Text | SecretKey]
"""Environment variables: texts, or where they are kept."""


ASKED_EVERY, ASKED_AT_MOST = 2, 150
"""Seconds between questions whether a sidecar can be used, and how many there are."""


class AddedContainer(Spec):
    """A container of another image, under the same security context as the main one."""

    name: DnsLabel
    """Name of the container."""

    image: Image
    """Its image, which has to do as the pod's user and with a root that is read only."""

    command: tuple[_Text, ...] = ()
    """What is started instead of the image's entry point; `$(NAME)` is a variable's value."""

    args: tuple[_Text, ...] = ()
    """Arguments of it, instead of the image's; `$(NAME)` is a variable's value."""

    env: Env = Field(default_factory=dict)
    """Its environment variables; it has none of the main container's."""

    mounts: dict[DnsLabel, MountPath] = Field(default_factory=dict)
    """Where it sees which of the workload's `volumes`, by their names."""

    resources: Resources
    """CPU and memory of the container."""


class Answer(Spec):
    """What tells that a container can be used: it answers at a port of the pod's address."""

    port: Port
    """TCP port."""

    path: (
        Annotated[
            str,
            Field(
                max_length=512,
                pattern=r"^/[A-Za-z0-9._~/?=&%-]*$",
                json_schema_extra={"rule": "an HTTP path: /startup"},
            ),
        ]
        | None
    ) = None
    """Path that answers by HTTP with 200 to 399; that the port is open is enough when silent."""


class Sidecar(AddedContainer):
    """A container that is there as long as the main one."""

    ready: Answer | None = None
    """What the next container waits for, at most five minutes; it waits for the container's start
    alone when silent."""

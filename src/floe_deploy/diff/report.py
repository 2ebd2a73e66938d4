"""The report of a comparison, as programs read it; people get the same as text or Markdown."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from floe_deploy.diff.judging import Action

SCHEMA_VERSION: Literal["1.0"] = "1.0"
"""Version of the document below: a reader of 1.x takes each later 1.y."""

RankName = Literal[
    "immutable",
    "removed",
    "before-gate",
    "rbac",
    "network",
    "image",
    "size",
    "restart",
    "added",
    "other",
    "name",
]
"""The ranks, the weightiest first."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ReportedField(_Document):
    """A field that is not the same; credentials in it are not shown."""

    path: str
    """Where it is: `spec.template.spec.containers[web].image`."""

    rank: RankName
    """What a reviewer has to know of it."""

    old: str | None = None
    """Value before, where it fits on a line; null where there was none."""

    new: str | None = None
    """Value after, where it fits on a line; null where there is none."""

    lines: list[str] = []
    """Lines that differ, each after `- ` or `+ `, those around after blanks, where it does not."""

    note: str | None = None
    """What the difference is, in words."""


class ReportedNote(_Document):
    """What follows from a change."""

    rank: RankName
    """What it is about."""

    message: str
    """What happens, and what to do."""


class ReportedObject(_Document):
    """Which object it is."""

    group: str
    """API group; empty for the core's."""

    kind: str
    """Kind."""

    namespace: str
    """Namespace; empty where it has none."""

    name: str
    """Name, without the hash of a Job that runs once for each release."""


class ReportedChange(_Document):
    """An object that is not the same."""

    object: ReportedObject
    """The object."""

    action: Action
    """What has happened to it."""

    file: str
    """Its file below the environment's folder; where it is gone, the one it had."""

    rank: RankName
    """The weightiest rank of all that is in it."""

    before_gate: bool
    """Whether it takes effect whatever the gate of this release says."""

    notes: list[ReportedNote]
    """What follows."""

    fields: list[ReportedField]
    """What differs, the weightiest first; nothing for what is added or removed as a whole."""


class ReportedEnvironment(_Document):
    """An environment."""

    environment: str
    """Its name."""

    old: str
    """What it is compared with."""

    new: str
    """What is compared."""

    gated: bool
    """Whether a gate stands before the workloads of the new one."""

    changes: list[ReportedChange]
    """What differs, the weightiest first, then in the order of application."""


class Report(_Document):
    """What `floe diff --format json` prints."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    """Version of this document."""

    differs: bool
    """Whether anything differs; with `--exit-code` the exit code is 1 then."""

    environments: list[ReportedEnvironment]
    """Every environment that was compared, those without a difference as well."""

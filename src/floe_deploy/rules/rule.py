"""What a rule is, and what it says of an object that breaks it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from floe_deploy.rules.objects import Object

PAGE = "docs/reference/rules.md"
"""Page that explains every rule, each under its id."""


class Severity(StrEnum):
    """How much a broken rule weighs."""

    ERROR = "error"
    """A cluster would refuse or break it, or a secret would be read: nothing is written."""

    WARNING = "warning"
    """It may be meant: it is written and reported."""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One way in which one object breaks a rule. No text of it shows what may be a secret."""

    found: str
    """What the object has."""

    allowed: str = ""
    """What it may have, where the rule's own remedy does not say it."""

    fix: str = ""
    """What to do, where it is not the rule's own remedy."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Something that every object has to satisfy."""

    id: str
    """Stable name, which exceptions use: `pod-restricted`."""

    summary: str
    """What it demands, as one sentence."""

    why: str
    """What happens otherwise."""

    remedy: str
    """What to do about an object that breaks it."""

    check: Callable[[Object], Iterable[Breach]]
    """What finds the ways in which an object, seen among the others, breaks it."""

    severity: Severity = Severity.ERROR
    """How much it weighs."""

    @property
    def documentation(self) -> str:
        """Where it is explained."""
        return f"{PAGE}#{self.id}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule that an object breaks."""

    rule: Rule
    """The rule."""

    object: str
    """The object, as `Kind/name`."""

    file: str
    """Its file, below the environment's folder."""

    breach: Breach
    """In which way."""

    @property
    def fix(self) -> str:
        """What to do."""
        return self.breach.fix or self.rule.remedy

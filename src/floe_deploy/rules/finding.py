"""What a rule says of an object that breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with one object."""

    found: str
    """What the object has."""

    allowed: str
    """What it may have."""

    fix: str
    """What to do."""

"""How a contradiction is told: both values, and where each is said."""

from floe_constructs.problem import Problem, shown

ARTIFACTS = "compiled_artifacts.json"


def disagreement(setting: str, here: object, field: str, there: object) -> Problem:
    """Answer what to say when a setting and a field of the artifacts differ."""
    return Problem(
        where=setting,
        found=f"{shown(here)}, while {ARTIFACTS} says {shown(there)} in {field}",
        allowed="what both agree on",
        fix=f"leave {setting} out, or have the artifacts compiled otherwise",
    )


def refusal(field: str, there: object, allowed: str, why: str) -> Problem:
    """Answer what to say of a field of the artifacts that cannot be followed."""
    return Problem(
        where=ARTIFACTS,
        found=f"{shown(there)} in {field}",
        allowed=allowed,
        fix=f"have the artifacts compiled otherwise: {why}",
    )

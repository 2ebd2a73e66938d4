"""Texts of `dagster.yaml`, which may be kept somewhere else."""

from floe_constructs.kubernetes.secret import SecretKey


def string_source(value: str | SecretKey, variable: str) -> str | dict[str, str]:
    """Answer Dagster's `StringSource`: the text itself, or the variable that a Secret comes in."""
    return {"env": variable} if isinstance(value, SecretKey) else value

"""The base of every spec."""

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Frozen and closed: an unknown setting is an error, a set one never changes."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an input may hold what must not be printed
        ser_json_inf_nan="constants",
    )


def exactly_one(spec: Spec, *names: str) -> None:
    """Refuse a spec in which none or several of these settings are given.

    Raises:
        ValueError: so it is; it names them.

    """
    found = [name for name in names if getattr(spec, name)]
    if len(found) != 1:
        *others, last = names
        said = " and ".join(found) or "none"
        msg = f"give exactly one of {', '.join(others)} and {last}; found {said}"
        raise ValueError(msg)

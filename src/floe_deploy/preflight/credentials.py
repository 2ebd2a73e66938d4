"""The credentials of a configuration: found before the first connection, told to nobody."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, SecretStr

from floe_constructs.preflight.targets import SERVICES, Kept, PreflightConfig, TargetService

_MOST_BYTES = 1_000_000

_ADDRESSES = frozenset({"host", "database", "account"})
"""Settings that say where a service is, wherever they are kept."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A credential that is not where it is said to be."""

    service: TargetService
    """Who needs it."""

    own: str
    """What the ids of the checks begin with that need it."""

    where: str
    """Path in the configuration: `postgres[0].password`."""

    kept: Kept
    """Where it is said to be."""

    seen: str
    """What is there instead: `not set`, `empty`, `not there`."""


class Credentials:
    """Values by where they are kept."""

    def __init__(
        self, values: Mapping[Kept, SecretStr] | None = None, addresses: Collection[Kept] = ()
    ) -> None:
        self._values = dict(values or {})
        self._addresses = frozenset(addresses)

    def __getitem__(self, kept: Kept) -> str:
        """Answer a value; whoever gets it must not show it."""
        return self._values[kept].get_secret_value()

    def __iter__(self) -> Iterator[SecretStr]:
        """Answer every value, for redaction, but addresses: without them messages are of no use."""
        return (value for kept, value in self._values.items() if kept not in self._addresses)


def resolve(
    config: PreflightConfig, variables: Mapping[str, str] | None = None
) -> tuple[Credentials, list[Missing]]:
    """Find every credential of a configuration; answer those that are missing as well."""
    given = os.environ if variables is None else variables
    values: dict[Kept, SecretStr] = {}
    places: dict[Kept, set[str]] = {}
    missing: list[Missing] = []
    for service in SERVICES:
        for number, target in enumerate(getattr(config, service)):
            for path, kept in _kept(target, f"{service}[{number}]"):
                places.setdefault(kept, set()).add(path.rpartition(".")[2])
                text, seen = _read(kept, given)
                if seen:
                    told = Missing(
                        service=service, own=target.root(service), where=path, kept=kept, seen=seen
                    )
                    missing.append(told)
                else:
                    values[kept] = SecretStr(text)
    addresses = [kept for kept, names in places.items() if names <= _ADDRESSES]
    return Credentials(values, addresses), missing


def _kept(value: object, path: str) -> Iterator[tuple[str, Kept]]:
    if isinstance(value, Kept):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, inner in value:
            field = type(value).model_fields[name]
            yield from _kept(inner, f"{path}.{field.alias or name}")


def _read(kept: Kept, variables: Mapping[str, str]) -> tuple[str, str]:
    """Answer the value, and what is wrong with it."""
    if kept.env is not None:
        text = variables.get(kept.env)
        if text and not _is_text(text):
            return "", "no text"
        return (text or "", "" if text else "empty" if text is not None else "not set")
    try:
        with Path(kept.file or "").open("rb") as file:
            text = file.read(_MOST_BYTES).decode()
    except FileNotFoundError:
        return "", "not there"
    except OSError as failure:
        return "", f"unreadable ({(failure.strerror or type(failure).__name__).lower()})"
    except UnicodeDecodeError:
        return "", "no text"
    return text, "" if text.strip() else "empty"


def _is_text(value: str) -> bool:
    """Tell whether a variable holds UTF-8: Python lets other bytes through as half characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

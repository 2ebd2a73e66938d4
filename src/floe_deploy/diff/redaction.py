"""No credential in what is shown, though `dist/` should hold none: a hand may have put it there."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from floe_deploy.diff import path as paths
from floe_deploy.diff.path import Item, Path
from floe_deploy.manifests import Identity
from floe_deploy.preflight.redaction import HIDDEN, Redactor

_WORD = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|token|secret|credential"
    r"|(?:access|account|api|auth|client|encryption|hmac|master|private|secret|shared|signing)"
    r"[_.-]?key|\.dockerconfigjson)"
)
_NAME = re.compile(rf"(?i){_WORD}$")
_SAID = re.compile(
    rf"""(?ix)
    (?P<before>(?:^|.*?[^\w.-])["']?(?P<name>[\w.-]*{_WORD}|(?<=")auth)["']?\s*[:=]\s*)
    (?P<value>\S.*)?$"""
)
_OPTION = re.compile(rf"(?i)--?[\w-]*{_WORD}$")
_REFERENCE = re.compile(
    r"""(?ix)
    \$\{[\w:]+\}|\$\(\w+\)|["']?\{env:\w+\}["']?
    |\{\s*"?(env|name|key|secret_ref|file)"?:\s*[\w"'./-]+(,\s*"?(name|key)"?:\s*[\w"'./-]+)*\s*\},?
    |true|false|null|~|""|''|[{\[],?|[|>][+-]?\d?|env"""
)
"""Values that only lead to one, or that a mapping, a list or a block follows."""

_URL_LOGIN = re.compile(
    r"""(?<=://)(?:[^/?#\s"'@]*@|[^/?#\s"':@]*:[^"'\n]*?@)(?!sha256:)(?=[\w\[$])"""
)
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----).*?(?:-----END [A-Z0-9 ]+-----|$)", re.DOTALL)
_KNOWN = re.compile(
    r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abpr]-[\w-]{10,})"
)
_MAY = re.compile(
    r"(?i)pass|pwd|token|secret|credential|key|auth|config|://|bearer|basic|eyj|sig|-----|a[ks]ia"
    r"|gh[a-z]_|xox"
)
"""What there is in every line that anything is hidden in: most lines take no more time."""

_LOOKS = Redactor()
_ENCRYPTED = {"SealedSecret": ("spec", "encryptedData"), "Secret": ("sops",)}
_VALUES = frozenset({"data", "stringData"})


def is_encrypted(who: Identity, path: Path) -> bool:
    """Answer whether a field is part of what only its key can read: that it differs is all."""
    below = _ENCRYPTED.get(who.kind, ("",))
    return paths.keys(path)[: len(below)] == below


def value(who: Identity, path: Path, found: Any) -> Any:
    """Answer a field's value as it is shown."""
    names = paths.keys(path)
    secret = who.kind == "Secret" and not who.group and bool(_VALUES & set(names[:1]))
    if is_encrypted(who, path) or (secret and not isinstance(found, dict)):
        return HIDDEN
    if _is_secret(who, _called(path)) and isinstance(found, str | int | float):
        return found if isinstance(found, bool) or _is_reference(str(found)) else HIDDEN
    return _walked(who, path, found)


def text(line: str) -> str:
    """Answer a line without credentials."""
    return lines([line])[0]


def lines(found: Sequence[str]) -> list[str]:
    """Answer lines of a text without credentials, as many."""
    return list(_lines(found))


def _lines(found: Sequence[str]) -> Iterator[str]:
    below, everything, in_pem = -1, False, False
    for line in found:
        if below < 0 and not in_pem and not _MAY.search(line):
            yield line
            continue
        if in_pem:
            in_pem = "-----END " not in line
            yield HIDDEN
            continue
        indent = len(line) - len(line.lstrip(" "))
        item = line.lstrip().startswith("- ")  # of a list that may stand below its key's column
        if below >= 0 and line.strip() and (indent < below or (indent == below and not item)):
            below = -1
        if below >= 0 and line.strip() and (everything or not _is_structure(line)):
            yield " " * indent + HIDDEN
            continue
        if match := _SAID.fullmatch(line):
            said = match["value"] or ""
            below = _column(line)
            everything = said.startswith(("|", ">")) or bool(said and not _is_reference(said))
            if said and not _is_reference(said):
                line = match["before"] + HIDDEN  # noqa: PLW2901  what is shown of it
        in_pem = "-----BEGIN " in line and "-----END " not in line
        yield _looks(line)


def _column(line: str) -> int:
    """Answer where the key of a line begins, behind the dashes of a list."""
    match = re.match(r"[\s]*(?:-\s+)*", line)
    return match.end() if match else 0


def _is_structure(line: str) -> bool:
    return bool(re.match(r"\s*(-\s+)?[\w\"'.-]+\s*:(\s|$)|\s*[}\]]", line))


def _is_reference(said: str) -> bool:
    return bool(_REFERENCE.fullmatch(said.strip()))


def _looks(line: str) -> str:
    line = _PEM.sub(rf"\1 {HIDDEN}", line)
    line = _URL_LOGIN.sub(f"{HIDDEN}@", line)
    return _KNOWN.sub(HIDDEN, _LOOKS.text(line))


def _called(path: Path) -> str:
    """Answer what a field is called: a variable's value by the variable's name."""
    if path[-1:] == ("value",) and path[-2:-1] and isinstance(item := path[-2], Item):
        return item.key
    names = paths.keys(path)
    return names[-1] if names and isinstance(path[-1], str) else ""


def _is_secret(who: Identity, name: str) -> bool:
    if name == "secretKey" and who.kind == "ExternalSecret":
        return False  # a key's name
    return bool(_NAME.search(name))


def _walked(who: Identity, path: Path, found: Any) -> Any:
    if isinstance(found, dict):
        name = found.get("name", found.get("key"))
        return {
            key: value(who, (*path, Item(str(name)), key), inner)
            if key == "value" and isinstance(name, str)
            else value(who, (*path, str(key)), inner)
            for key, inner in found.items()
        }
    if isinstance(found, list):
        return [
            HIDDEN
            if isinstance(inner, str) and at and _names_next(found[at - 1], inner)
            else value(who, (*path, at), inner)
            for at, inner in enumerate(found)
        ]
    return "\n".join(lines(found.split("\n"))) if isinstance(found, str) else found


def _names_next(before: object, inner: str) -> bool:
    named = isinstance(before, str) and _OPTION.fullmatch(before)
    return bool(named) and not inner.startswith("-") and not _is_reference(inner)

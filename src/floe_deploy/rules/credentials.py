"""Nothing that looks like a credential, anywhere. No finding shows what it has found."""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import log2

from floe_deploy.encryption import is_encrypted
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule

_FORMS = (
    ("a private key", "PRIVATE KEY", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    (
        "a login in an address",
        "://",
        r"[a-z][a-z0-9+.-]*://[^\s/:@\"'$(){}<>]*:[^\s/:@\"'$(){}<>]+@",
    ),
    ("a key of AWS", "AKIA", r"\bAKIA[A-Z2-7]{16}\b"),
    ("a key of AWS", "ASIA", r"\bASIA[A-Z2-7]{16}\b"),
    ("a key of Google", "AIza", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("a token of Google", "ya29.", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    ("a key of Azure Storage", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{40,}"),
    ("a signature of Azure Storage", "sig=", r"[?&]sig=[A-Za-z0-9%+/]{20,}"),
    ("a token of GitHub", "gh", r"\bgh[opusr]_[A-Za-z0-9]{36,}"),
    ("a token of GitHub", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{50,}"),
    ("a token of GitLab", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a token of Slack", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a webhook of Slack", "hooks.slack.com", r"hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    ("a token of Docker", "dckr_pat_", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("a token of npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a token of PyPI", "pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("a token of Vault", "hvs.", r"\bhvs\.[A-Za-z0-9_-]{20,}"),
    ("a token of Databricks", "dapi", r"\bdapi[a-f0-9]{32}"),
    ("a key of age", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    ("a key of Stripe", "_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    ("a key that begins with sk-", "sk-", r"\bsk-[A-Za-z0-9_-]{32,}"),
    ("a signed token (JWT)", "eyJ", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
)
"""What it is, a text without which it cannot be there (looked for first, because it is quick)."""

_PATTERNS = [(what, mark, re.compile(pattern)) for what, mark, pattern in _FORMS]

_WORDS = (
    r"passw(?:or)?d|passphrase|pwd|pass|secret|token|credential"
    r"|(?:api|access|private|secret)[_-]?key"
)
_NAMED = re.compile(rf"(?:^|[a-z0-9_./-])(?:{_WORDS})$", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ASSIGNED = re.compile(
    rf"""(?P<name>{_WORDS})["']?\s*[:=]\s*["']?(?P<value>[^\s"',;]+)""", re.IGNORECASE
)
_LEADS_THERE = re.compile(r"[/$]|\$\(|[a-z]+://|(true|false|null|none|\d+)$", re.IGNORECASE)
"""A path, a variable, an address, or no text: it is not the secret itself."""

_LENGTH, _ENTROPY = 16, 3.5
"""A random value of 16 characters has about 3.7 bits for each; words have 3 or less."""


def _look(it: Object) -> Iterator[Breach]:
    if it.kind == "SealedSecret" or (it.kind == "Secret" and "sops" in it.manifest):
        return
    said = [(path, value) for path, value in it.texts if not _is_data(it, path)]
    everything = "\n".join(value for _, value in said)
    forms = [form for form in _PATTERNS if form[1] in everything]
    for path, value in said:
        where = ".".join(path)
        matching = [what for what, mark, form in forms if mark in value and form.search(value)]
        if matching:
            yield Breach(found=f"{matching[0]} in {where}")
        elif name := _secret(path[-1] if path else "", value):
            yield Breach(found=f"a value of {name} in {where}")


def _is_data(it: Object, path: tuple[str, ...]) -> bool:
    """Tell whether another rule speaks of a text: what a Secret holds in clear."""
    return it.kind == "Secret" and not it.group and path[0] in {"data", "stringData"}


@lru_cache(maxsize=4096)
def _is_named(name: str) -> bool:
    return bool(_NAMED.search(name))


def _secret(name: str, value: str) -> str:
    """Answer the name of a secret whose value is there; nothing where there is none."""
    if _is_named(name) and not _LEADS_THERE.match(value):
        if _VARIABLE.fullmatch(name) and value:
            return name
        if _is_random(value):
            return name
    if "\n" in value or "=" in value or ":" in value:
        for match in _ASSIGNED.finditer(value):
            given = match["value"]
            if _is_random(given) and not _LEADS_THERE.match(given):
                return match["name"]
    return ""


def _is_random(value: str) -> bool:
    if len(value) < _LENGTH or re.search(r"\s", value) or is_encrypted(value):
        return False
    counts = [value.count(char) / len(value) for char in set(value)]
    digits = any(char.isdigit() for char in value)
    return digits and -sum(share * log2(share) for share in counts) >= _ENTROPY


RULES = (
    Rule(
        id="secret-look-alike",
        summary="Nothing looks like a credential: keys and tokens of well-known forms, private "
        "keys, logins in addresses, values of variables such as …_PASSWORD, random text under "
        "names such as password, secret or token.",
        why="Whoever may read the repository, or any copy of it, can use it.",
        remedy="give it as a reference to a Secret; if it has been committed, change it. What "
        "only looks like one needs another name, or an exception",
        check=_look,
    ),
)

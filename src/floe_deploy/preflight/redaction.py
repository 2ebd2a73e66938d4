"""No credential in anything that is shown: found by value, however it is written."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

HIDDEN = "•••"
"""What stands where a credential was."""

_SHORTEST = 4
"""Characters; a shorter value is in too many words to be told from them."""

_LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}")
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)?")
_SIGNATURE = re.compile(r"(?i)\b(sig|signature|x-amz-signature|x-amz-security-token)=[^&\s\"']+")


class Redactor:
    """Hides values, also in Base64, URL and JSON, and what looks like a credential anyway."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.hide(secret.get_secret_value())

    def hide(self, secret: str) -> None:
        """Hide one more value: a token that a service has handed out."""
        values = {secret, secret.strip(), *secret.split("\n")}
        for value in values:
            if len(value) >= _SHORTEST:
                self._forms |= set(_written(value))
        # The longest first, so that no rest of one is left by a shorter one within it.
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if self._forms else None

    def text(self, text: str) -> str:
        """Answer a text without credentials."""
        if self._pattern:
            text = self._pattern.sub(HIDDEN, text)
        text = _LOGIN_IN_URL.sub(f"{HIDDEN}@", text)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        text = _TOKEN.sub(HIDDEN, text)
        return _SIGNATURE.sub(rf"\1={HIDDEN}", text)

    def value(self, value: Any) -> Any:
        """Answer what JSON can hold, without credentials in any text of it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value


def _written(value: str) -> Iterable[str]:
    """Answer the ways in which a value is written: as it is, escaped, and in Base64."""
    data = value.encode()
    yield value
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield data.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # In the middle of a longer text the same bytes have three forms; whole groups are hidden.
        for before in range(3):
            text = encode(b"\0" * before + data).decode().rstrip("=")
            start, end = -(-before * 8 // 6), len(text) - ((before + len(data)) % 3 > 0)
            if end - start >= _SHORTEST:
                yield text[start:end]

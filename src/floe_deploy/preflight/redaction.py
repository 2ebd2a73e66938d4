"""No credential in anything that is shown: found by value, however it is written."""

import base64
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from pydantic import SecretStr

HIDDEN = "•••"
"""What stands where a credential was."""

_SHORTEST = 4
"""Characters; a shorter value is in too many words to be told from them."""

_DEEPEST = 8
"""How often a text may be escaped: JSON is put in JSON, and that in URLs."""

_LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}")
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)?")
_SIGNATURE = re.compile(r"(?i)\b(sig|signature|x-amz-signature|x-amz-security-token)=[^&\s\"']+")

_ESCAPED = re.compile(
    r"(?P<bytes>(?:%[0-9A-Fa-f]{2})+|(?:\\+x[0-9A-Fa-f]{2})+)"
    r"|(?P<units>(?:\\+u[0-9A-Fa-f]{4})+)"
    r"|\\+U(?P<point>00[0-9A-Fa-f]{6})"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#x[0-9A-Fa-f]{1,6}|[a-z]{2,6});)"
    r"|\\+(?P<letter>[nrtbf]?)"
)
_ENCODINGS = ("utf-8", "latin-1")
"""What escaped bytes may mean: Python writes them for both."""

_LETTERS = {"": "", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_HEXADECIMAL = re.compile(r"[%xu\\]+")

Span = tuple[int, int]


class Redactor:
    """Hides values, however they are escaped, and what looks like a credential anyway."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.hide(secret.get_secret_value())

    def hide(self, secret: str) -> None:
        """Hide one more value: a token that a service has handed out."""
        for value in {secret.strip(), *secret.splitlines()}:
            if len(value) >= _SHORTEST:
                self._forms |= {
                    _plain(form, encoding)[0] or form
                    for form in _written(value)
                    for encoding in _ENCODINGS
                }

    def text(self, text: str) -> str:
        """Answer a text without credentials."""
        text = self._without_values(text)
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

    def _without_values(self, text: str) -> str:
        spans = sorted({span for encoding in _ENCODINGS for span in self._spans(text, encoding)})
        shown, done = "", 0
        for start, end in spans:
            if start >= done:
                shown += text[done:start] + HIDDEN
            done = max(done, end)
        return shown + text[done:]

    def _spans(self, text: str, encoding: str) -> Iterator[Span]:
        plain, places = _plain(text, encoding)
        for form in self._forms:
            for at in _found(form, plain):
                yield places[at][0], max(end for _, end in places[at : at + len(form)])


def _found(form: str, text: str) -> Iterator[int]:
    at = text.find(form)
    while at >= 0:
        yield at
        at = text.find(form, at + 1)


def _written(value: str) -> Iterator[str]:
    """Answer a value as it is, in hexadecimal and in Base64."""
    data = value.encode(errors="surrogatepass")
    yield value
    yield data.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # In the middle of a longer text the same bytes have three forms; whole groups are hidden.
        for before in range(3):
            text = encode(b"\0" * before + data).decode().rstrip("=")
            start, end = -(-before * 8 // 6), len(text) - ((before + len(data)) % 3 > 0)
            if end - start >= _SHORTEST:
                yield text[start:end]


def _plain(text: str, encoding: str) -> tuple[str, list[Span]]:
    """Answer a text without any escapes, and where each of its characters was."""
    places = [(at, at + 1) for at in range(len(text))]
    for _ in range(_DEEPEST):
        parts: list[str] = []
        spans: list[Span] = []
        done = 0
        for match in _ESCAPED.finditer(text):
            start, end = match.span()
            meant = _meant(match, encoding)
            parts += (text[done:start], meant)
            spans += places[done:start]
            spans += [(places[start][0], places[end - 1][1])] * len(meant)
            done = end
        if done == 0:
            break
        text, places = "".join((*parts, text[done:])), spans + places[done:]
    return text.replace("+", " "), places


def _meant(match: re.Match[str], encoding: str) -> str:
    """Answer what an escape stands for."""
    if text := match["bytes"] or match["units"]:
        data = bytes.fromhex("".join(_HEXADECIMAL.split(text)))
        if match["units"]:
            return data.decode("utf-16-be", errors="surrogatepass")
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if match["point"]:
        return unescape(f"&#x{match['point']};")
    return unescape(match["entity"]) if match["entity"] else _LETTERS[match["letter"]]

"""No credential is ever shown, however a server, a library or a report writes it."""

import base64
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from floe_deploy.preflight.redaction import HIDDEN, Redactor

SECRET = "pä55 w0rd/+\"\\&='%"
"""Whatever has to be written otherwise somewhere."""


def hidden(secret: str, text: str) -> str:
    return Redactor([SecretStr(secret)]).text(text)


@pytest.mark.requirement("SC-004")
@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        repr(SECRET)[1:-1],
        ascii(SECRET)[1:-1],
        repr(SECRET.encode())[2:-1],
        json.dumps(json.dumps(json.dumps(SECRET)[1:-1])[1:-1])[1:-1],
        quote(json.dumps(SECRET)[1:-1]),
        escape(SECRET),
        SECRET.encode().hex(),
    ],
)
def test_a_credential_is_found_however_it_is_written(written: str) -> None:
    assert hidden(SECRET, f"FATAL: {written} was refused") == f"FATAL: {HIDDEN} was refused"


@pytest.mark.requirement("SC-004")
@pytest.mark.parametrize("user", ["", "u:", "us:", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_credential_is_found_in_the_middle_of_base64(user: str, encode: object) -> None:
    assert callable(encode)
    text = encode(f"{user}{SECRET} and more".encode()).decode()
    shown = hidden(SECRET, text)
    assert HIDDEN in shown
    kept = max(shown.split(HIDDEN), key=len)
    assert len(kept) < len(text) - len(SECRET)


@pytest.mark.requirement("SC-004")
@given(
    st.text(min_size=4, max_size=40).filter(lambda text: text.strip() == text and "\n" not in text),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_credential_is_left_whatever_it_is(secret: str, before: str, after: str) -> None:
    assert secret not in hidden(secret, f"{before}{secret}{after}").replace(HIDDEN, "\0")


ESCAPES: dict[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps(text)[1:-1],
    "url": lambda text: quote(text, safe=""),
    "python": lambda text: ascii(text)[1:-1],
    "html": escape,
}


@pytest.mark.requirement("SC-004")
@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=8, max_size=40).filter(
        lambda text: "\\" not in text  # how many there are cannot be told
    ),
    st.lists(st.sampled_from(sorted(ESCAPES)), max_size=4),
)
def test_no_credential_is_left_however_often_it_is_escaped(secret: str, by: list[str]) -> None:
    text = secret
    for name in by:
        text = ESCAPES[name](text)
    assert hidden(secret, f"<{text}>") == f"<{HIDDEN}>"


@pytest.mark.requirement("SC-004")
def test_of_two_credentials_none_leaves_the_rest_of_the_other() -> None:
    shown = Redactor([SecretStr("abcd"), SecretStr("abcdefgh")]).text("abcdefgh abcd")
    assert shown == f"{HIDDEN} {HIDDEN}"


def test_each_line_of_a_key_in_pem_is_hidden() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"
    assert "kqhkiG9w0BAQEF" not in hidden(key, "cannot parse kqhkiG9w0BAQEF")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://dagster:hunter2@db/x", f"postgresql://{HIDDEN}@db/x"),
        ("Authorization: Bearer abcdefghijkl.x", f"Authorization: Bearer {HIDDEN}"),
        ("token eyJhbGciOi.eyJzdWIiOi.c2ln refused", f"token {HIDDEN} refused"),
        ("?sv=1&sig=a%2Fb%3D&se=2", f"?sv=1&sig={HIDDEN}&se=2"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_though_nobody_named_it(
    text: str, shown: str
) -> None:
    assert Redactor().text(text) == shown


def test_a_token_that_a_service_hands_out_is_hidden_from_then_on() -> None:
    redactor = Redactor([SecretStr("first-one")])
    redactor.hide("handed-out")
    assert redactor.value({"handed-out": ["a first-one", 1, None]}) == {
        HIDDEN: [f"a {HIDDEN}", 1, None]
    }

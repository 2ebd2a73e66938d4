"""YAML that every parser reads alike."""

import string

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from floe_constructs.yaml_text import dump, load

WORDS = (
    "yes No on OFF y N true null ~ ? 1e3 1_000 0o17 0755 0x1F 1:30 12:30:45 .5 5. +1 - -- --- ..."
)
MORE = (
    "= << *a &a !a %a @a `a | > ' [a] {a} a,b 2024-01-01 .inf .NaN NaN inf 1.34 1e e1 key=value a:b"
)
TEXTS = "${X:-y} $(X) http://a:1/b ä 日本 \U0001f600 \u0085 \u2028"
OTHERS = [
    "",
    " a",
    "a ",
    "a: b",
    "a #b",
    "#a",
    "- a",
    '"',
    "a\tb",
    "a\r\nb",
    "a\n",
    "\na",
    "a\n\nb\n",
]
TRICKY = [*WORDS.split(), *MORE.split(), *TEXTS.split(" "), *OTHERS, " a\nb", "a \nb"]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXT = st.text(CHARACTERS) | st.sampled_from(TRICKY)


@pytest.mark.parametrize("text", TRICKY)
def test_tricky_text_comes_back_as_the_same_text(text: str) -> None:
    assert load(dump({"a": [text, {text: text}]})) == {"a": [text, {text: text}]}


@given(TEXT)
@example("a\x1b")
def test_any_text_comes_back(text: str) -> None:
    assert load(dump({"k": text})) == {"k": text}


@pytest.mark.parametrize("text", [text for text in TRICKY if text[:1] in string.digits + ".+-"])
def test_what_another_parser_may_take_for_a_number_is_quoted(text: str) -> None:
    (scalar,) = [event for event in yaml.parse(dump([text])) if isinstance(event, yaml.ScalarEvent)]
    assert scalar.style is not None


def test_keys_keep_their_order_and_lines_are_not_folded() -> None:
    long = "word " * 100 + "end"
    assert dump({"b": long, "a": 1}) == f"b: {long}\na: 1\n"


def test_text_of_several_lines_is_a_block_that_can_be_reviewed() -> None:
    assert dump({"a": "x: 1\ny: 2\n"}) == "a: |\n  x: 1\n  y: 2\n"

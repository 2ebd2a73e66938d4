"""Files that a person wrote."""

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from floe_constructs.problem import Problem
from floe_constructs.yaml_text import dump
from floe_deploy import yaml_file
from floe_deploy.yaml_file import LARGEST, MAX_BYTES, MAX_DEPTH, MAX_VALUES, MOST, YamlFileError

Read = Callable[[str | bytes], Any]


@pytest.fixture(params=["C", "Python"])
def read(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read a text as a file, with the parser in C and with the one that stands in for it."""
    path = tmp_path / "environment.yaml"
    if request.param == "Python":
        monkeypatch.setattr(yaml_file, "LOADER", yaml.SafeLoader)

    def reading(said: str | bytes) -> object:
        path.write_bytes(said if isinstance(said, bytes) else said.encode())
        return yaml_file.read(path)

    return reading


def refused(read: Read, said: str | bytes) -> list[str]:
    with pytest.raises(YamlFileError) as caught:
        read(said)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("7", 7),
        ("-3", -3),
        ("1.34", 1.34),
        ("1e3", 1000.0),
        (".5", 0.5),
        (str(LARGEST), LARGEST),
    ],
)
def test_the_scalars_of_yaml_1_2_are_read(read: Read, said: str, meant: object) -> None:
    assert read(f"a: {said}\n") == {"a": meant}
    assert type(read(f"a: {said}\n")["a"]) is type(meant)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "1:30",
        "0755",
        "0o17",
        "0x1F",
        "1_000",
        "=",
        "nan",
        "inf",
        "tRUE",
        "Infinity",
        "1.2.3",
        "10.0.0.0/8",
        "1e",
        "+",
    ],
)
def test_what_older_yaml_takes_for_something_else_is_text(read: Read, text: str) -> None:
    assert read(f"a: {text}\n{text}: 1\n") == {"a": text, text: 1}


@pytest.mark.parametrize("quoted", ["'1'", '"1"', "|-\n  1", ">-\n  1"])
def test_quotes_and_blocks_make_text(read: Read, quoted: str) -> None:
    assert read(f"a: {quoted}\n") == {"a": "1"}


def test_duplicate_keys_are_all_reported_with_both_lines(read: Read) -> None:
    lines = refused(read, "a: 1\nb:\n  c: 1\n  d:\n  - {e: 1, e: 2}\n  c: 2\n'a': 2\n")
    assert [(line.split(":")[0], line.split("lines ")[1].split(" of")[0]) for line in lines] == [
        ("b.d[0].e", "5 and 5"),
        ("b.c", "3 and 6"),
        ("a", "1 and 7"),
    ]


@pytest.mark.parametrize(
    ("said", "line", "what"),
    [
        ("a: &x 1\n", 1, 'the anchor "x"'),
        ("a: 1\nb: *x\n", 2, 'the alias "x"'),
        ("a: !!int 1\n", 1, "the tag"),
        ("a: !secret x\n", 1, "the tag"),
        ("a: !!python/object/apply:os.system [x]\n", 1, "the tag"),
        ("!!map {a: 1}\n", 1, "the tag"),
        ("a: 1\n<<: {b: 1}\n", 2, "the merge key"),
        ("a: 1\n---\nb: 1\n", 2, "a second document"),
        ("1: a\n", 1, "the number 1"),
        ("true: a\n", 1, "true"),
        ("a: 1\n~: b\n", 2, "nothing (null)"),
        ("? [a, b]\n: 1\n", 1, "a mapping or list as a key"),
        ("{a: 1}: 1\n", 1, "a mapping or list as a key"),
        ("a: .inf\n", 1, ".inf"),
        ("a: -.inf\n", 1, "-.inf"),
        ("a: .nan\n", 1, ".nan"),
        ("a: 1e999\n", 1, "1e999"),
        (f"a: {LARGEST + 1}\n", 1, str(LARGEST + 1)),
        (f"a: -{LARGEST + 1}\n", 1, str(LARGEST + 1)),
        ("a: b: c\n", 1, 'in the line "a: b: c"'),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: [1, 2\n", 2, "flow sequence"),
        ("a: 1\nb: 'x\n", 3, "end of stream"),
        ('a: "\\0"\n', 1, "NUL"),
        ("a: \x00\n", 1, "U+0000"),
        ("a: 1\nb: \x07\n", 2, "U+0007"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(
    read: Read, said: str, line: int, what: str
) -> None:
    (text,) = refused(read, said)
    assert f"environment.yaml:{line}" in text
    assert what in text


def test_everything_that_is_refused_is_told_at_once(read: Read) -> None:
    lines = refused(read, "a: &x 1\nb: *x\nc: .inf\n1: 2\na: 3\nd: [\n")
    assert len(lines) == 6


def test_after_a_refused_key_reading_goes_on_in_step(read: Read) -> None:
    lines = refused(read, "? [a]\n: {b: 1, b: 2}\nc: .inf\n? *x\n: 1\n<<: {}\nd: .inf\n")
    assert [line.split(":")[0].split(" ")[0] for line in lines if "inf" in line] == ["c", "d"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (b"", "an empty file"),
        (b"# only a comment\n", "an empty file"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"a: 1\nb: \xe4\n", "UTF-8"),
        (b"a" * (MAX_BYTES + 1), f"more than {MAX_BYTES} bytes"),
    ],
)
def test_what_is_no_text_file_is_refused(read: Read, said: bytes, what: str) -> None:
    (text,) = refused(read, said)
    assert what in text


def test_a_byte_order_mark_is_no_part_of_the_first_key(read: Read) -> None:
    assert read(b"\xef\xbb\xbfa: 1\n") == {"a": 1}


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_line_separators_of_unicode_do_no_harm(read: Read, mark: str) -> None:
    assert isinstance(read(f'a: "x{mark}y"\n'), dict)
    assert refused(read, f"a: 1 # {mark}b: c: d\n")


def test_half_of_a_character_is_refused(read: Read) -> None:
    assert refused(read, 'a: "\\ud800"\n')


def test_a_path_that_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "none", tmp_path / "fifo", tmp_path / "a\0b"):
        with pytest.raises(YamlFileError):
            yaml_file.read(path)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_ends_at_the_limit(read: Read, opening: str) -> None:
    closing = {"[": "]", "{a: ": "}"}.get(opening, "")
    assert read(opening * MAX_DEPTH + "x" + closing * MAX_DEPTH) if opening != "? " else True
    for depth in (MAX_DEPTH + 1, 5000):
        assert "levels" in " ".join(refused(read, opening * depth))


@pytest.mark.requirement("SC-004")
@pytest.mark.parametrize(
    "said",
    [
        "password: [hunter2\n",
        "a:\n  - api_token: 'hunter2\n",
        'password: "hunter2\\0"\n',
        "x: {password: 'hunter2' b}\n",
    ],
)
def test_a_line_that_may_hold_a_secret_is_not_shown(read: Read, said: str) -> None:
    assert "hunter2" not in " ".join(refused(read, said))


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "said",
    [
        LAUGHS,
        "[" * MAX_BYTES,
        "[" + "a," * (MAX_BYTES // 2 - 4) + "a]",
        "- a\n" * (MAX_BYTES // 4),
        "? " * (MAX_BYTES // 2),
        "{" * MAX_BYTES,
        "a: 1\n" * (MAX_BYTES // 5),
        "".join(f"{n}: 1\n" for n in range(MAX_BYTES // 12)),
        "a: &a [x]\n" + "b: *a\n" * (MAX_BYTES // 6 - 10),
        "a: " + "1" * (MAX_BYTES - 4),
        "a: 0." + "1" * (MAX_BYTES - 6),
        "a: " + "x" * (MAX_BYTES - 4),
        "a: '" + "''" * (MAX_BYTES // 2 - 4),
        "#" * MAX_BYTES,
        "\n" * MAX_BYTES,
        "a: |\n" + " x\n" * (MAX_BYTES // 3 - 4),
        "a" * 1000 + ":" * (MAX_BYTES - 1000),
        "!" * MAX_BYTES,
        'a: "' + "\\x41" * (MAX_BYTES // 4 - 4) + '"',
        "- " * (MAX_BYTES // 2),
        "x" * (MAX_BYTES - 3) + ": \x07"[:3],
    ],
    ids=str.__len__,
)
def test_a_hostile_file_is_read_or_refused_in_less_than_two_seconds(
    tmp_path: Path, said: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(said)
    start = time.monotonic()
    _, problems = outcome(yaml_file.read, path)
    assert time.monotonic() - start < 2
    assert len(problems) <= MOST + 1
    assert sum(len(str(problem)) for problem in problems) < 50_000


def test_more_values_than_a_person_writes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    fitting = MAX_VALUES - 1  # the list is a value too
    path.write_text("- a\n" * fitting)
    assert yaml_file.read(path) == ["a"] * fitting
    path.write_text("- a\n" * (fitting + 1))
    assert "too many values" in str(outcome(yaml_file.read, path)[1])


def outcome(read: Callable[[Any], object], said: object) -> tuple[object, tuple[Problem, ...]]:
    try:
        return read(said), ()
    except YamlFileError as failure:
        return None, failure.problems


def harmless(read: Read, said: str | bytes) -> None:
    value, problems = outcome(read, said)
    assert all(str(problem).isprintable() for problem in problems)
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


FEW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
SYNTAX = st.lists(
    st.sampled_from(
        [*"abc:[]{},'\"#%1~\n\t\r\\@`ä\u2028\x85\ufeff\x00", "\n  ", "\n ", ": ", "- ", "? "]
    )
    | st.sampled_from(
        ["&a ", "*a", "!x ", "!!str ", "<<", "|\n", ">\n", "---\n", "...\n", "\\ud800", ".inf"]
    ),
    max_size=25,
).map("".join)


@FEW
@given(said=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(read: Read, said: bytes) -> None:
    harmless(read, said)


@FEW
@given(said=SYNTAX | st.text(st.characters(exclude_categories=["Cs"])))
@example(said="a: *a")
@example(said="? *a\n: [")
@example(said="{? {a: 1} : b, c}")
@example(said="%YAML 1.1\n---\na: 1")
@example(said="%YAML 3.0\n---\na: 1")
@example(said="%TAG ! x\n---\n! a")
def test_any_text_is_read_or_refused(read: Read, said: str) -> None:
    harmless(read, said)


@FEW
@given(
    said=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-LARGEST, LARGEST)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
            )
        ),
        max_leaves=12,
    )
)
def test_what_is_written_plainly_comes_back(read: Read, said: object) -> None:
    text = dump({"a": said})
    assert read(text) == {"a": said}


def test_numbers_that_are_read_are_finite(read: Read) -> None:
    assert all(map(math.isfinite, read("[1, -1, 0.1, 1e300, -0]")))

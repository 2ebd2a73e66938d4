"""What a user reads about a wrong input."""

import json
import re
import time
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationError, model_validator

from floe_constructs.problem import MOST, Problem, path_of, problems_of, shown
from floe_constructs.spec import Spec


def _even(value: int) -> int:
    if value % 2:
        msg = "it has to be even,\nlike 2"
        raise ValueError(msg)
    return value


class Memory(Spec):
    type: Literal["memory"]
    limit: int = 1


class Disk(Spec):
    type: Literal["disk", "volume"]
    size: Annotated[str, Field(pattern="^[0-9]+Gi$", json_schema_extra={"rule": "a size: 10Gi"})]


class External(Spec):
    external: str


class Deployed(Spec):
    storage: Annotated[Memory | Disk, Field(discriminator="type")]
    replicas: Annotated[int, Field(ge=1, le=9)] = 1


class SecretKey(Spec):
    name: str
    key: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def _form(value: object) -> str:
    return "external" if isinstance(value, dict) and "external" in value else "deployed"


Component = Annotated[
    Annotated[Deployed, Tag("deployed")] | Annotated[External, Tag("external")],
    Discriminator(_form),
]


class Pool(Spec):
    least: int
    most: int

    @model_validator(mode="after")
    def _ordered(self) -> "Pool":
        if self.least > self.most:
            msg = "least is above most"
            raise ValueError(msg)
        return self


class Everything(Spec):
    kubernetes: Annotated[str, Field(pattern=r"^1\.[0-9]+$", max_length=5)] = "1.34"
    user: str | SecretKey = "me"
    cache: Annotated[str, Field(max_length=4)] | Disk = "1Gi"
    password: SecretKey | None = None
    api_token: Annotated[int, Field(lt=3)] = 1
    mode: Literal["fast", "slow"] | None = None
    colour: Colour = Colour.RED
    component: Component | None = None
    others: dict[Annotated[str, Field(max_length=3)], Deployed] = Field(default_factory=dict)
    ports: tuple[Annotated[int, Field(gt=0)], ...] = Field(default=(), max_length=2)
    words: tuple[Literal["red", "blue"], ...] = Field(default=("red",), min_length=1)
    pair: tuple[int, str] = (1, "a")
    share: Annotated[float, Field(ge=0)] = 1.0
    even: Annotated[int, AfterValidator(_even)] = 2
    step: Annotated[int, Field(multiple_of=5)] = 5
    on: bool = True
    pool: Pool | None = None
    db_schema: str = Field(default="x", alias="schema", min_length=1)


def problems(said: object) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate_json(json.dumps(said), strict=True)
    return problems_of(caught.value, Everything)


def problem(said: object) -> Problem:
    (only,) = problems(said)
    return only


def test_an_unknown_key_names_the_nearest_key_that_is_allowed_there() -> None:
    found = problem({"component": {"storage": {"type": "disk", "size": "1Gi"}, "replcas": 2}})
    assert found.where == "component.replcas"
    assert found.fix == "did you mean replicas?"
    assert found.allowed == ", ".join(sorted(Deployed.model_fields))


def test_an_unknown_key_that_is_near_none_is_to_be_removed() -> None:
    assert problem({"pool": {"least": 1, "most": 2, "zzz": 0}}).fix == "remove it"


def test_case_and_hyphens_do_not_hide_the_near_name() -> None:
    assert problem({"API-Token": 1}).fix == "did you mean api_token?"


def test_a_key_is_suggested_as_it_is_written_and_not_as_it_is_called_in_code() -> None:
    assert problem({"schem": "x"}).fix == "did you mean schema?"
    assert problem({"schema": ""}).where == "schema"


def test_a_missing_key_says_what_it_takes() -> None:
    found = problem({"component": {"storage": {"type": "volume"}}})
    assert (found.where, found.found) == ("component.storage.size", "nothing")
    assert found.allowed == "a size: 10Gi"


def test_a_list_is_not_called_too_short_because_its_entries_are_wrong() -> None:
    assert problem({"words": ["green"]}).where == "words[0]"
    assert problem({"words": []}).where == "words"


def test_a_number_where_text_is_wanted_gets_the_hint_to_quote_it() -> None:
    found = problem({"kubernetes": 1.34})
    assert found.found == "the number 1.34"
    assert found.fix == 'write it in quotes: "1.34"'
    assert not problem({"kubernetes": 5}).fix, "in quotes it would be as wrong"


@pytest.mark.parametrize(
    ("said", "where", "allowed"),
    [
        ({"ports": 5}, "ports", "a list of at most 2 entries"),
        ({"ports": [1, 2, 3]}, "ports", "a list of at most 2 entries"),
        ({"ports": [0]}, "ports[0]", "a whole number above 0"),
        ({"pair": [1, 2]}, "pair[1]", "text"),
        ({"others": []}, "others", "a mapping"),
        ({"others": {"a.b": 1}}, 'others."a.b"', "a mapping with replicas, storage"),
        ({"on": "yes"}, "on", "true or false"),
        ({"share": -0.5}, "share", "a number of 0 or more"),
        ({"share": "1"}, "share", "a number of 0 or more"),
        ({"step": 7}, "step", "a whole number that is a multiple of 5"),
        ({"step": 1.5}, "step", "a whole number that is a multiple of 5"),
        (
            {"kubernetes": "v1"},
            "kubernetes",
            r"text of at most 5 characters that matches ^1\.[0-9]+$",
        ),
        ({"schema": ""}, "schema", "text of at least 1 characters"),
        ({"pool": "big"}, "pool", "a mapping with least, most or null"),
        ({"colour": 3}, "colour", "red or blue"),
        ([], "", "a mapping"),
    ],
)
def test_what_is_allowed_is_said_in_plain_words(said: object, where: str, allowed: str) -> None:
    found = problem(said)
    assert (found.where, found.allowed) == (where, allowed)


def test_a_number_out_of_range_is_told_the_whole_range() -> None:
    said = {"component": {"storage": {"type": "memory"}, "replicas": 10}}
    assert problem(said).allowed == "a whole number from 1 to 9"


@pytest.mark.parametrize(("key", "near"), [("mode", "fast"), ("colour", "blue")])
def test_one_of_a_few_values_is_suggested(key: str, near: str) -> None:
    assert problem({key: near[:-1]}).fix == f"did you mean {near}?"


def test_the_setting_that_decides_between_forms_is_missing_or_misspelt() -> None:
    missing = problem({"component": {"storage": {"limit": 2}}})
    misspelt = problem({"component": {"storage": {"type": "volum"}}})
    assert missing.where == misspelt.where == "component.storage.type"
    assert missing.allowed == misspelt.allowed == "memory or disk or volume"
    assert misspelt.fix == "did you mean volume?"


def test_names_of_union_members_are_in_no_path() -> None:
    said = {
        "component": {"external": 1},
        "others": {"a": {"storage": {"type": "volume", "size": "1"}}},
        "user": {"name": 1, "key": "k"},
        "cache": {"type": "disk", "size": "x"},
    }
    assert {found.where for found in problems(said)} == {
        "component.external",
        "others.a.storage.size",
        "user.name",
        "cache.size",
    }


def test_a_value_of_no_form_is_told_all_forms_at_once() -> None:
    assert problem({"user": 5}).allowed == "text or a mapping with key, name"
    assert problem({"component": 5}).allowed == (
        "a mapping with replicas, storage or a mapping with external or null"
    )


def test_only_the_form_that_was_meant_is_spoken_of() -> None:
    assert problem({"cache": "12345"}).allowed == "text of at most 4 characters"


def test_a_validator_speaks_for_itself_in_one_line() -> None:
    assert str(problem({"even": 3})) == "even: found the number 3. It has to be even, like 2"
    assert str(problem({"pool": {"least": 2, "most": 1}})) == "pool: least is above most"


def test_a_wrong_key_of_a_mapping_is_told_at_its_place() -> None:
    found = problem({"others": {"long": {"storage": {"type": "memory"}}}})
    assert (found.where, found.allowed) == ("others.long", "text of at most 3 characters")


def test_problems_come_in_the_order_of_the_settings() -> None:
    said = {"step": 1, "user": 5, "kubernetes": 1, "component": 1, "mode": "x"}
    order = [name for name in Everything.model_fields if name in said]
    assert [found.where for found in problems(said)] == order


@pytest.mark.requirement("SC-004")
@pytest.mark.parametrize(
    "said",
    [
        {"password": "hunter2"},
        {"password": ["hunter2"]},
        {"password": {"name": "x", "key": 4711}},
        {"password": {"name": "x", "key": "k", "hunter2": 1} | {"hunter2": 1}},
        {"api_token": 4711},
        {"api_token": "hunter2"},
        {"user": {"name": "n", "key": 4711}},
        {"component": {"external": ["x"], "password": "hunter2"}},
    ],
)
def test_what_may_be_a_secret_is_never_shown(said: dict[str, Any]) -> None:
    values = [p.found + p.allowed + p.fix for p in problems(said)]
    assert not re.search("hunter2|4711", " ".join(values))


def test_a_login_inside_an_address_is_not_shown() -> None:
    assert "hunter2" not in shown("postgres://me:hunter2@host/db")
    assert "host/db" in shown("postgres://me:hunter2@host/db")


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "\x00", "\u2028", "\ud800", "\u202e"])
def test_control_characters_are_shown_escaped(text: str) -> None:
    assert shown(text).isprintable()
    assert path_of((text, text)).isprintable()


@pytest.mark.parametrize(
    "value", ["x" * 10**6, 10**5000, "\x00" * 10**6, {"a": 1}, [1] * 100], ids=type
)
def test_what_was_found_is_shown_short(value: object) -> None:
    assert len(shown(value)) < 400


def test_a_path_is_written_as_a_reader_would() -> None:
    assert path_of(("a", "b", 2, "c.d", "e")) == 'a.b[2]."c.d".e'


def test_a_hundred_thousand_errors_take_a_moment_and_are_counted() -> None:
    said = {f"key{number}": 1 for number in range(100_000)}
    start = time.monotonic()
    found = problems(said)
    assert time.monotonic() - start < 3
    assert len(found) == MOST + 1
    assert str(len(said) - MOST) in found[-1].found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "external", "storage"]) | st.text(), inner
        )
    ),
    max_leaves=10,
)
SETTINGS = st.dictionaries(
    st.sampled_from([field.alias or name for name, field in Everything.model_fields.items()])
    | st.text(max_size=5),
    JSON,
)
JARGON = re.compile(
    r"Input should|Value error|type=|pydantic|valid (string|dict|integer)|https?://"
)


@given(SETTINGS)
def test_whatever_is_wrong_is_told_in_lines_without_jargon(said: dict[str, Any]) -> None:
    try:
        Everything.model_validate_json(json.dumps(said), strict=True)
    except ValidationError as failure:
        found = problems_of(failure, Everything)
        lines = [str(p) for p in found]
        assert lines
        assert all(line.isprintable() and not JARGON.search(line) for line in lines), lines
        assert all(p.allowed or p.fix for p in found), lines

"""Overlays mutated at random: a message that tells what is wrong, or manifests that are valid."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floe_deploy import overlay, wiring
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from floe_deploy.synth import render
from test_dist import ENVIRONMENTS, ROOT, each_once, floe, kubeconform

OVERLAYS = {
    name: yaml.safe_load((ROOT / "overlays" / name / "environment.yaml").read_text())
    for name in ENVIRONMENTS
}
HOSTILE: list[Any] = [
    *(None, True, False, 0, 1, -1, 3.5, 2**53, 2**70, 1e308, "", " ", "x", "X" * 5000, "a" * 64),
    *("\u2028", "\x1b[31m", "a\nb", "日本", "\U0001f600", "${X}", "$(HOME)", "../../etc", "a/b:1"),
    *("1.34", "yes", "null", "-", "---", "{{ x }}", "%s", "https://u:p@h/", "http://", "//", "1Gi"),
    *([], [None], {}, {"": ""}, {"name": "x", "key": "y"}, {"external": "http://x"}, [[[[]]]]),
]
VALUES = st.sampled_from(HOSTILE) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def names(schema: dict[str, Any]) -> list[str]:
    forms = [schema, *schema["$defs"].values()]
    return sorted({name for form in forms for name in form.get("properties", {})})


KEYS = st.text(max_size=12) | st.sampled_from(names(Environment.model_json_schema()))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


PLAUSIBLE: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(1, 2, 3, 17, 8080, "x", "abc-1", "a.b.c", "2Gi", "3Gi", "500m", "1h", "24h", "a.io/a:1"),
        *(True, "UTC", "$(A)", "${A}", "a b", "A_b", "日本", "10.0.0.0/8", "k8s_job", None, [], {}),
    ]
)


@st.composite
def mutated(
    draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES, most: int = 3
) -> tuple[str, Any]:
    name = draw(st.sampled_from(ENVIRONMENTS))
    data = copy.deepcopy(OVERLAYS[name])
    for _ in range(draw(st.integers(1, most))):
        path = draw(st.sampled_from(list(places(data))[1:] or [()]))
        if not path:
            return name, copy.deepcopy(draw(values))
        *above, key = path
        parent = data
        for step in above:
            parent = parent[step]
        kind = draw(st.sampled_from(["replace", "replace", "remove", "rename", "add", "repeat"]))
        if kind == "replace":
            parent[key] = copy.deepcopy(draw(values))  # it may be changed in its turn
        elif kind == "remove":
            del parent[key]
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[key]))
        elif kind == "rename":
            parent[draw(KEYS)] = parent.pop(key)
        else:
            parent[draw(KEYS)] = copy.deepcopy(draw(values))
    return name, data


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    artifacts = ROOT / "overlays" / name / "compiled_artifacts.json"
    (folder / "compiled_artifacts.json").write_bytes(artifacts.read_bytes())
    return folder


def check_message(failure: InputError) -> None:
    text = str(failure)
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(text) < 50_000
    assert not any(word in text for word in ("Traceback", "pydantic", "type=", "input_value"))


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_overlay_is_refused_with_a_message_or_can_be_wired(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[str, Any]
) -> None:
    name, data = case
    folder = tmp_path_factory.getbasetemp() / "mutated" / "env"
    text = yaml.dump(data, allow_unicode=True, Dumper=yaml.CSafeDumper)
    began = time.monotonic()
    try:
        wiring.wire(overlay.load(write(folder, name, text)))
    except InputError as failure:
        check_message(failure)
    assert time.monotonic() - began < 20


@pytest.mark.slow
@pytest.mark.tools
def test_what_is_not_refused_makes_valid_manifests(tmp_path: Path) -> None:
    accepted = 0
    made: set[str] = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mutated(PLAUSIBLE, 1))
    def attempt(case: tuple[str, Any]) -> None:
        nonlocal accepted
        name, data = case
        text = yaml.dump(data, allow_unicode=True, Dumper=yaml.CSafeDumper)
        try:
            rendering = render(write(tmp_path / "overlay" / "env", name, text), Project())
        except InputError as failure:
            check_message(failure)
            return
        accepted += 1
        made.update(
            text
            for path, text in rendering.files.items()
            if path.endswith(".yaml") and "kustomization" not in path
        )

    attempt()
    assert accepted > 15
    result = kubeconform(each_once(tmp_path / "dist", made), "1.34")
    summary = json.loads(result.stdout)
    assert {key: summary["summary"][key] for key in ("invalid", "errors", "skipped")} == {
        "invalid": 0,
        "errors": 0,
        "skipped": 0,
    }, summary["resources"]


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ENVIRONMENTS), st.data())
def test_text_that_is_cut_and_stirred_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    text = (ROOT / "overlays" / name / "environment.yaml").read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        to = data.draw(st.integers(at, min(len(text), at + 80)))
        new = data.draw(
            st.text(max_size=10)
            | st.sampled_from(["&a ", "*a", "!!python/object:x ", "<<: ", "\t", "\x00", "\n---\n"])
            | st.just(text[at:to] * 2)
        )
        text = text[:at] + new + text[to:]
    folder = tmp_path_factory.getbasetemp() / "stirred" / "env"
    try:
        overlay.load(write(folder, name, text))
    except InputError as failure:
        check_message(failure)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: 1\n" * 100_000,
        "[" * 100_000,
        "{a: " * 10_000,
        "a: " + "x" * 2_000_000,
        "? " * 50_000,
        "- " * 50_000,
        "%YAML 9.9\n---\na: 1",
        "a: !!binary x",
        "namespace: a\nnamespace: b\n",
        "- just\n- a list\n",
        "text",
        "",
        "\ufeffnamespace: x",
    ],
    ids=range(14),
)
def test_the_command_survives_files_that_are_no_overlay(tmp_path: Path, text: str) -> None:
    write(tmp_path / "overlays" / "env", "dev", text)
    began = time.monotonic()
    result = floe("synth", "env", cwd=tmp_path)
    assert time.monotonic() - began < 30
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("overlays/env is not a valid overlay:\n  ")
    assert not (tmp_path / "dist").exists()

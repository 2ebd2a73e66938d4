"""Values that change in a file, and all the rest of it, which does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from floe_constructs.setting import Location
from floe_deploy import yaml_edit, yaml_file

OLD, NEW = "r.example.com/floe/shop:1.0", "r.example.com/floe/shop:2.0-rc.1"
DIGEST = f"@sha256:{'b' * 64}"

STYLES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "single": lambda said: f"'{said}'",
    "double": lambda said: f'"{said}"',
    "escaped": lambda said: f'"\\x{ord(said[0]):02x}{said[1:]}"',
    "continued": lambda said: f'"{said[:3]}\\\n      {said[3:]}"',
    "folded": lambda said: f">-\n      {said}",
    "literal": lambda said: f"|-\n      {said}",
    "on the next line": lambda said: f"\n      {said}",
}
INLINE = ("plain", "single", "double", "escaped")
"""Styles that are the same within braces."""


def parse(text: str) -> Any:
    return yaml_file.parse(Path("environment.yaml"), text)


@pytest.mark.parametrize("loader", [yaml_file.LOADER, yaml.SafeLoader])
@pytest.mark.parametrize("style", STYLES)
def test_a_value_of_any_style_changes_and_nothing_else(
    style: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_file, "LOADER", loader)
    before, after = f"# é {OLD}\na:\n  b:\n    image: ", f"\n# {OLD}\nother: {OLD}\n"
    text = f"{before}{STYLES[style](OLD)}{after}"
    assert parse(text)["a"]["b"]["image"] == OLD
    changed = yaml_edit.replaced(text, {("a", "b", "image"): (OLD, NEW)})
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert parse(changed) == {"a": {"b": {"image": NEW}}, "other": OLD}
    if style not in {"escaped", "continued"}:
        assert changed == f"{before}{STYLES[style](NEW)}{after}"


versions = st.sampled_from([":1", ":2.0-rc.1", ":v1_x", f":3{DIGEST}", DIGEST])
comments = st.sampled_from(["", " # é", "  # shop:1 # 'x'", " # \U0001f600 {"])
line_ends = st.sampled_from(["\n", "\r\n", "\n\n# {}: [\n"])


@given(st.data())
def test_what_stands_beside_changed_values_never_moves(data: st.DataObject) -> None:
    """Entries of each style, one after the other, of which some change."""
    draw = data.draw
    parts: list[str] = []
    changes: dict[Location, tuple[str, str]] = {}
    meant: dict[str, Any] = {}
    beside: list[str] = [""]
    for number in range(draw(st.integers(1, 6))):
        key = draw(st.sampled_from(["k", '"q: x"', "ü"]))
        name = f"{yaml.safe_load(key)}{number}"
        written = f'"{name}"' if key.startswith('"') else name
        old, new = (f"r.example.com:5000/a/b{draw(versions)}" for _ in range(2))
        style = draw(st.sampled_from(sorted(STYLES)))
        inline = style in INLINE
        braces = inline and draw(st.booleans())
        comment = draw(comments) if inline else ""
        end = f"{comment}{draw(line_ends)}"
        lead = f"{written}: {{x: [1, 2], image: " if braces else f"{written}:\n  image: "
        tail = f" , y: '{old}'}}{end}" if braces else end
        parts += [lead, STYLES[style](old), tail]
        beside[-1] += lead
        at: Location = (name, "image")
        if draw(st.booleans()):
            changes[at] = (old, new)
            beside.append(tail)
        else:
            beside[-1] += f"{STYLES[style](old)}{tail}"
        said = new if at in changes else old
        meant[name] = {"x": [1, 2], "image": said, "y": old} if braces else {"image": said}
    text = "".join(parts)
    changed = yaml_edit.replaced(text, changes)
    assert parse(changed) == meant
    place = 0
    for each in beside:  # in this order, nothing lost
        place = changed.index(each, place) + len(each)
    assert changed.startswith(beside[0])
    assert changed.endswith(beside[-1])
    again = {at: (new, new) for at, (_, new) in changes.items()}
    assert yaml_edit.replaced(changed, again) == changed

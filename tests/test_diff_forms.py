"""A comparison as people read it: in a terminal, and in a comment on a pull request."""

import re
from typing import Any, get_args

import pytest

from floe_deploy.diff import markdown, text
from floe_deploy.diff.judging import changes
from floe_deploy.diff.report import RankName, Report, ReportedEnvironment, ReportedNote
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.snapshot import Entry, Snapshot

GITHUB = 65_536
"""Characters that GitHub takes in a comment."""

Objects = dict[str, dict[str, Any]]


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def account(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def compared(environment: str, old: Objects, new: Objects) -> ReportedEnvironment:
    sides = [
        Snapshot(
            title=title, entries={e.key: e for e in (Entry(p, it) for p, it in objects.items())}
        )
        for title, objects in (("then", old), ("now", new))
    ]
    found = [reported(change) for change in changes(*sides)]
    return ReportedEnvironment(
        environment=environment, old="then", new="now", gated=sides[1].is_gated, changes=found
    )


def report(*environments: ReportedEnvironment) -> Report:
    return Report(differs=any(it.changes for it in environments), environments=list(environments))


def told(*environments: ReportedEnvironment, width: int = 100, colour: bool = False) -> str:
    return text.told(report(*environments), width=width, colour=colour)


OLD: Objects = {
    "50-platform/a.yaml": config("a", text="one\ntwo\n"),
    "50-platform/b.yaml": config("b", word="x"),
    "50-platform/gone.yaml": config("gone"),
}
NEW: Objects = {
    "50-platform/a.yaml": config("a", text="one\nthree\n"),
    "50-platform/b.yaml": config("b", word="y"),
    "50-platform/new.yaml": config("new"),
}


def test_the_weightiest_comes_first_and_each_object_once() -> None:
    lines = told(compared("prod", OLD, NEW)).splitlines()
    assert lines[0] == "prod: 4 objects differ: 1 removed, 1 added, 2 other"
    titles = [line for line in lines if re.fullmatch(r"[A-Z][^()]* \(\d+\)", line)]
    assert titles == ["Removed (1)", "Added (1)", "Other (2)"]
    assert sum("50-platform/" in line for line in lines) == 4
    assert "    data.word: x → y" in lines
    at = lines.index("    data.text")
    assert lines[at + 1 : at + 5] == ["        one", "      - two", "      + three", "        "]


def test_nothing_is_said_of_what_is_the_same() -> None:
    assert told(compared("prod", OLD, OLD), compared("dev", OLD, NEW)).startswith(
        "prod: nothing differs\n\ndev: 4 objects differ"
    )


def test_the_same_change_of_many_objects_is_told_once() -> None:
    names = [f"n{number}" for number in range(40)]
    old = {f"50-platform/{name}.yaml": account(name, a="b") for name in names}
    new = {f"50-platform/{name}.yaml": account(name, a="c") for name in names}
    both = compared("prod", old, new)
    assert told(both).count("metadata.labels.a: b → c") == 1
    assert all(f"ServiceAccount {name}  " in told(both) for name in names)
    assert markdown.told(report(both)).count("metadata.labels.a") == 1


def test_an_environment_without_a_gate_says_so() -> None:
    said = "No gate stands before this"
    assert said in told(compared("dev", OLD, NEW))
    gate = {"30-preflight/a.yaml": config("gate")}
    assert said not in told(compared("prod", OLD | gate, NEW | gate))
    assert said in markdown.told(report(compared("dev", OLD, NEW)))


def test_other_hashes_alone_are_one_line() -> None:
    def job(name: str, digest: str) -> dict[str, Any]:
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name}-{digest}"}}

    sides = [
        {f"30-preflight/{name}.yaml": job(name, digit * 10) for name in ("a", "b", "c")}
        for digit in "01"
    ]
    lines = told(compared("prod", *sides)).splitlines()
    assert lines[-2:] == [
        "Only called otherwise (3)",
        "  Job a, Job b, Job c: another name or hash, as the release is another; nothing else",
    ]


def test_lines_fit_the_terminal_as_far_as_values_do() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "it"}}
    old = {"50-platform/a.yaml": claim | {"spec": {"storageClassName": "a"}}}
    new = {"50-platform/a.yaml": claim | {"spec": {"storageClassName": "b"}}}
    narrow, wide = (told(compared("prod", old, new), width=width) for width in (60, 300))
    assert max(map(len, narrow.splitlines())) <= 60
    assert narrow.split() == wide.split()
    assert len(narrow.splitlines()) > len(wide.splitlines())


def test_colours_change_nothing_but_colours() -> None:
    plain, coloured = (told(compared("prod", OLD, NEW), colour=colour) for colour in (False, True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_comment_is_found_again_and_folds_each_environment() -> None:
    comment = markdown.told(report(compared("prod", OLD, NEW), compared("dev", OLD, OLD)))
    assert comment.splitlines()[0] == markdown.MARK
    assert comment.count("<details") == comment.count("</details>") == 1
    assert "<b>prod</b>: 4 objects differ: 1 removed, 1 added, 2 other</summary>" in comment
    assert "<b>dev</b>: nothing differs" in comment
    assert "- `data.word`: `x` → `y`" in comment
    assert "```diff\n      one\n    - two\n    + three\n" in comment


def test_what_stands_in_files_is_no_markup_of_the_comment() -> None:
    new = {
        "50-platform/a.yaml": config("a", text="```\n</details>\n", word="`x` <b>"),
        "50-platform/b.yaml": config("<script>", word="|"),
    }
    old = {"50-platform/a.yaml": config("a", text="x\n", word="a")}
    comment = markdown.told(report(compared("prod", old, new)))
    outside = re.sub(r"^ *(`{4,})diff\n.*?^ *\1$", "", comment, flags=re.MULTILINE | re.DOTALL)
    outside = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", outside)
    assert "script" not in outside
    assert outside.count("</details>") == 1
    assert "`` `x` <b> ``" in comment


@pytest.mark.parametrize("environments", [1, 4, 200])
def test_a_comment_stays_below_the_limit_and_leaves_out_the_least(environments: int) -> None:
    many = range(400 // environments)
    long = "\n".join(f"ä line {number} of a long file" for number in range(80))
    old = {f"50-platform/{n:04}.yaml": config(f"n{n}", a=f"{long}{n}") for n in many}
    new = {f"50-platform/{n:04}.yaml": config(f"n{n}", a=f"{n}") for n in many}
    old["50-platform/gone.yaml"] = config("gone")
    found = [compared(f"e{number}", old, new) for number in range(environments)]
    comment = markdown.told(report(*found))
    assert len(comment.encode()) < GITHUB
    assert comment.count("<details") == comment.count("</details>")
    assert "not shown" in comment
    assert "`50-platform/gone.yaml`" in comment
    shown = len(re.findall(r"^- \*\*ConfigMap", comment, re.MULTILINE))
    left = sum(map(int, re.findall(r"comment: (\d+) object", comment)))
    whole = comment.count("<details")
    assert shown + left == whole * (len(many) + 1)
    if whole < environments:
        assert f"{environments - whole} more environments are not shown" in comment


def test_titles_and_long_names_are_within_the_limit_too() -> None:
    changed = compared("e", {}, {"a.yaml": account("a")}).changes[0]
    note = ReportedNote(rank="other", message="m")
    few = [
        changed.model_copy(update={"rank": rank, "notes": [note.model_copy(update={"rank": rank})]})
        for rank in get_args(RankName)
    ]
    for count in range(320, 420):
        many = [
            few[1].model_copy(update={"notes": [note.model_copy(update={"message": f"{number}"})]})
            for number in range(count)
        ]
        title = f"{'folder/' * 40}dist"
        found = [
            ReportedEnvironment(
                environment=f"{'e' * 60}{number}",
                old=title,
                new=title,
                gated=False,
                changes=[few[0], *many, *few[2:]],
            )
            for number in range(4)
        ]
        assert len(markdown.told(report(*found)).encode()) < GITHUB


def test_the_first_change_is_shown_however_long_it_is() -> None:
    old = {"50-platform/a.yaml": config("a", **{f"k{n}": "x\n" * 90 for n in range(200)})}
    new = {"50-platform/a.yaml": config("a", **{f"k{n}": "y\n" * 90 for n in range(200)})}
    comment = markdown.told(report(compared("prod", old, new)))
    assert len(comment.encode()) < GITHUB
    assert "**ConfigMap** `a`" in comment
    assert "more fields are not shown" in comment


def test_a_long_line_and_a_long_list_of_objects_are_cut() -> None:
    many = {f"50-platform/{n}.yaml": account(f"n{n}") for n in range(3000)}
    new = {path: it | {"x": "y" * 10_000} for path, it in many.items()}
    comment = markdown.told(report(compared("prod", many, new)))
    assert len(comment.encode()) < GITHUB
    assert "- and 2940 more objects" in comment
    assert "**ServiceAccount** `n0`" in comment

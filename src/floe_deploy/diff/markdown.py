"""A report as Markdown, for a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from floe_deploy.diff import summary
from floe_deploy.diff.report import Report, ReportedChange, ReportedEnvironment, ReportedField

MARK = "<!-- floe diff -->"
"""The first line, by which a workflow finds the comment that it has to replace."""

MOST = 65_000
"""Bytes; GitHub takes no comment of more than 65,536 characters."""

_MOST_LINES = 60
"""Lines of one field, and of the objects that a change is told of; the files show the rest."""

_MOST_FIELD_LINES = 120
"""Lines of all fields of one object."""

_LONGEST = 300
"""Characters of a value, or of a line."""

_RESERVE = 1_500
"""Bytes for what an environment needs beside its changes: head, titles, what is left out."""


@dataclass(frozen=True)
class _Block:
    environment: int
    change: ReportedChange
    count: int
    text: str


def told(report: Report) -> str:
    """Answer the whole report, without its least weighty changes where it would be too long."""
    heads = [f"{MARK}", "### What changes in the cluster", ""]
    environments = report.environments[: (MOST // 2) // _RESERVE]
    if hidden := len(report.environments) - len(environments):
        heads += [f"{hidden} more environments are not shown: run `floe diff`.", ""]
    blocks = [block for at, each in enumerate(environments) for block in _blocks(at, each)]
    room = MOST - _bytes("\n".join(heads)) - _RESERVE * len(environments)
    kept: set[int] = set()
    for number in sorted(range(len(blocks)), key=lambda number: _weight(blocks[number])):
        size = _bytes(blocks[number].text) + 1
        if size > room:
            break  # nothing of less weight either, so that it is clear what is missing
        room -= size
        kept.add(number)
    chosen = [block for number, block in enumerate(blocks) if number in kept]
    lines = list(heads)
    for at, each in enumerate(environments):
        mine = [block for block in chosen if block.environment == at]
        lines += _environment(each, mine, alone=len(environments) == 1)
    return "\n".join(lines)


def _weight(block: _Block) -> int:
    return summary.ORDER[block.change.rank]


def _bytes(text: str) -> int:
    return len(text.encode())


def _blocks(at: int, it: ReportedEnvironment) -> Iterator[_Block]:
    for rank, changes in groupby(it.changes, lambda change: change.rank):
        found = list(changes)
        if rank == "name":
            text = f"- {_escaped(summary.renamed(found))}"
            yield _Block(at, found[0], len(found), text)
            continue
        for same in summary.grouped(found):
            yield _Block(at, same[0], len(same), "\n".join(_changes(same)))


def _environment(
    it: ReportedEnvironment, blocks: Sequence[_Block], *, alone: bool
) -> Iterator[str]:
    head = f"<b>{_escaped(it.environment)}</b>: {summary.counted(it)}"
    if not it.changes:
        yield f"{head}\n"
        return
    weighty = it.changes[0].rank in {"immutable", "removed"}
    yield f"<details{' open' if alone or weighty else ''}><summary>{head}</summary>\n"
    yield f"{_code(it.old)} → {_code(it.new)}\n"
    if warning := summary.warning(it):
        yield f"> [!WARNING]\n> {warning}\n"
    for rank, found in groupby(blocks, lambda block: block.change.rank):
        yield f"#### {summary.TITLES[rank]}\n"
        yield from (block.text for block in found)
        yield ""
    left = len(it.changes) - sum(block.count for block in blocks)
    if left:
        told = f"{left} object{'s' if left > 1 else ''} of less weight"
        yield f"*Too long for a comment: {told} not shown. `floe diff` shows all.*\n"
    yield "</details>\n"


def _changes(same: Sequence[ReportedChange]) -> Iterator[str]:
    for change in same[:_MOST_LINES]:
        mark = f" *{early}*" if (early := summary.mark(change)) else ""
        name = f"**{_escaped(change.object.kind)}** {_code(change.object.name)}"
        yield f"- {name}{mark} {_code(change.file)}"
    if more := len(same[_MOST_LINES:]):
        yield f"- and {more} more objects"
    for note in same[0].notes:
        yield f"  - {_escaped(_cut(note.message, 4 * _LONGEST))}"
    fields = list(summary.shown(same[0]))
    room = _MOST_FIELD_LINES
    for at, field in enumerate(fields):
        lines = list(_field(field))
        room -= len(lines)
        if room < 0:
            yield f"  - {len(fields) - at} more fields are not shown"
            return
        yield from lines


def _field(field: ReportedField) -> Iterator[str]:
    note = f" ({_escaped(field.note)})" if field.note else ""
    if not field.lines:
        yield f"  - {_code(field.path)}: {_values(field)}{note}"
        return
    yield f"  - {_code(field.path)}{note}"
    shown = [_cut(line) for line in field.lines[:_MOST_LINES]]
    if more := len(field.lines) - len(shown):
        shown = [*shown, f"… {more} more lines"]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"    {fence}diff"
    yield from (f"    {line}" for line in shown)
    yield f"    {fence}"


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _values(field: ReportedField) -> str:
    if field.old is None:
        return f"{_code(field.new or '')} (new)"
    if field.new is None:
        return f"{_code(field.old)} (gone)"
    return f"{_code(field.old)} → {_code(field.new)}"


def _code(text: str) -> str:
    """Answer text in a code span, whatever is in it."""
    text = _cut(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{ticks}{space}{text or ' '}{space}{ticks}"


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|~@#])", r"\\\1", text)

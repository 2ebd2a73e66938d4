"""A report as text, for a terminal."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from floe_deploy.diff import summary
from floe_deploy.diff.report import Report, ReportedChange, ReportedEnvironment, ReportedField

_BOLD, _RED, _GREEN, _DIM, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"
_WIDEST = 100


def printed(report: Report) -> str:
    """Answer the report for standard output: as wide as a terminal, and in colour on one."""
    terminal = sys.stdout.isatty()
    width = min(_WIDEST, shutil.get_terminal_size().columns) if terminal else _WIDEST
    return told(report, width=width, colour=terminal and not os.environ.get("NO_COLOR"))


def told(report: Report, *, width: int, colour: bool) -> str:
    """Answer the whole report."""
    style = _Style(width, colour=colour)
    return "\n\n".join("\n".join(_environment(each, style)) for each in report.environments)


class _Style:
    def __init__(self, width: int, *, colour: bool) -> None:
        self.width, self._colour = width, colour

    def __call__(self, code: str, text: str) -> str:
        return f"{code}{text}{_PLAIN}" if self._colour and text else text


def _environment(it: ReportedEnvironment, style: _Style) -> Iterator[str]:
    yield style(_BOLD, f"{it.environment}: {summary.counted(it)}")
    if it.changes:
        yield style(_DIM, f"{it.old} → {it.new}")
    if warning := summary.warning(it):
        yield from _wrapped(f"! {warning}", "", style)
    for rank, changes in groupby(it.changes, lambda change: change.rank):
        found = list(changes)
        yield ""
        yield style(_BOLD, f"{summary.TITLES[rank]} ({len(found)})")
        if rank == "name":
            yield from _wrapped(summary.renamed(found), "  ", style)
            continue
        for same in summary.grouped(found):
            yield from _changes(same, style)


def _changes(same: Sequence[ReportedChange], style: _Style) -> Iterator[str]:
    for change in same:
        mark = f" ({early})" if (early := summary.mark(change)) else ""
        yield f"  {summary.name(change)}  " + style(_DIM, f"{change.file}{mark}")
    first = same[0]
    for note in first.notes:
        yield from _wrapped(f"! {note.message}", "    ", style)
    for field in summary.shown(first):
        yield from _field(field, style)


def _wrapped(text: str, indent: str, style: _Style) -> Iterator[str]:
    hanging = indent + ("  " if text.startswith("! ") else "")
    yield from textwrap.wrap(
        text,
        style.width,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _field(field: ReportedField, style: _Style) -> Iterator[str]:
    note = f" ({field.note})" if field.note else ""
    if field.lines:
        yield f"    {field.path}{note}"
        for line in field.lines:
            code = {"-": _RED, "+": _GREEN}.get(line[:1], _DIM)
            yield "      " + style(code, line)
        return
    one = f"    {field.path}: {summary.difference(field)}"
    if len(one) <= style.width:
        yield one
    else:
        yield f"    {field.path}"
        if field.old is not None:
            yield "      " + style(_RED, f"- {field.old}")
        if field.new is not None:
            yield "      " + style(_GREEN, f"+ {field.new}")
    if note:
        yield from _wrapped(f"  {field.note}", "    ", style)

"""Reading YAML that a person wrote, so that what it says is what they meant."""

import math
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from floe_constructs.problem import Problem, is_secret, path_of, shown
from floe_deploy.errors import InputError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_VALUES = 50_000
"""Values and keys in one file: read within a second, and far more than a person writes."""

MOST = 100
"""Problems after which reading stops."""

LARGEST = 2**53
"""Above it Node, and with it cdk8s, rounds integers."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,400})"), int),
    (re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,9})?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda _: math.inf),
)
"""The plain scalars of YAML 1.2 that are not text; `yes`, `0755`, `1:30` and dates are text."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML allows nowhere in a file (section 5.1)."""

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What PyYAML counts as the end of a line."""


class YamlFileError(InputError):
    """A file is not the plain YAML that it should be."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        """Keep the problems, for who reads more than one file."""
        super().__init__(f"{path} cannot be read:", problems)
        self.problems = tuple(problems)


def read(path: Path) -> object:
    """Read one document of plain YAML 1.2: mappings, lists, text, numbers, true, false, null.

    Anchors, aliases, tags and merge keys are refused: what is read is what is there. So are
    duplicate keys, of which another reader would silently take the last.

    Raises:
        YamlFileError: with everything that is wrong, each with its line.

    """
    return parse(path, text(path))


def parse(path: Path, text: str) -> object:
    """Read a document that a file holds, or is about to: as `read`.

    Raises:
        YamlFileError: with everything that is wrong, each with its line.

    """
    return _Document(path).read(text)


def text(path: Path) -> str:
    """Answer what a file of text holds.

    Raises:
        YamlFileError: it is too large, no text in UTF-8, or holds what YAML allows nowhere.

    """
    return _Document(path).text()


def parse_quietly(path: Path, text: str) -> object:
    """Read a document that may hold secrets: as `read`, but no message shows what is in it.

    Raises:
        YamlFileError: with everything that is wrong, each with its line.

    """
    return _Document(path, quiet=True).read(text)


class _StoppedError(Exception):
    """What comes after would not be read rightly, or is too much."""


_NOTHING = object()


@dataclass
class _Open:
    """A mapping or a list whose end has not been read."""

    value: dict[str, object] | list[object]
    key: object = _NOTHING
    """Key whose value comes next; `_NOTHING` when a key comes next, `None` when it was refused."""

    lines: dict[str, int] = field(default_factory=dict)

    @property
    def takes_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is _NOTHING

    @property
    def place(self) -> int | str:
        if isinstance(self.value, list):
            return len(self.value)
        return self.key if isinstance(self.key, str) else "?"


class _Document:
    """One file, read event by event: nothing is built before it is known to be harmless."""

    def __init__(self, path: Path, *, quiet: bool = False) -> None:
        self.path = path
        self.quiet = quiet
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.root: object = _NOTHING
        self.documents = self.values = 0

    def read(self, text: str) -> object:
        try:
            for event in yaml.parse(text, Loader=LOADER):
                self._take(event)
        except _StoppedError:
            pass
        except yaml.MarkedYAMLError as cause:
            self._syntax(text, cause)
        except yaml.YAMLError as cause:
            self._add(str(self.path), str(cause).splitlines()[0], "YAML")
        if self.root is _NOTHING and not self.problems:
            self._add(str(self.path), "an empty file", "a mapping")
        if self.problems:
            raise YamlFileError(self.path, self.problems)
        return self.root

    def text(self) -> str:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                self._refuse("no file", "a file")
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as cause:
            reason = cause.strerror if isinstance(cause, OSError) else None
            self._refuse((reason or str(cause)).lower(), "a file that can be read")
        if len(data) > MAX_BYTES:
            self._refuse(f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            line = data[: cause.start].count(b"\n") + 1
            kind = "UTF-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "bytes that are no UTF-8"
            self._refuse(kind, "text in UTF-8", line)
        if bad := _FORBIDDEN.search(text):
            line = len(_LINE_END.findall(text, 0, bad.start())) + 1
            self._refuse(f"the character U+{ord(bad[0]):04X}", "text without it", line)
        return text

    def _refuse(self, found: str, allowed: str, line: int | None = None) -> Any:
        where = str(self.path) if line is None else f"{self.path}:{line}"
        raise YamlFileError(self.path, [Problem(where=where, found=found, allowed=allowed)])

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._add(self._line(event), "a second document", "one document in a file")
                raise _StoppedError
        elif isinstance(event, yaml.CollectionEndEvent):
            self._put(self.open.pop().value)
        elif isinstance(event, yaml.NodeEvent):
            self._count(event)
            self._refuse_indirection(event)
            if isinstance(event, yaml.CollectionStartEvent):
                self._start(event)
            elif self.open and self.open[-1].takes_key:
                self._key(event)
            else:
                self._put(self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None)

    def _count(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            self._add(self._line(event), "too many values", f"at most {MAX_VALUES} in a file")
        if self.values > MAX_VALUES or len(self.problems) >= MOST:
            raise _StoppedError

    def _refuse_indirection(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            found = f"the alias {self._shown(event.anchor)}"
        elif event.anchor is not None:
            found = f"the anchor {self._shown(event.anchor)}"
        elif tag := getattr(event, "tag", None):
            found = f"the tag {self._shown(tag)}"
        else:
            return
        self._add(self._line(event), found, "plain values", "write the value out")

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if self.open and self.open[-1].takes_key:
            self._refuse_key(event, "a mapping or list")
        self.open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else []))
        if len(self.open) > MAX_DEPTH:
            self._add(self._line(event), f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH}")
            raise _StoppedError

    def _put(self, value: object) -> None:
        """Put a value where it belongs, that is, what was opened last."""
        if not self.open:
            self.root = value
            return
        last = self.open[-1]
        if isinstance(last.value, list):
            last.value.append(value)
        elif last.key is _NOTHING:  # a key that was refused as it began
            last.key = None
        else:
            if isinstance(last.key, str):
                last.value[last.key] = value
            last.key = _NOTHING

    def _key(self, event: yaml.NodeEvent) -> None:
        last, line = self.open[-1], _line_of(event)
        key = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        merge = key == "<<" and isinstance(event, yaml.ScalarEvent) and not event.style
        if isinstance(event, yaml.AliasEvent):
            last.key = None
        elif merge:
            self._add(self._line(event), "the merge key <<", "plain keys", "write the values out")
            last.key = None
        elif isinstance(key, str):
            last.key = key
            if first := last.lines.get(key):
                found = f"the key twice, in lines {first} and {line} of {self.path}"
                self._add(path_of(self._path()), found, "each key once", "remove one of them")
            last.lines[key] = line
        else:
            self._refuse_key(event, self._shown(key))
            last.key = None

    def _refuse_key(self, event: yaml.NodeEvent, found: str) -> None:
        fix = "write it in quotes, if it is meant"
        self._add(self._line(event), f"{found} as a key", "text as a key", fix)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text = event.value
        if not event.style:
            for pattern, convert in _SCALARS:
                if pattern.fullmatch(text):
                    return self._number(event, convert(text))
        if any("\ud800" <= char <= "\udfff" or char == "\0" for char in _escaped(event)):
            self._refuse_value(event, "text without NUL and without half characters")
        return text

    def _number(self, event: yaml.ScalarEvent, value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse_value(event, "a number that is finite")
        elif isinstance(value, int) and abs(value) > LARGEST:
            self._refuse_value(event, f"a whole number up to {LARGEST}, or text in quotes")
        return value

    def _refuse_value(self, event: yaml.ScalarEvent, allowed: str) -> None:
        path, line = self._path(), self._line(event)
        hidden = self.quiet or is_secret(path)
        found = "a value that is not shown" if hidden else shown(event.value)
        self._add(f"{path_of(path)} ({line})" if path else line, found, allowed)

    def _shown(self, value: object) -> str:
        return "(not shown)" if self.quiet else shown(value)

    def _path(self) -> tuple[int | str, ...]:
        return tuple(level.place for level in self.open)

    def _line(self, event: yaml.Event) -> str:
        return f"{self.path}:{_line_of(event)}"

    def _add(self, where: str, found: str, allowed: str, fix: str = "") -> None:
        self.problems.append(Problem(where=where, found=found, allowed=allowed, fix=fix))

    def _syntax(self, text: str, cause: yaml.MarkedYAMLError) -> None:
        mark = cause.problem_mark or cause.context_mark
        what = ", ".join(filter(None, (cause.context, cause.problem)))
        if mark is None:
            self._add(str(self.path), what, "YAML")
            return
        where = f"{self.path}:{mark.line + 1}:{mark.column + 1}"
        lines = _LINE_END.split(text)
        line = lines[mark.line] if mark.line < len(lines) else ""
        fix = ""
        if line[mark.column : mark.column + 1] == "\t" or "'\\t'" in what:
            what, fix = "a tab", "indent with spaces"
        elif "maximum nesting depth" in what:
            what = f"more than {MAX_DEPTH} levels"
        where_in = "" if self.quiet else f", in the line {shown(_without_secret(line))}"
        self._add(where, f"{what}{where_in}", "YAML", fix)


def _line_of(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _escaped(event: yaml.ScalarEvent) -> Iterator[str]:
    """Only an escape in double quotes can make such characters: the file itself has none."""
    return iter(event.value if event.style == '"' else "")


def _without_secret(line: str) -> str:
    """Answer a line up to the first value that may be a secret."""
    for colon in re.finditer(r"([\w.-]+)[\"']?\s*:(?=\s*\S)", line):
        if is_secret((colon[1],)):
            return f"{line[: colon.end()].strip()} …"
    return line.strip()

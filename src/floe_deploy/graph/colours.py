"""Colours of the picture, by light and by dark: one hue for each application."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True)
class Hue:
    """An application's colour: of lines and titles, and of the ground behind its boxes."""

    line: str
    """Of lines, borders and titles."""

    ground: str
    """Behind boxes."""

    dark_line: str
    """Of lines, borders and titles, by dark."""

    dark_ground: str
    """Behind boxes, by dark."""


_OWN = {
    "dagster": Hue("#4f5bd5", "#f3f4fd", "#98a2ff", "#1a1d33"),
    "cube": Hue("#c2326f", "#fdf2f6", "#f58ab6", "#25161d"),
    "marquez": Hue("#0f766e", "#edf8f6", "#53c7b8", "#102724"),
    "jaeger": Hue("#a35a00", "#fdf6ea", "#e5a84f", "#2a2012"),
    "preflight": Hue("#57606a", "#f4f5f7", "#a3adb8", "#1c2025"),
}
_OTHERS = (
    Hue("#8250df", "#f7f2fe", "#c297ff", "#241a36"),
    Hue("#1a7f37", "#eff9f1", "#5fcb79", "#12271a"),
    Hue("#0969da", "#eff6fe", "#74b6ff", "#12233a"),
)

_LIGHT = {
    ".page": "fill:#ffffff",
    "text": "fill:#1f2328",
    ".where,.why,.user,.legend": "fill:#59636e",
    ".open": "fill:#9a4a00;font-weight:600",
    ".box": "fill:#ffffff;stroke:#59636e",
    ".outside": "fill:#f6f8fa;stroke:#b7bfc8",
    ".namespace": "fill:none;stroke:#8c959f",
    ".line": "stroke:#59636e",
    ".head": "fill:#59636e",
    ".badge": "fill:#e4e8ec",
    ".key": "stroke:#59636e",
}
_DARK = {
    ".page": "fill:#0d1117",
    "text": "fill:#e6edf3",
    ".where,.why,.user,.legend": "fill:#9aa4af",
    ".open": "fill:#f0a95b",
    ".box": "fill:#0d1117;stroke:#9aa4af",
    ".outside": "fill:#161b22;stroke:#4b545f",
    ".namespace": "stroke:#6b7480",
    ".line": "stroke:#9aa4af",
    ".head": "fill:#9aa4af",
    ".badge": "fill:#2a313a",
    ".key": "stroke:#9aa4af",
}
_FONTS = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"
_SHAPES = (
    f"text{{font-family:{_FONTS};font-size:10.5px}}",
    ".title{font-size:15px;font-weight:600}",
    ".title .where{font-size:10.5px;font-weight:400}",
    ".application{font-size:13px;font-weight:600}",
    ".name{font-size:12.5px;font-weight:600}",
    ".port{font-weight:600}",
    ".line,.key{fill:none;stroke-width:1.3}",
    ".dashed{stroke-dasharray:5 3}",
    ".namespace{stroke-dasharray:1 4;stroke-linecap:round;stroke-width:1.6}",
)


def classes(applications: Iterable[str]) -> dict[str, str]:
    """Answer the class of what belongs to an application; what belongs to none has its own."""
    return {"": "o", **{name: f"a{index}" for index, name in enumerate(applications)}}


def style(applications: Iterable[str]) -> str:
    """Answer the style sheet: light, and dark where the reader's screen is."""
    light, dark = dict(_LIGHT), dict(_DARK)
    others = cycle(_OTHERS)
    for name, of in classes(applications).items():
        if name:
            hue = _OWN.get(name) or next(others)
            light |= _coloured(of, hue.line, hue.ground)
            dark |= _coloured(of, hue.dark_line, hue.dark_ground)
    dark_rules = ["@media (prefers-color-scheme:dark){", *_rules(dark), "}"]
    return "\n".join([*_SHAPES, *_rules(light), *dark_rules])


def _coloured(of: str, line: str, ground: str) -> dict[str, str]:
    return {
        f".{of} .ground": f"fill:{ground};stroke:{line};stroke-opacity:.35",
        f".{of} .frame": f"fill:{line};fill-opacity:.09",
        f".{of} .badge": f"fill:{line};fill-opacity:.13",
        f".{of} .box,.{of} .line,.{of} .key": f"stroke:{line}",
        f".{of} .application,.{of} .port,.{of} .head": f"fill:{line}",
    }


def _rules(rules: Mapping[str, str]) -> list[str]:
    return [f"{selector}{{{declarations}}}" for selector, declarations in rules.items()]

"""What the interface shows, beside traces."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.spec import Spec

Label = Annotated[str, Field(min_length=1, max_length=100)]
"""A text that people read."""


class MenuLink(Spec):
    """A link in the menu."""

    label: Label
    """What it is called."""

    url: Url
    """Where it leads."""


class Menu(Spec):
    """Links below one entry of the menu."""

    label: Label
    """What the entry is called."""

    items: tuple[MenuLink, ...] = Field(min_length=1)
    """The links."""


class LinkPattern(Spec):
    """A link from something that a trace says: to its logs, or to the run that it is of."""

    type: Literal["logs", "process", "tags", "traces"]
    """Where the link is shown: at logs, process tags or tags of spans, or at whole traces."""

    key: str | None = None
    """Name of the tag or field that becomes a link; a whole trace has none."""

    url: Annotated[str, Field(pattern=r"^(https?://|/)\S+$", max_length=2048)]
    """Where it leads: `#{key}` stands for a value, `#{trace.traceID}` for the trace's."""

    text: Label
    """What is said of the link; values may stand in it as in `url`."""

    @model_validator(mode="after")
    def _has_something_to_hang_on(self) -> Self:
        if (self.key is None) != (self.type == "traces"):
            msg = "key is the tag or field that becomes a link: a whole trace alone has none"
            raise ValueError(msg)
        return self


class Interface(Spec):
    """What the interface shows, beside traces."""

    menu: tuple[MenuLink | Menu, ...] = ()
    """Links in the menu, or groups of them."""

    link_patterns: tuple[LinkPattern, ...] = ()
    """Links from what traces say."""

    dependencies: bool = True
    """Whether the menu leads to the map of services, which is empty over a search server unless
    something computes it."""

    themes: bool = False
    """Whether there is a switch between light and dark."""


def page(interface: Interface, *, monitor: bool, keep_days: int | None) -> str:
    """Answer the file that the interface is configured by, as JSON."""
    told: dict[str, Any] = {"dependencies": {"menuEnabled": interface.dependencies}}
    if monitor:
        told["monitor"] = {"menuEnabled": True}
    if interface.themes:
        told["themes"] = {"enabled": True}
    if keep_days:  # else it offers no more than two days
        days = "1 Day" if keep_days == 1 else f"{keep_days} Days"
        told["search"] = {"maxLookback": {"label": days, "value": f"{keep_days}d"}}
    if interface.menu:
        told["menu"] = [entry.model_dump() for entry in interface.menu]
    if interface.link_patterns:
        patterns = interface.link_patterns
        told["linkPatterns"] = [one.model_dump(exclude_none=True) for one in patterns]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"

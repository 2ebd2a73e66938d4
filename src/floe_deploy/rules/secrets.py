"""Nothing secret in the output."""

from collections.abc import Iterator

from floe_deploy.encryption import is_encrypted
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import mapping


def _in_clear(it: Object) -> Iterator[Breach]:
    if it.kind == "Secret" and not it.group:
        data = mapping(it.manifest.get("data")) | mapping(it.manifest.get("stringData"))
        clear = [key for key, value in data.items() if not is_encrypted(value)]
        if clear:
            yield Breach(found=f"{len(clear)} keys in clear")


RULES = (
    Rule(
        id="secret-in-clear",
        summary="No Secret holds a value in clear.",
        why="Whoever may read the repository, or any copy of it, can read the value.",
        remedy="leave the value out, and let the strategy in `secrets` of the overlay bring it; "
        "if it has been committed, change it",
        check=_in_clear,
    ),
)

"""What an image for preflight alone has to hold: no Node, no cdk8s, and little."""

from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

MIB = 1024 * 1024


def needed(name: str, found: dict[str, int]) -> dict[str, int]:
    """Answer the bytes of what a distribution needs without its extras, by name."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        there = distribution(requirement.name)
        if there.name not in found:
            files = [file for file in there.files or () if file.suffix != ".pyc"]
            found[there.name] = sum(file.size or 0 for file in files)
            needed(there.name, found)
    return found


@pytest.mark.requirement("FR-015")
def test_preflight_needs_no_node_and_less_than_60_mib() -> None:
    sizes = needed("floe-deploy", {})
    assert {"httpx", "asyncpg", "obstore", "pydantic"} <= sizes.keys()
    assert not [
        name for name in sizes if name.startswith(("cdk8s", "constructs", "jsii", "nodejs"))
    ]
    assert sum(sizes.values()) < 60 * MIB, {name: size // 1024 for name, size in sizes.items()}

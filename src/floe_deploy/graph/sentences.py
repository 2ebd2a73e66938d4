"""The picture in words, for who hears it and for who searches it."""

from collections.abc import Iterator

from floe_deploy.graph.picture import Arrow, Box, Frame, Picture, Secret


def all_of(picture: Picture) -> Iterator[str]:
    """Answer a sentence for each arrow and for each Secret."""
    for arrow in picture.arrows:
        yield of(arrow)
    for secret in picture.secrets:
        yield f"Secret {secret.name} is taken by {', '.join(secret.pods)}."


def of(arrow: Arrow) -> str:
    """Answer who talks to whom, on which port, and what for."""
    sources = ", ".join(name for source in arrow.sources for name in names(source))
    ports = ", ".join(map(str, arrow.ports))
    return f"{sources} to {', '.join(names(arrow.target))} on port {ports}: {arrow.why}."


def names(part: Box | Frame) -> list[str]:
    """Answer all that is in a box or a frame."""
    boxes = part.boxes if isinstance(part, Frame) else (part,)
    return [node.name for box in boxes for node in box.nodes]


def users(picture: Picture, secret: Secret) -> list[str]:
    """Answer who takes a Secret, shortly: without the application's name, `code-*` for all such."""
    frames = [frame for frame in picture.applications if frame.application == secret.application]
    everyone = [
        name.removeprefix(f"{secret.application}-") for part in frames for name in names(part)
    ]
    taking = [name.removeprefix(f"{secret.application}-") for name in secret.pods]
    if len(taking) == len(everyone) > 1:
        return ["all"]
    found: dict[str, None] = {}
    for name in taking:
        kind = name.split("-")[0] + "-"
        same = [other for other in everyone if other.startswith(kind)]
        found[f"{kind}*" if len(same) > 1 and set(same) <= set(taking) else name] = None
    return list(found)

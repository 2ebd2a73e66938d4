"""Images that are another version, or from somewhere else."""

from floe_constructs.dagster.environment import IMAGE_VARIABLE
from floe_constructs.kubernetes.image import ImageReference
from floe_deploy.diff.fields import Field
from floe_deploy.diff.path import Item

_KEYS = frozenset({"image", "job_image"})
_SHOWN = len("sha256:") + 12


def is_image(field: Field) -> bool:
    """Answer whether a field is an image's reference."""
    values = [each for each in (field.old, field.new) if isinstance(each, str)]
    named = field.path[-2:] == (Item(IMAGE_VARIABLE), "value")
    return bool(values) and (named or field.path[-1] in _KEYS)


def told(old: str, new: str) -> str:
    """Answer what differs between two references: repository, tag, digest."""
    before, after = ImageReference(old), ImageReference(new)
    parts = [
        f"{name} {_short(one)} → {_short(other)}"
        for name, one, other in (
            ("repository", before.repository, after.repository),
            ("tag", before.tag, after.tag),
            ("digest", before.digest, after.digest),
        )
        if one != other
    ]
    if before.digest and not after.digest:
        parts.append("what is pulled may change without a commit from now on")
    elif before.tag == after.tag and before.digest != after.digest and before.digest:
        parts.append("other content under the same tag")
    elif before.tag != after.tag and before.digest == after.digest and before.digest:
        parts.append("the content is the same")
    return "; ".join(parts) or "written otherwise, the same image"


def _short(text: str) -> str:
    text = text or "none"
    return f"{text[:_SHOWN]}…" if text.startswith("sha256:") and len(text) > _SHOWN else text

"""Scripts that copy images from where they come from to the registry that pods pull them from."""

import shlex
from collections.abc import Sequence
from typing import Literal

from floe_deploy.built import BAKE
from floe_deploy.errors import InputError
from floe_deploy.inventory import Inventory

Tool = Literal["crane", "skopeo"]
"""A program that copies images."""

_LOGIN: dict[Tool, str] = {"crane": "crane auth login", "skopeo": "skopeo login"}

_HEAD = """\
#!/bin/sh
# Copies the images of {environments} to {registries}:
# by digest, for all platforms, and only what is not there yet. It may be run again at any time.
# Made by "floe images {environments} --mirror {tool}". Log in first where a registry asks for it:
# {login} HOST
{built}set -eu

command -v {tool} >/dev/null || {{ echo '{tool} is not installed' >&2; exit 2; }}

"""

_COMMANDS: dict[Tool, str] = {
    "crane": """\
digest_of() {
  crane digest "$1"
}

copy() {
  crane copy "$1" "$2"
}
""",
    "skopeo": """\
manifest=$(mktemp)
trap 'rm -f "$manifest"' EXIT
trap 'exit 130' INT TERM

# The digest is that of the whole list of platforms, which `skopeo inspect` alone does not tell.
digest_of() {
  skopeo inspect --raw "docker://$1" >"$manifest" && skopeo manifest-digest "$manifest"
}

copy() {
  skopeo copy --all --preserve-digests "docker://$1" "docker://$2"
}
""",
}

_BODY = """\

# Registries refuse to answer now and then.
again() {{
  "$@" || {{ sleep 2; "$@"; }} || {{ sleep 10; "$@"; }}
}}

number=0
failed=0

# mirror FROM TO TAG DIGEST: of tag and digest, one may be ''
mirror() {{
  number=$((number + 1))
  echo "[$number/{count}] $2${{3:+:$3}}${{4:+@$4}}"
  digest=$4
  if [ -z "$digest" ] && ! digest=$(again digest_of "$1:$3"); then
    failed=$((failed + 1))
    echo "  not found at $1:$3" >&2
    return
  fi
  target=$2${{3:+:$3}}
  if [ -z "$3" ]; then target=$2@$digest; fi
  there=$target
  if [ -n "$4" ]; then there=$2@$digest; fi
  if [ "$(digest_of "$there" 2>/dev/null)" = "$digest" ]; then
    echo '  is there'
  elif again copy "$1@$digest" "$target" && [ "$(again digest_of "$target")" = "$digest" ]; then
    echo '  copied'
  else
    failed=$((failed + 1))
    echo '  not copied' >&2
  fi
}}

{calls}

if [ "$failed" -gt 0 ]; then
  echo "$failed of {count} images were not copied" >&2
  exit 1
fi
"""


def script(tool: Tool, inventories: Sequence[Inventory]) -> str:
    """Answer a shell script that copies the images of some environments.

    Raises:
        InputError: there is nothing to copy.

    """
    calls = {
        shlex.join(
            (
                "mirror",
                item.origin.repository,
                item.image.repository,
                item.image.tag,
                item.image.digest,
            )
        )
        for of in inventories
        for item in of.needed
        if item.image != item.origin
    }
    environments = " ".join(of.environment for of in inventories)
    if not calls:
        raise InputError(
            f"{environments}: nothing to copy. `images.registry` of an overlay says where images "
            "are to be pulled from; those that are there already, or are kept elsewhere, stay."
        )
    registries = sorted({of.images.registry for of in inventories if of.images.registry})
    head = _HEAD.format(
        environments=environments,
        registries=", ".join(registries),
        tool=tool,
        login=_LOGIN[tool],
        built=_left(inventories),
    )
    return head + _COMMANDS[tool] + _BODY.format(count=len(calls), calls="\n".join(sorted(calls)))


def _left(inventories: Sequence[Inventory]) -> str:
    """Answer comments: what is not copied, because whoever builds it pushes it there."""
    left = {
        f"#   {item.image.repository} ({item.recipe})\n"
        for of in inventories
        for item in of.needed
        if item.recipe and item.image == item.origin
    }
    head = f"# Not copied, but pushed where it is built (docker buildx bake --file {BAKE}):\n"
    return head + "".join(sorted(left)) if left else ""

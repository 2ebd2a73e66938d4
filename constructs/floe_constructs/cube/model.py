"""Cube's model files on their way into pods."""

import re
from collections.abc import Mapping

from floe_constructs.kubernetes.files import Files

PATH = "/cube/conf/model"
FOLDER = "model"
"""Cube's name of the folder, from its configuration's folder on."""

_NAME = "cube-model"
_LONGEST = 57
"""A ConfigMap's hash is an annotation called `files-NAME`, and 63 characters are valid."""

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_FILE = re.compile(rf"({_SEGMENT}/)*{_SEGMENT}\.(js|py|yml|yaml|jinja)")


def model_files(model: Mapping[str, str]) -> list[Files]:
    """Answer a ConfigMap for each folder of model files, given as text by path.

    A ConfigMap has no folders, and this way it keeps the files' own names.

    Raises ValueError for a path that Cube would not read, for folders whose ConfigMaps would share
    a name, and for a folder with more than a ConfigMap holds.
    """
    folders: dict[str, dict[str, str]] = {}
    for path in sorted(model):
        if not _FILE.fullmatch(path):
            msg = (
                f"model file {path!r}: expected a path such as cubes/orders.yml, of letters, "
                "digits, '_', '-' and '.', ending in .yml, .yaml, .js, .py or .jinja"
            )
            raise ValueError(msg)
        folder, _, file = path.rpartition("/")
        folders.setdefault(folder, {})[file] = model[path]
    names: dict[str, str] = {}
    for folder in folders:
        name = "-".join([_NAME, *re.findall(r"[a-z0-9]+", folder.lower())])
        if name in names or len(name) > _LONGEST:
            why = f"is that of {names[name]!r} too" if name in names else f"exceeds {_LONGEST}"
            msg = f"model folder {folder!r}: the name of its ConfigMap, {name}, {why}; rename it"
            raise ValueError(msg)
        names[name] = folder
    return [
        Files(name=name, path=f"{PATH}/{folder}" if folder else PATH, data=folders[folder])
        for name, folder in names.items()
    ]

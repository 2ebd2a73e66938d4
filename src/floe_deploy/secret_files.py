"""`overlays/<environment>/secrets/`: encrypted Secrets, as bytes that nobody has looked at yet."""

from collections.abc import Iterator
from pathlib import Path

from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import EncryptedSecrets, SecretsSpec
from floe_deploy import yaml_file
from floe_deploy.yaml_file import YamlFileError

FOLDER = "secrets"

_BESIDE = frozenset({".gitattributes", ".gitignore", ".gitkeep", ".sops.yaml", "README.md"})
"""What may stand beside the Secrets, and is not read."""


def read(folder: Path, secrets: SecretsSpec, problems: list[Problem]) -> dict[str, str] | None:
    """Answer the text of each file, by its path from the overlay's folder on.

    None where the strategy takes no files.
    """
    there = sorted(path for path in _entries(folder / FOLDER) if path.name not in _BESIDE)
    if not isinstance(secrets, EncryptedSecrets):
        problems += [
            Problem(
                where=path.relative_to(folder).as_posix(),
                found=f"a file that the strategy {secrets.strategy} does not read",
                allowed="no files, or the strategies sealed-secrets and sops",
                fix="delete it, or correct secrets.strategy",
            )
            for path in there
        ]
        return None
    files: dict[str, str] = {}
    for path in there:
        where = path.relative_to(folder)
        try:
            text = yaml_file.text(path)
            if path.suffix == ".yaml" and path.read_bytes() == text.encode():
                files[where.as_posix()] = text
            else:
                problems.append(_unfit(where))
        except YamlFileError as failure:
            problems += failure.problems
    return files


def _entries(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.is_dir() else iter(())


def _unfit(where: Path) -> Problem:
    return Problem(
        where=where.as_posix(),
        found="something else than an encrypted Secret",
        allowed="files NAME.yaml in UTF-8 without a byte order mark",
        fix="rename or move it",
    )

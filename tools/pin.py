"""Write the digests of the images that others begin with: `python -m tools.pin [--registry R]`.

`images/sources.txt` names them by tag. A registry tells what a tag means now, for all platforms;
that is written behind it, in the list and in the Dockerfiles. Nothing is written unless all are
known.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from floe_constructs.kubernetes.image import ImageReference
from floe_deploy.registry import Images

IMAGES = Path(__file__).parents[1] / "images"


def named(folder: Path) -> list[str]:
    """Answer every image of the list, by its tag."""
    lines = (folder / "sources.txt").read_text("utf-8").splitlines()
    said = [line.split()[1] for line in lines if line and not line.startswith("#")]
    return sorted({image.partition("@")[0] for image in said})


def digest_of(image: str, registry: str | None) -> str:
    """Ask a registry.

    Raises:
        subprocess.CalledProcessError: it does not know the image, or did not answer.

    """
    place = Images(registry=registry).place_of(ImageReference(image))
    asked = ["crane", "digest", place]
    return subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def write(folder: Path, digests: dict[str, str]) -> list[Path]:
    """Write digests behind the names; answer the files that changed."""
    changed = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = before = file.read_text("utf-8")
        for image, digest in digests.items():
            name = rf"(?<![\w./-]){re.escape(image)}(?:@sha256:[0-9a-f]{{64}}|(?![\w.@-]))"
            text = re.sub(name, f"{image}@{digest}", text)
        if text != before:
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


def main(arguments: list[str] | None = None, folder: Path = IMAGES) -> int:
    """Pin, and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.pin", description="Write digests.")
    parser.add_argument("--registry", help="ask this one, which has copies of them all")
    asked = parser.parse_args(arguments)
    try:
        digests = {image: digest_of(image, asked.registry) for image in named(folder)}
    except (OSError, subprocess.CalledProcessError) as failure:
        print(f"Nothing is written: {failure}", file=sys.stderr)
        return 1
    for image, digest in digests.items():
        print(f"{image}@{digest}")
    for file in write(folder, digests):
        print(f"{file.relative_to(folder.parent)} is written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure the images that are built here: bytes, layers, and what they share."""

import sys

from tools.building import CANNOT, ROOT, build, can_build

sys.path.insert(0, str(ROOT / "tests"))

from built import size

MIB = 1024 * 1024
IMAGES = (
    ("preflight", "preflight"),
    ("preflight", "all"),
    ("dagster", "daemon"),
    ("dagster", "webserver"),
    ("dagster", "project"),
    ("dagster", "code-location"),
)


def main() -> None:
    """Print a line for each image."""
    if not can_build():
        print(CANNOT)
        return
    seen: set[object] = set()
    print(f"\n{'MiB':34} {'all':>8} {'layers':>7} {'beside those above':>19}")
    for name, target in IMAGES:
        layers = build(f"images/{name}/Dockerfile", target).layers
        new = sum(size(layer) for layer in layers if layer not in seen)
        seen |= set(layers)
        whole = sum(map(size, layers))
        print(
            f"{name}, {target}".ljust(34) + f" {whole / MIB:8.0f} {len(layers):7} {new / MIB:19.0f}"
        )


if __name__ == "__main__":
    main()

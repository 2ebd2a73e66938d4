"""Measure how long Flux takes from a push to an environment whose last phase is ready.

Kubernetes and Flux' kustomize-controller are real; pods are ready at once and Jobs end at once, so
that what is left is what the engine takes. A commit is seen within half a second.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cluster import cluster  # noqa: E402  the tests' own
from dist_cases import SPACES, demo_and_prod_come_in_as_they_are_written_and_go_back  # noqa: E402
from flux import flux  # noqa: E402
from git_server import git_server  # noqa: E402
from released import Environment, another  # noqa: E402

SETTINGS = {"--requeue-dependency=1s": ("--requeue-dependency=1s",), "Flux' own settings": ()}


def main() -> None:
    """Print the seconds, first with dependants that look each second, then as Flux is installed."""
    with tempfile.TemporaryDirectory() as name:
        others = {each: another(Path(name), each) for each in SPACES}
    for title, flags in SETTINGS.items():
        print(title)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "git").mkdir()
            with (
                cluster(folder) as running,
                git_server(folder / "git") as server,
                flux(running, server, *flags) as found,
            ):
                environment = Environment("bench", found, others)
                demo_and_prod_come_in_as_they_are_written_and_go_back(environment)


if __name__ == "__main__":
    main()

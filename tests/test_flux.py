"""What Flux' own controller does with what is rendered for it, case beside case.

Each case is an environment of its own, and all of them run at once on one cluster: what is waited
for is time, not work. What is played is said in `cluster.py`, `played.py` and `flux.py`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from dist_cases import DIST_CASES, SPACES
from flux import Flux
from gate_cases import GATE_CASES
from release_cases import RELEASE_CASES
from released import Environment, another, revisions

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-015")]

CASES: tuple[Callable[[Environment], None], ...] = (*DIST_CASES, *GATE_CASES, *RELEASE_CASES)


def test_under_flux(
    flux: Flux, tmp_path_factory: pytest.TempPathFactory, subtests: pytest.Subtests
) -> None:
    """One test, because tests may be spread over processes that have a cluster each."""
    folder = tmp_path_factory.mktemp("revisions")
    rendered = revisions(folder) | {name: another(folder, name) for name in SPACES}
    plane = flux.cluster.plane
    # Other tests of this process may have left them on their way out.
    spaces = [f"/api/v1/namespaces?fieldSelector=metadata.name={it}" for it in SPACES.values()]
    flux.cluster.until(lambda: not any(plane.ask("GET", path)["items"] for path in spaces))
    with ThreadPoolExecutor(len(CASES)) as pool:
        running = {
            case: pool.submit(case, Environment(f"case-{number}", flux, rendered))
            for number, case in enumerate(CASES)
        }
        for case, found in running.items():
            with subtests.test(case.__name__):
                found.result()

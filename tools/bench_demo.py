"""Measure how fast the demo is: generators, a cycle from command to summary, and Cube's answer."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import conftest  # noqa: F401  chooses Node
from by_hand import QUERIES, Rows, reckoned
from cube_server import Server
from demo_cube import Chain, answer, chain, refreshed
from floe_demo.generators import BatchSpec, EcommerceGenerator, Generator, Rates, SaaSGenerator
from floe_demo.generators.clock import MINUTE
from test_demo_serving import told

AT = 1_764_115_200_000_000
SIZE = 100_000
REPEATS = 5
CYCLES = ("first", "second")
BATCHES = 3
LONGEST = 60
WITHOUT = Rates(null=0, duplicate=0, late=0)


def main() -> None:
    """Print a line for each generator, without defects and with, and one for each cycle."""
    print(f"\n{'':44} {'own time':>10} {'on clock':>10}")
    for generator, table in (
        (EcommerceGenerator(), "order_items"),
        (SaaSGenerator(), "usage_events"),
    ):
        for rates, how in ((WITHOUT, "without defects"), (Rates(), "with")):
            own, clock = fastest(generator, table, rates)
            print(f"{table} each second, {how}".ljust(44) + f" {own:10,.0f} {clock:10,.0f}")
    print("(aim 200,000)")
    for number, (seconds, own) in zip(CYCLES, cycles(), strict=True):
        said = f"floe demo up, {number}: {seconds:.1f} s on the clock, {own:.1f} s of processors"
        print(f"{said}; {seconds / LONGEST:.2f} of the {LONGEST} s that it may take")
    cubes()


def cycles() -> list[tuple[float, float]]:
    """Answer how long cycles in a new folder take, on the clock and of processors."""
    marks = [(time.perf_counter(), spent())]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "floe_deploy", "demo", "up", "--home", f"{folder}/shop"]
        for _ in CYCLES:
            subprocess.run(command, check=True, capture_output=True)
            marks.append((time.perf_counter(), spent()))
    return [(end[0] - begin[0], end[1] - begin[1]) for begin, end in pairwise(marks)]


def spent() -> float:
    """Answer the processors' time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fastest(generator: Generator, table: str, rates: Rates) -> tuple[float, float]:
    """Answer the most rows in a second among several batches."""
    most_own = most_clock = 0.0
    for number in range(REPEATS):
        start = AT + number * 5 * MINUTE
        spec = BatchSpec(
            number=number + 1,
            start=start,
            end=start + 5 * MINUTE,
            size=SIZE,
            known=generator.beginning,
            rates=rates,
        )
        own, clock = time.process_time(), time.perf_counter()
        rows = generator.batch(spec).tables[table].num_rows
        most_own = max(most_own, rows / (time.process_time() - own))
        most_clock = max(most_clock, rows / (time.perf_counter() - clock))
    return most_own, most_clock


def cubes() -> None:
    """Print the seconds from a batch's generation to an answer that was built of it in advance."""
    print("\nfrom generation to Cube's answer, in seconds")
    with chain() as found:
        states = [found.batch(0)]
        with found.cube.server("cube-refresh-worker"), found.cube.server() as api:
            refreshed(api, states)
            took = [answered(found, api) for _ in range(BATCHES)]
    how = "PostgreSQL, of pre-aggregations"
    print(how.ljust(44) + f" {statistics.median(took):10.1f}   of {sorted(took)}")
    print(f"(aim {LONGEST})")


def answered(found: Chain, server: Server) -> float:
    """Bring a batch, with all tests of its models; answer how long it took to be seen."""
    begun = time.monotonic()
    found.demo.ingest(found.demo.lake().complete + 1)
    found.demo.build()
    found.serve(told(found.database))
    true = reckoned(found.demo.lake())["orders"]

    def seen() -> Rows | None:
        said = answer(server, QUERIES["orders"])
        return said if said == true else None

    server.until(seen, 120)
    return round(time.monotonic() - begun, 1)


if __name__ == "__main__":
    main()

"""Measure how fast the demo's generators are, in time of the processor and on the clock."""

import time

from floe_demo.generators import BatchSpec, EcommerceGenerator, Generator, Rates, SaaSGenerator
from floe_demo.generators.clock import MINUTE

AT = 1_764_115_200_000_000
SIZE = 100_000
REPEATS = 5
WITHOUT = Rates(null=0, duplicate=0, late=0)


def main() -> None:
    """Print a line for each generator, without defects and with."""
    print(f"\n{'':44} {'own time':>10} {'on clock':>10}")
    for generator, table in (
        (EcommerceGenerator(), "order_items"),
        (SaaSGenerator(), "usage_events"),
    ):
        for rates, how in ((WITHOUT, "without defects"), (Rates(), "with")):
            own, clock = fastest(generator, table, rates)
            print(f"{table} each second, {how}".ljust(44) + f" {own:10,.0f} {clock:10,.0f}")
    print("(aim 200,000)")


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


if __name__ == "__main__":
    main()

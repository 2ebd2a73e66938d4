"""What people and programs read of the demo."""

import sys
from collections.abc import Mapping
from typing import Any

from floe_demo.progress import Paint

BAR = 32
PARTS = {
    "lake": "tables of the lake",
    "models": "models' tables in DuckDB",
    "served": "what is served",
    "dagster": "Dagster's runs and events",
    "rest": "dbt's files, lineage and logs",
}


def summed(cycle: Any) -> str:
    """Answer what a cycle came to, for people."""
    paint, found = Paint(sys.stdout), cycle.summary
    new = sum(cycle.new.values())
    head = f"Batch {found.batch} is served: {new:,} rows in {cycle.seconds:.0f} s"
    lines = ["", paint(head, "1"), ""]
    lines += [f"  {_spaced(name):<12}{count:>12,}" for name, count in found.rows.items()]
    lines += ["", paint("Revenue by region", "1")]
    most = max(found.revenue.values(), default=0) or 1
    for region, revenue in sorted(found.revenue.items(), key=lambda one: -one[1]):
        bar = "█" * max(1, round(float(revenue / most) * BAR))
        lines.append(f"  {region:<6}{paint(f'{bar:<{BAR}}', '36')}{revenue:>16,.2f}")
    lines.append(f"  {'all':<6}{'':<{BAR}}{sum(found.revenue.values()):>16,.2f}")
    lines += ["", paint(f"{'Defects':<12}{'found':>8}{'in the ledger':>16}", "1")]
    for kind in dict.fromkeys(kind for _, kind in found.defects):
        of_kind = [counts for (_, one), counts in found.defects.items() if one == kind]
        seen, recorded = (sum(counts) for counts in zip(*of_kind, strict=True))
        mark = paint("✓", "32") if seen == recorded else paint("✗", "31")
        lines.append(f"  {kind:<10}{seen:>8,}{recorded:>16,}  {mark}")
    return "\n".join([*lines, "", *_next(cycle, paint)])


def _next(cycle: Any, paint: Paint) -> list[str]:
    """Answer where to look next."""
    home = cycle.shown
    where = "" if home == ".floe-demo" else f" --home {home}"
    ways = {
        f"floe demo up --ui{where}": "Dagster in a browser, and a batch every few minutes",
        f"floe demo burst 5000{where}": "5,000 orders more, now",
        f"floe demo status{where}": "what there is",
        f"{home}/demo.duckdb": "all models' tables, for DuckDB",
        f"{home}/serving/current": "what Cube reads, as Parquet",
        f"{home}/lineage.jsonl": "which table is made of which, as OpenLineage events",
    }
    wide = max(map(len, ways))
    return [
        paint("Where to look next", "1"),
        *(f"  {paint(f'{way:<{wide}}', '36')}  {what}" for way, what in ways.items()),
    ]


def standing(status: Mapping[str, Any]) -> str:
    """Answer what there is, for people."""
    paint = Paint(sys.stdout)
    batch, worker = status["batch"], status["at_work"]
    told = {"folder": status["home"]}
    told["last batch"] = (
        f"{batch['number']}, of {batch['end']}, {batch['orders']:,} orders" if batch else "none yet"
    )
    told["schedule"] = f"{status['schedule']}, while `floe demo up --ui` runs"
    told["at work"] = (
        f"`{worker['command']}`, process {worker['process']}{_at(worker['url'])}"
        if worker
        else "nobody"
    )
    lines = [f"{paint(f'{name:<12}', '1')}{text}" for name, text in told.items()]
    lines += ["", paint("Rows in the lake", "1")]
    lines += [f"  {_spaced(name):<30}{count:>12,}" for name, count in status["rows"].items()]
    lines += ["", paint("Size", "1")]
    lines += [
        f"  {PARTS[part]:<30}{size / 1e6:>9,.1f} MB" for part, size in status["bytes"].items()
    ]
    return "\n".join(lines)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _at(url: str | None) -> str:
    return f", {url}" if url else ""


def plain(cycle: Any) -> dict[str, Any]:
    """Answer what a cycle came to, for programs."""
    found = cycle.summary
    return {
        "batch": found.batch,
        "seconds": round(cycle.seconds, 1),
        "home": str(cycle.home),
        "new": dict(cycle.new),
        "rows": dict(found.rows),
        "revenue": {region: str(revenue) for region, revenue in found.revenue.items()},
        "defects": [
            {"table": table, "defect": kind, "found": seen, "recorded": recorded}
            for (table, kind), (seen, recorded) in found.defects.items()
        ],
    }

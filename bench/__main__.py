"""`python -m bench [--json]`: print the measurements, as tables or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table as RichTable

from bench.account_sets import account_sets
from bench.journey import journey
from bench.measure import BenchError, Table
from bench.provider_import import provider_import
from bench.review import review
from bench.start_up import start_up

MEASUREMENTS = (start_up, account_sets, provider_import, review, journey)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How busy the machine was: load averages of one minute."""

    processors: int
    load_before: float
    load_after: float


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure synth, start-up and the journey: 6 minutes."
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    as_json: bool = parser.parse_args().json
    progress = Console(stderr=True)
    tables = []
    load_before = os.getloadavg()[0]
    for measurement in MEASUREMENTS:
        with progress.status(f"Measuring {measurement.__name__}"):
            tables.append(measurement())
    machine = Machine(processors=os.cpu_count() or 1, load_before=load_before, load_after=os.getloadavg()[0])
    if as_json:
        print(json.dumps({"machine": asdict(machine), "tables": [_with_ratios(table) for table in tables]}, indent=2))
    else:
        _print(tables, machine)


def _with_ratios(table: Table) -> dict[str, object]:
    rows = [asdict(row) | {"ratio": round(table.ratio(row), 2)} for row in table.rows]
    return {"title": table.title, "note": table.note, "rows": rows}


def _print(tables: list[Table], machine: Machine) -> None:
    console = Console()
    for table in tables:
        columns = RichTable(title=table.title, caption=table.note, title_justify="left", caption_justify="left")
        columns.add_column("")
        for heading in ("best time", "ratio", "largest process", "runs"):
            columns.add_column(heading, justify="right")
        for row in table.rows:
            columns.add_row(
                row.name,
                f"{row.seconds:.2f} s",
                f"{table.ratio(row):.1f}",
                "-" if row.peak_megabytes is None else f"{row.peak_megabytes:.0f} MB",
                str(row.runs),
            )
        console.print(columns)
    console.print(
        f"Times vary with the machine, ratios with what else it does: {machine.processors} processors, load average "
        f"{machine.load_before:.1f} before and {machine.load_after:.1f} after (measuring itself adds about 1)."
    )


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(str(error))

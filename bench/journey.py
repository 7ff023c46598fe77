"""The demonstration by its stages: where the time of a model's way goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import ROOT, Row, Table, measure
from sandbox.journey.record import Journey

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = ROOT / ".sandbox" / "journey.json"
SMALLEST = 1.0  # seconds; what took less is counted together


def journey() -> Table:
    """Run the demonstration once, warm, and take its own record apart."""
    whole = measure("make demo, warm", arguments=["-m", "sandbox", "demo"], runs=1)
    stages = tuple(_stages(Journey.from_json(RECORD.read_text())))
    return Table(
        title="The journey by stages",
        note="a build that waits for a job has the job's time in its own",
        rows=(whole, *sorted(stages, key=lambda row: -row.seconds)),
    )


def _stages(record: Journey) -> Iterator[Row]:
    short = 0.0
    for moment in record.moments:
        if moment.seconds >= SMALLEST:
            yield Row(
                name=f"{moment.account} {moment.title}".strip(), seconds=moment.seconds, peak_megabytes=None, runs=1
            )
        else:
            short += moment.seconds
    yield Row(name="all that took less than a second", seconds=short, peak_megabytes=None, runs=1)

"""The page of a journey: one HTML file with everything in it, without script and without any address but its own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from sandbox.journey import picture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.journey.record import Deployed, Journey

REPORT_LIMIT = 600_000  # characters; the page stays below 1 MB
TICKS = 5
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)  # seconds from tick to tick

_TEMPLATES = Environment(
    loader=PackageLoader("sandbox.journey", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write(journey: Journey, path: Path) -> None:
    """Write the page of a journey, which may have stopped anywhere."""
    path.write_text(render(journey), encoding="utf-8")


def render(journey: Journey) -> str:
    """Return the page."""
    bars = [moment for moment in journey.moments if moment.kind != "delivery" or moment.failed]
    total = max([journey.machine.seconds, *(moment.at + moment.seconds for moment in journey.moments), 1.0])
    report = journey.model.report if journey.model else None
    return _TEMPLATES.get_template("page.html.jinja").render(
        journey=journey,
        made=f"{datetime.fromisoformat(journey.made).astimezone(UTC):%d %B %Y, %H:%M} UTC",
        environments={account.name: account.environment for account in journey.accounts},
        pictures=picture.draw(journey),
        way=list(zip(picture.WAY, picture.steps(journey), strict=True)),
        bars=bars,
        total=total,
        ticks=ticks(total),
        report=report if report and len(report) <= REPORT_LIMIT else None,
        report_left_out=bool(report and len(report) > REPORT_LIMIT),
        stacks=_stacks(journey.deployed),
    )


def ticks(total: float) -> list[int]:
    """Return round numbers of seconds from 0 to at most `total`."""
    step = next((step for step in STEPS if total / step <= TICKS), STEPS[-1])
    return list(range(0, int(total) + 1, step))


def _stacks(deployed: Iterable[Deployed]) -> list[tuple[str, str, list[Deployed], list[tuple[str, int]]]]:
    """By account and stack: the resources, and how many there are of each type."""
    return [
        (account, stack, resources, Counter(resource.type for resource in resources).most_common())
        for (account, stack), found in groupby(deployed, key=lambda resource: (resource.account, resource.stack))
        for resources in [list(found)]
    ]

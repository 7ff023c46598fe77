"""Tells the results: a table, what to do, and how much room the quotas leave. Or JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Column, Table

from preflight.examination import NOT_ASKED
from preflight.findings import WORST_FIRST, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from preflight.findings import Result

STYLES = {
    Status.OK: "green",
    Status.NOT_YET: "cyan",
    Status.WARNING: "yellow",
    Status.UNKNOWN: "magenta",
    Status.FAILED: "bold red",
}


def show(console: Console, results: Sequence[Result]) -> None:
    """Print everything for people."""
    console.print(_overview(results))
    for (status, account, cure), told in _to_do(results).items():
        console.print(f"[{STYLES[status]}]{status}[/]: ", end="", highlight=False)
        _line(console, f"{account}, {'; '.join(told)}")
        if cure:
            _line(console, f"    {cure}")
    rooms = _rooms(results)
    if rooms.row_count:
        console.print(rooms)
    console.print(_summary(results), highlight=False)


def _line(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def as_json(results: Sequence[Result]) -> str:
    """Return everything for programs."""
    return json.dumps([asdict(result) | {"status": result.status} for result in results], indent=2)


def _overview(results: Sequence[Result]) -> Table:
    accounts = list(dict.fromkeys(result.account for result in results))
    found = {(result.check, result.account): result.status for result in results}
    table = Table("check", *accounts)
    for check in dict.fromkeys(result.check for result in results):
        statuses = [found.get((check, account)) for account in accounts]
        table.add_row(check, *("" if status is None else f"[{STYLES[status]}]{status}[/]" for status in statuses))
    return table


def _to_do(results: Sequence[Result]) -> dict[tuple[Status, str, str], list[str]]:
    """Return what is not as it should be, the worst first: status, account and cure -> what the cure is for."""
    found: dict[tuple[Status, str, str], list[str]] = {}
    for status in WORST_FIRST[:-1]:
        for result in results:
            for finding in result.findings:
                if finding.status is status and finding.what != NOT_ASKED:
                    what = f"{result.check}: {finding.what}"
                    found.setdefault((status, result.account, finding.cure), []).append(what)
    return found


def _rooms(results: Sequence[Result]) -> Table:
    table = Table(
        "account",
        "quota",
        *(Column(name, justify="right") for name in ("value", "used", "a project", "projects more")),
    )
    for result in results:
        for room in (finding.room for finding in result.findings if finding.room):
            numbers = (room.value, room.used, room.per_project, room.projects)
            table.add_row(result.account, room.quota, *(f"{number:,}" for number in numbers))
    return table


def _summary(results: Sequence[Result]) -> str:
    counted = Counter(result.status for result in results)
    accounts = len({result.account for result in results})
    parts = ", ".join(f"{counted[status]} {status}" for status in WORST_FIRST if counted[status])
    return f"{len(results)} checks in {accounts} {'account' if accounts == 1 else 'accounts'}: {parts}"

"""Start-up: what a command pays before it does anything."""

from __future__ import annotations

from bench.measure import Table, measure

_READ_ACCOUNTS = "from baseline import accounts; accounts.load()"


def start_up() -> Table:
    """Measure imports in a fresh interpreter."""
    return Table(
        title="Start-up",
        note="a mistake in accounts.toml is told after the second row's time",
        rows=(
            measure("python alone", arguments=["-c", ""], runs=10),
            measure("reading accounts.toml", arguments=["-c", _READ_ACCOUNTS], runs=10),
            measure("import cdktf", arguments=["-c", "import cdktf"], runs=3),
        ),
    )

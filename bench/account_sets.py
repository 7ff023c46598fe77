"""Synth of 1, 10 and 100 account sets: 3, 30 and 300 stacks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from baseline.accounts import ACCOUNTS_VARIABLE, ENVIRONMENTS
from bench.measure import Row, Table, measure

_SET_COUNTS = (1, 10, 100)
_FIRST_ACCOUNT_ID = 100_000_000_000


def account_sets() -> Table:
    """Measure `python main.py` with generated accounts files, warm."""
    rows = tuple(_synth(set_count) for set_count in _SET_COUNTS)
    start, _, full = rows
    per_set = (full.seconds - start.seconds) / (_SET_COUNTS[-1] - _SET_COUNTS[0])
    return Table(
        title="Synth, by the number of account sets",
        note=f"one more set: {per_set * 1000:.0f} ms; before the first: {start.seconds - per_set:.2f} s",
        rows=rows,
    )


def _synth(set_count: int) -> Row:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        accounts_file = Path(folder, "accounts.toml")
        accounts_file.write_text(_accounts_toml(set_count), encoding="utf-8")
        return measure(
            f"{set_count} sets" if set_count > 1 else "1 set",
            arguments=["main.py"],
            runs=3,
            environment={ACCOUNTS_VARIABLE: str(accounts_file)},
        )


def _accounts_toml(set_count: int) -> str:
    """Write an accounts file whose accounts all differ."""
    tables = [f"set{number}.{environment}" for number in range(set_count) for environment in ENVIRONMENTS]
    return "\n".join(
        f'[{table}]\naccount_id = "{_FIRST_ACCOUNT_ID + position}"\nregion = "eu-west-1"\n'
        for position, table in enumerate(tables)
    )

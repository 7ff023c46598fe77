"""Synth of the shipped accounts file with the stock import of the AWS provider, and with the fast one."""

from __future__ import annotations

from baseline.fast_provider import STOCK_VARIABLE
from bench.measure import Table, measure

_STOCK = {STOCK_VARIABLE: "1"}


def provider_import() -> Table:
    """Measure cold (no cache of ours or of jsii: a fresh machine) and warm."""
    synth = ["main.py"]
    return Table(
        title="Synth of three accounts, by how the AWS provider is imported",
        note="cold: no cache yet, as on a fresh machine",
        rows=(
            measure("fast, warm", arguments=synth, runs=5),
            measure("fast, cold", arguments=synth, runs=2, cold=True),
            measure("stock, warm", arguments=synth, runs=2, environment=_STOCK),
            measure("stock, cold", arguments=synth, runs=1, environment=_STOCK, cold=True),
        ),
    )

"""A made-up data set, so that a new project trains on its first day: which customers leave, and which stay.

Your own data takes its place. The numbers are drawn by Python itself, whose sequence for a seed never changes.
"""

from __future__ import annotations

import csv
import io
import math
import random
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("age", "tenure_months", "monthly_charge", "monthly_usage", "support_calls", "contract", "channel", "left")
CONTRACTS = ("monthly", "yearly", "two_years")
CHANNELS = ("web", "shop", "phone")


@cache
def customers(*, rows: int, seed: int) -> tuple[tuple[object, ...], ...]:
    """Return rows of `COLUMNS`. `left` is 1 for a customer who left, in about 40 of 100 rows."""
    draw = random.Random(seed)  # noqa: S311  # a data set, not a secret
    return tuple(_customer(draw) for _ in range(rows))


def as_csv(rows: Sequence[tuple[object, ...]], *, columns: tuple[str, ...] = COLUMNS, header: bool = True) -> bytes:
    """Return rows as CSV, encoded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _customer(draw: random.Random) -> tuple[object, ...]:
    age = 18 + int(draw.random() * 62)
    tenure = round(-30 * math.log(1 - draw.random()), 1)
    charge = round(15 + 70 * draw.random(), 2)
    usage = round(charge * (0.4 + 1.2 * draw.random()), 2)
    calls = sum(draw.random() < chance for chance in (0.6, 0.4, 0.3, 0.2, 0.2, 0.1))
    contract = CONTRACTS[(draw.random() > 0.5) + (draw.random() > 0.7)]  # noqa: PLR2004  # half are monthly or so
    channel = CHANNELS[(draw.random() > 0.5) + (draw.random() > 0.7)]  # noqa: PLR2004
    # What a straight line cannot follow: calls only annoy who may leave at once, the price only matters for what is
    # got for it, the newest and the oldest customers leave, and the young who came by web.
    pull = -1.5
    pull += 1.3 * calls - 1.6 if contract == "monthly" else -0.4 * calls
    pull += 2.6 if usage < 0.7 * charge else (-0.6 if usage < 1.2 * charge else 0.9)
    pull += 1.4 * abs(math.log1p(tenure) - 2.9) - 0.9
    pull += 1.6 if channel == "web" and age < 35 else 0.0  # noqa: PLR2004
    left = int(draw.random() < 1 / (1 + math.exp(-1.2 * pull)))
    return (age, tenure, charge, usage, calls, contract, channel, left)

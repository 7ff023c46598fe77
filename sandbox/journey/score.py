"""Score rows with a model as its evaluation did. Run by the Python of the steps, with the build application's code.

Arguments: the archive of the model, and a CSV file without header. Prints one score a line, rounded as the model's own
answers are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import config
import data
import evaluate
import pandas as pd
import xgboost


def main(archive: str, rows: str) -> None:
    """Score the rows."""
    table = pd.read_csv(rows, header=None, names=list(config.FEATURES), dtype=str, keep_default_na=False)
    for score in evaluate.load(Path(archive)).predict(xgboost.DMatrix(data.encode(table))):
        print(round(float(score), 6))


if __name__ == "__main__":
    main(*sys.argv[1:])

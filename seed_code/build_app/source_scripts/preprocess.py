"""First step: checks the data and splits it into what trains, what stops the training, and what is held out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pandas as pd

import config
import data

if TYPE_CHECKING:
    from pathlib import Path

FILES = 8  # of training rows, for each instance: training on several instances gives every one its share of the files


def main(argv: list[str]) -> None:
    """Read `input/data`, write `output/{train,validation,test}` with the same columns. Raises `data.BadData`."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    instance, instances = data.instances(config.PROCESSING_INSTANCES)
    table = data.read(config.PROCESSING_INPUT / "data")
    if not table.empty or len(instances) == 1:  # one of several instances may have got no file
        data.check(table)
    for name, rows in split(table).items():
        write(rows, config.PROCESSING_OUTPUT / name, label=instance, files=FILES if name == "train" else 1)
        print(f"{name}: {len(rows)} rows")


def split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split rows by their content: the same row goes the same way, on whichever instance and in whatever order."""
    place = pd.util.hash_pandas_object(table, index=False) % 10_000 / 10_000
    validation_from = config.TRAINING_SHARE
    test_from = validation_from + config.VALIDATION_SHARE
    return {
        "train": table[place < validation_from],
        "validation": table[(place >= validation_from) & (place < test_from)],
        "test": table[place >= test_from],
    }


def write(table: pd.DataFrame, folder: Path, *, label: str, files: int) -> None:
    """Write rows to CSV files of about the same size."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        table[number::files].to_csv(folder / f"{label}-{number}.csv", index=False)


if __name__ == "__main__":
    data.run(main)

"""Reads tables, says what is wrong with them, and makes the numbers that the model is given."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

MAX_EXAMPLES = 3  # of wrong values, in a message


class BadData(Exception):  # noqa: N818  # it is said to a person
    """Data that no model can be made of. As a string: every problem, one a line, each with the file or column."""


def read(folder: Path) -> pd.DataFrame:
    """Return the rows of all CSV files in a folder, as text. Raises `BadData`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    tables, problems = [], []
    for file in files:
        try:
            table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
        except (UnicodeDecodeError, ValueError) as error:  # pandas' errors are ValueErrors
            problems.append(f"{file.name}: is not CSV in UTF-8 ({str(error).splitlines()[0]})")
            continue
        expected = {*config.FEATURES, config.TARGET}
        if absent := sorted(expected - set(table.columns)):
            problems.append(f"{file.name}: has no column {', '.join(absent)}; its header is {_shown(table.columns)}")
            continue
        tables.append(table[[*config.FEATURES, config.TARGET]])
    if problems:
        raise BadData("\n".join(problems))
    return pd.concat(tables, ignore_index=True) if tables else _empty()


def check(table: pd.DataFrame) -> None:
    """Raise `BadData` unless the rows, as `read` returns them, can train a model."""
    if table.empty:
        raise BadData("There are no rows: the input holds no CSV file with data")
    problems = [
        *(_not_numbers(table, name) for name in config.NUMBERS),
        *(_not_among(table, name, values) for name, values in config.CATEGORIES.items()),
        _target_problem(table[config.TARGET]),
    ]
    if found := [problem for problem in problems if problem]:
        raise BadData("\n".join(found))


def encode(table: pd.DataFrame) -> pd.DataFrame:
    """Return the features as numbers: a column each for `NUMBERS`, one for every value of `CATEGORIES`.

    A missing number stays missing, which XGBoost understands; an unknown category is none of the known ones.
    Raises `BadData` for a value that should be a number.
    """
    if problems := [problem for name in config.NUMBERS if (problem := _not_numbers(table, name))]:
        raise BadData("\n".join(problems))
    columns = {name: pd.to_numeric(table[name], errors="coerce").astype(np.float32) for name in config.NUMBERS}
    for name, values in config.CATEGORIES.items():
        columns |= {f"{name}={value}": (table[name] == value).astype(np.float32) for value in values}
    return pd.DataFrame(columns)


def target(table: pd.DataFrame) -> NDArray[Any]:
    """Return the target of checked rows, 1 or 0."""
    return np.asarray(pd.to_numeric(table[config.TARGET]), dtype=np.int8)


def run(main: Callable[[list[str]], None]) -> None:
    """Run a script's `main`. What is wrong with the data is said without a traceback, and the status is 1."""
    try:
        main(sys.argv[1:])
    except BadData as error:
        sys.exit(f"The data cannot be used:\n{error}")


def instances(file: Path) -> tuple[str, list[str]]:
    """Return the name of this instance and the names of all that work on the same job."""
    if not file.is_file():
        return "algo-1", ["algo-1"]
    told = json.loads(file.read_text())
    return told["current_host"], sorted(told["hosts"])


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=str) for name in (*config.FEATURES, config.TARGET)})


def _not_numbers(table: pd.DataFrame, name: str) -> str | None:
    values = table[name].astype(str).str.strip()
    wrong = values[pd.to_numeric(values, errors="coerce").isna() & ~values.str.lower().isin({"", "nan"})]
    if wrong.empty:
        return None
    return f"{name}: {len(wrong)} of {len(values)} values are not numbers, such as {_shown(wrong.unique())}"


def _not_among(table: pd.DataFrame, name: str, values: tuple[str, ...]) -> str | None:
    wrong = table[name][~table[name].isin({*values, ""})]
    if wrong.empty:
        return None
    return (
        f"{name}: {len(wrong)} of {len(table)} values are none of {_shown(values, len(values))}, such as "
        f"{_shown(wrong.unique())}; known values are listed in config.py"
    )


def _target_problem(values: pd.Series) -> str | None:
    numbers = pd.to_numeric(values, errors="coerce")
    name, total = config.TARGET, len(values)
    if missing := int(values.str.strip().str.lower().isin({"", "nan"}).sum()):
        return f"{name}: {missing} of {total} values are missing; every row needs its target"
    if not set(numbers.unique()) <= {0, 1}:
        return f"{name}: holds other values than 0 and 1, such as {_shown(values[~numbers.isin({0, 1})].unique())}"
    if (numbers == numbers.iloc[0]).all():
        return f"{name}: all {total} values are {int(numbers.iloc[0])}; a model needs examples of 0 and of 1"
    return None


def _shown(values: object, limit: int = MAX_EXAMPLES) -> str:
    return ", ".join(repr(str(value)) for value in list(values)[:limit])  # type: ignore[call-overload]

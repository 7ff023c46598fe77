"""Bad data is told in words, all of it at once; good data is split the same way everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import config
import data
import preprocess
from ml_pipelines import sample_data

if TYPE_CHECKING:
    from pathlib import Path

ROWS = sample_data.customers(rows=200, seed=1)


def table(folder: Path) -> pd.DataFrame:
    (folder / "customers.csv").write_bytes(sample_data.as_csv(ROWS))
    return data.read(folder)


def refusal(rows: pd.DataFrame) -> str:
    with pytest.raises(data.BadData) as raised:
        data.check(rows)
    return str(raised.value)


def test_good_data_passes(tmp_path: Path) -> None:
    data.check(table(tmp_path))


def test_no_rows(tmp_path: Path) -> None:
    assert refusal(data.read(tmp_path)) == "There are no rows: the input holds no CSV file with data"


def test_header_without_rows(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_bytes(sample_data.as_csv([]))

    assert refusal(data.read(tmp_path)) == "There are no rows: the input holds no CSV file with data"


def test_missing_target(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_bytes(sample_data.as_csv(ROWS).replace(b",left\n", b",gone\n"))

    with pytest.raises(data.BadData, match=r"^customers\.csv: has no column left; its header is 'age', "):
        data.read(tmp_path)


def test_wrong_types(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[3, "age"] = "forty"

    assert refusal(rows) == "age: 1 of 200 values are not numbers, such as 'forty'"


def test_one_class_only(tmp_path: Path) -> None:
    rows = table(tmp_path)

    assert refusal(rows.assign(left="1")) == "left: all 200 values are 1; a model needs examples of 0 and of 1"


@pytest.mark.parametrize("missing", ["", "NaN", "nan"])
def test_nan_in_the_target(tmp_path: Path, missing: str) -> None:
    rows = table(tmp_path)
    rows.loc[:4, "left"] = missing

    assert refusal(rows) == "left: 5 of 200 values are missing; every row needs its target"


def test_target_of_other_values(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[0, "left"] = "yes"

    assert refusal(rows) == "left: holds other values than 0 and 1, such as 'yes'"


@pytest.mark.parametrize(
    ("name", "content"),
    [("picture.png", b"\x89PNG\r\n\x1a\n\xff\xfe\x00"), ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n"), ("empty.csv", b"")],
)
def test_file_that_is_not_csv(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(data.BadData, match=f"^{name}: is not CSV in UTF-8"):
        data.read(tmp_path)


def test_unknown_category(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[0, "contract"] = "weekly"

    assert refusal(rows) == (
        "contract: 1 of 200 values are none of 'monthly', 'yearly', 'two_years', such as 'weekly'; "
        "known values are listed in config.py"
    )


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[0, "age"] = "forty"
    rows.loc[0, "channel"] = "pigeon"
    rows.loc[0, "left"] = ""

    assert [line.partition(":")[0] for line in refusal(rows).splitlines()] == ["age", "channel", "left"]


def test_missing_number_stays_missing(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[0, "age"] = ""

    assert np.isnan(data.encode(rows).loc[0, "age"])


def test_unknown_category_is_none_of_the_known_ones(tmp_path: Path) -> None:
    rows = table(tmp_path)
    rows.loc[0, "channel"] = "pigeon"

    assert data.encode(rows).filter(like="channel=").loc[0].tolist() == [0, 0, 0]


def test_split_has_the_shares_of_the_configuration() -> None:
    rows = pd.DataFrame({"number": [str(number) for number in range(10_000)]})

    shares = {name: len(part) / len(rows) for name, part in preprocess.split(rows).items()}

    assert shares == pytest.approx({"train": 0.70, "validation": 0.15, "test": 0.15}, abs=0.02)


def test_split_is_the_same_for_shares_of_the_rows(tmp_path: Path) -> None:
    rows = table(tmp_path)

    whole = preprocess.split(rows)["test"]
    shares = [preprocess.split(rows[start::2])["test"] for start in (0, 1)]

    pd.testing.assert_frame_equal(pd.concat(shares).sort_index(), whole)


def test_sample_is_the_same_on_every_machine() -> None:
    assert sample_data.customers(rows=1, seed=7) == ((38, 4.9, 60.57, 29.49, 4, "monthly", "shop", 1),)


def test_sample_has_the_columns_of_the_configuration() -> None:
    assert {*config.FEATURES, config.TARGET} == {*sample_data.COLUMNS}

"""Serves the model: SageMaker's XGBoost image calls these four functions for endpoints and for batch scoring.

A request is CSV without header, in the order of `config.FEATURES`, or a JSON list of objects with those names. The
answer is one score for each row: the probability of the target.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xgboost

import config
import data

if TYPE_CHECKING:
    from numpy.typing import NDArray


def model_fn(model_dir: str) -> xgboost.Booster:
    """Load the model."""
    return xgboost.Booster(model_file=Path(model_dir) / config.MODEL_FILE)


def input_fn(body: bytes | str, content_type: str) -> xgboost.DMatrix:
    """Read a request's rows. Raises `ValueError`."""
    text = body.decode() if isinstance(body, bytes | bytearray) else body
    kind = content_type.partition(";")[0].strip()
    if kind == "text/csv":
        table = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
        if len(table.columns) != len(config.FEATURES):
            raise ValueError(f"A row has {len(table.columns)} values, and the model expects {list(config.FEATURES)}")
        table.columns = pd.Index(config.FEATURES)
    elif kind == "application/json":
        table = pd.DataFrame(json.loads(text), columns=list(config.FEATURES)).astype(object)
        table = table.where(table.notna(), "").astype(str)
    else:
        raise ValueError(f"Content type {content_type} is not understood: send text/csv or application/json")
    try:
        return xgboost.DMatrix(data.encode(table))
    except data.BadData as error:
        raise ValueError(str(error)) from None


def predict_fn(rows: xgboost.DMatrix, model: xgboost.Booster) -> NDArray[Any]:
    """Return the score of each row."""
    return np.asarray(model.predict(rows))


def output_fn(scores: NDArray[Any], accept: str) -> str:
    """Write the scores: a JSON list if that is asked for, else one a line."""
    values = [round(float(score), 6) for score in scores]
    return json.dumps(values) if accept == "application/json" else "".join(f"{value}\n" for value in values)

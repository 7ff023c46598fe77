"""Second step: trains an XGBoost model, and packs it with the code that serves it."""

from __future__ import annotations

import argparse
import json
import shutil
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import xgboost
from xgboost.tracker import RabitTracker

import config
import data

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVING_CODE = ("config.py", "data.py", "inference.py")
TRACKER_PORT = 9099


def main(argv: list[str]) -> None:
    """Read the channels `train` and `validation`, write the model. On several instances, each reads its share."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    settings = hyperparameters(config.TRAINING_HYPERPARAMETERS)
    instance, instances = data.instances(config.TRAINING_INSTANCES)
    with together(instance, instances):
        booster = train(config.CHANNELS, settings)
    if instance == instances[0]:
        save(booster, config.MODEL)


def hyperparameters(file: Path) -> dict[str, str | int | float]:
    """Return the job's hyperparameters, which SageMaker hands over as text, over those of `config`."""
    told = json.loads(file.read_text()) if file.is_file() else {}
    return config.HYPERPARAMETERS | {name: _number(value) for name, value in told.items()}


def train(channels: Path, settings: dict[str, str | int | float]) -> xgboost.Booster:
    """Train until the metric on the validation rows stops improving."""
    rows = {name: _matrix(channels / name) for name in ("train", "validation")}
    parameters = dict(settings)
    return xgboost.train(
        num_boost_round=int(parameters.pop("num_boost_round")),
        early_stopping_rounds=int(parameters.pop("early_stopping_rounds")),
        params=parameters,
        dtrain=rows["train"],
        evals=[(rows["train"], "train"), (rows["validation"], "validation")],
        verbose_eval=25,
    )


def save(booster: xgboost.Booster, folder: Path) -> None:
    """Write the model, as far as it was best, and its serving code."""
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    booster[: booster.best_iteration + 1].save_model(folder / config.MODEL_FILE)
    for name in SERVING_CODE:
        shutil.copy(Path(__file__).parent / name, code / name)
    print(f"{booster.best_iteration + 1} rounds, validation {booster.best_score:.4f}")


@contextmanager
def together(instance: str, instances: list[str]) -> Iterator[None]:
    """Let the instances of one job train one model: the first listens, all report to it."""
    if len(instances) == 1:
        yield
        return
    first = socket.gethostbyname(instances[0])
    if instance == instances[0]:
        tracker = RabitTracker(n_workers=len(instances), host_ip=first, port=TRACKER_PORT, sortby="task")
        tracker.start()
    rank = str(instances.index(instance))
    with xgboost.collective.CommunicatorContext(
        dmlc_tracker_uri=first, dmlc_tracker_port=TRACKER_PORT, dmlc_task_id=rank, dmlc_retry=20
    ):
        yield
    if instance == instances[0]:
        tracker.wait_for()


def _matrix(folder: Path) -> xgboost.DMatrix:
    table = data.read(folder)
    return xgboost.DMatrix(data.encode(table), label=data.target(table))


def _number(value: str) -> str | int | float:
    try:
        number: str | int | float = json.loads(value)
    except json.JSONDecodeError:
        return value
    return number


if __name__ == "__main__":
    data.run(main)

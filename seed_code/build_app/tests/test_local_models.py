"""Training and scoring by the runner of definitions, with a model that multiplies."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from local_run.transform import batches
from tests.small_pipelines import BUCKET, Runner

TRAIN = """
import os, pathlib, shutil
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
shutil.copytree(base / "input" / "data" / "code", base / "model" / "code")
shutil.copy(base / "input" / "config" / "hyperparameters.json", base / "model" / "model.json")
"""
SERVE = """
import json, pathlib
def model_fn(folder): return json.loads((pathlib.Path(folder) / "model.json").read_text())
def input_fn(body, kind): return [float(line) for line in body.decode().splitlines()]
def predict_fn(rows, model): return [row * float(model["factor"]) for row in rows]
def output_fn(rows, accept): return "".join(f"{row:g}\\n" for row in rows)
"""


@pytest.fixture
def trained(run: Runner) -> dict[str, Any]:
    run.store.put(f"{BUCKET}/code/train/train.py", TRAIN.encode())
    run.store.put(f"{BUCKET}/code/train/inference.py", SERVE.encode())
    return {
        "Name": "Train",
        "Type": "Training",
        "Arguments": {
            "TrainingJobName": "mlops-train",
            "AlgorithmSpecification": {
                "TrainingImage": "any",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            },
            "HyperParameters": {"factor": "10"},
            "InputDataConfig": [
                {"ChannelName": "code", "DataSource": {"S3DataSource": {"S3Uri": f"{BUCKET}/code/train/"}}}
            ],
            "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/models"},
        },
    }


def scored(strategy: str) -> list[dict[str, Any]]:
    container = {
        "Image": "any",
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    }
    score = {
        "ModelName": {"Get": "Steps.Model.ModelName"},
        "BatchStrategy": strategy,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3Uri": f"{BUCKET}/rows/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/scores", "AssembleWith": "Line"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    }
    return [
        {"Name": "Model", "Type": "Model", "Arguments": {"PrimaryContainer": container}},
        {"Name": "Score", "Type": "Transform", "Arguments": score},
    ]


def test_training_packs_its_model(run: Runner, trained: dict[str, Any]) -> None:
    outcome = run(trained)

    archive = run.store.get(outcome.step("Train").result["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        assert json.loads(files.extractfile("model.json").read()) == {"factor": "10"}  # type: ignore[union-attr]


def test_names_of_jobs_begin_as_the_definition_says(run: Runner, trained: dict[str, Any]) -> None:
    outcome = run(trained)

    assert outcome.step("Train").result["TrainingJobName"].startswith(f"mlops-train-{outcome.execution_id}-")


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_every_row_is_scored(run: Runner, trained: dict[str, Any], strategy: str) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"1\n2\n3")

    outcome = run(trained, *scored(strategy))

    assert outcome.status == "Succeeded", outcome.reason
    assert run.store.get(f"{BUCKET}/scores/a.csv.out") == b"10\n20\n30\n"


def test_row_that_the_model_refuses_is_said(run: Runner, trained: dict[str, Any]) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"one\n")

    outcome = run(trained, *scored("MultiRecord"))

    assert outcome.reason == "Step Score: The model answered 500: could not convert string to float: 'one'"


def test_model_that_cannot_be_loaded_is_said(run: Runner, trained: dict[str, Any]) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"1\n")
    run.store.put(f"{BUCKET}/code/train/inference.py", b"raise ImportError('no such thing')")

    outcome = run(trained, *scored("MultiRecord"))

    assert outcome.reason.startswith("Step Score: The model cannot be served. The last words:\n")
    assert outcome.reason.endswith("ImportError: no such thing")


def test_batches_stay_within_their_size() -> None:
    assert list(batches(b"aa\nbb\ncccccc\nd", limit=6)) == [b"aa\nbb\n", b"cccccc\n", b"d"]

"""`make local`: the shipped pipelines, run from their definitions on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local_run import FolderStore
from ml_pipelines import sample_data
from ml_pipelines.local import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a training with the sample data was run."""
    folder = tmp_path_factory.mktemp("local")
    assert main(["--folder", str(folder), "--parameter", "Commit=1234567"]) == 0
    return folder


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((folder / "registry" / "local" / "1.json").read_text())
    return package


def test_model_is_registered_and_waits_for_approval(package: dict[str, Any]) -> None:
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_package_says_what_it_was_made_of(package: dict[str, Any], folder: Path) -> None:
    lineage = package["CustomerMetadataProperties"]

    assert lineage["Commit"] == package["MetadataProperties"]["CommitId"] == "1234567"
    assert FolderStore(folder / "s3").names(lineage["InputDataUri"])


def test_package_leads_to_its_metrics_report_and_sample_request(package: dict[str, Any], folder: Path) -> None:
    store = FolderStore(folder / "s3")

    assert "auc" in json.loads(store.get(_statistics(package)))["binary_classification_metrics"]
    assert store.get(package["CustomerMetadataProperties"]["Report"]) == (folder / "report.html").read_bytes()
    assert store.get(package["SamplePayloadUrl"])


def test_registered_model_scores_new_data(folder: Path) -> None:
    assert main(["inference", "--folder", str(folder)]) == 0

    store = FolderStore(folder / "s3")
    (scores,) = store.names("s3://local-artifacts/runs/local-inference/")
    (rows,) = store.names("s3://local-artifacts/data/scoring/")
    assert len(store.get(scores).splitlines()) == len(store.get(rows).splitlines())


def test_threshold_that_cannot_be_met(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registered = sorted((folder / "registry" / "local").iterdir())

    assert main(["--folder", str(folder), "--parameter", "MinimumAuc=0.999"]) == 2

    assert "The model was not registered: its auc is below MinimumAuc = 0.999" in capsys.readouterr().err
    assert sorted((folder / "registry" / "local").iterdir()) == registered


def test_bad_data_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = sample_data.as_csv(sample_data.customers(rows=50, seed=1))
    (data / "customers.csv").write_bytes(rows.replace(b",1\n", b",\n"))

    assert main(["--folder", str(tmp_path / "local"), "--data", str(data)]) == 1

    said = capsys.readouterr().err
    assert "The data cannot be used:\nleft: " in said
    assert "Traceback" not in said


def test_scoring_without_a_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inference", "--folder", str(tmp_path)]) == 1

    assert "No model is registered in" in capsys.readouterr().err


def _statistics(package: dict[str, Any]) -> str:
    return str(package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])

"""Third step: how good the model is on rows it never saw, against a baseline, in figures and in a report."""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost
from sklearn import metrics
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import config
import data
import report

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

BASELINE = "logistic regression"
CURVE_POINTS = 100
SAMPLE_ROWS = 20


def main(argv: list[str]) -> None:
    """Read `input/{model,train,test}`, write the figures, the report and a sample request to `output/evaluation`."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    inputs, output = config.PROCESSING_INPUT, config.PROCESSING_OUTPUT / "evaluation"
    output.mkdir(parents=True, exist_ok=True)
    train, test = data.read(inputs / "train"), data.read(inputs / "test")
    data.check(test)
    model = load(inputs / "model" / "model.tar.gz")

    truth = data.target(test)
    scores = np.asarray(model.predict(xgboost.DMatrix(data.encode(test))))
    baseline = baseline_scores(train, test)
    figures = evaluate(truth, scores, baseline)
    (output / config.EVALUATION_FILE).write_text(json.dumps(figures, indent=2))
    importance = {name: float(gain) for name, gain in model.get_score(importance_type="total_gain").items()}
    page = report.page(figures, report.Outcome(truth=truth, scores=scores, baseline=baseline), importance=importance)
    (output / config.REPORT_FILE).write_text(page, encoding="utf-8")
    write_payload(test.head(SAMPLE_ROWS), output / config.PAYLOAD_FILE)
    print(f"auc {figures['binary_classification_metrics']['auc']['value']:.4f}")


def load(archive: Path) -> xgboost.Booster:
    """Load the model from the archive that training made."""
    with tarfile.open(archive) as files, tempfile.TemporaryDirectory() as folder:
        files.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 has none
        files.extractall(folder)  # noqa: S202  (filtered by the line above)
        return xgboost.Booster(model_file=f"{folder}/{config.MODEL_FILE}")


def baseline_scores(train: pd.DataFrame, test: pd.DataFrame) -> NDArray[Any]:
    """Return what the simplest model worth having says, trained on the same rows."""
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    model.fit(data.encode(train), data.target(train))
    return np.asarray(model.predict_proba(data.encode(test))[:, 1])


def evaluate(truth: NDArray[Any], scores: NDArray[Any], baseline: NDArray[Any]) -> dict[str, Any]:
    """Return the figures. The first part is in SageMaker's form, which the model registry shows as plots.

    Pipelines find the figures by their path in this dictionary: `binary_classification_metrics.auc.value` and
    `baseline.gain.value`.
    """
    said = scores >= config.DECISION_THRESHOLD
    auc, baseline_auc = metrics.roc_auc_score(truth, scores), metrics.roc_auc_score(truth, baseline)
    false_positive, true_positive, _ = metrics.roc_curve(truth, scores)
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    confusion = metrics.confusion_matrix(truth, said, labels=[0, 1]).tolist()
    return {
        "binary_classification_metrics": {
            "auc": _metric(auc),
            "accuracy": _metric(metrics.accuracy_score(truth, said)),
            "precision": _metric(metrics.precision_score(truth, said, zero_division=0)),
            "recall": _metric(metrics.recall_score(truth, said)),
            "confusion_matrix": {str(row): {"0": counts[0], "1": counts[1]} for row, counts in enumerate(confusion)},
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": _thinned(false_positive),
                "true_positive_rates": _thinned(true_positive),
            },
            "precision_recall_curve": {"precisions": _thinned(precision), "recalls": _thinned(recall)},
        },
        "baseline": {"name": BASELINE, "auc": _metric(baseline_auc), "gain": _metric(auc - baseline_auc)},
        "brier_score": _metric(metrics.brier_score_loss(truth, scores)),
        "decision_threshold": config.DECISION_THRESHOLD,
        "rows": len(truth),
    }


def write_payload(rows: pd.DataFrame, file: Path) -> None:
    """Write an archive with one request to the model: `payload.csv`, without header and without target."""
    body = rows[list(config.FEATURES)].to_csv(index=False, header=False).encode()
    member = tarfile.TarInfo("payload.csv")
    member.size = len(body)
    with tarfile.open(file, "w:gz") as archive:
        archive.addfile(member, io.BytesIO(body))


def _metric(value: float) -> dict[str, float | str]:
    return {"value": round(float(value), 6), "standard_deviation": "NaN"}  # in SageMaker's form it has to be there


def _thinned(values: NDArray[Any]) -> list[float]:
    places = np.linspace(0, len(values) - 1, min(CURVE_POINTS, len(values))).round().astype(int)
    return [round(float(value), 5) for value in values[places]]


if __name__ == "__main__":
    data.run(main)

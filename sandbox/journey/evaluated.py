"""A registered model as its evaluation saw it: the figures, the report, and its scores for the sample payload."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.runner.images import REQUIREMENTS, environment_of
from sandbox.runner.seed import BUILD_APP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.journey.team import Person

PROGRAM = Path(__file__).with_name("score.py")
PAYLOAD = "payload.csv"
METRICS = "binary_classification_metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A model package with what its evaluation left: metrics by name, the report's HTML, sample rows with scores."""

    model_package_arn: str
    metrics: Mapping[str, float]
    report: str
    payload: str
    scores: tuple[float, ...]


def evaluated(scientist: Person, model_package_arn: str) -> Evaluated:
    """Read a model package and its evaluation, as the data scientist may, and score the sample payload anew."""
    package = scientist.client("sagemaker").describe_model_package(ModelPackageName=model_package_arn)
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    [container] = package["InferenceSpecification"]["Containers"]
    payload = _payload(_read(scientist, package["SamplePayloadUrl"]))
    return Evaluated(
        model_package_arn=model_package_arn,
        metrics=_metrics(json.loads(_read(scientist, statistics))),
        report=_read(scientist, package["CustomerMetadataProperties"]["Report"]).decode(),
        payload=payload,
        scores=_scores(_read(scientist, container["ModelDataUrl"]), payload),
    )


def _read(scientist: Person, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = scientist.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def _metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    figures = {name: figure["value"] for name, figure in evaluation[METRICS].items() if "value" in figure}
    return {**figures, "auc of the baseline": evaluation["baseline"]["auc"]["value"]}


def _payload(archive: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        file = packed.extractfile(PAYLOAD)
        assert file is not None  # noqa: S101  (extractfile raises for a name that is not there)
        return file.read().decode()


def _scores(archive: bytes, payload: str) -> tuple[float, ...]:
    python = environment_of(REQUIREMENTS / "steps.txt") / "bin" / "python"
    with tempfile.TemporaryDirectory() as made:
        model, rows = Path(made, "model.tar.gz"), Path(made, PAYLOAD)
        model.write_bytes(archive)
        rows.write_text(payload)
        command = [str(python), str(PROGRAM), str(model), str(rows)]
        code = {"PYTHONPATH": str(BUILD_APP / "source_scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
        scored = subprocess.run(command, env=code, capture_output=True, text=True, check=True)
    return tuple(float(line) for line in scored.stdout.splitlines())

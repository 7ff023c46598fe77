"""Runs a pipeline's definition on this machine, with no AWS account: `make local`.

    python -m ml_pipelines.local [training|inference] [--parameter NAME=VALUE ...] [--data FOLDER]

Everything is in `.local/`: `report.html` is the newest evaluation, `registry/` what was registered, `jobs/` every job's
files and log. Exit status: 0 if a model was registered, 2 if it was not good enough, 1 for anything else.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import config
from local_run import Definition, DefinitionError, FolderRegistry, FolderStore, Outcome
from local_run.__main__ import STATUS_FAILED, STATUS_INTERRUPTED, report, run
from local_run.store import upload
from ml_pipelines.inference import pipeline as inference
from ml_pipelines.settings import Settings
from ml_pipelines.training import pipeline as training

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).resolve().parent.parent / ".local"
OWN_DATA = "s3://local-artifacts/data/own"
SETTINGS = Settings(
    project_name="local",
    project_id="local",
    region="eu-west-1",
    role_arn="arn:aws:iam::000000000000:role/local",
    artifact_bucket="local-artifacts",
    artifact_key_arn="arn:aws:kms:eu-west-1:000000000000:key/local",
    model_package_group="local",
    training_pipeline="local-training",
    inference_pipeline="local-inference",
    job_prefix="local",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml_pipelines.local", description=__doc__)
    parser.add_argument("pipeline", nargs="?", choices=("training", "inference"), default="training")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="your own files in place of the sample")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args(argv)
    parameters = dict(each.partition("=")[::2] for each in arguments.parameter)
    store = FolderStore(arguments.folder / "s3")
    if arguments.data:
        uri = f"{OWN_DATA}/{arguments.data.resolve().name}"
        upload(store, arguments.data, uri)
        parameters = {"InputDataUri": uri, **parameters}
    try:
        return (train if arguments.pipeline == "training" else score)(arguments.folder, store, parameters)
    except (DefinitionError, LookupError) as error:
        print(f"error: {error}", file=sys.stderr)
        return STATUS_FAILED
    except KeyboardInterrupt:
        return STATUS_INTERRUPTED


def train(folder: Path, store: FolderStore, parameters: dict[str, str]) -> int:
    """Run the training pipeline and say how good the model is."""
    outcome = run(_parsed(training.get_pipeline(SETTINGS, store).definition(), folder), folder, parameters=parameters)
    if any(record.name == "Evaluate" and record.status == "Succeeded" for record in outcome.steps):
        evaluation = _output(outcome, "Evaluate", "evaluation")
        (folder / config.REPORT_FILE).write_bytes(store.get(f"{evaluation}/{config.REPORT_FILE}"))
        figures = json.loads(store.get(f"{evaluation}/{config.EVALUATION_FILE}"))
        auc, baseline = figures["binary_classification_metrics"]["auc"]["value"], figures["baseline"]
        print(
            f"\nauc {auc:.3f}; {baseline['name']} {baseline['auc']['value']:.3f}, gain {baseline['gain']['value']:.3f}"
        )
        print(f"report      {folder / config.REPORT_FILE}")
    status = report(outcome)
    if status == 0:
        print(f"registered  {outcome.step('Register').result['ModelPackageArn']}, in {folder / 'registry'}")
    return status


def score(folder: Path, store: FolderStore, parameters: dict[str, str]) -> int:
    """Run the batch scoring pipeline with the newest registered model, approved or not."""
    newest = {"ModelPackageArn": FolderRegistry(folder / "registry").newest(SETTINGS.model_package_group)}
    definition = _parsed(inference.get_pipeline(SETTINGS, store).definition(), folder)
    outcome = run(definition, folder, parameters=newest | parameters)
    if outcome.status == "Succeeded":
        place = outcome.step("Score").result["TransformOutput"]["S3OutputPath"]
        for uri in store.names(f"{place}/"):
            print(f"\nscores      {store.path(uri)}")
    return report(outcome)


def _parsed(definition: str, folder: Path) -> Definition:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "definition.json").write_text(json.dumps(json.loads(definition), indent=2))
    return Definition.parse(definition)


def _output(outcome: Outcome, step: str, name: str) -> str:
    outputs = outcome.step(step).result["ProcessingOutputConfig"]["Outputs"]
    return str(outputs[name]["S3Output"]["S3Uri"])


if __name__ == "__main__":
    sys.exit(main())

"""Pipelines of a few lines, and what runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_run import Definition, Execution, FolderRegistry, FolderStore, Jobs, Outcome

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "s3://artifacts"
SUM = """
import json, os, pathlib, sys
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "processing"
total = sum(int(file.read_text()) for file in (base / "input" / "data").iterdir())
(base / "output" / "sum").mkdir(parents=True, exist_ok=True)
(base / "output" / "sum" / "sum.json").write_text(json.dumps({"figures": {"sum": total}, "arguments": sys.argv[1:]}))
"""
SHARE = """
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
host = json.loads((base / "config" / "resourceconfig.json").read_text())["current_host"]
names = sorted(file.name for file in (base / "processing" / "input" / "data").iterdir())
(base / "processing" / "output" / "sum" / host).write_text(" ".join(names))
"""
LIMIT = {"Get": "Parameters.Limit"}
EXECUTION = "Execution.PipelineExecutionId"


class Runner:
    def __init__(self, folder: Path, store: FolderStore, registry: FolderRegistry) -> None:
        self.folder, self.store, self.registry = folder, store, registry

    def __call__(self, *steps: dict[str, Any], **parameters: object) -> Outcome:
        declared = [{"Name": "Limit", "Type": "Integer", "DefaultValue": 6}, {"Name": "Instances", "Type": "Integer"}]
        definition = Definition.parse(json.dumps({"Steps": steps, "Parameters": declared}))
        jobs = Jobs(folder=self.folder, store=self.store, registry=self.registry)
        return Execution(definition, jobs, parameters={"Instances": 1, **parameters}).run()

    def output(self, outcome: Outcome, step: str) -> Any:
        return json.loads(self.store.get(f"{BUCKET}/out/{outcome.execution_id}/{step}/sum.json"))


def processing(name: str, code: str, *, arguments: tuple[Any, ...] = (), **other: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingJobName": f"mlops-{name.lower()}",
            "AppSpecification": {
                "ImageUri": "any",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
                "ContainerArguments": list(arguments),
            },
            "ProcessingInputs": [
                processing_input("code", f"{BUCKET}/code/{code}"),
                processing_input("data", f"{BUCKET}/data", distribution="ShardedByS3Key"),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "sum",
                        "S3Output": {
                            "S3Uri": {"Std:Join": {"On": "/", "Values": [f"{BUCKET}/out", {"Get": EXECUTION}, name]}},
                            "LocalPath": "/opt/ml/processing/output/sum",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large"}},
        },
        "PropertyFiles": [{"PropertyFileName": "Figures", "OutputName": "sum", "FilePath": "sum.json"}],
        **other,
    }


def at_least(limit: Any) -> dict[str, Any]:
    get = {"PropertyFile": {"Get": "Steps.Sum.PropertyFiles.Figures"}, "Path": "figures.sum"}
    return {
        "Name": "Enough",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "GreaterThanOrEqualTo", "LeftValue": {"Std:JsonGet": get}, "RightValue": limit}],
            "IfSteps": [
                {
                    "Name": "Register",
                    "Type": "RegisterModel",
                    "Arguments": {"ModelPackageGroupName": "group", "Sum": {"Std:JsonGet": get}},
                }
            ],
            "ElseSteps": [
                {
                    "Name": "TooLittle",
                    "Type": "Fail",
                    "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": ["sum is below", limit]}}},
                }
            ],
        },
    }


def processing_input(name: str, uri: str, *, distribution: str = "FullyReplicated") -> dict[str, Any]:
    place = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataDistributionType": distribution}
    return {"InputName": name, "S3Input": place}

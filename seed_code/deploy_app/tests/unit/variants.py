"""Every kind of environment that the settings allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deployment.settings import Batch, Instance, Network, Serverless
from tests.unit.conftest import KEY, VARIABLES, with_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment.target import Target

BATCH = Batch(
    schedule="cron(0 3 * * ? *)", timezone="Europe/Dublin", enabled=True, input="s3://{data_bucket}/batch-input/"
)
DEV_ROLE = "arn:aws:iam::123456789012:role/mlops/project/mlops-p-0123456789ab-sagemaker"
DEFINITION: dict[str, Any] = {
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "ModelPackageArn", "Type": "String"},
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": "s3://elsewhere/"},
        {"Name": "InstanceType", "Type": "String", "DefaultValue": "ml.m5.large"},
    ],
    "Steps": [
        {
            "Name": "CreateModel",
            "Type": "Model",
            "Arguments": {
                "ExecutionRoleArn": DEV_ROLE,
                "Containers": [{"ModelPackageName": {"Get": "Parameters.ModelPackageArn"}}],
            },
        },
        {
            "Name": "Score_new data",
            "Type": "Transform",
            "Arguments": {
                "ModelName": {"Get": "Steps.CreateModel.ModelName"},
                "TransformOutput": {
                    "S3OutputPath": {
                        "Std:Join": {
                            "On": "/",
                            "Values": [
                                f"s3://{VARIABLES['ARTIFACT_BUCKET']}/runs",
                                {"Get": "Execution.PipelineExecutionId"},
                            ],
                        }
                    },
                    "KmsKeyId": KEY,
                },
            },
        },
    ],
}

NAMES = ("dev", "preprod", "prod", "serverless", "vpc", "local_storage", "endpoint_and_batch", "batch_only")


def variants(shipped: Mapping[str, Target]) -> dict[str, Target]:
    """Return the shipped environments and one for each other kind, by `NAMES`."""
    prod = shipped["prod"]
    with_batch = replace(prod, settings=replace(prod.settings, batch=BATCH), inference_definition=DEFINITION)
    return {
        **shipped,
        "serverless": with_endpoint(
            prod,
            instance=None,
            rollout=None,
            capture=None,
            scaling=None,
            serverless=Serverless(memory_mb=2048, maximum_concurrency=5),
            network=Network(isolation=False, vpc=False),
        ),
        "vpc": with_endpoint(prod, network=Network(isolation=True, vpc=True)),
        "local_storage": with_endpoint(prod, instance=Instance(type="ml.g5.xlarge", count=2)),
        "endpoint_and_batch": with_batch,
        "batch_only": replace(with_batch, settings=replace(with_batch.settings, endpoint=None)),
    }

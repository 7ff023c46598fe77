"""Creates or updates the project's pipelines and starts one.

    python -m ml_pipelines.run_pipeline [training|inference] [--parameter NAME=VALUE ...]

The build runs it without arguments: both pipelines are brought up to date and a training is started. It does not wait
for the training, so that a long one never turns the build red.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ml_pipelines import settings
from ml_pipelines.inference import pipeline as inference
from ml_pipelines.training import pipeline as training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker.mlops.workflow.pipeline import Pipeline

POLL_SECONDS = 30
FINISHED = ("Succeeded", "Failed", "Stopped")


class NothingApprovedError(Exception):
    """No model of the project is approved."""


class S3Uploads:
    """Uploads to S3, encrypted with the project's key."""

    def __init__(self, client: Any, *, key_arn: str) -> None:  # noqa: ANN401  # boto3 has no types
        self._client = client
        self._key_arn = key_arn

    def put(self, uri: str, body: bytes) -> None:
        """Store `body` at an S3 URI, if nothing is there yet."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._key_arn}
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*", **encryption)
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":  # somebody uploaded the same content before
                raise


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        told = settings.from_environment(os.environ)
        execution_arn = run(
            told, arguments.pipeline, parameters=dict(arguments.parameter), model_package=arguments.model_package_arn
        )
        return wait(told, execution_arn, minutes=arguments.wait) if arguments.wait else 0
    except (settings.SettingsError, NothingApprovedError, ClientError, BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def run(told: settings.Settings, name: str, *, parameters: Mapping[str, str], model_package: str = "LATEST") -> str:
    """Bring both pipelines up to date, start one with these parameters, and return the ARN of the execution."""
    client = sagemaker_client(told)
    if told.network.of_the_account:
        told = replace(told, network=network_of_the_account(_client(told, "ssm"), told.network))
    uploads = S3Uploads(_client(told, "s3"), key_arn=told.artifact_key_arn)
    for pipeline in (training.get_pipeline(told, uploads), inference.get_pipeline(told, uploads)):
        upsert(client, pipeline, told)
    if name == "training":
        started, given = told.training_pipeline, {"Commit": told.commit}
    else:
        arn = newest_approved(client, told.model_package_group) if model_package == "LATEST" else model_package
        started, given = told.inference_pipeline, {"ModelPackageArn": arn}
    execution_arn: str = client.start_pipeline_execution(
        PipelineName=started,
        PipelineParameters=[{"Name": key, "Value": value} for key, value in {**given, **parameters}.items()],
    )["PipelineExecutionArn"]
    print(f"Started {execution_arn}")
    return execution_arn


def upsert(client: Any, pipeline: Pipeline, told: settings.Settings) -> None:  # noqa: ANN401
    """Create a pipeline with the project's tags, or bring the existing one and its tags up to date."""
    arguments = {"PipelineName": pipeline.name, "PipelineDefinition": pipeline.definition(), "RoleArn": told.role_arn}
    tags = [{"Key": key, "Value": value} for key, value in told.tags.items()]
    try:
        client.create_pipeline(**arguments, Tags=tags)
        print(f"Created {pipeline.name}")
    except ClientError as error:
        if "already exists" not in str(error):  # AWS says so in a ValidationException
            raise
        client.add_tags(ResourceArn=client.update_pipeline(**arguments)["PipelineArn"], Tags=tags)
        print(f"Updated {pipeline.name}")


def network_of_the_account(client: Any, network: settings.Network) -> settings.Network:  # noqa: ANN401
    """Return the network with the ids that the platform team published. Raises `SettingsError` if there are none."""

    def ids(name: str) -> tuple[str, ...]:
        try:
            value = client.get_parameter(Name=f"/mlops/dev/{name}")["Parameter"]["Value"]
        except client.exceptions.ParameterNotFound:
            raise settings.SettingsError(
                f"There is no parameter /mlops/dev/{name}: this account has no network for jobs. "
                "Ask your platform team, or set of_the_account in ml_pipelines/settings.py to False."
            ) from None
        return tuple(value.split(","))

    return replace(network, subnet_ids=ids("subnet_ids"), security_group_ids=ids("security_group_ids"))


def newest_approved(client: Any, group: str) -> str:  # noqa: ANN401
    """Return the ARN of the newest approved model package. Raises `NothingApprovedError`."""
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            return str(package["ModelPackageArn"])
    raise NothingApprovedError(f"No model in {group} is approved yet: approve one in SageMaker Studio, under Models")


def wait(told: settings.Settings, execution_arn: str, *, minutes: float) -> int:
    """Wait for an execution and return 0 if it succeeded, 1 if not, 0 with a word if it still runs at the end."""
    client, until = sagemaker_client(told), time.monotonic() + minutes * 60
    while True:
        told_now = client.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
        status = told_now["PipelineExecutionStatus"]
        if status in FINISHED:
            break
        if time.monotonic() > until:
            print(f"Still {status} after {minutes:g} minutes; it goes on without this build")
            return 0
        time.sleep(POLL_SECONDS)
    print(f"{status} {told_now.get('FailureReason', '')}".strip())
    return 0 if status == "Succeeded" else 1


def sagemaker_client(told: settings.Settings) -> Any:  # noqa: ANN401
    """Return a client of SageMaker in the project's Region."""
    return _client(told, "sagemaker")


def _client(told: settings.Settings, service: str) -> Any:  # noqa: ANN401
    return _session(told.region).client(service)


@cache
def _session(region: str) -> Any:  # noqa: ANN401
    return boto3.Session(region_name=region)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml_pipelines.run_pipeline", description=__doc__)
    parser.add_argument("pipeline", nargs="?", choices=("training", "inference"), default="training")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_pair)
    parser.add_argument("--model-package-arn", default="LATEST", help="for inference; the newest approved otherwise")
    parser.add_argument("--wait", type=float, metavar="MINUTES", help="wait so long at most, and say how it ended")
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())

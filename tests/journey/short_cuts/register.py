"""Registers a model that was trained before: what a build does here in the place of a training.

As the seed's build does, it puts what it needs into the artifact bucket, encrypted with the project's key, brings the
project's SageMaker pipeline up to date and starts it. The pipeline has the last step of the training alone, the
registration. The folder `model` has the request, and the files that it names after `$FOLDER`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from string import Template

import boto3

MODEL = Path(__file__).with_name("model")
REQUEST = "request.json"


def main() -> None:
    environment, session = os.environ, boto3.Session()
    bucket, key_arn = environment["ARTIFACT_BUCKET"], environment["ARTIFACT_KEY_ARN"]
    prefix = f"runs/{environment['SAGEMAKER_PIPELINE_NAME']}/{environment['CODEBUILD_RESOLVED_SOURCE_VERSION']}"
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn}
    for path in sorted(set(MODEL.iterdir()) - {MODEL / REQUEST}):
        session.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/{path.name}", Body=path.read_bytes(), **encrypted)
    text = Template((MODEL / REQUEST).read_text()).substitute(environment, FOLDER=f"s3://{bucket}/{prefix}")
    step = {"Name": "Register", "Type": "RegisterModel", "Arguments": json.loads(text)}
    start(session.client("sagemaker"), environment["SAGEMAKER_PIPELINE_NAME"], step)


def start(sagemaker: boto3.client, name: str, step: dict[str, object]) -> None:
    """Create or update the pipeline with this step alone, and start it."""
    definition = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [step]})
    arguments = {
        "PipelineName": name,
        "PipelineDefinition": definition,
        "RoleArn": os.environ["SAGEMAKER_PIPELINE_ROLE_ARN"],
    }
    try:
        sagemaker.create_pipeline(**arguments)
    except sagemaker.exceptions.ClientError as error:
        if "already exists" not in str(error):
            raise
        sagemaker.update_pipeline(**arguments)
    print("Started", sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])


if __name__ == "__main__":
    main()

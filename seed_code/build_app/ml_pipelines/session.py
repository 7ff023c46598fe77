"""The SageMaker SDK, kept from calling anything.

Imported before the SDK by every module that uses it: hence the order of imports there.
"""

from __future__ import annotations

import logging
import os
from functools import cache

import boto3

# Importing the SDK makes a client, and that wants a Region, whichever it is.
os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", "us-east-1"))

import sagemaker.mlops.workflow.pipeline  # noqa: F401  # it turns all logs on: they are turned off below
from sagemaker.core.workflow.pipeline_context import PipelineSession

for _name in ("", "sagemaker", "sagemaker.config"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


@cache
def pipeline_session(*, region: str) -> PipelineSession:
    """Return a session that builds definitions, and can do nothing else: it has no credentials to call AWS with.

    Uploads, and what creates and starts pipelines, are calls of our own. The SDK's defaults files are not read.
    """
    nobody = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"}
    return PipelineSession(boto_session=boto3.Session(region_name=region, **nobody), sagemaker_config=_CONFIG)

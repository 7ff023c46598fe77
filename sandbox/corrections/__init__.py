"""Corrections of moto 5.2.5, loaded only in the server process.

Each has a canary among the tests: it asserts that stock moto still has the fault, and fails when a newer moto no longer
does, so that the correction can go.
"""

from __future__ import annotations

from sandbox.corrections import (
    bucket_policies,
    cloudformation,
    codebuild,
    codecommit,
    codepipeline,
    events,
    iam,
    lifecycle_rules,
    logs,
    sagemaker,
    sagemaker_hosting,
    sagemaker_packages,
    sagemaker_pipelines,
    sagemaker_records,
    sagemaker_scaling,
    service_quotas,
    servicecatalog,
)

CORRECTIONS = (
    bucket_policies,
    cloudformation,
    codebuild,
    codecommit,
    codepipeline,
    events,
    iam,
    lifecycle_rules,
    logs,
    sagemaker,
    sagemaker_hosting,
    sagemaker_packages,
    sagemaker_pipelines,
    sagemaker_records,
    sagemaker_scaling,
    service_quotas,
    servicecatalog,
)


def apply() -> None:
    """Put every correction in force. Called once, before the server answers."""
    for correction in CORRECTIONS:
        correction.apply()

"""The resource types that the sandbox imitates. A new type is one declaration in a module here, named in TYPES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.corrections.cloudformation.types import (
    autoscaling,
    cloudwatch,
    codebuild,
    codecommit,
    codepipeline,
    ecr,
    events,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
    sagemaker_hosting,
    sagemaker_pipeline,
    scheduler,
    sns,
)

if TYPE_CHECKING:
    from sandbox.corrections.cloudformation.resource_type import ResourceType

TYPES: dict[str, ResourceType] = {
    declared.name: declared
    for declared in (
        autoscaling.SCALABLE_TARGET,
        autoscaling.SCALING_POLICY,
        cloudwatch.ALARM,
        codebuild.PROJECT,
        codecommit.REPOSITORY,
        codepipeline.PIPELINE,
        ecr.REPOSITORY,
        events.RULE,
        iam.MANAGED_POLICY,
        iam.OIDC_PROVIDER,
        iam.ROLE,
        kms.ALIAS,
        kms.KEY,
        logs.LOG_GROUP,
        s3.BUCKET,
        s3.BUCKET_POLICY,
        sagemaker.MODEL_PACKAGE_GROUP,
        sagemaker_hosting.ENDPOINT,
        sagemaker_hosting.ENDPOINT_CONFIG,
        sagemaker_hosting.MODEL,
        sagemaker_pipeline.PIPELINE,
        scheduler.SCHEDULE,
        sns.SUBSCRIPTION,
        sns.TOPIC,
        sns.TOPIC_POLICY,
    )
}

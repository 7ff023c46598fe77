"""Batch inference: the build repository's inference pipeline, promoted into an account, on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler

from deployment.cfn_nag import suppress
from deployment.data_store import BATCH_OUTPUT_PREFIX
from deployment.model_role import ROLE_PATH, allow, trust
from deployment.promotion import Destination, promoted

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from deployment.settings import Batch
    from deployment.target import Target


def add_batch(
    stack: Stack,
    target: Target,
    settings: Batch,
    definition: dict[str, Any],
    *,
    role: iam.CfnRole,
    key: kms.CfnKey,
    bucket: s3.CfnBucket,
) -> str:
    """Add the pipeline and its schedule, and return the pipeline's name. Raises `Problems`."""
    places = {"data_bucket": target.data_bucket, "artifact_bucket": target.project.artifact_bucket}
    destination = Destination(
        name_prefix=target.names.stack,
        role_arn=role.attr_arn,
        key_arn=key.attr_arn,
        output_uri=f"s3://{target.data_bucket}/{BATCH_OUTPUT_PREFIX}",
        parameters={"ModelPackageArn": target.model.arn, "InputDataUri": settings.input.format_map(places)},
        vpc=_vpc(target),
    )
    body = promoted(definition, project=target.project, destination=destination)
    pipeline = sagemaker.CfnPipeline(
        stack,
        "InferencePipeline",
        pipeline_name=target.names.inference_pipeline,
        role_arn=role.attr_arn,
        pipeline_definition={"PipelineDefinitionBody": stack.to_json_string(body)},
    )
    pipeline.add_resource_dependency(bucket)
    _add_schedule(stack, target, settings, pipeline)
    return target.names.inference_pipeline


def _vpc(target: Target) -> dict[str, list[str]] | None:
    if not target.account.subnet_ids:
        return None
    return {"SecurityGroupIds": list(target.account.security_group_ids), "Subnets": list(target.account.subnet_ids)}


def _add_schedule(stack: Stack, target: Target, settings: Batch, pipeline: sagemaker.CfnPipeline) -> None:
    where = f"{target.account.region}:{target.account.account_id}"
    arn = f"arn:{stack.partition}:sagemaker:{where}:pipeline/{target.names.inference_pipeline}"
    start = allow("StartBatchInference", ["sagemaker:StartPipelineExecution"], arn)
    role = iam.CfnRole(
        stack,
        "ScheduleRole",
        role_name=target.names.schedule_role,
        path=ROLE_PATH,
        description=f"Starts batch inference of {target.names.stack}.",
        permissions_boundary=target.account.boundary_arn,
        assume_role_policy_document=trust("scheduler.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="schedule", policy_document={"Version": "2012-10-17", "Statement": [start]}
            )
        ],
    )
    suppress(role, {"W28": "The platform allows roles of the project's own names only."})
    schedule = scheduler.CfnSchedule(
        stack,
        "InferenceSchedule",
        name=target.names.inference_pipeline,
        schedule_expression=settings.schedule,
        schedule_expression_timezone=settings.timezone,
        state="ENABLED" if settings.enabled else "DISABLED",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(arn=arn, role_arn=role.attr_arn),
    )
    schedule.add_resource_dependency(pipeline)

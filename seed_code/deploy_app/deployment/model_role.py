"""The role of the model: what its container, and batch inference, may do.

The account's permissions boundary is the most that it could ever do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam

from deployment.cfn_nag import suppress
from deployment.data_store import BATCH_OUTPUT_PREFIX, CAPTURE_PREFIX

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from deployment.target import Target

ROLE_PATH = "/mlops/project/"


def add_model_role(stack: Stack, target: Target, *, key: kms.CfnKey, bucket: s3.CfnBucket) -> iam.CfnRole:
    """Add the role. Its policy is part of the resource, so no model is made before the role can read it."""
    statements = [*_what_every_model_does(stack, target), *_keep_data(stack, target, key=key, bucket=bucket)]
    if target.settings.endpoint is not None and target.settings.endpoint.network.vpc:
        statements.append(_JOIN_THE_NETWORK)
    if target.settings.batch is not None:
        statements.extend(_run_jobs(stack, target, bucket=bucket))
    role = iam.CfnRole(
        stack,
        "ModelRole",
        role_name=target.names.model_role,
        path=ROLE_PATH,
        description=f"The model of {target.names.stack}.",
        permissions_boundary=target.account.boundary_arn,
        assume_role_policy_document=trust("sagemaker.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="model", policy_document={"Version": "2012-10-17", "Statement": statements}
            )
        ],
    )
    suppress(
        role,
        {
            "W11": "The registry's token, metrics and network interfaces have no ARN that could be named.",
            "W28": "The project's bucket, key and images in DEV let the role in by its name.",
            "W76": "One short statement for each thing that the model does reads better than few wide ones.",
        },
    )
    return role


def trust(service: str) -> dict[str, Any]:
    """Return the trust policy of a role that one AWS service assumes."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(sid: str, actions: list[str], resources: list[str] | str, condition: Any = None) -> dict[str, Any]:  # noqa: ANN401
    """Return a statement that allows the actions."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _what_every_model_does(stack: Stack, target: Target) -> list[dict[str, Any]]:
    artifacts = f"arn:{stack.partition}:s3:::{target.project.artifact_bucket}"
    here = f"{target.account.region}:{target.account.account_id}"
    # AWS's own images stand in accounts of AWS, another one in each Region.
    images_of_aws = f"arn:{stack.partition}:ecr:{target.account.region}:*:repository/sagemaker-*"
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    write_logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    namespaces = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}}
    alarms = f"arn:{stack.partition}:cloudwatch:{here}:alarm:{target.names.stack}-*"
    return [
        allow("ReadModels", ["s3:GetObject"], f"{artifacts}/*"),
        allow("FindModels", ["s3:GetBucketLocation", "s3:ListBucket"], artifacts),
        allow("DecryptModels", ["kms:Decrypt", "kms:DescribeKey"], target.project.artifact_key_arn, _via_s3(stack)),
        allow("PullImages", pull, [target.project.image_repository_arn, images_of_aws]),
        allow("LogInToTheRegistry", ["ecr:GetAuthorizationToken"], "*"),
        allow("WriteLogs", write_logs, f"arn:{stack.partition}:logs:{here}:log-group:/aws/sagemaker/*"),
        allow("WriteMetrics", ["cloudwatch:PutMetricData"], "*", namespaces),
        allow("SeeRollbackAlarms", ["cloudwatch:DescribeAlarms"], alarms),
    ]


def _keep_data(stack: Stack, target: Target, *, key: kms.CfnKey, bucket: s3.CfnBucket) -> list[dict[str, Any]]:
    endpoint = target.settings.endpoint
    prefixes = [CAPTURE_PREFIX] if endpoint is not None and endpoint.capture is not None else []
    prefixes += [BATCH_OUTPUT_PREFIX] if target.settings.batch is not None else []
    if not prefixes:
        return []
    use_key = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    return [
        allow("KeepData", ["s3:PutObject"], [f"{bucket.attr_arn}/{prefix}/*" for prefix in prefixes]),
        allow("EncryptData", use_key, key.attr_arn, _via_s3(stack)),
    ]


def _run_jobs(stack: Stack, target: Target, *, bucket: s3.CfnBucket) -> list[dict[str, Any]]:
    here = f"arn:{stack.partition}:sagemaker:{target.account.region}:{target.account.account_id}"
    dev = f"arn:{stack.partition}:sagemaker:{target.account.region}:{target.project.dev_account_id}"
    role = f"arn:{stack.partition}:iam::{target.account.account_id}:role{ROLE_PATH}{target.names.model_role}"
    verbs = {
        "processing-job": ["CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"],
        "transform-job": ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"],
        "model": ["CreateModel", "DeleteModel", "DescribeModel"],
    }
    return [
        allow(
            "RunJobs",
            [f"sagemaker:{verb}" for kind in verbs.values() for verb in kind] + ["sagemaker:AddTags"],
            [f"{here}:{kind}/{target.names.stack}-*" for kind in verbs],
        ),
        allow(
            "UseModelsOfDev",
            ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"],
            f"{dev}:model-package/{target.project.model_package_group}/*",
        ),
        allow("ReadInput", ["s3:GetObject"], f"{bucket.attr_arn}/*"),
        allow("FindInput", ["s3:GetBucketLocation", "s3:ListBucket"], bucket.attr_arn),
        allow(
            "GiveJobsThisRole",
            ["iam:PassRole"],
            role,
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]


def _via_s3(stack: Stack) -> dict[str, Any]:
    return {"StringEquals": {"kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}"}}


_JOIN_THE_NETWORK = allow(
    "JoinTheNetwork",
    [
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ],
    "*",
)

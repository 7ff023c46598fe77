"""The project's key and bucket in an environment's account: captured requests, batch input and output.

Both stay when the stack goes. They are made whether or not they are used today: a bucket that came and went with a
setting would be in its own way when it came back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from deployment.cfn_nag import suppress

if TYPE_CHECKING:
    from aws_cdk import CfnResource, Stack

    from deployment.target import Target

CAPTURE_PREFIX = "endpoint-capture"
BATCH_OUTPUT_PREFIX = "batch-output"
NONCURRENT_DAYS = 7


def add_key(stack: Stack, target: Target) -> kms.CfnKey:
    """Add the key of volumes and data.

    The key's policy, not an IAM policy, lets the cloudformation role manage the key: that role needs no right to any
    other key of the account.
    """
    key = kms.CfnKey(
        stack,
        "DataKey",
        description=f"Volumes and data of {target.names.stack}.",
        enable_key_rotation=True,
        pending_window_in_days=7,  # only a creation that fails deletes the key, and then nothing was encrypted with it
        key_policy={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "IamPoliciesOfThisAccountDecide",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{stack.partition}:iam::{target.account.account_id}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                },
                {
                    "Sid": "CloudFormationMayManageTheKey",
                    "Effect": "Allow",
                    "Principal": {"AWS": target.account.cloudformation_role_arn},
                    "Action": [
                        "kms:DescribeKey",
                        "kms:DisableKey",
                        "kms:EnableKey",
                        "kms:EnableKeyRotation",
                        "kms:GetKeyPolicy",
                        "kms:GetKeyRotationStatus",
                        "kms:ListResourceTags",
                        "kms:PutKeyPolicy",
                        "kms:ScheduleKeyDeletion",
                        "kms:TagResource",
                        "kms:UntagResource",
                        "kms:UpdateKeyDescription",
                    ],
                    "Resource": "*",
                },
                {
                    "Sid": "CloudFormationMayHandItToSageMaker",
                    "Effect": "Allow",
                    "Principal": {"AWS": target.account.cloudformation_role_arn},
                    "Action": "kms:CreateGrant",
                    "Resource": "*",
                    "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
                },
            ],
        },
    )
    _keep(key)
    return key


def add_bucket(stack: Stack, target: Target, key: kms.CfnKey) -> s3.CfnBucket:
    """Add the bucket and its policy."""
    rule = s3.CfnBucket.RuleProperty
    bucket = s3.CfnBucket(
        stack,
        "DataBucket",
        bucket_name=target.data_bucket,
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    bucket_key_enabled=True,
                    server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                        sse_algorithm="aws:kms", kms_master_key_id=key.attr_arn
                    ),
                )
            ]
        ),
        lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
            rules=[
                rule(id="ExpireData", status="Enabled", expiration_in_days=target.settings.keep_data_days),
                rule(
                    id="ExpireOldVersions",
                    status="Enabled",
                    noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(
                        noncurrent_days=NONCURRENT_DAYS
                    ),
                ),
                rule(
                    id="AbortIncompleteUploads",
                    status="Enabled",
                    abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(
                        days_after_initiation=NONCURRENT_DAYS
                    ),
                ),
            ]
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
    )
    _keep(bucket)
    suppress(bucket, {"W35": "Who reads is decided by IAM and seen in CloudTrail; there is no bucket for access logs."})
    _keep(s3.CfnBucketPolicy(stack, "DataBucketPolicy", bucket=bucket.ref, policy_document=_only_over_tls(bucket)))
    return bucket


def _only_over_tls(bucket: s3.CfnBucket) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket.attr_arn, f"{bucket.attr_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _keep(resource: CfnResource) -> None:
    """Keep the resource with its data when the stack is deleted; a creation that fails leaves nothing."""
    resource.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
    resource.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN

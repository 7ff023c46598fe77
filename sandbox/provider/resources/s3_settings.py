"""The settings of an S3 bucket that Terraform makes resources of. The id of each is the bucket's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.members import from_aws

if TYPE_CHECKING:
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes

_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


class Setting(Handler):
    """Put, got and deleted whole, by operations named alike: put_`operation`, get_`operation`, delete_`operation`.

    `document` is the argument of the one and the answer of the other that hold the setting, "" when they are it.
    """

    def __init__(
        self,
        type_name: str,
        arguments: str,
        *,
        operation: str,
        document: str = "",
        gone: str = "",
        **more: Any,  # noqa: ANN401
    ) -> None:
        self.imitation = Imitation(
            type_name=type_name,
            arguments=names(f"bucket region {arguments}"),
            outputs=names("id"),
            identity="{bucket}",
            force_new=names("bucket"),
            gone=names(f"NoSuchBucket {gone}"),
            **more,
        )
        self.operation, self.document = operation, document

    def create(self, session: Session, state: Attributes) -> None:
        self.update(session, {}, state)
        state["id"] = state["bucket"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        answer = self._call(session, "get", state)
        # S3 answers some settings without the document that they are put in.
        return from_aws(self.imitation.arguments, answer.get(self.document, answer))

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:  # noqa: ARG002
        setting = self.written(state)
        self._call(session, "put", state, **({self.document: setting} if self.document else setting))

    def delete(self, session: Session, state: Attributes) -> None:
        self._call(session, "delete", state)

    def _call(self, session: Session, verb: str, state: Attributes, **arguments: object) -> Attributes:
        operation = self.operation.removesuffix("_configuration") if verb == "delete" else self.operation
        call = getattr(session.client("s3", state["region"]), f"{verb}_{operation}")
        answer: Attributes = call(Bucket=state["bucket"], **arguments)
        return answer


class Versioning(Setting):
    """What S3 leaves out of a new bucket's answer is "Disabled"; there is no way back to it."""

    def read(self, session: Session, state: Attributes) -> Attributes:
        status = self._call(session, "get", state).get("Status", "Disabled")
        return {"versioning_configuration": [{"status": status}]}

    def delete(self, session: Session, state: Attributes) -> None:
        self.update(session, state, {**state, "versioning_configuration": [{"status": "Suspended"}]})


HANDLERS = (
    Versioning(
        "aws_s3_bucket_versioning",
        "versioning_configuration.status=VersioningConfiguration.Status",
        operation="bucket_versioning",
        choices={"versioning_configuration.status": ("Enabled", "Suspended")},
    ),
    Setting(
        "aws_s3_bucket_server_side_encryption_configuration",
        "rule.bucket_key_enabled=Rules[].BucketKeyEnabled"
        " rule.apply_server_side_encryption_by_default.sse_algorithm"
        "=Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
        operation="bucket_encryption",
        document="ServerSideEncryptionConfiguration",
        choices={"rule.apply_server_side_encryption_by_default.sse_algorithm": ("AES256", "aws:kms")},
        gone="ServerSideEncryptionConfigurationNotFoundError",
    ),
    Setting(
        "aws_s3_bucket_public_access_block",
        "block_public_acls=BlockPublicAcls block_public_policy=BlockPublicPolicy"
        " ignore_public_acls=IgnorePublicAcls restrict_public_buckets=RestrictPublicBuckets",
        operation="public_access_block",
        document="PublicAccessBlockConfiguration",
        defaults=dict.fromkeys(_FLAGS, False),
        gone="NoSuchPublicAccessBlockConfiguration",
    ),
    Setting(
        "aws_s3_bucket_ownership_controls",
        "rule.object_ownership=Rules[].ObjectOwnership",
        operation="bucket_ownership_controls",
        document="OwnershipControls",
        choices={"rule.object_ownership": ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")},
        gone="OwnershipControlsNotFoundError",
    ),
    Setting(
        "aws_s3_bucket_policy",
        "policy=Policy",
        operation="bucket_policy",
        documents=names("policy"),
        gone="NoSuchBucketPolicy",
    ),
    Setting(
        "aws_s3_bucket_cors_configuration",
        "cors_rule.allowed_headers=CORSRules[].AllowedHeaders cors_rule.allowed_methods=CORSRules[].AllowedMethods"
        " cors_rule.allowed_origins=CORSRules[].AllowedOrigins cors_rule.expose_headers=CORSRules[].ExposeHeaders",
        operation="bucket_cors",
        document="CORSConfiguration",
        gone="NoSuchCORSConfiguration",
    ),
    Setting(
        "aws_s3_bucket_lifecycle_configuration",
        "rule.id=Rules[].ID rule.status=Rules[].Status rule.filter.prefix=Rules[].Filter.Prefix"
        " rule.noncurrent_version_expiration.noncurrent_days=Rules[].NoncurrentVersionExpiration.NoncurrentDays"
        " rule.abort_incomplete_multipart_upload.days_after_initiation"
        "=Rules[].AbortIncompleteMultipartUpload.DaysAfterInitiation",
        operation="bucket_lifecycle_configuration",
        document="LifecycleConfiguration",
        defaults={"rule.filter.prefix": ""},
        choices={"rule.status": ("Enabled", "Disabled")},
        gone="NoSuchLifecycleConfiguration",
    ),
)

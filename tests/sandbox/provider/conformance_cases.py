"""What to do to each imitated type, and what Terraform must then see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.provider.provider_workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`drift` changes what examples/<example>.update.tf made behind Terraform, in the arguments `drifted` alone."""

    type_name: str
    import_id: str
    drift: Callable[[Workspace], object]
    drifted: frozenset[str]
    not_in_aws: frozenset[str] = frozenset()  # what an import cannot know
    variant: str = ""  # a second example of one type: examples/<type>.<variant>.tf

    @property
    def example(self) -> str:
        return f"{self.type_name}.{self.variant}".rstrip(".")

    @property
    def module(self) -> str:
        return self.example.replace(".", "_")

    @property
    def address(self) -> str:
        return f"module.{self.module}.{self.type_name}.this"


def _policy(action: str, **more: object) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


CASES = (
    Case(
        type_name="aws_ssm_parameter",
        import_id="/mlops/conformance",
        drift=lambda account: account.client("ssm").put_parameter(
            Name="/mlops/conformance", Value="by hand", Overwrite=True, Description="Read by nobody."
        ),
        drifted=frozenset({"value", "version"}),
    ),
    Case(
        type_name="aws_ssm_parameter",
        variant="insecure",
        import_id="/mlops/conformance/insecure",
        drift=lambda account: account.client("ssm").put_parameter(
            Name="/mlops/conformance/insecure", Value="by hand", Overwrite=True
        ),
        drifted=frozenset({"insecure_value", "value", "version"}),
        not_in_aws=frozenset({"insecure_value", "value", "version"}),  # AWS keeps one value: imported as the secret one
    ),
    Case(
        type_name="aws_s3_bucket",
        import_id="mlops-conformance-bucket",
        drift=lambda account: account.client("s3").put_bucket_tagging(
            Bucket="mlops-conformance-bucket",
            Tagging={"TagSet": [{"Key": "owner", "Value": "platform"}, {"Key": "reviewed", "Value": "by hand"}]},
        ),
        drifted=frozenset({"tags", "tags_all"}),
    ),
    Case(
        type_name="aws_s3_bucket_versioning",
        import_id="mlops-conformance-versioning",
        drift=lambda account: account.client("s3").put_bucket_versioning(
            Bucket="mlops-conformance-versioning", VersioningConfiguration={"Status": "Enabled"}
        ),
        drifted=frozenset({"versioning_configuration"}),
    ),
    Case(
        type_name="aws_s3_bucket_server_side_encryption_configuration",
        import_id="mlops-conformance-encryption",
        drift=lambda account: account.client("s3").put_bucket_encryption(
            Bucket="mlops-conformance-encryption",
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
            },
        ),
        drifted=frozenset({"rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_public_access_block",
        import_id="mlops-conformance-public-access",
        drift=lambda account: account.client("s3").put_public_access_block(
            Bucket="mlops-conformance-public-access",
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": False,
                "IgnorePublicAcls": False,
                "RestrictPublicBuckets": False,
            },
        ),
        drifted=frozenset({"block_public_policy"}),
    ),
    Case(
        type_name="aws_s3_bucket_ownership_controls",
        import_id="mlops-conformance-ownership",
        drift=lambda account: account.client("s3").put_bucket_ownership_controls(
            Bucket="mlops-conformance-ownership", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        drifted=frozenset({"rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_lifecycle_configuration",
        import_id="mlops-conformance-lifecycle",
        drift=lambda account: account.client("s3").put_bucket_lifecycle_configuration(
            Bucket="mlops-conformance-lifecycle",
            LifecycleConfiguration={
                "Rules": [{"ID": "by-hand", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        ),
        drifted=frozenset({"rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_policy",
        import_id="mlops-conformance-policy",
        drift=lambda account: account.client("s3").put_bucket_policy(
            Bucket="mlops-conformance-policy",
            Policy=_policy("s3:*", Principal="*", Resource="arn:aws:s3:::mlops-conformance-policy/*"),
        ),
        drifted=frozenset({"policy"}),
    ),
    Case(
        type_name="aws_s3_object",
        import_id="mlops-conformance-shelf/books/one.txt",
        drift=lambda account: account.client("s3").put_object_tagging(
            Bucket="mlops-conformance-shelf",
            Key="books/one.txt",
            Tagging={"TagSet": [{"Key": "owner", "Value": "platform"}, {"Key": "purpose", "Value": "by hand"}]},
        ),
        drifted=frozenset({"tags", "tags_all"}),
        not_in_aws=frozenset({"source", "source_hash", "etag", "version_id"}),  # a new upload, as in the real provider
    ),
    Case(
        type_name="aws_iam_role",
        import_id="mlops-conformance",
        drift=lambda account: account.client("iam").update_assume_role_policy(
            RoleName="mlops-conformance",
            PolicyDocument=_policy("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        ),
        drifted=frozenset({"assume_role_policy"}),
    ),
    Case(
        type_name="aws_iam_role_policy",
        import_id="mlops-conformance-reader:read",
        drift=lambda account: account.client("iam").put_role_policy(
            RoleName="mlops-conformance-reader", PolicyName="read", PolicyDocument=_policy("s3:*", Resource="*")
        ),
        drifted=frozenset({"policy"}),
    ),
    Case(
        type_name="aws_iam_policy",
        import_id="arn:aws:iam::{account}:policy/mlops/mlops-conformance",
        drift=lambda account: account.client("iam").create_policy_version(
            PolicyArn=f"arn:aws:iam::{account.account}:policy/mlops/mlops-conformance",
            PolicyDocument=_policy("s3:*", Resource="*"),
            SetAsDefault=True,
        ),
        drifted=frozenset({"policy"}),
    ),
)

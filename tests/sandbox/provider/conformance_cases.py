"""What to do to each imitated type, and what Terraform must then see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.sandbox.provider.provider_workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`drift` changes what examples/<example>.update.tf made behind Terraform, in the arguments `drifted` alone.

    It is given the workspace and the resource's attributes; `import_id` is a format of these attributes.
    """

    type_name: str
    import_id: str
    drift: Callable[[Workspace, Mapping[str, Any]], object]
    drifted: frozenset[str]
    not_in_aws: frozenset[str] = frozenset()  # what an import cannot know
    is_replaced: bool = False  # by any change, because it is nothing but what it joins
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
        drift=lambda account, _made: account.client("ssm").put_parameter(
            Name="/mlops/conformance", Value="by hand", Overwrite=True, Description="Read by nobody."
        ),
        drifted=frozenset({"value", "version"}),
    ),
    Case(
        type_name="aws_ssm_parameter",
        variant="insecure",
        import_id="/mlops/conformance/insecure",
        drift=lambda account, _made: account.client("ssm").put_parameter(
            Name="/mlops/conformance/insecure", Value="by hand", Overwrite=True
        ),
        drifted=frozenset({"insecure_value", "value", "version"}),
        not_in_aws=frozenset({"insecure_value", "value", "version"}),  # AWS keeps one value: imported as the secret one
    ),
    Case(
        type_name="aws_s3_bucket",
        import_id="mlops-conformance-bucket",
        drift=lambda account, _made: account.client("s3").put_bucket_tagging(
            Bucket="mlops-conformance-bucket",
            Tagging={"TagSet": [{"Key": "owner", "Value": "platform"}, {"Key": "reviewed", "Value": "by hand"}]},
        ),
        drifted=frozenset({"tags", "tags_all"}),
    ),
    Case(
        type_name="aws_s3_bucket_versioning",
        import_id="mlops-conformance-versioning",
        drift=lambda account, _made: account.client("s3").put_bucket_versioning(
            Bucket="mlops-conformance-versioning", VersioningConfiguration={"Status": "Enabled"}
        ),
        drifted=frozenset({"versioning_configuration"}),
    ),
    Case(
        type_name="aws_s3_bucket_server_side_encryption_configuration",
        import_id="mlops-conformance-encryption",
        drift=lambda account, _made: account.client("s3").put_bucket_encryption(
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
        drift=lambda account, _made: account.client("s3").put_public_access_block(
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
        drift=lambda account, _made: account.client("s3").put_bucket_ownership_controls(
            Bucket="mlops-conformance-ownership", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        drifted=frozenset({"rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_lifecycle_configuration",
        import_id="mlops-conformance-lifecycle",
        drift=lambda account, _made: account.client("s3").put_bucket_lifecycle_configuration(
            Bucket="mlops-conformance-lifecycle",
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "by-hand",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                    }
                ]
            },
        ),
        drifted=frozenset({"rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_cors_configuration",
        import_id="mlops-conformance-cors",
        drift=lambda account, _made: account.client("s3").put_bucket_cors(
            Bucket="mlops-conformance-cors",
            CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]},
        ),
        drifted=frozenset({"cors_rule"}),
    ),
    Case(
        type_name="aws_s3_bucket_policy",
        import_id="mlops-conformance-policy",
        drift=lambda account, _made: account.client("s3").put_bucket_policy(
            Bucket="mlops-conformance-policy",
            Policy=_policy("s3:*", Principal="*", Resource="arn:aws:s3:::mlops-conformance-policy/*"),
        ),
        drifted=frozenset({"policy"}),
    ),
    Case(
        type_name="aws_s3_object",
        import_id="mlops-conformance-shelf/books/one.txt",
        drift=lambda account, _made: account.client("s3").put_object_tagging(
            Bucket="mlops-conformance-shelf",
            Key="books/one.txt",
            Tagging={"TagSet": [{"Key": "owner", "Value": "platform"}, {"Key": "purpose", "Value": "by hand"}]},
        ),
        drifted=frozenset({"tags", "tags_all"}),
        not_in_aws=frozenset({"source", "source_hash", "version_id"}),  # a new upload, as in the real provider
    ),
    Case(
        type_name="aws_iam_role",
        import_id="mlops-conformance",
        drift=lambda account, _made: account.client("iam").update_assume_role_policy(
            RoleName="mlops-conformance",
            PolicyDocument=_policy("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        ),
        drifted=frozenset({"assume_role_policy"}),
    ),
    Case(
        type_name="aws_iam_role_policy",
        import_id="mlops-conformance-reader:read",
        drift=lambda account, _made: account.client("iam").put_role_policy(
            RoleName="mlops-conformance-reader", PolicyName="read", PolicyDocument=_policy("s3:*", Resource="*")
        ),
        drifted=frozenset({"policy"}),
    ),
    Case(
        type_name="aws_iam_policy",
        import_id="{arn}",
        drift=lambda account, made: account.client("iam").create_policy_version(
            PolicyArn=made["arn"],
            PolicyDocument=_policy("s3:*", Resource="*"),
            SetAsDefault=True,
        ),
        drifted=frozenset({"policy"}),
    ),
    Case(
        type_name="aws_iam_role_policy_attachment",
        import_id="{role}/{policy_arn}",
        drift=lambda account, made: account.client("iam").detach_role_policy(
            RoleName=made["role"], PolicyArn=made["policy_arn"]
        ),
        drifted=frozenset({"id", "role", "policy_arn"}),
        is_replaced=True,
    ),
    Case(
        type_name="aws_servicecatalog_portfolio",
        import_id="{id}",
        drift=lambda account, made: account.client("servicecatalog").update_portfolio(
            Id=made["id"], Description="By hand."
        ),
        drifted=frozenset({"description"}),
    ),
    Case(
        type_name="aws_servicecatalog_product",
        import_id="{id}",
        drift=lambda account, made: account.client("servicecatalog").update_product(Id=made["id"], Owner="Somebody"),
        drifted=frozenset({"owner"}),
    ),
    Case(
        type_name="aws_servicecatalog_provisioning_artifact",
        import_id="{provisioning_artifact_id}:{product_id}",
        drift=lambda account, made: account.client("servicecatalog").update_provisioning_artifact(
            ProductId=made["product_id"], ProvisioningArtifactId=made["provisioning_artifact_id"], Active=False
        ),
        drifted=frozenset({"active"}),
        not_in_aws=frozenset({"template_url", "id", "provisioning_artifact_id"}),  # a new one, as in the real provider
    ),
    Case(
        type_name="aws_servicecatalog_constraint",
        import_id="{id}",
        drift=lambda account, made: account.client("servicecatalog").update_constraint(
            Id=made["id"], Description="By hand."
        ),
        drifted=frozenset({"description"}),
    ),
    Case(
        type_name="aws_servicecatalog_product_portfolio_association",
        import_id="en:{portfolio_id}:{product_id}",
        drift=lambda account, made: account.client("servicecatalog").disassociate_product_from_portfolio(
            ProductId=made["product_id"], PortfolioId=made["portfolio_id"]
        ),
        drifted=frozenset({"id", "accept_language", "portfolio_id", "product_id", "region"}),
        is_replaced=True,
    ),
    Case(
        type_name="aws_servicecatalog_principal_portfolio_association",
        import_id="en,{principal_arn},{portfolio_id},IAM",
        drift=lambda account, made: account.client("servicecatalog").disassociate_principal_from_portfolio(
            PortfolioId=made["portfolio_id"], PrincipalARN=made["principal_arn"], PrincipalType="IAM"
        ),
        drifted=frozenset({"id", "accept_language", "portfolio_id", "principal_arn", "principal_type", "region"}),
        is_replaced=True,
    ),
    Case(
        type_name="aws_sagemaker_servicecatalog_portfolio_status",
        import_id="{region}",
        drift=lambda account, _made: account.client("sagemaker").enable_sagemaker_servicecatalog_portfolio(),
        drifted=frozenset({"status"}),
    ),
)

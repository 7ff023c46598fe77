"""Who may do what, by the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.conftest import ACCOUNTS, GROUP, KEY
from tests.unit.templates import joined, statements, template_of, the

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    from deployment.target import Target

NO_ARN = {"LogInToTheRegistry", "WriteMetrics"}


@pytest.fixture(scope="module")
def prod(shipped_targets: dict[str, Target]) -> Template:
    """PROD as shipped."""
    return template_of(shipped_targets["prod"])


def texts(value: Any) -> list[str]:  # noqa: ANN401 - one resource or several
    """Return a statement's resources."""
    return [joined(one) for one in (value if isinstance(value, list) else [value])]


def test_the_model_role_lies_inside_the_accounts_boundary(prod: Template) -> None:
    role = the(prod, "IAM::Role")
    assert (role["Path"], role["RoleName"]) == ("/mlops/project/", "mlops-p-0123456789ab-prod-model")
    assert role["PermissionsBoundary"] == f"arn:aws:iam::{ACCOUNTS['prod']}:policy/mlops/mlops-demo-prod-boundary"


def test_only_sagemaker_assumes_the_model_role(prod: Template) -> None:
    (statement,) = the(prod, "IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_the_model_role_reads_this_projects_models_only(prod: Template) -> None:
    assert texts(statements(prod)["ReadModels"]["Resource"]) == [
        f"arn:{{AWS::Partition}}:s3:::mlops-p-0123456789ab-artifacts-{ACCOUNTS['dev']}/*"
    ]


def test_the_model_role_decrypts_with_this_projects_key_and_through_s3_only(prod: Template) -> None:
    statement = statements(prod)["DecryptModels"]
    assert statement["Resource"] == KEY
    assert joined(statement["Condition"]["StringEquals"]["kms:ViaService"]) == "s3.eu-west-1.{AWS::URLSuffix}"


def test_the_model_role_pulls_this_projects_images_only(prod: Template) -> None:
    assert texts(statements(prod)["PullImages"]["Resource"])[0].endswith(f":repository/{GROUP}")


def test_the_model_role_writes_captured_data_and_nothing_else(prod: Template) -> None:
    writing = [
        resource
        for statement in statements(prod).values()
        if any(action.startswith("s3:Put") for action in statement["Action"])
        for resource in texts(statement["Resource"])
    ]
    assert writing == ["{DataBucket.Arn}/endpoint-capture/*"]


def test_a_wildcard_stands_only_where_aws_has_no_arn(prod: Template) -> None:
    assert {sid for sid, statement in statements(prod).items() if "*" in texts(statement["Resource"])} == NO_ARN


def test_no_action_is_a_wildcard(prod: Template) -> None:
    assert not [action for one in statements(prod).values() for action in one["Action"] if "*" in action]


def test_the_key_is_managed_by_the_accounts_cloudformation_role_only(prod: Template) -> None:
    managing = {
        joined(statement["Principal"]["AWS"])
        for statement in the(prod, "KMS::Key")["KeyPolicy"]["Statement"]
        if "kms:PutKeyPolicy" in statement["Action"]
    }
    assert managing == {f"arn:aws:iam::{ACCOUNTS['prod']}:role/mlops/mlops-demo-prod-cloudformation"}


def test_the_key_is_handed_on_to_aws_services_only(prod: Template) -> None:
    (grant,) = (
        statement
        for statement in the(prod, "KMS::Key")["KeyPolicy"]["Statement"]
        if statement["Action"] == "kms:CreateGrant"
    )
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_the_key_is_rotated(prod: Template) -> None:
    assert the(prod, "KMS::Key")["EnableKeyRotation"] is True


def test_the_data_bucket_is_closed_to_the_public(prod: Template) -> None:
    assert set(the(prod, "S3::Bucket")["PublicAccessBlockConfiguration"].values()) == {True}


def test_nobody_reads_the_data_bucket_without_tls(prod: Template) -> None:
    (statement,) = the(prod, "S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", ["DataKey", "DataBucket", "DataBucketPolicy"])
def test_data_outlives_the_stack(prod: Template, name: str) -> None:
    resource = prod.to_json()["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_what_cfn_nag_is_told_to_pass_over_has_a_reason(prod: Template) -> None:
    metadata = [one["Metadata"]["cfn_nag"] for one in prod.to_json()["Resources"].values() if "Metadata" in one]
    rules = [rule for one in metadata for rule in one["rules_to_suppress"]]
    assert {rule["id"] for rule in rules} == {"W11", "W28", "W35", "W76"}
    assert all(len(rule["reason"]) > 20 for rule in rules)

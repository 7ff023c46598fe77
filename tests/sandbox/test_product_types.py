"""The resource types of the product template: made, changed in place, replaced and taken away as in CloudFormation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.offered_product import assumed, clear_registries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox, Stacks

ACCOUNT = "arn:aws:iam::111111111111:root"
READER = "arn:aws:iam::222222222222:role/reader"
EVERYTHING = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
MORE = EVERYTHING | {"Principal": {"AWS": READER}}
TAG = {"Key": "colour", "Value": "red"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def template(type_name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Resources": {"Thing": {"Type": type_name, "Properties": properties}}}


def key(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return template("AWS::KMS::Key", **{"KeyPolicy": policy(EVERYTHING), "Description": "project"} | properties)


def group(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return template("AWS::SageMaker::ModelPackageGroup", **{"ModelPackageGroupName": "churn"} | properties)


def repository(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return template("AWS::ECR::Repository", **{"RepositoryName": "churn"} | properties)


@pytest.fixture(autouse=True)
def _clear_registries(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    clear_registries(sandbox)


def physical_id(stacks: Stacks) -> str:
    (resource,) = stacks.client.list_stack_resources(StackName="stack")["StackResourceSummaries"]
    return str(resource["PhysicalResourceId"])


def test_a_key_has_its_policy(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", key(KeyPolicy=policy(EVERYTHING, MORE)))
    found = sandbox.client("dev", "kms").get_key_policy(KeyId=physical_id(stacks), PolicyName="default")["Policy"]
    assert json.loads(found) == policy(EVERYTHING, MORE)


def test_a_key_is_changed_in_place(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", key(EnableKeyRotation=True))
    before = physical_id(stacks)
    stacks.update("stack", key(KeyPolicy=policy(MORE, EVERYTHING), EnableKeyRotation=False, Tags=[TAG]))
    kms = sandbox.client("dev", "kms")
    tags = kms.list_resource_tags(KeyId=before)["Tags"]
    rotation = kms.get_key_rotation_status(KeyId=before)["KeyRotationEnabled"]
    assert (physical_id(stacks), rotation, tags) == (before, False, [{"TagKey": "colour", "TagValue": "red"}])


def test_a_deleted_key_waits_for_its_end(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", key(PendingWindowInDays=7))
    made = physical_id(stacks)
    stacks.client.delete_stack(StackName="stack")
    assert sandbox.client("dev", "kms").describe_key(KeyId=made)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_an_alias_goes_with_its_stack(sandbox: RunningSandbox, stacks: Stacks) -> None:
    alias = {"AliasName": "alias/churn", "TargetKeyId": {"Ref": "Thing"}}
    made = key()
    made["Resources"]["Alias"] = {"Type": "AWS::KMS::Alias", "Properties": alias}
    stacks.create("stack", made)
    stacks.client.delete_stack(StackName="stack")
    aliases = sandbox.client("dev", "kms").list_aliases()["Aliases"]
    assert "alias/churn" not in {item["AliasName"] for item in aliases}


def test_a_model_package_group_has_its_policy(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", group(ModelPackageGroupPolicy=policy(EVERYTHING)))
    found = sandbox.client("dev", "sagemaker").get_model_package_group_policy(ModelPackageGroupName="churn")
    assert json.loads(found["ResourcePolicy"]) == policy(EVERYTHING)


def test_a_model_package_group_is_referred_to_by_its_arn(stacks: Stacks) -> None:
    stacks.create("stack", group())
    assert physical_id(stacks) == "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn"


def test_the_tags_of_a_model_package_group_are_changed(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", group(Tags=[{"Key": "old", "Value": "1"}]))
    stacks.update("stack", group(Tags=[TAG]))
    assert sandbox.client("dev", "sagemaker").list_tags(ResourceArn=physical_id(stacks))["Tags"] == [TAG]


def test_a_model_package_group_that_is_there_already_fails_the_stack(sandbox: RunningSandbox, stacks: Stacks) -> None:
    sandbox.client("dev", "sagemaker").create_model_package_group(ModelPackageGroupName="churn")
    stacks.create("stack", group())
    assert "Model Package Group already exists: churn" in stacks.reasons("stack")


def test_a_model_package_group_with_models_is_not_deleted(sandbox: RunningSandbox) -> None:
    sagemaker = sandbox.client("preprod", "sagemaker")  # where it is in nobody's way: nothing deletes a model package
    sagemaker.create_model_package_group(ModelPackageGroupName="with-a-model")
    sagemaker.create_model_package(ModelPackageGroupName="with-a-model")
    with pytest.raises(ClientError, match=r"Conflict.*holds 1 model packages"):
        sagemaker.delete_model_package_group(ModelPackageGroupName="with-a-model")


def test_an_image_repository_has_what_was_asked_for(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", repository(ImageTagMutability="IMMUTABLE", ImageScanningConfiguration={"ScanOnPush": True}))
    (found,) = sandbox.client("dev", "ecr").describe_repositories()["repositories"]
    assert (found["imageTagMutability"], found["imageScanningConfiguration"]) == ("IMMUTABLE", {"scanOnPush": True})


def test_an_image_repository_is_changed_in_place(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", repository(RepositoryPolicyText=policy(EVERYTHING), Tags=[{"Key": "old", "Value": "1"}]))
    stacks.update("stack", repository(RepositoryPolicyText=policy(MORE), Tags=[TAG]))
    ecr = sandbox.client("dev", "ecr")
    text = ecr.get_repository_policy(repositoryName="churn")["policyText"]
    tags = ecr.list_tags_for_resource(resourceArn="arn:aws:ecr:eu-west-1:111111111111:repository/churn")["tags"]
    assert (json.loads(text), tags) == (policy(MORE), [TAG])


def test_a_renamed_image_repository_is_another_one(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", repository())
    stacks.update("stack", repository(RepositoryName="retention"))
    found = sandbox.client("dev", "ecr").describe_repositories()["repositories"]
    assert [item["repositoryName"] for item in found] == ["retention"]


@pytest.mark.parametrize("made", [key(), group(), repository()], ids=["key", "group", "repository"])
def test_a_property_that_is_not_imitated_is_refused_by_name(stacks: Stacks, made: dict[str, Any]) -> None:
    made["Resources"]["Thing"]["Properties"]["Surprise"] = "1"
    with pytest.raises(ClientError, match=r"Resources\.Thing\.Properties\.Surprise"):
        stacks.create("stack", made)


def bucket(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return template("AWS::S3::Bucket", **{"BucketName": "project-data"} | properties)


def test_a_parameter_is_resolved_inside_a_text(sandbox: RunningSandbox, stacks: Stacks) -> None:
    ssm = sandbox.client("dev", "ssm")
    ssm.put_parameter(Name="/types/name", Value="resolved", Type="String")
    stacks.create("stack", bucket(BucketName={"Fn::Sub": "project-{{resolve:ssm:/types/name}}-${AWS::Region}"}))
    ssm.delete_parameter(Name="/types/name")
    assert stacks.buckets() == {"project-resolved-eu-west-1"}


def test_a_reference_to_another_service_is_refused_by_name(stacks: Stacks) -> None:
    stacks.create("stack", bucket(BucketName="{{resolve:secretsmanager:name}}"))
    assert "does not imitate {{resolve:secretsmanager:name}}" in stacks.reasons("stack")


def test_a_broken_constraint_is_told_in_the_words_of_the_template(stacks: Stacks) -> None:
    parameter = {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "Small letters only."}
    with pytest.raises(ClientError, match=r"Parameter Wish failed.*Small letters only\."):
        stacks.create(
            "stack",
            bucket() | {"Parameters": {"Wish": parameter}},
            Parameters=[{"ParameterKey": "Wish", "ParameterValue": "LOUD"}],
        )


def test_a_bucket_is_encrypted_with_the_key_of_its_stack(stacks: Stacks) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Thing", "Arn"]}}
    encryption = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}
    made = key()
    made["Resources"]["Data"] = bucket(BucketEncryption=encryption)["Resources"]["Thing"]
    stacks.create("stack", made)
    (rule,) = stacks.s3.get_bucket_encryption(Bucket="project-data")["ServerSideEncryptionConfiguration"]["Rules"]
    key_arn = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key_arn.startswith("arn:aws:kms:eu-west-1:111111111111:key/")


def statement(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::project-data/*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": READER}},
    } | changes


def may_read(sandbox: RunningSandbox, stacks: Stacks, *, account: str, role_arn: str, **changes: Any) -> bool:  # noqa: ANN401
    """Whether a role reads from a bucket whose policy is `statement(**changes)`."""
    stacks.create("stack", bucket())
    stacks.s3.put_object(Bucket="project-data", Key="model", Body=b"1")
    stacks.s3.put_bucket_policy(Bucket="project-data", Policy=json.dumps(policy(statement(**changes))))
    s3 = assumed(sandbox, account, role_arn).client("s3", endpoint_url=sandbox.endpoint)
    try:
        return bool(s3.get_object(Bucket="project-data", Key="model")["Body"].read())
    except ClientError:
        return False


def test_a_role_that_the_condition_names_is_let_in(sandbox: RunningSandbox, stacks: Stacks) -> None:
    assert may_read(sandbox, stacks, account="preprod", role_arn=READER)


def test_a_pattern_lets_in_who_matches(sandbox: RunningSandbox, stacks: Stacks) -> None:
    pattern = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/read*"}}
    assert may_read(sandbox, stacks, account="preprod", role_arn=READER, Condition=pattern)


@pytest.mark.parametrize(
    ("account", "role_arn", "changes"),
    [
        ("preprod", READER.replace("reader", "other"), {}),
        ("prod", READER.replace("2", "3"), {}),
        ("preprod", READER, {"Action": "s3:PutObject"}),
        ("preprod", READER, {"Resource": "arn:aws:s3:::project-data/other"}),
        ("preprod", READER, {"Principal": {"AWS": "arn:aws:iam::333333333333:root"}}),
    ],
    ids=["another role", "another account", "another action", "another object", "another principal"],
)
def test_nobody_else_is_let_in(
    sandbox: RunningSandbox, stacks: Stacks, account: str, role_arn: str, changes: dict[str, Any]
) -> None:
    assert not may_read(sandbox, stacks, account=account, role_arn=role_arn, **changes)


def test_a_denial_keeps_out_the_role_that_it_names_at_home_too(sandbox: RunningSandbox, stacks: Stacks) -> None:
    role_arn = "arn:aws:iam::111111111111:role/banned"
    condition = {"ArnEquals": {"aws:PrincipalArn": role_arn}}
    denial = {"Effect": "Deny", "Principal": "*", "Condition": condition}
    assert not may_read(sandbox, stacks, account="dev", role_arn=role_arn, **denial)

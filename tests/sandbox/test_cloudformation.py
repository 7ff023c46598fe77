"""Stacks in the sandbox behave as in CloudFormation, and what is not imitated is refused by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import RunningSandbox, Stacks


def bucket(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def template(**resources: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Resources": resources}


TAKEN = "taken-bucket"
REFUSED_TAG = [{"Key": "aws:reserved", "Value": "S3 refuses this key"}]


def test_a_resource_is_made_after_what_it_refers_to(stacks: Stacks) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    rules = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Data"}, "PolicyDocument": policy}}
    stacks.create("order", template(Rules=rules, Data=bucket()))
    assert stacks.history("order") == [
        "order CREATE_IN_PROGRESS",
        "Data CREATE_IN_PROGRESS",
        "Data CREATE_COMPLETE",
        "Rules CREATE_IN_PROGRESS",
        "Rules CREATE_COMPLETE",
        "order CREATE_COMPLETE",
    ]


def test_a_failed_creation_leaves_nothing_but_a_stack_in_rollback_complete(stacks: Stacks) -> None:
    stacks.create("failing", template(First=bucket(), Second=bucket(Tags=REFUSED_TAG) | {"DependsOn": "First"}))
    assert (stacks.status("failing"), stacks.buckets()) == ("ROLLBACK_COMPLETE", set())


def test_a_failed_resource_gives_the_reason_of_the_api(stacks: Stacks) -> None:
    stacks.s3.create_bucket(Bucket=TAKEN, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    stacks.create("failing", template(Data=bucket(BucketName=TAKEN)))
    assert "BucketAlreadyOwnedByYou" in stacks.reasons("failing")


def test_retain_keeps_a_resource_even_when_the_creation_fails(stacks: Stacks) -> None:
    kept = bucket(BucketName="kept") | {"DeletionPolicy": "Retain"}
    stacks.create("failing", template(Kept=kept, Bad=bucket(Tags=REFUSED_TAG) | {"DependsOn": "Kept"}))
    assert stacks.buckets() == {"kept"}


def test_retain_except_on_create_keeps_nothing_when_the_creation_fails(stacks: Stacks) -> None:
    kept = bucket(BucketName="kept") | {"DeletionPolicy": "RetainExceptOnCreate"}
    stacks.create("failing", template(Kept=kept, Bad=bucket(Tags=REFUSED_TAG) | {"DependsOn": "Kept"}))
    assert stacks.buckets() == set()


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_a_retained_resource_outlives_its_stack(stacks: Stacks, policy: str) -> None:
    stacks.create("stack", template(Kept=bucket(BucketName="kept") | {"DeletionPolicy": policy}, Other=bucket()))
    stacks.client.delete_stack(StackName="stack")
    assert stacks.buckets() == {"kept"}


def test_a_bucket_with_objects_fails_the_deletion_of_its_stack(stacks: Stacks) -> None:
    stacks.create("stack", template(Full=bucket(BucketName="full-bucket")))
    stacks.s3.put_object(Bucket="full-bucket", Key="object", Body=b"1")
    stacks.client.delete_stack(StackName="stack")
    assert stacks.status("stack") == "DELETE_FAILED"


def test_an_update_without_a_change_is_refused(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket()))
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update("stack", template(Data=bucket()))


def test_an_update_changes_a_bucket_in_place(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="data-bucket")))
    stacks.update(
        "stack", template(Data=bucket(BucketName="data-bucket", VersioningConfiguration={"Status": "Enabled"}))
    )
    assert stacks.s3.get_bucket_versioning(Bucket="data-bucket")["Status"] == "Enabled"


def test_an_update_that_drops_a_setting_takes_it_away(stacks: Stacks) -> None:
    stacks.create(
        "stack", template(Data=bucket(BucketName="data-bucket", VersioningConfiguration={"Status": "Enabled"}))
    )
    stacks.update("stack", template(Data=bucket(BucketName="data-bucket")))
    assert stacks.s3.get_bucket_versioning(Bucket="data-bucket")["Status"] == "Suspended"


def test_a_parameter_used_only_inside_sub_changes_its_resource(stacks: Stacks) -> None:
    tagged = {
        "Parameters": {"Owner": {"Type": "String"}},
        "Resources": {
            "Data": bucket(BucketName="data-bucket", Tags=[{"Key": "owner", "Value": {"Fn::Sub": "${Owner}"}}])
        },
    }
    stacks.create("stack", tagged, Parameters=[{"ParameterKey": "Owner", "ParameterValue": "first"}])
    stacks.update("stack", tagged, Parameters=[{"ParameterKey": "Owner", "ParameterValue": "second"}])
    assert stacks.s3.get_bucket_tagging(Bucket="data-bucket")["TagSet"] == [{"Key": "owner", "Value": "second"}]


def test_a_new_name_replaces_a_bucket(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="old-name")))
    stacks.update("stack", template(Data=bucket(BucketName="new-name")))
    assert stacks.buckets() == {"new-name"}


def test_the_update_replace_policy_keeps_the_bucket_that_is_replaced(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="old-name") | {"UpdateReplacePolicy": "Retain"}))
    stacks.update("stack", template(Data=bucket(BucketName="new-name") | {"UpdateReplacePolicy": "Retain"}))
    assert stacks.buckets() == {"old-name", "new-name"}


def test_a_failed_update_is_taken_back(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="data-bucket")))
    versioned = bucket(BucketName="data-bucket", VersioningConfiguration={"Status": "Enabled"})
    bad = bucket(Tags=REFUSED_TAG) | {"DependsOn": "Data"}
    status = stacks.update("stack", template(Data=versioned, Bad=bad))
    versioning = stacks.s3.get_bucket_versioning(Bucket="data-bucket")
    assert (status, versioning["Status"], stacks.buckets()) == (
        "UPDATE_ROLLBACK_COMPLETE",
        "Suspended",
        {"data-bucket"},
    )


@pytest.mark.parametrize("value", [{"Fn::Sub": "${Data.Nothing}"}, {"Fn::GetAtt": ["Data", "Nothing"]}])
def test_an_output_that_cannot_be_resolved_leaves_nothing(stacks: Stacks, value: dict[str, Any]) -> None:
    with contextlib.suppress(ClientError):  # CloudFormation sees the one at once and the other at the end
        stacks.create("stack", template(Data=bucket()) | {"Outputs": {"Nothing": {"Value": value}}})
    assert stacks.buckets() == set()


def test_a_stack_that_rolled_back_cannot_be_updated(stacks: Stacks) -> None:
    stacks.create("failing", template(Bad=bucket(Tags=REFUSED_TAG)))
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE"):
        stacks.update("failing", template(Good=bucket()))


def test_everything_that_is_not_imitated_is_named_at_once(stacks: Stacks) -> None:
    foreign = {
        "Rules": {},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Data": bucket(AccelerateConfiguration={}, VersioningConfiguration={"Status": "On"}),
        },
        "Outputs": {"Name": {"Value": {"Fn::Cidr": []}, "Export": {"Name": "name"}}},
    }
    with pytest.raises(ClientError) as refused:
        stacks.create("foreign", foreign)
    assert refused.value.response["Error"]["Message"].removeprefix("The sandbox does not imitate: ").split("; ") == [
        "Outputs.Name.Export",
        "Outputs.Name.Value: function Fn::Cidr",
        "Resources.Data.Properties.AccelerateConfiguration",
        "Resources.Data.Properties.VersioningConfiguration.Status: On is none of Enabled, Suspended",
        "Resources.Queue: type AWS::SQS::Queue",
        "section Rules",
    ]


def test_a_refused_template_makes_no_stack(stacks: Stacks) -> None:
    with pytest.raises(ClientError):
        stacks.create("foreign", template(Queue={"Type": "AWS::SQS::Queue"}))
    assert stacks.client.describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"Data": bucket(BucketName={"Ref": "Nowhere"})}, r"Unresolved resource dependencies \[Nowhere\]"),
        ({"Data": bucket(BucketName={"Fn::Sub": "${Nowhere.Arn}"})}, r"Unresolved resource dependencies \[Nowhere\]"),
        ({"Data": bucket() | {"Condition": "Never"}}, "Unresolved condition dependency Never"),
        ({"A": bucket() | {"DependsOn": "B"}, "B": bucket() | {"DependsOn": ["A"]}}, r"Circular dependency.*\[A, B\]"),
    ],
)
def test_a_reference_that_cannot_be_resolved_is_refused(
    stacks: Stacks, resources: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        stacks.create("stack", template(**resources))


@pytest.mark.parametrize(
    ("parameter", "given", "message"),
    [
        ({"Type": "String"}, {}, r"\[Wish\] must have values"),
        ({"Type": "String", "Default": "a"}, {"Other": "b"}, r"\[Other\] do not exist in the template"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, {"Wish": "A"}, r"must match pattern \[a-z\]\+"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, {"Wish": "c"}, r"must be one of AllowedValues \[a, b\]"),
        ({"Type": "String", "MinLength": 2}, {"Wish": "a"}, "at least 2 characters"),
        ({"Type": "String", "MaxLength": 2}, {"Wish": "abc"}, "at most 2 characters"),
        ({"Type": "Number"}, {"Wish": "many"}, "must be a number"),
        ({"Type": "Number", "MinValue": 2}, {"Wish": "1"}, "not less than 2"),
        ({"Type": "Number", "MaxValue": 2}, {"Wish": "3"}, "not greater than 2"),
        ({"Type": "AWS::EC2::VPC::Id"}, {"Wish": "vpc-1"}, "does not imitate type AWS::EC2::VPC::Id"),
    ],
)
def test_a_parameter_is_held_to_its_declaration(
    stacks: Stacks, parameter: dict[str, Any], given: dict[str, str], message: str
) -> None:
    declared = {"Parameters": {"Wish": parameter}, **template(Data=bucket())}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    with pytest.raises(ClientError, match=message):
        stacks.create("stack", declared, Parameters=parameters)


@pytest.mark.parametrize(
    ("properties", "given", "demanded"),
    [
        ({}, [], "CAPABILITY_IAM"),
        ({"RoleName": "role"}, [], "CAPABILITY_NAMED_IAM"),
        ({"RoleName": "role"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_a_role_demands_a_capability(
    stacks: Stacks, properties: dict[str, str], given: list[str], demanded: str
) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    with pytest.raises(ClientError, match=rf"Requires capabilities : \[{demanded}\]"):
        stacks.create("stack", template(Role=role), Capabilities=given)


def test_an_argument_that_is_not_imitated_is_named(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="does not imitate: EnableTerminationProtection, OnFailure"):
        stacks.create("stack", template(Data=bucket()), OnFailure="DELETE", EnableTerminationProtection=True)


def test_an_operation_that_is_not_imitated_is_named(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="does not imitate this: cloudformation: The list_change_sets action"):
        stacks.client.list_change_sets(StackName="stack")


def test_a_condition_leaves_a_resource_out(stacks: Stacks) -> None:
    conditional = {
        "Parameters": {"Wanted": {"Type": "String", "Default": "no"}},
        "Conditions": {"IsWanted": {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}},
        "Resources": {"Data": bucket(), "Extra": bucket(BucketName="extra-bucket") | {"Condition": "IsWanted"}},
    }
    stacks.create("stack", conditional)
    assert "extra-bucket" not in stacks.buckets()


def test_stack_tags_reach_the_resources(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="data-bucket")), Tags=[{"Key": "team", "Value": "ml"}])
    assert stacks.s3.get_bucket_tagging(Bucket="data-bucket")["TagSet"] == [{"Key": "team", "Value": "ml"}]


def test_changed_stack_tags_reach_the_resources(stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket(BucketName="data-bucket")), Tags=[{"Key": "team", "Value": "ml"}])
    stacks.update("stack", template(Data=bucket(BucketName="data-bucket")), Tags=[{"Key": "team", "Value": "data"}])
    assert stacks.s3.get_bucket_tagging(Bucket="data-bucket")["TagSet"] == [{"Key": "team", "Value": "data"}]


def test_no_value_leaves_an_item_out_of_a_list(stacks: Stacks) -> None:
    tags = [{"Key": "kept", "Value": "1"}, {"Ref": "AWS::NoValue"}]
    stacks.create("stack", template(Data=bucket(BucketName="data-bucket", Tags=tags)))
    assert stacks.s3.get_bucket_tagging(Bucket="data-bucket")["TagSet"] == [{"Key": "kept", "Value": "1"}]


def test_stacks_of_one_account_are_not_seen_from_another(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", template(Data=bucket()))
    assert sandbox.client("prod", "cloudformation").describe_stacks()["Stacks"] == []

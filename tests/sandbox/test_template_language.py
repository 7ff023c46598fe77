"""Mappings and conditions in templates: what they leave out is not there, and what refers to it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import Stacks

NO_VALUE = {"Ref": "AWS::NoValue"}


def bucket(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def tagged(*tags: Any) -> dict[str, Any]:  # noqa: ANN401
    return bucket(BucketName="language-data", Tags=[{"Key": "always", "Value": "1"}, *tags])


def template(conditions: dict[str, Any] | None = None, **resources: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a template with the conditions IsOn (parameter Switch is "on"), Never, and more."""
    base = {"IsOn": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}, "Never": {"Fn::Equals": ["a", "b"]}}
    return {
        "Parameters": {"Switch": {"Type": "String", "Default": "off"}},
        "Conditions": base | (conditions or {}),
        "Resources": {"Always": bucket(BucketName="language-always")} | resources,
    }


def switched(state: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Switch", "ParameterValue": state}]


def tags(stacks: Stacks) -> set[str]:
    return {tag["Key"] for tag in stacks.s3.get_bucket_tagging(Bucket="language-data")["TagSet"]}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Not": [{"Condition": "Never"}]}, True),
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "Switch"}, "off"]}]}, True),
        ({"Fn::And": [{"Condition": "IsOn"}, {"Fn::Not": [{"Condition": "Never"}]}]}, True),
        ({"Fn::And": [{"Condition": "IsOn"}, {"Condition": "Never"}]}, False),
        ({"Fn::Or": [{"Condition": "Never"}, {"Condition": "IsOn"}]}, True),
        ({"Fn::Or": [{"Condition": "Never"}, {"Fn::Not": [{"Condition": "IsOn"}]}]}, False),
        ({"Fn::Equals": [{"Fn::Join": ["", ["o", "n"]]}, {"Ref": "Switch"}]}, True),
    ],
)
def test_a_condition_decides_over_a_resource(stacks: Stacks, condition: dict[str, Any], *, holds: bool) -> None:
    extra = bucket(BucketName="language-extra") | {"Condition": "Wanted"}
    stacks.create("stack", template({"Wanted": condition}, Extra=extra), Parameters=switched("on"))
    assert ("language-extra" in stacks.buckets()) == holds


def test_a_condition_in_the_short_form_of_yaml_is_one(stacks: Stacks) -> None:
    text = """
    Conditions:
      Never: !Equals [a, b]
      Always: !And [!Not [!Condition Never], !Or [!Condition Never, !Equals [a, a]]]
    Resources:
      Data: {Type: AWS::S3::Bucket, Condition: Always, Properties: {BucketName: language-data}}
    """
    stacks.client.create_stack(StackName="stack", TemplateBody=text)
    assert "language-data" in stacks.buckets()


@pytest.mark.parametrize(("state", "expected"), [("on", {"always", "extra"}), ("off", {"always"})])
def test_no_value_of_a_condition_leaves_an_item_out(stacks: Stacks, state: str, expected: set[str]) -> None:
    extra = {"Fn::If": ["IsOn", {"Key": "extra", "Value": "2"}, NO_VALUE]}
    stacks.create("stack", template(Data=tagged(extra)), Parameters=switched(state))
    assert tags(stacks) == expected


@pytest.mark.parametrize(("state", "expected"), [("on", "Enabled"), ("off", None)])
def test_no_value_of_a_condition_leaves_a_property_out(stacks: Stacks, state: str, expected: str | None) -> None:
    data = tagged()
    data["Properties"]["VersioningConfiguration"] = {"Fn::If": ["IsOn", {"Status": "Enabled"}, NO_VALUE]}
    stacks.create("stack", template(Data=data), Parameters=switched(state))
    assert stacks.s3.get_bucket_versioning(Bucket="language-data").get("Status") == expected


def test_conditions_stand_in_each_other(stacks: Stacks) -> None:
    inner = {"Fn::If": ["Never", "x", {"Fn::If": ["IsOn", "deep", "shallow"]}]}
    stacks.create("stack", template(Data=tagged({"Key": inner, "Value": "1"})), Parameters=switched("on"))
    assert tags(stacks) == {"always", "deep"}


def test_a_resource_comes_and_goes_with_its_condition(stacks: Stacks) -> None:
    extra = bucket(BucketName="language-extra") | {"Condition": "IsOn"}
    stacks.create("stack", template(Extra=extra), Parameters=switched("on"))
    there = "language-extra" in stacks.buckets()
    stacks.update("stack", template(Extra=extra), Parameters=switched("off"))
    assert (there, "language-extra" in stacks.buckets()) == (True, False)


def test_a_reference_behind_the_same_condition_is_fine(stacks: Stacks) -> None:
    extra = bucket(BucketName="language-extra") | {"Condition": "IsOn"}
    value = {"Fn::If": ["IsOn", {"Ref": "Extra"}, "none"]}
    data = tagged({"Key": "extra", "Value": value})
    assert stacks.create("stack", template(Extra=extra, Data=data)) == "CREATE_COMPLETE"


def test_a_reference_to_what_its_condition_leaves_out_fails(stacks: Stacks) -> None:
    extra = bucket(BucketName="language-extra") | {"Condition": "Never"}
    data = tagged({"Key": "extra", "Value": {"Ref": "Extra"}})
    stacks.create("stack", template(Extra=extra, Data=data))
    assert "Extra" in stacks.reasons("stack")
    assert stacks.status("stack") == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize(("state", "expected"), [("on", {"Plain", "Extra"}), ("off", {"Plain"})])
def test_an_output_comes_with_its_condition(stacks: Stacks, state: str, expected: set[str]) -> None:
    extra = bucket(BucketName="language-extra") | {"Condition": "IsOn"}
    outputs = {"Plain": {"Value": "1"}, "Extra": {"Condition": "IsOn", "Value": {"Ref": "Extra"}}}
    stacks.create("stack", template(Extra=extra) | {"Outputs": outputs}, Parameters=switched(state))
    (stack,) = stacks.client.describe_stacks(StackName="stack")["Stacks"]
    assert {output["OutputKey"] for output in stack["Outputs"]} == expected


def test_a_mapping_is_looked_up_by_region(stacks: Stacks) -> None:
    mappings = {"Names": {"eu-west-1": {"Bucket": "language-ireland"}}}
    found = {"Fn::FindInMap": ["Names", {"Ref": "AWS::Region"}, "Bucket"]}
    stacks.create("stack", template(Data=bucket(BucketName=found)) | {"Mappings": mappings})
    assert "language-ireland" in stacks.buckets()


def test_a_condition_may_ask_a_mapping(stacks: Stacks) -> None:
    mappings = {"Accounts": {"111111111111": {"Kind": "dev"}}}
    asked = {"Fn::Equals": [{"Fn::FindInMap": ["Accounts", {"Ref": "AWS::AccountId"}, "Kind"]}, "dev"]}
    extra = bucket(BucketName="language-extra") | {"Condition": "IsDev"}
    stacks.create("stack", template({"IsDev": asked}, Extra=extra) | {"Mappings": mappings})
    assert "language-extra" in stacks.buckets()


def test_a_key_that_a_mapping_lacks_leaves_nothing(stacks: Stacks) -> None:
    found = {"Fn::FindInMap": ["Names", {"Ref": "AWS::Region"}, "Bucket"]}
    mapped = template(Data=bucket(BucketName=found)) | {"Mappings": {"Names": {"us-east-1": {"Bucket": "x"}}}}
    stacks.create("stack", mapped)
    assert stacks.status("stack") == "ROLLBACK_COMPLETE"
    assert "Unresolved reference to 'eu-west-1': no mapping has it" in stacks.reasons("stack")


@pytest.mark.parametrize("place", ["resource", "condition", "output"])
def test_a_condition_that_is_not_declared_is_refused(stacks: Stacks, place: str) -> None:
    asked = template(Data=tagged({"Fn::If": ["Nowhere", {"Key": "a", "Value": "b"}, NO_VALUE]}))
    asked = template({"Wanted": {"Fn::Not": [{"Condition": "Nowhere"}]}}) if place == "condition" else asked
    if place == "output":
        asked = template() | {"Outputs": {"Plain": {"Condition": "Nowhere", "Value": "1"}}}
    with pytest.raises(ClientError, match="Unresolved condition dependency Nowhere"):
        stacks.create("stack", asked)

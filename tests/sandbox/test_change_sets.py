"""Change sets show what a stack would become, and then do it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.running_sandbox import Stacks

POLICY = {"Version": "2012-10-17", "Statement": []}
NAMED = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "first-name"}}
RENAMED = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "second-name"}}
VERSIONED = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"BucketName": "first-name", "VersioningConfiguration": {"Status": "Enabled"}},
}
RULES = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Data"}, "PolicyDocument": POLICY}}


class ChangeSets:
    """Change sets of one stack, `stack`, for resources given as Python data."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks, self.client = stacks, stacks.client
        self.named = {"StackName": "stack", "ChangeSetName": "next"}

    def create(self, kind: str = "UPDATE", /, **resources: Mapping[str, Any]) -> dict[str, Any]:
        """Create one and return what it is described as."""
        template = json.dumps({"Resources": resources})
        self.client.create_change_set(**self.named, ChangeSetType=kind, TemplateBody=template)
        return self.described()

    def described(self) -> dict[str, Any]:
        described: dict[str, Any] = self.client.describe_change_set(**self.named)
        return described

    def execute(self) -> str:
        """Execute it and return the stack's status."""
        self.client.execute_change_set(**self.named)
        return self.stacks.status("stack")


def changes(described: Mapping[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Logical id -> action and replacement."""
    found = [change["ResourceChange"] for change in described["Changes"]]
    return {change["LogicalResourceId"]: (change["Action"], change.get("Replacement")) for change in found}


def policy_action(described: Mapping[str, Any]) -> str:
    [change] = described["Changes"]
    return str(change["ResourceChange"]["PolicyAction"])


@pytest.fixture
def change_sets(stacks: Stacks) -> ChangeSets:
    return ChangeSets(stacks)


@pytest.fixture
def on_a_stack(change_sets: ChangeSets) -> ChangeSets:
    """Change sets of a stack with one bucket, `Data`, that has a name."""
    change_sets.stacks.create("stack", {"Resources": {"Data": NAMED}})
    return change_sets


def test_of_a_new_stack_everything_is_added_and_nothing_is_made(change_sets: ChangeSets) -> None:
    described = change_sets.create("CREATE", Data=NAMED, Rules=RULES)
    assert changes(described) == {"Data": ("Add", None), "Rules": ("Add", None)}
    assert (change_sets.stacks.status("stack"), change_sets.stacks.buckets()) == ("REVIEW_IN_PROGRESS", set())


def test_a_new_stack_is_made_under_the_id_that_the_change_set_told(change_sets: ChangeSets) -> None:
    told = change_sets.create("CREATE", Data=NAMED)["StackId"]
    assert change_sets.execute() == "CREATE_COMPLETE"
    [stack] = change_sets.client.describe_stacks(StackName="stack")["Stacks"]
    assert (stack["StackId"], change_sets.stacks.buckets()) == (told, {"first-name"})


def test_a_stack_under_review_can_be_deleted(change_sets: ChangeSets) -> None:
    change_sets.create("CREATE", Data=NAMED)
    change_sets.client.delete_stack(StackName="stack")
    assert change_sets.client.describe_stacks()["Stacks"] == []


def test_a_setting_is_changed_in_place(on_a_stack: ChangeSets) -> None:
    assert changes(on_a_stack.create(Data=VERSIONED)) == {"Data": ("Modify", "False")}


def test_the_property_that_differs_is_named(on_a_stack: ChangeSets) -> None:
    [change] = on_a_stack.create(Data=VERSIONED)["Changes"]
    [detail] = change["ResourceChange"]["Details"]
    target = {"Attribute": "Properties", "Name": "VersioningConfiguration", "RequiresRecreation": "Never"}
    assert detail == {"Target": target, "Evaluation": "Static"}


def test_a_new_name_replaces_a_bucket(on_a_stack: ChangeSets) -> None:
    assert changes(on_a_stack.create(Data=RENAMED)) == {"Data": ("Modify", "True")}


def test_whatever_refers_to_a_replaced_resource_may_be_replaced(change_sets: ChangeSets) -> None:
    change_sets.stacks.create("stack", {"Resources": {"Data": NAMED, "Rules": RULES}})
    assert changes(change_sets.create(Data=RENAMED, Rules=RULES))["Rules"] == ("Modify", "Conditional")


def test_a_resource_that_the_template_has_no_more_is_removed(on_a_stack: ChangeSets) -> None:
    found = changes(on_a_stack.create(Other=RENAMED))
    assert found == {"Data": ("Remove", None), "Other": ("Add", None)}


@pytest.mark.parametrize(("policy", "action"), [("Delete", "ReplaceAndDelete"), ("Retain", "ReplaceAndRetain")])
def test_what_becomes_of_a_replaced_resource_is_told(on_a_stack: ChangeSets, policy: str, action: str) -> None:
    assert policy_action(on_a_stack.create(Data={**RENAMED, "UpdateReplacePolicy": policy})) == action


def test_nothing_is_done_before_it_is_executed(on_a_stack: ChangeSets) -> None:
    on_a_stack.create(Data=RENAMED)
    assert (on_a_stack.stacks.buckets(), on_a_stack.execute()) == ({"first-name"}, "UPDATE_COMPLETE")
    assert on_a_stack.stacks.buckets() == {"second-name"}


def test_tags_of_the_stack_change_its_resources(on_a_stack: ChangeSets) -> None:
    tags = [{"Key": "team", "Value": "risk"}]
    on_a_stack.client.create_change_set(**on_a_stack.named, UsePreviousTemplate=True, Tags=tags)
    [change] = on_a_stack.described()["Changes"]
    assert change["ResourceChange"]["Scope"] == ["Tags"]


def test_a_change_set_without_a_change_fails_and_says_so(on_a_stack: ChangeSets) -> None:
    described = on_a_stack.create(Data=NAMED)
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"].startswith("The submitted information didn't contain changes.")


def test_the_waiter_sees_a_failure(on_a_stack: ChangeSets) -> None:
    on_a_stack.create(Data=NAMED)
    with pytest.raises(WaiterError, match="FAILED"):
        on_a_stack.client.get_waiter("change_set_create_complete").wait(**on_a_stack.named)


def test_a_parameter_that_is_used_is_looked_at(stacks: Stacks) -> None:
    change_sets = ChangeSets(stacks)
    template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Name"}}}},
    }
    stacks.create("stack", template, Parameters=[{"ParameterKey": "Name", "ParameterValue": "first-name"}])
    given = [{"ParameterKey": "Name", "ParameterValue": "second-name"}]
    stacks.client.create_change_set(**change_sets.named, UsePreviousTemplate=True, Parameters=given)
    assert changes(change_sets.described()) == {"Data": ("Modify", "True")}


def test_a_former_value_of_a_parameter_is_kept(stacks: Stacks) -> None:
    change_sets = ChangeSets(stacks)
    data = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Name"}}}
    template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Data": data}}
    stacks.create("stack", template, Parameters=[{"ParameterKey": "Name", "ParameterValue": "first-name"}])
    more = {"Type": "AWS::S3::Bucket"}
    template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Data": data, "More": more}}
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}]
    stacks.client.create_change_set(**change_sets.named, TemplateBody=json.dumps(template), Parameters=kept)
    assert changes(change_sets.described()) == {"More": ("Add", None)}


def test_a_change_set_of_an_older_state_is_not_executed(on_a_stack: ChangeSets) -> None:
    on_a_stack.create(Data=RENAMED)
    on_a_stack.stacks.update("stack", {"Resources": {"Data": VERSIONED}})
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        on_a_stack.execute()


def test_it_is_executed_once(on_a_stack: ChangeSets) -> None:
    on_a_stack.create(Data=RENAMED)
    on_a_stack.execute()
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        on_a_stack.execute()


def test_a_deleted_one_is_gone(on_a_stack: ChangeSets) -> None:
    on_a_stack.create(Data=RENAMED)
    on_a_stack.client.delete_change_set(**on_a_stack.named)
    with pytest.raises(on_a_stack.client.exceptions.ChangeSetNotFoundException):
        on_a_stack.described()


@pytest.mark.parametrize(
    ("kind", "stack", "message"),
    [
        ("CREATE", "stack", "already exists"),
        ("UPDATE", "other", "does not exist"),
        ("IMPORT", "stack", "ChangeSetType"),
    ],
)
def test_what_cannot_be_done_is_refused(on_a_stack: ChangeSets, kind: str, stack: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        on_a_stack.client.create_change_set(
            StackName=stack,
            ChangeSetName="next",
            ChangeSetType=kind,
            TemplateBody=json.dumps({"Resources": {"Data": RENAMED}}),
        )


def test_a_capability_is_asked_for(on_a_stack: ChangeSets) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": POLICY}}
    with pytest.raises(ClientError, match="InsufficientCapabilities"):
        on_a_stack.create(Data=NAMED, Role=role)

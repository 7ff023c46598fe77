"""AWS::IAM::Role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.corrections.cloudformation.resource_type import ANYTHING, TAGS, VALUE, Call, ResourceType, gone

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_NAME = 64
BOUNDARY = "PermissionsBoundary"
GONE = "NoSuchEntity"


def _create_role(call: Call) -> str:
    name = call.name("RoleName", max_length=LARGEST_NAME)
    given = {key: call.properties[key] for key in (BOUNDARY, "Description", "Path") if key in call.properties}
    if "MaxSessionDuration" in call.properties:
        given["MaxSessionDuration"] = int(call.properties["MaxSessionDuration"])
    trust = json.dumps(call.properties["AssumeRolePolicyDocument"])
    call.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=call.tag_list, **given)
    with call.taking_back(_delete_role, name):
        _put_policies(call, name, old_policies={}, old_arns=set())
    return name


def _update_role(call: Call, name: str, old: Call) -> None:
    iam, properties = call.client("iam"), call.properties
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]))
    longest = int(properties.get("MaxSessionDuration", 3600))
    iam.update_role(RoleName=name, Description=properties.get("Description", ""), MaxSessionDuration=longest)
    if BOUNDARY in properties:
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=properties[BOUNDARY])
    elif BOUNDARY in old.properties:
        iam.delete_role_permissions_boundary(RoleName=name)
    _put_policies(call, name, old_policies=_policies(old), old_arns=_managed(old))
    call.change_tags(
        old,
        tag=lambda: iam.tag_role(RoleName=name, Tags=call.tag_list),
        untag=lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
    )


def _put_policies(call: Call, name: str, *, old_policies: Mapping[str, Any], old_arns: set[str]) -> None:
    iam, policies, arns = call.client("iam"), _policies(call), _managed(call)
    for policy in old_policies.keys() - policies.keys():
        with gone(GONE):
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy, document in policies.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    for arn in sorted(old_arns - arns):
        with gone(GONE):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in sorted(arns):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def _delete_role(call: Call, name: str) -> None:
    """Delete a role with the policies that it has by then, whoever gave them."""
    iam = call.client("iam")
    with gone(GONE):
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        iam.delete_role(RoleName=name)


def _policies(call: Call) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in call.properties.get("Policies", [])}


def _managed(call: Call) -> set[str]:
    return set(call.properties.get("ManagedPolicyArns", []))


def _role_arn(call: Call, name: str) -> str:
    return f"arn:{call.partition}:iam::{call.account_id}:role{call.properties.get('Path', '/')}{name}"


ROLE = ResourceType(
    name="AWS::IAM::Role",
    required=frozenset({"AssumeRolePolicyDocument"}),
    replaced_by=frozenset({"Path", "RoleName"}),
    properties={
        "RoleName": VALUE,
        "Path": VALUE,
        "Description": VALUE,
        "AssumeRolePolicyDocument": ANYTHING,
        BOUNDARY: VALUE,
        "Policies": [{"PolicyName": VALUE, "PolicyDocument": ANYTHING}],
        "ManagedPolicyArns": [VALUE],
        "MaxSessionDuration": VALUE,
        "Tags": TAGS,
    },
    attributes={"Arn": _role_arn},
    create=_create_role,
    update=_update_role,
    delete=_delete_role,
)

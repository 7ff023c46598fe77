"""AWS::IAM::Role, AWS::IAM::ManagedPolicy and AWS::IAM::OIDCProvider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.corrections.cloudformation.resource_type import ANYTHING, TAGS, VALUE, Call, ResourceType, gone

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_NAME = 64
LARGEST_POLICY_NAME = 128
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


def _create_policy(call: Call) -> str:
    given = {key: call.properties[key] for key in ("Description", "Path") if key in call.properties}
    name, document = call.name("ManagedPolicyName", max_length=LARGEST_POLICY_NAME), _document(call)
    created = call.client("iam").create_policy(PolicyName=name, PolicyDocument=document, **given)
    return str(created["Policy"]["Arn"])


def _update_policy(call: Call, arn: str, _old: Call) -> None:
    call.client("iam").create_policy_version(PolicyArn=arn, PolicyDocument=_document(call), SetAsDefault=True)
    _delete_other_versions(call, arn)


def _delete_policy(call: Call, arn: str) -> None:
    with gone(GONE):
        _delete_other_versions(call, arn)
        call.client("iam").delete_policy(PolicyArn=arn)


def _delete_other_versions(call: Call, arn: str) -> None:
    iam = call.client("iam")
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def _document(call: Call) -> str:
    return json.dumps(call.properties["PolicyDocument"])


# Without tags: CloudFormation gives a managed policy none, not even the stack's.
MANAGED_POLICY = ResourceType(
    name="AWS::IAM::ManagedPolicy",
    required=frozenset({"PolicyDocument"}),
    replaced_by=frozenset({"Description", "ManagedPolicyName", "Path"}),
    properties={"ManagedPolicyName": VALUE, "Path": VALUE, "Description": VALUE, "PolicyDocument": ANYTHING},
    attributes={"PolicyArn": lambda _, arn: arn},
    create=_create_policy,
    update=_update_policy,
    delete=_delete_policy,
)


def _create_provider(call: Call) -> str:
    created = call.client("iam").create_open_id_connect_provider(
        Url=call.properties["Url"], ClientIDList=call.properties.get("ClientIdList", []), Tags=call.tag_list
    )
    return str(created["OpenIDConnectProviderArn"])


def _delete_provider(call: Call, arn: str) -> None:
    call.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)  # bears that it is gone


OIDC_PROVIDER = ResourceType(
    name="AWS::IAM::OIDCProvider",
    required=frozenset({"Url"}),
    # Changed in place on AWS; moto has no operation for it, and nobody here changes it.
    replaced_by=frozenset({"ClientIdList", "Url"}),
    properties={"Url": VALUE, "ClientIdList": [VALUE], "Tags": TAGS},
    attributes={"Arn": lambda _, arn: arn},
    create=_create_provider,
    update=lambda _call, _arn, _old: None,
    delete=_delete_provider,
)

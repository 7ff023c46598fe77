"""AWS::KMS::Key and AWS::KMS::Alias."""

from __future__ import annotations

import json

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Call, ResourceType, gone

DAYS_BEFORE_DELETION = 30


def _create_key(call: Call) -> str:
    key_id: str = call.client("kms").create_key(
        Description=call.properties.get("Description", ""),
        Policy=json.dumps(call.properties["KeyPolicy"]),
        Tags=_tags(call.tags),
    )["KeyMetadata"]["KeyId"]
    with call.taking_back(_delete_key, key_id):
        _set_rotation(call, key_id)
    return key_id


def _update_key(call: Call, key_id: str, old: Call) -> None:
    kms = call.client("kms")
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(call.properties["KeyPolicy"]))
    kms.update_key_description(KeyId=key_id, Description=call.properties.get("Description", ""))
    kms.untag_resource(KeyId=key_id, TagKeys=[*(old.tags.keys() - call.tags.keys())])
    kms.tag_resource(KeyId=key_id, Tags=_tags(call.tags))
    _set_rotation(call, key_id)


def _set_rotation(call: Call, key_id: str) -> None:
    kms, wanted = call.client("kms"), str(call.properties.get("EnableKeyRotation", False)).lower() == "true"
    (kms.enable_key_rotation if wanted else kms.disable_key_rotation)(KeyId=key_id)


def _delete_key(call: Call, key_id: str) -> None:
    kms, days = call.client("kms"), int(call.properties.get("PendingWindowInDays", DAYS_BEFORE_DELETION))
    if kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=days)


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _create_alias(call: Call) -> str:
    name: str = call.properties["AliasName"]
    call.client("kms").create_alias(AliasName=name, TargetKeyId=call.properties["TargetKeyId"])
    return name


def _update_alias(call: Call, name: str, _old: Call) -> None:
    call.client("kms").update_alias(AliasName=name, TargetKeyId=call.properties["TargetKeyId"])


def _delete_alias(call: Call, name: str) -> None:
    with gone("NotFoundException"):
        call.client("kms").delete_alias(AliasName=name)


KEY = ResourceType(
    name="AWS::KMS::Key",
    required=frozenset({"KeyPolicy"}),
    properties={
        "Description": VALUE,
        "EnableKeyRotation": VALUE,
        "KeyPolicy": ANYTHING,
        "PendingWindowInDays": VALUE,
        "Tags": [{"Key": VALUE, "Value": VALUE}],
    },
    attributes={"Arn": lambda call, key_id: call.arn("kms", f"key/{key_id}")},
    create=_create_key,
    update=_update_key,
    delete=_delete_key,
)

ALIAS = ResourceType(
    name="AWS::KMS::Alias",
    required=frozenset({"AliasName", "TargetKeyId"}),
    replaced_by=frozenset({"AliasName"}),
    properties={"AliasName": VALUE, "TargetKeyId": VALUE},
    create=_create_alias,
    update=_update_alias,
    delete=_delete_alias,
)

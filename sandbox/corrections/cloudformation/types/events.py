"""AWS::Events::Rule."""

from __future__ import annotations

import json
from typing import Any

from sandbox.corrections.cloudformation.resource_type import (
    ANYTHING,
    TAGS,
    VALUE,
    Call,
    ResourceType,
    gone,
    one_of,
)

LARGEST_NAME = 64


def _create(call: Call) -> str:
    name = call.name("Name", max_length=LARGEST_NAME)
    with gone("ResourceNotFoundException"):
        call.client("events").describe_rule(Name=name)
        raise ValueError(f"{name} already exists in stack's account and Region")
    call.client("events").put_rule(**_rule(call, name), Tags=call.tag_list)
    with call.taking_back(_delete, name):
        _put_targets(call, name)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    client, arn = call.client("events"), _arn(call, name)
    client.put_rule(**_rule(call, name))
    dropped = {target["Id"] for target in _targets(old)} - {target["Id"] for target in _targets(call)}
    if dropped:
        client.remove_targets(Rule=name, Ids=sorted(dropped))
    _put_targets(call, name)
    call.change_tags(
        old,
        tag=lambda: client.tag_resource(ResourceARN=arn, Tags=call.tag_list),
        untag=lambda keys: client.untag_resource(ResourceARN=arn, TagKeys=keys),
    )


def _delete(call: Call, name: str) -> None:
    client = call.client("events")
    with gone("ResourceNotFoundException"):
        targets = client.list_targets_by_rule(Rule=name)["Targets"]
        if targets:
            client.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
        client.delete_rule(Name=name)


def _rule(call: Call, name: str) -> dict[str, Any]:
    given = {key: call.properties[key] for key in ("Description", "State") if key in call.properties}
    return {"Name": name, "EventPattern": json.dumps(call.properties["EventPattern"]), **given}


def _targets(call: Call) -> list[dict[str, Any]]:
    return list(call.properties.get("Targets", []))


def _put_targets(call: Call, name: str) -> None:
    if _targets(call):
        call.client("events").put_targets(Rule=name, Targets=_targets(call))


def _arn(call: Call, name: str) -> str:
    return call.arn("events", f"rule/{name}")


RULE = ResourceType(
    name="AWS::Events::Rule",
    required=frozenset({"EventPattern"}),  # AWS also takes a ScheduleExpression, which is not imitated
    replaced_by=frozenset({"Name"}),
    properties={
        "Name": VALUE,
        "Description": VALUE,
        "EventPattern": ANYTHING,
        "State": one_of("DISABLED", "ENABLED"),
        "Targets": [
            {
                "Id": VALUE,
                "Arn": VALUE,
                "RoleArn": VALUE,
                "InputTransformer": {"InputPathsMap": ANYTHING, "InputTemplate": VALUE},
            }
        ],
        "Tags": TAGS,
    },
    attributes={"Arn": _arn},
    create=_create,
    update=_update,
    delete=_delete,
)

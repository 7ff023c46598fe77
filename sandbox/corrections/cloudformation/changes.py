"""What an update would do to each resource, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moto.cloudformation.models import Stack

from sandbox.corrections.cloudformation.engine import Resource, call_for, changed_properties, order_of, policies_of
from sandbox.corrections.cloudformation.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.corrections.cloudformation.resource_type import Call

KNOWN_AFTER_APPLY: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"  # as AWS writes it
STACK_TAGS: Final = "Tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stack as it would be, and the members of ``ResourceChange`` for each resource that differs."""

    stack: Stack
    changes: tuple[dict[str, Any], ...]


class _Unmade(Resource):
    """A resource that the update would make or replace: nothing of it is known yet."""

    __slots__ = ()

    def get_cfn_attribute(self, name: str) -> str:
        """Say so, where Fn::GetAtt asks."""
        del name
        return KNOWN_AFTER_APPLY


def plan(stack: Stack, *, template: str, parameters: Mapping[str, str], tags: Mapping[str, str] | None) -> Plan:
    """Compare a stack with what it would become. Raises one of `FAILURES` for a property that cannot be resolved."""
    tags = stack.tags if tags is None else tags
    planned = remade(stack, template=template, parameters=parameters, tags=tags, role_arn=stack.role_arn)
    old = {name: item for name, item in _made(stack).items() if isinstance(item, Resource)}
    _made(planned).update(old)
    order = order_of(planned.resource_map)
    changes = [_change(planned, logical_id, old.get(logical_id)) for logical_id in order]
    removed = [_removal(resource) for name, resource in old.items() if name not in order]
    found = sorted((change for change in (*changes, *removed) if change), key=lambda one: one["LogicalResourceId"])
    return Plan(stack=planned, changes=tuple(found))


def remade(
    stack: Stack,
    *,
    template: str | dict[str, Any],
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None,
    role_arn: str | None,
) -> Stack:
    """Return a stack of the same name and id, of which nothing is made yet."""
    return Stack(  # type: ignore[abstract]  # moto instantiates it too
        stack_id=stack.stack_id,
        name=stack.name,
        template=template,
        parameters=dict(parameters),
        account_id=stack.account_id,
        region_name=stack.region_name,
        tags=dict(tags or {}),
        role_arn=role_arn,
    )


def _made(stack: Stack) -> dict[str, Any]:
    parsed: dict[str, Any] = stack.resource_map._parsed_resources  # noqa: SLF001  (moto's)
    return parsed


def _change(planned: Stack, logical_id: str, old: Resource | None) -> dict[str, Any]:
    """Compare one resource. What refers to one that is new or replaced finds a value that nobody knows yet."""
    resource_json = planned.template_dict["Resources"][logical_id]
    call = call_for(planned, logical_id)
    if old is None:
        _made(planned)[logical_id] = _unmade(logical_id, resource_json, call)
        return {"Action": "Add", "LogicalResourceId": logical_id, "ResourceType": resource_json["Type"]}
    details = [_detail(name, call, old) for name in sorted(changed_properties(call, old.call))]
    scope = ["Properties"] if details else []
    if call.stack_tags != old.call.stack_tags:
        scope.append(STACK_TAGS)
    if resource_json["Type"] == old.declared.name and not scope:
        return {}
    replacement = "True" if resource_json["Type"] != old.declared.name else _replacement(details)
    if replacement != "False":
        _made(planned)[logical_id] = _unmade(logical_id, resource_json, call)
    return {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": old.physical_resource_id,
        "ResourceType": resource_json["Type"],
        "Replacement": replacement,
        "Scope": scope,
        "Details": details,
        **({"PolicyAction": _replacing(resource_json)} if replacement == "True" else {}),
    }


def _detail(name: str, call: Call, old: Resource) -> dict[str, Any]:
    recreation = "Always" if name in old.declared.replaced_by else "Never"
    evaluation = "Dynamic" if KNOWN_AFTER_APPLY in str(call.properties.get(name)) else "Static"
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    return {"Target": target, "Evaluation": evaluation}


def _replacement(details: list[dict[str, Any]]) -> str:
    """Return what CloudFormation's API reference says under `ResourceChange` of these details."""
    evaluations = {detail["Evaluation"] for detail in details if detail["Target"]["RequiresRecreation"] == "Always"}
    if "Static" in evaluations:
        return "True"
    return "Conditional" if evaluations else "False"


def _removal(resource: Resource) -> dict[str, Any]:
    return {
        "Action": "Remove",
        "PolicyAction": "Delete" if resource.deletion_policy == "Delete" else "Retain",
        "LogicalResourceId": resource.logical_resource_id,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": resource.declared.name,
    }


def _replacing(resource_json: Mapping[str, Any]) -> str:
    _, update_replace_policy = policies_of(resource_json)
    return f"ReplaceAnd{update_replace_policy}"


def _unmade(logical_id: str, resource_json: Mapping[str, Any], call: Call) -> _Unmade:
    deletion_policy, update_replace_policy = policies_of(resource_json)
    return _Unmade(
        logical_resource_id=logical_id,
        physical_resource_id=KNOWN_AFTER_APPLY,
        declared=TYPES[resource_json["Type"]],
        call=call,
        deletion_policy=deletion_policy,
        update_replace_policy=update_replace_policy,
    )

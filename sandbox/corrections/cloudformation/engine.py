"""Creates, updates and deletes a stack, resource by resource, and takes back what it did when one fails.

Stock moto makes resources when somebody looks at them, reports no resource's events, and leaves a half-made stack in
CREATE_IN_PROGRESS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Event, Stack
from moto.cloudformation.parsing import OutputMap, ResourceMap, clean_json

from sandbox.corrections.cloudformation.dynamic_references import resolve
from sandbox.corrections.cloudformation.resource_type import Call, ResourceType
from sandbox.corrections.cloudformation.template import creation_order, shape_problems
from sandbox.corrections.cloudformation.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILURES = (BotoCoreError, ClientError, ValidationError, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that exists. moto reads it where a template refers to it and where its API describes it."""

    logical_resource_id: str
    physical_resource_id: str
    declared: ResourceType
    call: Call
    deletion_policy: str
    update_replace_policy: str

    @property
    def cf_resource_type(self) -> str:
        """The type's name, under the name that moto asks for."""
        return self.declared.name

    def get_cfn_attribute(self, name: str) -> str:
        """Return what Fn::GetAtt returns."""
        if name not in self.declared.attributes:
            raise ValidationError(
                message=f"Template error: the sandbox does not imitate attribute {name} of {self.declared.name} "
                f"in Fn::GetAtt on {self.logical_resource_id}"
            )
        return self.declared.attributes[name](self.call, self.physical_resource_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A resource as it was before an update touched it, and what it was to become; or one that the update made."""

    resource: Resource
    attempted: Call | None


class _FailedError(Exception):
    """One resource failed. `logical_id` is whose; its event has been recorded."""

    def __init__(self, logical_id: str) -> None:
        super().__init__(logical_id)
        self.logical_id = logical_id


def create(stack: Stack) -> None:
    """Make every resource of a new stack; on a failure take all back and leave ROLLBACK_COMPLETE."""
    stack.status = "CREATE_IN_PROGRESS"
    made: list[Resource] = []
    try:
        for logical_id in order_of(stack.resource_map):
            made.append(_make(stack, logical_id))  # noqa: PERF401  (what was made before a failure must be known)
        _resolve_outputs(stack)
    except _FailedError as failed:
        _stack_event(stack, "ROLLBACK_IN_PROGRESS", reason=_names(failed, to="create"))
        # Retain holds here too; RetainExceptOnCreate is the policy that does not.
        gone = [_take_away(stack, resource, keep=resource.deletion_policy == "Retain") for resource in reversed(made)]
        stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)
        _stack_event(stack, "ROLLBACK_COMPLETE" if all(gone) else "ROLLBACK_FAILED")
    else:
        _stack_event(stack, "CREATE_COMPLETE")


def delete(stack: Stack) -> None:
    """Delete what the deletion policies do not keep, last made first. Leaves DELETE_COMPLETE or DELETE_FAILED."""
    _stack_event(stack, "DELETE_IN_PROGRESS", reason="User Initiated")
    failed = []
    for resource in reversed(resources_of(stack)):
        keep = resource.deletion_policy != "Delete"
        if not _take_away(stack, resource, keep=keep):
            failed.append(resource.logical_resource_id)
    if failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]."
        _stack_event(stack, "DELETE_FAILED", reason=reason)
    else:
        _stack_event(stack, "DELETE_COMPLETE")


def update(stack: Stack, *, template: str, parameters: Mapping[str, str], tags: Mapping[str, str] | None) -> None:
    """Change a stack to a new template; on a failure change it back and leave UPDATE_ROLLBACK_COMPLETE."""
    before = _Snapshot.of(stack)
    stack.template, stack.parameters = template, dict(parameters)
    stack.tags = dict(tags) if tags is not None else stack.tags
    try:
        stack._parse_template()  # noqa: SLF001  (moto's)
        stack.resource_map = stack._create_resource_map()  # noqa: SLF001
        order = order_of(stack.resource_map)
    except BaseException:
        before.restore(stack)
        raise
    stack.resource_map._parsed_resources |= before.resources  # noqa: SLF001
    _stack_event(stack, "UPDATE_IN_PROGRESS", reason="User Initiated")
    changes: list[_Change] = []
    superseded = [before.resources[name] for name in before.resources if name not in order]
    try:
        for logical_id in order:
            superseded += _bring_up_to_date(stack, logical_id, before.resources.get(logical_id), changes)
        stack.output_map = stack._create_output_map()  # noqa: SLF001
        _resolve_outputs(stack)
    except _FailedError as failed:
        _stack_event(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason=_names(failed, to="update"))
        undone = [_undo(stack, change) for change in reversed(changes)]
        before.restore(stack)
        _stack_event(stack, "UPDATE_ROLLBACK_COMPLETE" if all(undone) else "UPDATE_ROLLBACK_FAILED")
        return
    _stack_event(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    for resource in reversed(superseded):
        removed = resource.logical_resource_id not in order
        policy = resource.deletion_policy if removed else resource.update_replace_policy
        _take_away(stack, resource, keep=policy != "Delete")
    _stack_event(stack, "UPDATE_COMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """A stack before an update."""

    template: str | dict[str, Any]
    parameters: dict[str, str]
    tags: dict[str, str]
    resource_map: ResourceMap
    resources: dict[str, Resource]

    @classmethod
    def of(cls, stack: Stack) -> _Snapshot:
        resources = {resource.logical_resource_id: resource for resource in resources_of(stack)}
        return cls(
            template=stack.template,
            parameters=stack.parameters,
            tags=stack.tags,
            resource_map=stack.resource_map,
            resources=resources,
        )

    def restore(self, stack: Stack) -> None:
        stack.template, stack.parameters, stack.tags = self.template, self.parameters, self.tags
        stack._parse_template()  # noqa: SLF001
        stack.resource_map = self.resource_map
        stack.output_map = stack._create_output_map()  # noqa: SLF001


def _bring_up_to_date(stack: Stack, logical_id: str, old: Resource | None, changes: list[_Change]) -> list[Resource]:
    """Make, change or replace one resource. Returns the one it replaced, to be deleted when all is well."""
    if old is None:
        changes.append(_Change(resource=_make(stack, logical_id), attempted=None))
        return []
    resource_json = stack.template_dict["Resources"][logical_id]
    try:
        call = call_for(stack, logical_id)
    except FAILURES as error:
        _resource_event(stack, old, "UPDATE_FAILED", reason=reason_of(error))
        raise _FailedError(logical_id) from error
    changed = changed_properties(call, old.call)
    if resource_json["Type"] != old.declared.name or changed & old.declared.replaced_by:
        changes.append(_Change(resource=_make(stack, logical_id), attempted=None))
        return [old]
    deletion_policy, update_replace_policy = policies_of(resource_json)
    new = replace(old, call=call, deletion_policy=deletion_policy, update_replace_policy=update_replace_policy)
    if changed or call.stack_tags != old.call.stack_tags:
        changes.append(_Change(resource=old, attempted=call))
        _change(stack, new, old.call)
    stack.resource_map._parsed_resources[logical_id] = new  # noqa: SLF001
    return []


def _make(stack: Stack, logical_id: str) -> Resource:
    resource_json = stack.template_dict["Resources"][logical_id]
    declared = TYPES[resource_json["Type"]]
    _event(stack, logical_id, declared.name, "CREATE_IN_PROGRESS")
    try:
        call = call_for(stack, logical_id)
        _check(declared, call)
        physical_id = declared.create(call)
    except FAILURES as error:
        _event(stack, logical_id, declared.name, "CREATE_FAILED", reason=reason_of(error))
        raise _FailedError(logical_id) from error
    deletion_policy, update_replace_policy = policies_of(resource_json)
    resource = Resource(
        logical_resource_id=logical_id,
        physical_resource_id=physical_id,
        declared=declared,
        call=call,
        deletion_policy=deletion_policy,
        update_replace_policy=update_replace_policy,
    )
    stack.resource_map._parsed_resources[logical_id] = resource  # noqa: SLF001
    _resource_event(stack, resource, "CREATE_COMPLETE")
    return resource


def _change(stack: Stack, resource: Resource, old: Call) -> None:
    _resource_event(stack, resource, "UPDATE_IN_PROGRESS")
    try:
        _check(resource.declared, resource.call)
        resource.declared.update(resource.call, resource.physical_resource_id, old)
    except FAILURES as error:
        _resource_event(stack, resource, "UPDATE_FAILED", reason=reason_of(error))
        raise _FailedError(resource.logical_resource_id) from error
    _resource_event(stack, resource, "UPDATE_COMPLETE")


def _resolve_outputs(stack: Stack) -> None:
    """Resolve the outputs once, so that one that cannot be resolved fails the stack and not who describes it later."""
    try:
        list(stack.output_map.values())
    except FAILURES as error:
        _stack_event(stack, f"{stack.status.partition('_')[0]}_FAILED", reason=f"Outputs: {reason_of(error)}")
        raise _FailedError("Outputs") from error


def _undo(stack: Stack, change: _Change) -> bool:
    """Take a change back. Returns whether that went well."""
    if change.attempted is None:
        return _take_away(stack, change.resource, keep=False)
    try:
        _change(stack, change.resource, change.attempted)
    except _FailedError:
        return False
    return True


def _take_away(stack: Stack, resource: Resource, *, keep: bool) -> bool:
    """Delete a resource, or let go of it when it is to be kept. Returns whether that went well."""
    if keep:
        _resource_event(stack, resource, "DELETE_SKIPPED")
    else:
        _resource_event(stack, resource, "DELETE_IN_PROGRESS")
        try:
            resource.declared.delete(resource.call, resource.physical_resource_id)
        except FAILURES as error:
            _resource_event(stack, resource, "DELETE_FAILED", reason=reason_of(error))
            return False
        _resource_event(stack, resource, "DELETE_COMPLETE")
    resources = stack.resource_map._parsed_resources  # noqa: SLF001
    if resources.get(resource.logical_resource_id) is resource:  # and not what has replaced it
        del resources[resource.logical_resource_id]
    return True


def order_of(resource_map: ResourceMap) -> list[str]:
    """Return the logical ids to make, in order, without those whose condition is false."""
    template = resource_map._template  # noqa: SLF001
    conditions = resource_map.lazy_condition_map
    return [
        name
        for name in creation_order(template)
        if "Condition" not in template["Resources"][name] or conditions[template["Resources"][name]["Condition"]]
    ]


def call_for(stack: Stack, logical_id: str) -> Call:
    """Return one resource with every function of its properties resolved. Raises one of FAILURES."""
    properties = stack.template_dict["Resources"][logical_id].get("Properties") or {}
    call = Call(
        account_id=stack.account_id,
        region=stack.region_name,
        stack_name=stack.name,
        logical_id=logical_id,
        properties=_without_no_value(clean_json(properties, stack.resource_map)),
        stack_tags=dict(stack.tags or {}),
        role_arn=stack.role_arn,
    )
    return replace(call, properties=resolve(call.properties, call.client))


def changed_properties(new: Call, old: Call) -> set[str]:
    """Return the names of the properties that differ."""
    names = {*new.properties, *old.properties}
    return {name for name in names if new.properties.get(name) != old.properties.get(name)}


def _without_no_value(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Leave AWS::NoValue out of lists; out of mappings moto has left it."""
    if isinstance(value, dict):
        return {key: _without_no_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_no_value(item) for item in value if item is not None]
    return value


def _check(declared: ResourceType, call: Call) -> None:
    """Check the properties as they are now that every function has its result."""
    missing = sorted(declared.required - call.properties.keys())
    if missing:
        raise ValueError(
            f"Properties validation failed for resource {call.logical_id}: {', '.join(missing)} is missing"
        )
    unknown = list(shape_problems("Properties", call.properties, dict(declared.properties)))
    if unknown:
        raise ValueError(f"The sandbox does not imitate this of {declared.name}: {', '.join(unknown)}")


def resources_of(stack: Stack) -> list[Resource]:
    """Return the stack's resources in the order in which they were made."""
    return [item for item in stack.resource_map._parsed_resources.values() if isinstance(item, Resource)]  # noqa: SLF001


def policies_of(resource_json: Mapping[str, Any]) -> tuple[str, str]:
    """Return a resource's deletion policy and its update replace policy."""
    return resource_json.get("DeletionPolicy", "Delete"), resource_json.get("UpdateReplacePolicy", "Delete")


def reason_of(error: Exception) -> str:
    """Return what CloudFormation says of one of FAILURES."""
    if isinstance(error, KeyError):
        return f"Unresolved reference to {error}: no mapping has it, or its condition leaves it out of the stack"
    return str(error)


def _names(failed: _FailedError, *, to: str) -> str:
    return f"The following resource(s) failed to {to}: [{failed.logical_id}]."


def _stack_event(stack: Stack, status: str, *, reason: str | None = None) -> None:
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)  # noqa: SLF001


def _resource_event(stack: Stack, resource: Resource, status: str, *, reason: str | None = None) -> None:
    _event(
        stack,
        resource.logical_resource_id,
        resource.declared.name,
        status,
        reason=reason,
        physical_id=resource.physical_resource_id,
    )


def _event(  # noqa: PLR0913  (an event has this many parts)
    stack: Stack, logical_id: str, type_name: str, status: str, *, reason: str | None = None, physical_id: str = ""
) -> None:
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=type_name,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
    )

"""Change sets: what a stack would become, first shown and then done.

moto compares templates only, names every difference a modification, and makes resources past the strict engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse, transform_dict, transform_parameters
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sandbox.corrections.cloudformation import changes
from sandbox.corrections.cloudformation.engine import FAILURES, reason_of
from sandbox.corrections.graft import graft, keep, kept

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

OPERATIONS = {"create_change_set", "delete_change_set", "describe_change_set", "execute_change_set"}
IN_REVIEW = "REVIEW_IN_PROGRESS"
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_KEPT = "change_sets_of_the_sandbox"


class ChangeSetNotFoundError(CloudFormationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):
    """The change set cannot be executed."""

    code = "InvalidChangeSetStatus"


@dataclass(slots=True, kw_only=True)
class ChangeSet:
    """What was asked, what it would change, and how far it is. `events` is the age of the stack that it is about."""

    id: str
    name: str
    stack: Stack
    template: str
    parameters: dict[str, str]
    tags: dict[str, str] | None
    role_arn: str | None
    capabilities: list[str]
    description: str | None
    created: dt.datetime
    events: int
    changes: tuple[dict[str, Any], ...] = ()
    problem: str | None = None
    is_executed: bool = False

    @property
    def execution_status(self) -> str:
        """CloudFormation's word for whether it can be executed."""
        if self.problem is not None:
            return "UNAVAILABLE"
        if self.is_executed:
            return "EXECUTE_COMPLETE"
        return "AVAILABLE" if len(self.stack.events) == self.events else "OBSOLETE"


def apply(checked: Callable[[Callable[..., ActionResult]], Callable[..., ActionResult]]) -> None:
    """Put the corrections in force. `checked` puts the checks of a template before an operation."""
    keep(CloudFormationBackend, _KEPT, dict)
    graft(CloudFormationResponse, "create_change_set", checked(_create))
    graft(CloudFormationResponse, "describe_change_set", _describe)
    graft(CloudFormationResponse, "execute_change_set", _execute)
    graft(CloudFormationResponse, "delete_change_set", _delete)
    # These would turn moto's own records into the answer.
    ours = ("DescribeChangeSetOutput.Changes", "DescribeChangeSetOutput.Parameters")
    left = {
        key: value for key, value in CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER.items() if key not in ours
    }
    graft(CloudFormationResponse, "RESPONSE_KEY_PATH_TO_TRANSFORMER", left)


def _create(response: CloudFormationResponse) -> ActionResult:
    asked = dict(response._get_params())  # noqa: SLF001
    validate_create_change_set(asked["ChangeSetName"])
    backend = response.cloudformation_backend
    stack = _stack(backend, asked)
    template = _template(response, asked, stack)
    change_set = ChangeSet(
        id=generate_changeset_id(asked["ChangeSetName"], backend.region_name, backend.account_id),
        name=asked["ChangeSetName"],
        stack=stack,
        template=template,
        parameters=_parameters(asked.get("Parameters", []), stack),
        tags={tag["Key"]: tag["Value"] for tag in asked["Tags"]} if "Tags" in asked else None,
        role_arn=asked.get("RoleARN"),
        capabilities=asked.get("Capabilities", []),
        description=asked.get("Description"),
        created=utcnow(),
        events=len(stack.events),
    )
    _compare(change_set)
    kept(backend, _KEPT)[change_set.id] = change_set
    return ActionResult({"Id": change_set.id, "StackId": stack.stack_id})


def _stack(backend: CloudFormationBackend, asked: Mapping[str, Any]) -> Stack:
    """Return the stack that a change set is for; one that is to be created waits under review."""
    name, kind = asked["StackName"], asked.get("ChangeSetType", "UPDATE")
    found = next((stack for stack in backend.stacks.values() if name in {stack.name, stack.stack_id}), None)
    if kind == "CREATE" and found is not None and found.status != IN_REVIEW:
        raise ValidationError(
            message=f"Stack [{name}] already exists and cannot be created again with the changeSet "
            f"[{asked['ChangeSetName']}]."
        )
    if kind == "UPDATE" and (found is None or found.status == IN_REVIEW):
        raise ValidationError(message=f"Stack [{name}] does not exist")
    if kind not in {"CREATE", "UPDATE"}:
        raise ValidationError(message=f"The sandbox does not imitate: ChangeSetType {kind}")
    return found or _under_review(backend, name)


def _under_review(backend: CloudFormationBackend, name: str) -> Stack:
    stack_id = generate_stack_id(name, backend.region_name, backend.account_id)
    stack = Stack(  # type: ignore[abstract]  # moto instantiates it too
        stack_id=stack_id,
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
    )
    backend.stacks[stack_id] = stack
    stack.status = IN_REVIEW
    stack._add_stack_event(IN_REVIEW, resource_status_reason="User Initiated")  # noqa: SLF001
    return stack


def _template(response: CloudFormationResponse, asked: Mapping[str, Any], stack: Stack) -> str:
    if asked.get("TemplateURL"):
        return response._get_stack_from_s3_url(asked["TemplateURL"])  # noqa: SLF001
    return str(asked.get("TemplateBody") or stack.template)


def _parameters(asked: list[dict[str, Any]], stack: Stack) -> dict[str, str]:
    return {
        one["ParameterKey"]: (
            stack.stack_parameters[one["ParameterKey"]] if one.get("UsePreviousValue") else one["ParameterValue"]
        )
        for one in asked
    }


def _compare(change_set: ChangeSet) -> None:
    stack = change_set.stack
    try:
        plan = changes.plan(stack, template=change_set.template, parameters=change_set.parameters, tags=change_set.tags)
    except FAILURES as error:
        change_set.problem = reason_of(error)
        return
    change_set.changes = plan.changes
    same_outputs = plan.stack.template_dict.get("Outputs") == stack.template_dict.get("Outputs")
    if not plan.changes and same_outputs and stack.status != IN_REVIEW:
        change_set.problem = NO_CHANGES


def _describe(response: CloudFormationResponse) -> ActionResult:
    change_set = _find(response)
    described = {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "StackId": change_set.stack.stack_id,
        "StackName": change_set.stack.name,
        "Description": change_set.description,
        "CreationTime": change_set.created,
        "Capabilities": change_set.capabilities,
        "Parameters": transform_parameters(change_set.parameters),
        "Tags": transform_dict(change_set.tags or {}),
        "Status": "CREATE_COMPLETE" if change_set.problem is None else "FAILED",
        "StatusReason": change_set.problem,
        "ExecutionStatus": change_set.execution_status,
        "Changes": [{"Type": "Resource", "ResourceChange": change} for change in change_set.changes],
    }
    return ActionResult({key: value for key, value in described.items() if value is not None})


def _execute(response: CloudFormationResponse) -> ActionResult:
    change_set = _find(response)
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.id}] cannot be executed in its current execution status of "
            f"[{change_set.execution_status}]"
        )
    backend, stack = response.cloudformation_backend, change_set.stack
    if stack.status == IN_REVIEW:
        _create_stack(backend, change_set)
    else:
        stack.update(
            change_set.template, role_arn=change_set.role_arn, parameters=change_set.parameters, tags=change_set.tags
        )
    change_set.is_executed = True
    others = kept(backend, _KEPT)
    for one in [one for one in others.values() if one.stack.stack_id == stack.stack_id and one is not change_set]:
        del others[one.id]
    return EmptyResult()


def _create_stack(backend: CloudFormationBackend, change_set: ChangeSet) -> None:
    """Make the stack anew from its template, under the id that it has had since the review."""
    stack = change_set.stack
    made = changes.remade(
        stack,
        template=change_set.template,
        parameters=change_set.parameters,
        tags=change_set.tags,
        role_arn=change_set.role_arn,
    )
    made.events = stack.events
    made._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")  # noqa: SLF001
    backend.stacks[stack.stack_id] = made
    change_set.stack = made
    made.create_resources()


def _delete(response: CloudFormationResponse) -> ActionResult:
    del kept(response.cloudformation_backend, _KEPT)[_find(response).id]
    return EmptyResult()


def _find(response: CloudFormationResponse) -> ChangeSet:
    asked = dict(response._get_params())  # noqa: SLF001
    name, stack_name = asked["ChangeSetName"], asked.get("StackName")
    backend = response.cloudformation_backend
    change_sets: dict[str, ChangeSet] = kept(backend, _KEPT)
    if name in change_sets:
        return change_sets[name]
    if not stack_name:
        raise ValidationError(message="StackName must be specified if ChangeSetName is not specified as an ARN.")
    for change_set in reversed(change_sets.values()):
        stack = change_set.stack
        if change_set.name == name and stack.stack_id in backend.stacks and stack_name in {stack.name, stack.stack_id}:
            return change_set
    raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")

"""CloudFormation: a strict engine in place of moto's lenient one.

moto keeps what it does well: the API, the language's functions, stacks and events. Replaced are the creation, update
and deletion of resources (`engine`), and put before them is what moto does not check (`template`, `parameters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore import xform_name
from botocore.session import Session
from moto.cloudformation import models, parsing, responses
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import yaml_tag_constructor
from moto.utilities.utils import get_partition

from sandbox.corrections.cloudformation import change_sets, engine
from sandbox.corrections.cloudformation.engine import Resource
from sandbox.corrections.cloudformation.parameters import problems as parameter_problems
from sandbox.corrections.cloudformation.template import creation_order, missing_capability, not_imitated
from sandbox.corrections.cloudformation.types import TYPES
from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from moto.core.responses import ActionResult

OPERATIONS = {
    "create_stack",
    "delete_stack",
    "describe_stack_events",
    "describe_stack_resource",
    "describe_stack_resources",
    "describe_stacks",
    "get_template",
    "get_template_summary",
    "list_stack_resources",
    "list_stacks",
    "update_stack",
    *change_sets.OPERATIONS,
}
ARGUMENTS = {
    "Capabilities",
    "ChangeSetName",
    "ChangeSetType",
    "ClientRequestToken",
    "ClientToken",
    "Description",
    "Parameters",
    "RoleARN",
    "StackName",
    "Tags",
    "TemplateBody",
    "TemplateURL",
    "UsePreviousTemplate",
}


UNCHANGEABLE = {"DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"}


class InsufficientCapabilitiesError(CloudFormationError):
    """The template needs a capability that the caller did not give."""

    code = "InsufficientCapabilitiesException"


def apply() -> None:
    """Put the corrections in force."""
    graft(CloudFormationResponse, "create_stack", _checked(CloudFormationResponse.create_stack))
    graft(CloudFormationResponse, "update_stack", _checked(CloudFormationResponse.update_stack))
    change_sets.apply(_checked)
    for name in _operations() - OPERATIONS:
        graft(CloudFormationResponse, name, _refusing(name))
    graft(CloudFormationBackend, "delete_stack", _delete_stack)
    graft(Stack, "create_resources", engine.create)
    graft(Stack, "update", _update)
    # moto makes a resource when its map is asked for it. Here the map holds what the engine made, and nothing else.
    graft(ResourceMap, "__getitem__", _get_made)
    graft(ResourceMap, "resources", property(_made))
    graft(ResourceMap, "__init__", _with_partition(ResourceMap.__init__))
    graft(ResourceMap, "load_parameters", _checked_parameters(ResourceMap.load_parameters))
    graft(parsing, "resource_class_from_type", _Attributes)
    for module in (models, responses):
        graft(module, "yaml_tag_constructor", _construct)


class _Attributes:
    """What moto asks of a type when it checks a template's outputs."""

    def __init__(self, type_name: str) -> None:
        self._type_name = type_name

    def has_cfn_attr(self, name: str) -> bool:
        return name in TYPES[self._type_name].attributes


def _operations() -> set[str]:
    """Return the API operations among the methods of moto's class, which are those named after an operation."""
    names = Session().get_service_model("cloudformation").operation_names
    return {xform_name(name) for name in names} & set(vars(CloudFormationResponse))


def _refusing(name: str) -> Callable[[CloudFormationResponse], NoReturn]:
    def refuse(_response: CloudFormationResponse) -> NoReturn:
        raise NotImplementedError(f"The {name} action")

    return refuse


def _checked(
    operation: Callable[[CloudFormationResponse], ActionResult],
) -> Callable[[CloudFormationResponse], ActionResult]:
    def check_first(response: CloudFormationResponse) -> ActionResult:
        arguments = dict(response._get_params())  # noqa: SLF001
        refused = sorted(arguments.keys() - ARGUMENTS)
        if refused:
            raise ValidationError(message=f"The sandbox does not imitate: {', '.join(refused)}")
        _check_template(response, arguments)
        return operation(response)

    return check_first


def _check_template(response: CloudFormationResponse, arguments: Mapping[str, Any]) -> None:
    body = arguments.get("TemplateBody")
    if not body and arguments.get("TemplateURL"):
        body = response._get_stack_from_s3_url(arguments["TemplateURL"])  # noqa: SLF001
    if not body:
        body = response.cloudformation_backend.get_stack(arguments["StackName"]).template
    template = _parse(body)
    capability = missing_capability(template, arguments.get("Capabilities", []))
    if capability:
        raise InsufficientCapabilitiesError(f"Requires capabilities : [{capability}]")
    refused = not_imitated(template)
    if refused:
        raise ValidationError(message=f"The sandbox does not imitate: {'; '.join(refused)}")
    try:
        creation_order(template)
    except ValueError as error:
        raise ValidationError(message=str(error)) from error


def _update(
    stack: Stack,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    if stack.status in UNCHANGEABLE:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    parameters = parameters or {}
    same_tags = tags is None or tags == stack.tags
    if stack.has_template(template) and stack.has_parameters(parameters) and same_tags:
        raise ValidationError(message="No updates are to be performed.")
    stack.role_arn = role_arn or stack.role_arn
    engine.update(stack, template=template, parameters=parameters, tags=tags)


def _delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
    for stack_id, stack in list(backend.stacks.items()):
        if name_or_stack_id in {stack_id, stack.name}:
            engine.delete(stack)
            if stack.status == "DELETE_COMPLETE":
                backend.deleted_stacks[stack_id] = backend.stacks.pop(stack_id)


def _parse(body: str | dict[str, Any]) -> dict[str, Any]:
    try:
        parsed = Stack.parse_template(str(body))
    except ValueError as error:
        raise ValidationError(message=f"Template format error: {error}") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("Resources"), dict):
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    return parsed


def _construct(loader: Any, tag: str, node: Any) -> dict[str, Any]:  # noqa: ANN401  (yaml)
    """Read a short form of YAML. ``!Condition`` is the one that stands for no function; moto makes it one."""
    short: dict[str, Any] = yaml_tag_constructor(loader, tag, node)
    return {"Condition": node.value} if tag == "!Condition" else short


def _get_made(resource_map: ResourceMap, key: str) -> Any:  # noqa: ANN401  (a resource, a parameter's value, a mapping)
    return resource_map._parsed_resources[key]  # noqa: SLF001


def _made(resource_map: ResourceMap) -> Iterable[str]:
    return [name for name, item in resource_map._parsed_resources.items() if isinstance(item, Resource)]  # noqa: SLF001


def _with_partition(initialise: Callable[..., None]) -> Callable[..., None]:
    def __init__(resource_map: ResourceMap, *arguments: Any, **named: Any) -> None:  # noqa: ANN401, N807
        initialise(resource_map, *arguments, **named)
        # moto says "aws" in every Region
        resource_map._parsed_resources["AWS::Partition"] = get_partition(resource_map._region_name)  # noqa: SLF001

    return __init__


def _checked_parameters(load: Callable[[ResourceMap], None]) -> Callable[[ResourceMap], None]:
    def load_parameters(resource_map: ResourceMap) -> None:
        declared = resource_map._template.get("Parameters") or {}  # noqa: SLF001
        found = parameter_problems(declared, resource_map.input_parameters)
        if found:
            raise ValidationError(message="; ".join(found))
        load(resource_map)

    return load_parameters

"""What is wrong with a template before anything is made from it, all of it at once.

Stock moto makes a stack of what it knows and passes over the rest: types, properties, parameters' constraints,
capabilities. Here each is an error that names what is not imitated or not right.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Shape
from sandbox.corrections.cloudformation.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
}
RESOURCE_ATTRIBUTES = {
    "Condition",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdateReplacePolicy",
}
OUTPUT_ATTRIBUTES = {"Condition", "Description", "Value"}  # no Export: nothing of the project imports
DELETION_POLICIES = {"Delete", "Retain", "RetainExceptOnCreate"}
UPDATE_REPLACE_POLICIES = {"Delete", "Retain"}
FUNCTIONS = {
    "Condition",
    "Ref",
    *(f"Fn::{name}" for name in ("And", "Base64", "Equals", "FindInMap", "GetAtt", "If", "Join", "Not", "Or")),
    *(f"Fn::{name}" for name in ("Select", "Split", "Sub", "ToJsonString")),
}
NAME_PROPERTIES = ("GroupName", "InstanceProfileName", "ManagedPolicyName", "PolicyName", "RoleName", "UserName")
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


def not_imitated(template: Mapping[str, Any]) -> list[str]:
    """Return what the sandbox does not imitate, each as a place in the template."""
    found = [f"section {name}" for name in template.keys() - SECTIONS]
    for logical_id, resource in template.get("Resources", {}).items():
        found += _resource_problems(f"Resources.{logical_id}", resource)
    for name, output in (template.get("Outputs") or {}).items():
        found += [f"Outputs.{name}.{key}" for key in output.keys() - OUTPUT_ATTRIBUTES]
    found += [f"{place}: function {name}" for place, name in _functions(template, "") if name not in FUNCTIONS]
    return sorted(found)


def shape_problems(place: str, value: Any, shape: Shape) -> Iterator[str]:  # noqa: ANN401  (JSON)
    """Yield what of `value` the shape does not know. Intrinsic functions pass: their results are checked later."""
    if _is_function(value) or shape == ANYTHING:
        return
    if isinstance(shape, list):
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            yield from shape_problems(f"{place}[{index}]", item, shape[0])
    elif isinstance(shape, dict):
        yield from _key_problems(place, value, shape)
    elif isinstance(value, (dict, list)):
        yield f"{place}: a {type(value).__name__} where a single value belongs"
    elif shape != VALUE and str(value) not in shape:
        yield f"{place}: {value} is none of {', '.join(sorted(shape))}"


def _key_problems(place: str, value: Any, shapes: Mapping[str, Shape]) -> Iterator[str]:  # noqa: ANN401  (JSON)
    if not isinstance(value, dict):
        yield f"{place}: {value!r} where these keys belong: {', '.join(shapes)}"
        return
    for key, item in value.items():
        if key in shapes:
            yield from shape_problems(f"{place}.{key}", item, shapes[key])
        else:
            yield f"{place}.{key}"


def missing_capability(template: Mapping[str, Any], given: Collection[str]) -> str | None:
    """Return the capability that AWS would demand for the template and that was not given."""
    resources = [resource for resource in template.get("Resources", {}).values() if _is_iam(resource)]
    named = any(name in resource.get("Properties", {}) for resource in resources for name in NAME_PROPERTIES)
    if named and "CAPABILITY_NAMED_IAM" not in given:
        return "CAPABILITY_NAMED_IAM"
    if resources and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(given):
        return "CAPABILITY_IAM"
    return None


def creation_order(template: Mapping[str, Any]) -> list[str]:
    """Return the logical ids, each after those it needs.

    Raises `ValueError` with CloudFormation's words when one needs what is not there, or itself.
    """
    resources: Mapping[str, Any] = template["Resources"]
    needs = {logical_id: _references(resource) for logical_id, resource in resources.items()}
    known = {*resources, *template.get("Parameters", {})}
    unresolved = sorted({name for names in needs.values() for name in names} - known)
    if unresolved:
        raise ValueError(
            f"Template format error: Unresolved resource dependencies [{', '.join(unresolved)}] in the Resources block "
            "of the template"
        )
    for section in ("Conditions", "Resources", "Outputs"):
        undeclared = sorted({*_conditions_in(template.get(section, {}))} - template.get("Conditions", {}).keys())
        if undeclared:
            raise ValueError(
                f"Template format error: Unresolved condition dependency {', '.join(undeclared)} in the {section} "
                "block of the template"
            )
    try:
        return list(TopologicalSorter({key: names & resources.keys() for key, names in needs.items()}).static_order())
    except CycleError as error:
        cycle = sorted(set(error.args[1]))
        raise ValueError(f"Circular dependency between resources: [{', '.join(cycle)}]") from error


def _resource_problems(place: str, resource: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{place}.{key}" for key in resource.keys() - RESOURCE_ATTRIBUTES)
    for key, allowed in (("DeletionPolicy", DELETION_POLICIES), ("UpdateReplacePolicy", UPDATE_REPLACE_POLICIES)):
        if resource.get(key, "Delete") not in allowed:
            yield f"{place}.{key}: {resource[key]}"
    declared = TYPES.get(resource.get("Type", ""))
    if declared is None:
        yield f"{place}: type {resource.get('Type')}"
    else:
        properties = resource.get("Properties") or {}
        yield from shape_problems(f"{place}.Properties", properties, dict(declared.properties))


def _is_iam(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("Type", "")).startswith("AWS::IAM::")


def _is_function(value: Any) -> bool:  # noqa: ANN401  (JSON)
    return isinstance(value, dict) and len(value) == 1 and str(next(iter(value))).startswith(("Ref", "Fn::"))


def _functions(value: Any, place: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401  (JSON)
    if isinstance(value, dict):
        for key, item in value.items():
            if str(key).startswith("Fn::"):
                yield place.lstrip("."), key
            yield from _functions(item, f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _functions(item, place)


def _conditions_in(value: Any) -> Iterator[str]:  # noqa: ANN401  (JSON)
    """Yield the names of conditions that `value` asks. A policy's conditions are no texts."""
    if isinstance(value, dict):
        if isinstance(value.get("Condition"), str):
            yield value["Condition"]
        yield from value.get("Fn::If", [])[:1]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _conditions_in(item)


def _references(value: Any) -> set[str]:  # noqa: ANN401  (JSON)
    """Return the names of parameters and resources that `value` needs, without AWS's pseudo parameters."""
    found: set[str] = set()
    if isinstance(value, list):
        found.update(*(_references(item) for item in value))
    elif isinstance(value, dict):
        for key, item in value.items():
            found |= _referenced_by(key, item)
    return {name for name in found if not name.startswith("AWS::")}


def _referenced_by(key: str, item: Any) -> set[str]:  # noqa: ANN401  (JSON)
    if key == "Ref":
        return {str(item)}
    if key == "DependsOn":
        return {item} if isinstance(item, str) else set(item)
    if key == "Fn::GetAtt":
        return {str(item.split(".")[0] if isinstance(item, str) else item[0])}
    if key == "Fn::Sub":
        text, own = (item, {}) if isinstance(item, str) else item
        names = {name.split(".")[0] for name in _PLACEHOLDER.findall(text)}
        return {name for name in names if name not in own} | _references(own)
    return _references(item)

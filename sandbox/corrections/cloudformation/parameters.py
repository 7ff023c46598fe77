"""Parameters of a stack against their declarations. Stock moto checks none of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TYPES = {
    "AWS::SSM::Parameter::Value<String>",
    "CommaDelimitedList",
    "List<Number>",
    "Number",
    "String",
}


def problems(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the values given, in CloudFormation's words, sorted by parameter."""
    unknown = sorted(given.keys() - declared.keys())
    found = [f"Parameters: [{', '.join(unknown)}] do not exist in the template"] if unknown else []
    for name, parameter in sorted(declared.items()):
        if parameter.get("Type") not in TYPES:
            found.append(f"Parameters.{name}: the sandbox does not imitate type {parameter.get('Type')}")
        value = given.get(name, parameter.get("Default"))
        if value is None:
            found.append(f"Parameters: [{name}] must have values")
        else:
            broken = [f"Parameter '{name}' {problem}" for problem in _constraints(parameter, value)]
            described = parameter.get("ConstraintDescription")
            found += [f"Parameter {name} failed to satisfy constraint: {described}"] if broken and described else broken
    return found


def _constraints(parameter: Mapping[str, Any], value: Any) -> Iterator[str]:  # noqa: ANN401  (a default of any type)
    is_list = parameter.get("Type") in {"CommaDelimitedList", "List<Number>"}
    values = [item.strip() for item in str(value).split(",")] if is_list else [str(value)]
    for item in values:
        yield from _constraints_of_one(parameter, item)


def _constraints_of_one(parameter: Mapping[str, Any], value: str) -> Iterator[str]:
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        yield f"must be one of AllowedValues [{', '.join(map(str, parameter['AllowedValues']))}]"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        yield f"must match pattern {parameter['AllowedPattern']}"
    if len(value) < int(parameter.get("MinLength", 0)):
        yield f"must contain at least {parameter['MinLength']} characters"
    if "MaxLength" in parameter and len(value) > int(parameter["MaxLength"]):
        yield f"must contain at most {parameter['MaxLength']} characters"
    if parameter.get("Type") in {"Number", "List<Number>"}:
        yield from _number_constraints(parameter, value)


def _number_constraints(parameter: Mapping[str, Any], value: str) -> Iterator[str]:
    try:
        number = float(value)
    except ValueError:
        yield "must be a number"
        return
    if "MinValue" in parameter and number < float(parameter["MinValue"]):
        yield f"must be a number not less than {parameter['MinValue']}"
    if "MaxValue" in parameter and number > float(parameter["MaxValue"]):
        yield f"must be a number not greater than {parameter['MaxValue']}"

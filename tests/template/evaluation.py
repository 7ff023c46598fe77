"""A template as CloudFormation reads it: what comes after what, and what is made for given parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.template.product_template import Template

IN_A_TEXT = re.compile(r"\$\{([\w:]+)(?:\.[\w.]+)?\}")
NO_VALUE = {"Ref": "AWS::NoValue"}


def references(value: object) -> Iterator[str]:
    """Yield every name that a part of a template refers to: logical ids, parameters, pseudo parameters."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield str(name)
        case {"Fn::Sub": [str(text), dict(own)]}:
            yield from (name for name in IN_A_TEXT.findall(text) if name not in own)
            yield from references(own)
        case {"Fn::Sub": str(text)}:
            yield from IN_A_TEXT.findall(text)
        case dict():
            for part in value.values():
                yield from references(part)
        case list():
            for part in value:
                yield from references(part)


def comes_after(template: Template, resource_id: str) -> set[str]:
    """Logical ids of everything that CloudFormation makes before a resource, because it needs it or is told to wait."""
    found: set[str] = set()
    waiting = [resource_id]
    while waiting:
        resource = template["Resources"][waiting.pop()]
        told = resource.get("DependsOn", [])
        named = {*references(resource.get("Properties", {})), *([told] if isinstance(told, str) else told)}
        new = named & set(template["Resources"]) - found
        found |= new
        waiting += new
    return found


def conditions(template: Template, parameters: Mapping[str, str]) -> dict[str, bool]:
    """Whether each condition holds. `parameters` are those that are given; the others have their defaults."""
    values = {name: body.get("Default", "given") for name, body in template["Parameters"].items()} | dict(parameters)

    def holds(condition: object) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return holds(template["Conditions"][name])
            case {"Fn::Equals": [left, right]}:
                return text(left) == text(right)
            case {"Fn::Not": [one]}:
                return not holds(one)
            case {"Fn::And": list(several)}:
                return all(holds(one) for one in several)
            case {"Fn::Or": list(several)}:
                return any(holds(one) for one in several)
        raise ValueError(f"no condition: {condition!r}")

    def text(value: object) -> str:
        return str(values[value["Ref"]] if isinstance(value, dict) else value)

    return {name: holds(condition) for name, condition in template["Conditions"].items()}


def made(template: Template, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Resources that are made for these parameters: logical id -> resource, with each Fn::If decided."""
    holds = conditions(template, parameters)
    return {
        name: decided(resource, holds)
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or holds[resource["Condition"]]
    }


def decided(value: Any, holds: Mapping[str, bool]) -> Any:  # noqa: ANN401  any part of a template, and back
    """A part of a template with one branch of each Fn::If; what is AWS::NoValue is left out."""
    match value:
        case {"Fn::If": [str(condition), yes, no]}:
            return decided(yes if holds[condition] else no, holds)
        case {"Ref": _}:
            return value
        case dict():
            parts = {key: decided(part, holds) for key, part in value.items()}
            return {key: part for key, part in parts.items() if part != NO_VALUE}
        case list():
            items = [decided(part, holds) for part in value]
            return [part for part in items if part != NO_VALUE]
    return value

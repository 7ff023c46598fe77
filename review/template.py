"""A CloudFormation template as data, and the schemas of its resource types. Both come from cfn-lint, offline."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from review.parsed import Parsed

# Where a type's schema is looked up. Which properties can only be set at creation does not depend on the Region.
REGION = "us-east-1"
_SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, slots=True)
class Schema:
    """What matters of a resource type: property paths such as `("Rules", "*", "Name")`."""

    create_only: tuple[tuple[str, ...], ...]
    perhaps_create_only: tuple[tuple[str, ...], ...]
    identifiers: frozenset[str]
    """Top-level properties that name the resource."""


def load(file: Path) -> dict[str, Any]:
    """A template. Raises ReviewError naming the file and the line."""
    from cfnlint.decode import decode  # noqa: PLC0415  takes a second, and only the product needs it

    if not file.is_file():
        raise ReviewError(f"{file}: not found.")
    decoded, matches = decode(str(file))
    if matches or not isinstance(decoded, dict):
        found = [f"{file}:{one.linenumber}: {one.message}" for one in matches]
        raise ReviewError("\n".join(found or [f"{file}: is no template."]))
    template: dict[str, Any] = json.loads(json.dumps(decoded, default=str))
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not all(
        isinstance(one, dict) and isinstance(one.get("Type"), str) for one in resources.values()
    ):
        raise ReviewError(f"{file}: is no template: Resources is missing, or holds what has no Type.")
    return template


@lru_cache
def schema(resource_type: str) -> Schema | None:
    """The schema of a type, or None of one that nobody knows, such as a custom resource."""
    from cfnlint.schema import ResourceNotFoundError  # noqa: PLC0415
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415

    if resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        return None
    try:
        raw = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema
    except ResourceNotFoundError:
        return None
    identifiers = {path[0] for path in _paths(raw, "primaryIdentifier") if len(path) == 1}
    return Schema(
        create_only=_paths(raw, "createOnlyProperties"),
        perhaps_create_only=_paths(raw, "conditionalCreateOnlyProperties"),
        identifiers=frozenset(identifiers & set(raw.get("properties", {})) - set(_read_only(raw))),
    )


def _read_only(raw: Mapping[str, Any]) -> Iterator[str]:
    yield from (path[0] for path in _paths(raw, "readOnlyProperties") if len(path) == 1)


def _paths(raw: Mapping[str, Any], key: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.removeprefix("/properties/").split("/")) for path in raw.get(key, ()))


def at(value: Parsed, path: tuple[str, ...]) -> Parsed:
    """What stands at a property's path. Of each item of a list where the path has an asterisk, or passes it over."""
    for index, key in enumerate(path):
        if isinstance(value, list):
            rest = path[index + 1 :] if key == "*" else path[index:]
            return [at(item, rest) for item in value]
        if key == "*":
            continue
        if not isinstance(value, dict):
            return None
        if key not in value:
            # A function in the place of an object may give anything below it.
            return value if is_function(value) else None
        value = value[key]
    return value


def is_function(value: Parsed) -> bool:
    return (
        isinstance(value, dict)
        and len(value) == 1
        and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))
    )


def short_functions(value: Parsed) -> Parsed:
    """A value with its functions as people write them, `!Sub mlops-${Id}`. Conditions keep both of their arms."""
    if isinstance(value, list):
        return [short_functions(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_function(value) and "Fn::If" not in value:
        name, argument = next(iter(value.items()))
        parts = argument if name == "Fn::GetAtt" and isinstance(argument, list) else [argument]
        shown = ".".join(part if isinstance(part, str) else json.dumps(part, sort_keys=True) for part in parts)
        return f"!{name.removeprefix('Fn::')} {shown}"
    return {key: short_functions(item) for key, item in value.items()}


def names_used(value: Parsed) -> set[str]:
    """Parameters and resources that a value refers to."""
    return {name for kind, name in _used(value) if kind == "name"}


def conditions_used(value: Parsed) -> set[str]:
    return {name for kind, name in _used(value) if kind == "condition"}


def mappings_used(value: Parsed) -> set[str]:
    return {name for kind, name in _used(value) if kind == "mapping"}


def _used(value: Parsed) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _used(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _used_by(key, item)
            yield from _used(item)


def _used_by(key: str, item: Parsed) -> Iterator[tuple[str, str]]:
    first = item[0] if isinstance(item, list) and item else item
    if not isinstance(first, str):
        return
    if key == "Ref":
        yield "name", first
    elif key == "Fn::GetAtt":
        yield "name", first.partition(".")[0]
    elif key == "Fn::Sub":
        yield from (("name", name.partition(".")[0]) for name in _SUBSTITUTED.findall(first))
    elif key in {"Fn::If", "Condition"}:
        yield "condition", first
    elif key == "Fn::FindInMap":
        yield "mapping", first

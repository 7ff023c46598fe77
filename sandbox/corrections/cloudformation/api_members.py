"""CloudFormation's properties as members of an API's model, for types whose properties mirror the API's own.

CloudFormation begins each name with a capital (``RunOrder``, API ``runOrder``; ``BuildSpec``, API ``buildspec``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.session import Session

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Shape, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from botocore.model import Shape as ApiShape

SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": lambda value: str(value).lower() == "true",
    "double": float,
    "float": float,
    "integer": int,
    # What a template has as a number or a boolean, CloudFormation hands on as text.
    "string": lambda value: str(value).lower() if isinstance(value, bool) else str(value),
}


@lru_cache
def input_of(service: str, operation: str) -> ApiShape:
    """Return the model of what an operation takes."""
    return Session().get_service_model(service).operation_model(operation).input_shape


def shape_of(api: ApiShape, *, without: Collection[str] = ()) -> Shape:
    """Return how a property may look that becomes `api`; `without` these members of the API, wherever they are."""
    if api.type_name == "structure":
        members = {name: shape_of(member, without=without) for name, member in api.members.items()}
        return {name[0].upper() + name[1:]: member for name, member in members.items() if name not in without}
    if api.type_name == "list":
        return [shape_of(api.member, without=without)]
    if api.type_name == "map":
        return ANYTHING
    return one_of(*api.enum) if getattr(api, "enum", None) else VALUE


def as_member(api: ApiShape, value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a property's value as the API takes it. Raises `ValueError` for a value that it cannot take."""
    if api.type_name == "structure":
        names = {name.lower(): name for name in api.members}
        return {names[key.lower()]: as_member(api.members[names[key.lower()]], item) for key, item in value.items()}
    if api.type_name == "list":
        return [as_member(api.member, item) for item in value]
    if api.type_name == "map":
        return {key: as_member(api.value, item) for key, item in value.items()}
    if isinstance(value, (dict, list)):
        raise ValueError(f"{value} stands where a single value belongs")  # noqa: TRY004  (the template's fault)
    return SCALARS[api.type_name](value)

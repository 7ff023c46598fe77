"""Terraform's values as Python objects, and both as msgpack.

None is null, `UNKNOWN` is "known after apply"; strings, numbers, booleans, lists (for lists and sets) and dictionaries
(for maps and objects) are themselves.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgpack

if TYPE_CHECKING:
    from sandbox.provider.schema import Block, CtyType

Value: TypeAlias = Any
Attributes: TypeAlias = dict[str, Any]


class Unknown(Enum):
    """A value that Terraform learns at apply."""

    UNKNOWN = "known after apply"


UNKNOWN: Final = Unknown.UNKNOWN
_UNKNOWN_EXTENSION = msgpack.ExtType(0, b"\x00")


def decode(message: Value) -> Value:
    """Return the value of a protocol message. Refined unknowns (extension 12) are plain unknowns to us."""
    if message.msgpack:
        return msgpack.unpackb(message.msgpack, ext_hook=lambda _code, _data: UNKNOWN, strict_map_key=False)
    return json.loads(message.json) if message.json else None


def encode(value: Value, block: Block) -> bytes:
    """Return msgpack of `value` completed to the block's type: no key missing, sets without duplicates."""
    packed: bytes = msgpack.packb(_completed(value, block), default=_encode_unknown)
    return packed


def is_unknown(value: Value) -> bool:
    """Whether the value, or anything in it, is known only after apply."""
    if isinstance(value, dict):
        return any(is_unknown(one) for one in value.values())
    if isinstance(value, list):
        return any(is_unknown(one) for one in value)
    return value is UNKNOWN


def known(value: Value) -> Value:
    """Return the value with null in every unknown place."""
    if isinstance(value, dict):
        return {key: known(one) for key, one in value.items()}
    if isinstance(value, list):
        return [known(one) for one in value]
    return None if value is UNKNOWN else value


def _encode_unknown(value: object) -> msgpack.ExtType:
    if value is UNKNOWN:
        return _UNKNOWN_EXTENSION
    raise TypeError(f"{value!r} is no value of Terraform")


def _completed(value: Value, block: Block) -> Value:
    """Nested blocks are never null: an absent list or set of blocks is empty."""
    if value is None or value is UNKNOWN:
        return value
    completed = {name: _conform(value.get(name), attribute.type) for name, attribute in block.attributes.items()}
    for name, nested in block.blocks.items():
        inner = value.get(name)
        if inner is UNKNOWN or nested.nesting == "single":
            completed[name] = _completed(inner, nested.block)
        else:
            elements = [_completed(one, nested.block) for one in inner or []]
            completed[name] = _unique(elements) if nested.nesting == "set" else elements
    return completed


def _conform(value: Value, kind: CtyType) -> Value:
    if value is None or value is UNKNOWN or isinstance(kind, str):
        return value
    family, inner = kind
    if family == "object":
        return {name: _conform(value.get(name), of) for name, of in inner.items()}
    if family == "map":
        return {name: _conform(one, inner) for name, one in value.items()}
    elements = [_conform(one, inner) for one in value]
    return _unique(elements) if family == "set" else elements


def _unique(elements: list[Value]) -> list[Value]:
    return list({json.dumps(one, sort_keys=True, default=repr): one for one in elements}.values())

"""Terraform's values as Python objects, and both as msgpack.

None is null, `UNKNOWN` is "known after apply"; strings, numbers, booleans, lists (for lists and sets) and dictionaries
(for maps and objects) are themselves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgpack

if TYPE_CHECKING:
    from sandbox.provider.schema import Block, CtyType

Value: TypeAlias = Any
Attributes: TypeAlias = dict[str, Any]


class Unknown:
    """A value that Terraform learns at apply. There is one, `UNKNOWN`, also after a deep copy."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()
_UNKNOWN_EXTENSION = msgpack.ExtType(0, b"\x00")


def decode(message: Value) -> Value:
    """Return the value of a protocol message. Refined unknowns (extension 12) are plain unknowns to us."""
    if message.msgpack:
        return msgpack.unpackb(message.msgpack, ext_hook=lambda _code, _data: UNKNOWN, strict_map_key=False)
    return json.loads(message.json) if message.json else None


def encode(value: Value, block: Block) -> bytes:
    """Return msgpack of `value` completed to the block's type: no key missing, sets without duplicates."""
    completed = _complete_blocks(_conform(value, block.type()), block)
    packed: bytes = msgpack.packb(completed, default=_encode_unknown)
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


def _conform(value: Value, kind: CtyType) -> Value:
    if value is None or value is UNKNOWN or isinstance(kind, str):
        return value
    family, inner = kind
    if family == "object":
        return {name: _conform(value.get(name), of) for name, of in inner.items()}
    if family == "map":
        return {name: _conform(one, inner) for name, one in value.items()}
    elements = [_conform(one, inner) for one in value]
    if family == "set":
        return list({json.dumps(one, sort_keys=True, default=repr): one for one in elements}.values())
    return elements


def _complete_blocks(value: Value, block: Block) -> Value:
    """Nested blocks are never null: an absent list or set of blocks is empty."""
    if value is None or value is UNKNOWN:
        return value
    for name, nested in block.blocks.items():
        inner = value.get(name)
        if nested.nesting == "single":
            _complete_blocks(inner, nested.block)
        elif inner is not UNKNOWN:
            value[name] = [_complete_blocks(one, nested.block) for one in inner or []]
    return value

"""What Terraform knows about a type: its arguments, attributes and nested blocks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.provider import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

CtyType: TypeAlias = "str | list[Any]"  # as Terraform writes it in JSON: "string", ["list", "string"], ["object", {..}]

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One argument or exported attribute. `computed` alone: exported; with `optional`: filled in when not given."""

    type: CtyType
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False

    @property
    def is_argument(self) -> bool:
        return self.required or self.optional


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedBlock:
    """A block inside a block. `nesting` is single, list, set or map; `max_items` 0 means any number."""

    nesting: str
    min_items: int
    max_items: int
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, NestedBlock] = field(default_factory=dict)

    def type(self) -> CtyType:
        """Return the type of this block's value, an object."""
        fields: dict[str, CtyType] = {name: attribute.type for name, attribute in self.attributes.items()}
        for name, nested in self.blocks.items():
            fields[name] = nested.block.type() if nested.nesting == "single" else [nested.nesting, nested.block.type()]
        return ["object", fields]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Block:
        """Rebuild what `dataclasses.asdict` made of a block."""
        return cls(
            attributes={name: Attribute(**attribute) for name, attribute in data["attributes"].items()},
            blocks={
                name: NestedBlock(**{**nested, "block": cls.from_json(nested["block"])})
                for name, nested in data["blocks"].items()
            },
        )

    def to_wire(self) -> wire.Message:
        """Return the protocol's Block message."""
        message = wire.Block()
        for name, one in sorted(self.attributes.items()):
            message.attributes.add(
                name=name,
                type=json.dumps(one.type).encode(),
                required=one.required,
                optional=one.optional,
                computed=one.computed,
                sensitive=one.sensitive,
                write_only=name.endswith("_wo") and not one.computed,
            )
        for name, nested in sorted(self.blocks.items()):
            message.block_types.add(
                type_name=name,
                nesting=_NESTING[nested.nesting],
                min_items=nested.min_items,
                max_items=nested.max_items,
                block=nested.block.to_wire(),
            )
        return message

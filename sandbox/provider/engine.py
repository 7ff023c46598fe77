"""Plans and settles: what Terraform wants, what AWS has, and which of the two a value is taken from.

Pure functions over values. A `path` is an argument's dotted name inside its resource.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.provider.values import UNKNOWN, Attributes, Value, is_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.imitation import Imitation
    from sandbox.provider.schema import Block, NestedBlock

_EMPTY: tuple[Value, ...] = (None, "", False, 0, [], {})
_TAGS = frozenset({"tags", "tags_all"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    state: Attributes
    replaces: tuple[str, ...]  # the arguments whose change needs a new resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Plans and settles one type. `block` is the served schema; `region` and `default_tags` are the provider's."""

    imitation: Imitation
    block: Block
    region: str
    default_tags: Mapping[str, str]

    def plan(self, *, prior: Attributes | None, config: Attributes) -> Plan:
        """Return what the resource will be: from the configuration, then the defaults, then what it was."""
        state = self._planned(self.block, prior, config)
        if "region" in self.imitation.arguments:
            state["region"] = config.get("region") or self.region
        if self.imitation.has_tags:
            tags = state.get("tags")
            state["tags_all"] = UNKNOWN if is_unknown(tags) else {**self.default_tags, **(tags or {})}
        if prior is None:
            return Plan(state=state, replaces=())
        replaced_by = {*self.imitation.force_new, *({"region"} & self.imitation.arguments.keys())}
        replaces = tuple(sorted(name for name in replaced_by if state.get(name) != prior.get(name)))
        if any(state.get(name) != prior.get(name) for name in state.keys() - _TAGS):
            for name in self.imitation.recomputed:
                if config.get(name) is None:
                    state[name] = UNKNOWN
        return Plan(state=state, replaces=replaces)

    def _planned(self, block: Block, prior: Attributes | None, config: Attributes, prefix: str = "") -> Attributes:
        state: Attributes = {}
        for name, attribute in block.attributes.items():
            path, given, before = prefix + name, config.get(name), (prior or {}).get(name)
            if given is not None:
                says_the_same = path in self.imitation.documents and same_document(given, before)
                state[name] = before if says_the_same else given
            elif path in self.imitation.defaults:
                state[name] = self.imitation.defaults[path]
            elif attribute.computed:
                state[name] = UNKNOWN if prior is None else before
        for name, nested in block.blocks.items():
            state[name] = self._planned_blocks(nested, (prior or {}).get(name), config.get(name), f"{prefix}{name}.")
        return state

    def _planned_blocks(self, nested: NestedBlock, prior: Value, config: Value, prefix: str) -> Value:
        if config is None or config is UNKNOWN:
            return config
        if nested.nesting == "single":
            return self._planned(nested.block, prior, config, prefix)
        # The elements of a set have no order to find their former selves by; those of a list do.
        before = prior if isinstance(prior, list) and nested.nesting == "list" else []
        return [
            self._planned(nested.block, before[index] if index < len(before) else None, one, prefix)
            if isinstance(one, dict)
            else one
            for index, one in enumerate(config)
        ]

    def settle(self, *, written: Attributes, observed: Attributes) -> Attributes:
        """Merge what AWS answers into what was written, so that only a difference in meaning is a difference.

        What AWS was not asked about stays as written.
        """
        observed = {**written, **observed}
        if self.imitation.has_tags:
            observed["tags"] = self._own_tags(observed.get("tags_all") or {}, written.get("tags") or {})
        return self._settled(self.block, written, observed)

    def _own_tags(self, tags: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
        return {key: value for key, value in tags.items() if key in written or self.default_tags.get(key) != value}

    def _settled(self, block: Block, written: Attributes, observed: Attributes, prefix: str = "") -> Attributes:
        state: Attributes = {}
        for name in block.attributes:
            path, before, now = prefix + name, written.get(name), observed.get(name)
            if now in _EMPTY and before in _EMPTY:  # AWS does not tell "" from nothing at all
                state[name] = self.imitation.defaults.get(path) if before is None else before
            elif path in self.imitation.documents and same_document(before, now):
                state[name] = before
            else:
                state[name] = now
        for name, nested in block.blocks.items():
            state[name] = self._settled_blocks(nested, written.get(name), observed.get(name), f"{prefix}{name}.")
        return state

    def _settled_blocks(self, nested: NestedBlock, written: Value, observed: Value, prefix: str) -> Value:
        if nested.nesting == "single":
            return observed
        before, observed = written or [], observed or []
        if nested.nesting == "list":
            padded = before + [{}] * (len(observed) - len(before))
            return [self._settled(nested.block, one, now, prefix) for one, now in zip(padded, observed, strict=False)]
        return [self._settled_element(nested.block, before, now, prefix) for now in observed]

    def _settled_element(self, block: Block, candidates: list[Attributes], now: Attributes, prefix: str) -> Attributes:
        """An element of a set is the written one that it settles to, if there is one."""
        for one in candidates:
            if (settled := self._settled(block, one, now, prefix)) == one:
                return settled
        return self._settled(block, {}, now, prefix)


def same_document(one: Value, other: Value) -> bool:
    """Whether two JSON policies say the same, in whatever order and spacing."""
    try:
        return bool(meaning(json.loads(one)) == meaning(json.loads(other)))
    except (TypeError, ValueError):
        return bool(one == other)


def meaning(value: Value) -> Value:
    """Return the value with its lists in one order, and a list of one as its element: as IAM reads a policy."""
    if isinstance(value, dict):
        return {key: meaning(one) for key, one in value.items()}
    if isinstance(value, list):
        elements = sorted((meaning(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
        return elements[0] if len(elements) == 1 else elements
    return value

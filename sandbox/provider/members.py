"""Arguments of Terraform as members of AWS's API, and back, by the table that an imitation declares.

A table maps dotted paths to dotted members: `{"rule.object_ownership": "Rules[].ObjectOwnership"}`. A block stands for
a structure, or with `[]` for a list of them; an argument without a member ("") is left to the handler. Tags, which AWS
writes as pairs, are `tags` in the table, but it is `tags_all` that is written and read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.provider.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.provider.values import Attributes

_LIST = "[]"


def to_aws(table: Mapping[str, str], state: Attributes) -> Attributes:
    """Return the members that `state` has something to say about: arguments of a call."""
    written: Attributes = {}
    for ours, member, inside in _top(table):
        value = state.get(ours)
        if inside:
            blocks = [to_aws(inside, block or {}) for block in value or ()]
            value = blocks if member.endswith(_LIST) else next(iter(blocks), None)
        elif ours == "tags":
            value = pairs(state["tags_all"])
        if value not in (None, "", []):
            written[member.removesuffix(_LIST)] = value
    return written


def from_aws(table: Mapping[str, str], answer: Attributes) -> Attributes:
    """Return the arguments and attributes that an answer stands for.

    A member inside a block that the table does not know is a ProviderError: what is set by hand is not overlooked.
    """
    read: Attributes = {}
    for ours, member, inside in _top(table):
        value = answer.get(member.removesuffix(_LIST))
        if inside:
            blocks = value or () if member.endswith(_LIST) else () if value is None else (value,)
            read[ours] = [_block_from_aws(inside, block) for block in blocks]
        elif ours == "tags":
            read["tags_all"] = tag_mapping(value)
        else:
            read[ours] = json.dumps(value) if isinstance(value, dict) else value  # the SDK decodes IAM's documents
    return read


def _block_from_aws(table: Mapping[str, str], block: Attributes) -> Attributes:
    known = {members.partition(".")[0].removesuffix(_LIST) for members in table.values()}
    if others := sorted(block.keys() - known):
        raise ProviderError(f"AWS has {', '.join(others)} in {json.dumps(block, default=str)}, which is not imitated")
    return from_aws(table, block)


def _top(table: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each argument or block at the top of a table, its member, and the table of what is inside the block."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for path, members in table.items():
        if members:
            ours, _, inner = path.partition(".")
            member, _, inner_member = members.partition(".")
            inside = rows.setdefault((ours, member), {})
            if inner:
                inside[inner] = inner_member
    for (ours, member), inside in rows.items():
        yield ours, member, inside


def changed(prior: Attributes, state: Attributes, *arguments: str) -> bool:
    """Whether any of the arguments differs."""
    return any(prior.get(argument) != state.get(argument) for argument in arguments)


def pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return tags as AWS writes them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tag_mapping(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Return AWS's tags as Terraform writes them."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def tag_changes(prior: Attributes, state: Attributes) -> tuple[list[dict[str, str]], list[str]]:
    """Return the tags to add between two states, as AWS writes them, and the keys to remove."""
    before, after = prior.get("tags_all") or {}, state.get("tags_all") or {}
    added = {key: value for key, value in after.items() if before.get(key) != value}
    return pairs(added), sorted(before.keys() - after.keys())

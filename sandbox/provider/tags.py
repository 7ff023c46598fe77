"""AWS writes tags as lists of pairs; Terraform as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.provider.values import Attributes


def pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def mapping(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def removed(prior: Attributes, state: Attributes) -> list[str]:
    """Return the keys that go away between two states."""
    return sorted(set(prior.get("tags_all") or {}) - set(state.get("tags_all") or {}))

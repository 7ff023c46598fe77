"""Why roles keep permissions that the journey does not use: ``reasons.toml``, by role and group of actions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.journey.record import Unused

FILE = Path(__file__).with_name("reasons.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why some actions stay. `roles` are patterns of roles' names, `actions` patterns of what their policies name."""

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    why: str

    def speaks_of(self, role_arn: str) -> bool:
        return any(fnmatchcase(role_arn.rpartition("/")[2], pattern) for pattern in self.roles)

    def explains(self, role_arn: str, action: str) -> bool:
        return self.speaks_of(role_arn) and any(fnmatchcase(action, pattern) for pattern in self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a role may do, was not seen doing, and may do for one reason, which is empty where there is none."""

    role: str
    actions: tuple[str, ...]
    why: str


@lru_cache
def reasons(file: Path = FILE) -> tuple[Reason, ...]:
    """Read the reasons, in the order of the file."""
    entries = tomllib.loads(file.read_text())["kept"]
    return tuple(
        Reason(roles=tuple(entry["roles"]), actions=tuple(entry["actions"]), why=entry["why"]) for entry in entries
    )


def kept(unused: Iterable[Unused], given: Sequence[Reason] | None = None) -> Iterator[Kept]:
    """Yield what each role does not use by the first reason that explains it, without a reason first."""
    given = reasons() if given is None else given
    for one in unused:
        found: dict[str, list[str]] = {"": []}
        for action in one.actions:
            why = next((reason.why for reason in given if reason.explains(one.role, action)), "")
            found.setdefault(why, []).append(action)
        yield from (Kept(role=one.role, actions=tuple(actions), why=why) for why, actions in found.items() if actions)

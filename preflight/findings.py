"""What a check is, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from baseline.naming import ENVIRONMENTS, Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preflight.target import Target

EVERYWHERE = ENVIRONMENTS
IN_DEV = (Environment.DEV,)
NOTHING_DEPLOYED = "nothing is deployed yet"


class Status(StrEnum):
    """How a finding is meant, from the best to the worst."""

    OK = "ok"
    NOT_YET = "not yet"  # a step that comes later will make it
    WARNING = "warning"
    UNKNOWN = "unknown"
    FAILED = "failed"


WORST_FIRST = tuple(reversed(Status))
STOPPING = (Status.FAILED, Status.UNKNOWN)  # what could not be looked at is not taken for good


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A quota, how much of it is used, and for how many more projects the rest is enough."""

    quota: str
    value: int
    used: int
    per_project: int
    projects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check saw. `cure` is what to do about it, a command where there is one."""

    status: Status
    what: str
    cure: str = ""
    room: Room | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check: in which environments it is made, with which IAM actions, and what makes it.

    One that is `only_deployed` looks at what Terraform made, and says "not yet" where it has made nothing.
    """

    name: str
    environments: tuple[Environment, ...]
    actions: tuple[str, ...]
    run: Callable[[Target], Iterator[Finding]]
    only_deployed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found in an account."""

    account: str
    check: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of the findings."""
        return min((finding.status for finding in self.findings), key=WORST_FIRST.index)


def ok(what: str) -> Finding:
    """It is as it should be."""
    return Finding(status=Status.OK, what=what)


def not_yet(what: str, cure: str) -> Finding:
    """It is not there, and the step in `cure` makes it."""
    return Finding(status=Status.NOT_YET, what=what, cure=cure)


def warning(what: str, cure: str) -> Finding:
    """It works, and not as well as it should."""
    return Finding(status=Status.WARNING, what=what, cure=cure)


def unknown(what: str, cure: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(status=Status.UNKNOWN, what=what, cure=cure)


def failed(what: str, cure: str) -> Finding:
    """It will not work."""
    return Finding(status=Status.FAILED, what=what, cure=cure)

"""What the roles of GitHub Actions need, from what the AWS provider calls for the types that modules/ have."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.permissions.simulator import Request
from tests.permissions.deployment import ENVIRONMENTS
from tests.permissions.names import SET
from tests.permissions.table import Row, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE = Path(__file__).with_name("provider.toml")
DECLARATION = re.compile(r'^resource "(\w+)"', re.MULTILINE)
OTHER_SET = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the data file says of one resource type, or of Terraform's own doings; the file explains the fields."""

    source: str
    resource: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only_dev: bool = False

    def actions(self, *, of_deploy: bool) -> tuple[str, ...]:
        """What one of the two roles has to be allowed."""
        return (*self.read, *self.write) if of_deploy else self.read


def load(file: Path = FILE) -> dict[str, Calls]:
    """Read the data file: type -> its calls."""
    types = tomllib.loads(file.read_text())["types"]
    return {
        name: Calls(**{**entry, "read": tuple(entry["read"]), "write": tuple(entry["write"])})
        for name, entry in types.items()
    }


def declared(modules: Path) -> set[str]:
    """The resource types that any module has."""
    return {found for file in modules.glob("*/*.tf") for found in DECLARATION.findall(file.read_text())}


def here(calls: Mapping[str, Calls], environment: str) -> dict[str, Calls]:
    """The types that an environment has."""
    return {name: entry for name, entry in calls.items() if environment == "dev" or not entry.only_dev}


def rows(calls: Mapping[str, Calls], names: Mapping[str, Any]) -> list[Row]:
    """For each call a row that allows it, and rows that deny it to the plan role, if it writes, and for another set."""
    found: dict[tuple[Request, bool], Row] = {}
    for environment in ENVIRONMENTS:
        for name, entry in here(calls, environment).items():
            for row in _rows(name, entry, environment, names):
                found.setdefault((row.request, row.allowed), row)
    return list(found.values())


def _rows(name: str, entry: Calls, environment: str, names: Mapping[str, Any]) -> Iterator[Row]:
    for action in (*entry.read, *entry.write):
        plan, deploy = (
            _request(entry, action, f"{{{role}[{{env}}]}}", environment, names) for role in ("ci_plan", "ci_deploy")
        )
        sentence = f"GitHub Actions may {action} for {name}"
        yield Row(sentence=sentence, request=deploy, allowed=True)
        reads_elsewhere = action in entry.read
        if reads_elsewhere:
            yield Row(sentence=sentence, request=plan, allowed=True)
        elif not _is_read_of_another(action):
            yield Row(sentence=sentence, request=plan, allowed=False, twins=frozenset({deploy}))
        yield from _foreign(sentence, deploy)


def _request(entry: Calls, action: str, who: str, environment: str, names: Mapping[str, Any]) -> Request:
    context = tuple(sorted(entry.context.get(action, {}).items()))
    asked = Request(who=who, action=action, resource=entry.about.get(action, entry.resource), context=context)
    return filled(asked, environment, names)


def _is_read_of_another(action: str) -> bool:
    """Whether a call that a write makes is one that a plan makes too, of another type."""
    return action == "iam:GetRole"


def _foreign(sentence: str, request: Request) -> Iterator[Row]:
    """The same for another set of the account. A name that AWS draws says nothing of whose it is."""
    resource = request.resource.replace(f"mlops-{SET}-", f"mlops-{OTHER_SET}-").replace(f"/{SET}-", f"/{OTHER_SET}-")
    if resource != request.resource:
        other = Request(who=request.who, action=request.action, resource=resource, context=request.context)
        yield Row(sentence=sentence, request=other, allowed=False, twins=frozenset({request}))

"""Every statement of every policy made a little wrong, to see whether the table notices.

One mutation changes one thing: an action goes, a condition goes, a resource goes or grows, a principal grows. One that
no row of the table answers otherwise survives, and a survivor is a sentence that nobody has written.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.permissions.simulator import Batch
from sandbox.permissions.snapshot import listed, statements
from tests.permissions.names import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sandbox.permissions.simulator import Request, Verdict
    from sandbox.permissions.snapshot import Document, Snapshot
    from tests.permissions.table import Row

KIND = re.compile(r"[a-z-]+[/:]")  # "role/" and "log-group:", of the last part of an ARN
WITHOUT_KIND = {"codecommit", "codepipeline", "s3", "sns"}  # their ARNs begin with the name at once
ANOTHER_SERVICE = "ec2.amazonaws.com"
ROUNDS = (3, 20, 10_000)  # rows that a mutation is shown at a time: most are noticed by the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One policy with one thing wrong. `statement` is the Sid, or the number of a statement without one."""

    policy: str
    statement: str
    change: str
    document: Document
    actions: tuple[str, ...]  # those that the change can make a difference to
    loosens: bool  # whether it can only allow more, or only less

    def __str__(self) -> str:
        return f"{self.policy} {self.statement}: {self.change}"


def mutations(name: str, document: Document) -> Iterator[Mutation]:
    """Every mutation of one policy."""
    before = statements(document)
    for number, statement in enumerate(before):
        sid = statement.get("Sid", str(number))
        for change, changed, actions, loosens in _changes(statement):
            after = [*before[:number], *([changed] if changed else []), *before[number + 1 :]]
            yield Mutation(
                policy=name,
                statement=sid,
                change=change,
                document={**document, "Statement": after or [_nothing()]},
                actions=tuple(actions),
                loosens=loosens is (statement["Effect"] == "Allow"),
            )


def survivors(
    snapshot: Snapshot, mutants: Iterable[Mutation], rows: Iterable[Row], known: Mapping[Request, Verdict]
) -> list[Mutation]:
    """The mutations that no row notices. `known` are the verdicts on the rows as the policies stand.

    What a role's own policies say is asked without its boundary, which would hide what is wrong with them.
    """
    unbounded = snapshot.without_boundaries()
    boundaries = {identity.boundary for identity in snapshot.identities.values()}
    touching = _rows_by_policy(snapshot, rows)
    left = [(mutant, _noticing(mutant, touching.get(mutant.policy, ()))) for mutant in mutants]
    unnoticed: list[Mutation] = []
    for size in ROUNDS:
        unnoticed += [mutant for mutant, candidates in left if not candidates]
        batch, asked = Batch(known), []
        left = [(mutant, candidates) for mutant, candidates in left if candidates]
        for number, (mutant, candidates) in enumerate(left):
            for row in candidates[:size]:
                side = snapshot if mutant.policy in boundaries else unbounded
                batch.ask(side, row.request, {mutant.policy: mutant.document})
                asked.append((number, row))
        if not asked:
            break
        answered = zip(asked, batch.verdicts(), strict=True)
        noticed = {number for (number, row), verdict in answered if verdict.allowed != row.allowed}
        left = [(m, candidates[size:]) for number, (m, candidates) in enumerate(left) if number not in noticed]
    return unnoticed


def _noticing(mutant: Mutation, rows: Iterable[Row]) -> list[Row]:
    """The rows whose verdict the change could turn."""
    return [
        row
        for row in rows
        if row.allowed is not mutant.loosens
        and any(fnmatch.fnmatchcase(row.request.action, action) for action in mutant.actions)
    ]


def _rows_by_policy(snapshot: Snapshot, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for name in _policies(snapshot, row.request):
            found.setdefault(name, []).append(row)
    return found


def _policies(snapshot: Snapshot, request: Request) -> set[str]:
    """The policies that decide a request."""
    identity = snapshot.identities.get(request.who)
    carried = {*identity.policies, identity.boundary} if identity else set()
    return {name for name in {*carried, snapshot.policy_of(request.resource)} if name}


# --- what can be wrong with a statement -------------------------------------------------------------------------------


def _changes(statement: Document) -> Iterator[tuple[str, Document | None, Sequence[str], bool]]:
    """What changed, the changed statement (None: it goes), the actions that may notice, whether it says more now."""
    actions = listed(statement["Action"])
    for action in actions:
        left = [other for other in actions if other != action]
        yield f"without {action}", {**statement, "Action": left} if left else None, [action], False
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            yield f"without {operator} {key}", _without_condition(statement, operator, key), actions, True
    for change, resources, widens in _resource_changes(statement):
        yield change, {**statement, "Resource": resources}, actions, widens
    if statement["Effect"] == "Allow" and "Principal" in statement:
        for change, principal in _principal_changes(statement["Principal"]):
            yield change, {**statement, "Principal": principal}, actions, True


def _without_condition(statement: Document, operator: str, key: str) -> Document:
    conditions = {
        each: {name: value for name, value in keys.items() if (each, name) != (operator, key)}
        for each, keys in statement["Condition"].items()
    }
    left = {each: keys for each, keys in conditions.items() if keys}
    changed = {name: value for name, value in statement.items() if name != "Condition"}
    return {**changed, "Condition": left} if left else changed


def _resource_changes(statement: Document) -> Iterator[tuple[str, list[str], bool]]:
    resources = listed(statement.get("Resource", "*"))
    if resources == ["*"]:
        return
    for resource in resources:
        others = [other for other in resources if other != resource]
        if others:
            yield f"without {resource}", others, False
        # A resource's own policy reaches no further than the resource, whatever it says.
        if "Principal" not in statement and sibling(resource) != resource:
            yield f"on siblings of {resource}", [*others, sibling(resource)], True
    if "Principal" not in statement:
        yield "on every resource", ["*"], True


def sibling(resource: str) -> str:
    """The resource with its name made as wide as its kind: ``role/*`` of ``role/mlops/x``."""
    *head, last = resource.split(":", 5)
    kind = KIND.match(last)
    wide = f"{kind[0]}*" if kind and head[2] not in WITHOUT_KIND else "*"
    return ":".join([*head, wide])


def _principal_changes(principal: str | Document) -> Iterator[tuple[str, Document]]:
    if principal == "*" or not isinstance(principal, dict):
        return
    for kind, value in principal.items():
        if kind == "Service":
            yield "for another service", {"Service": [*listed(value), ANOTHER_SERVICE]}
        else:
            yield "for another account", {"AWS": [*listed(value), f"arn:aws:iam::{OUTSIDE}:root"]}
            yield "for everybody", {"AWS": "*"}


def _nothing() -> Document:
    """A statement that allows nothing, where a policy must have one."""
    return {"Sid": "Nothing", "Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}

"""Whether a change may go on by itself, needs somebody's approval, or is denied."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import ReviewError
from review.model import LEVELS
from review.rules import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review.model import Finding
    from review.parsed import Parsed
    from review.summary import Summary

FINE, FAILED, DENIED, NEEDS_APPROVAL = 0, 1, 2, 3
DEFAULT = Path(__file__).with_name("review.toml")
_KEYS = {"accounts", "approve", "deny", "approve_what_was_not_analysed"}
_EXCEPTION_KEYS = {"rule", "address", "account", "because", "until"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A finding that is accepted: `address` and `account` are globs. It holds through its last day."""

    rule: str
    address: str
    account: str
    because: str
    until: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a gate lets through. `approve` and `deny`: levels, or ids of rules."""

    accounts: tuple[str, ...]
    approve: frozenset[str]
    deny: frozenset[str]
    approve_what_was_not_analysed: bool
    permits: tuple[Permit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The exit status, and every reason for it."""

    status: int
    reasons: tuple[str, ...]


def load(file: Path = DEFAULT) -> Policy:
    """Read a policy. Raises ReviewError with every problem of it."""
    content = read_toml(file)
    gate, permits = content.get("gate", {}), content.get("permit", [])
    problems = [f"{file}: there is no table {name!r}." for name in sorted(content.keys() - {"gate", "permit"})]
    if not isinstance(gate, dict) or not isinstance(permits, list):
        raise ReviewError(f"{file}: [gate] is a table, and each permit a table [[permit]].")
    problems += [f"{file}: [gate] has the unknown key {key!r}." for key in sorted(gate.keys() - _KEYS)]
    for key in ("accounts", "approve", "deny"):
        if not _are_texts(gate.get(key, [])):
            problems.append(f"{file}: [gate] {key} is a list of texts.")
    for number, permit in enumerate(permits, start=1):
        problems += [f"{file}: permit {number} {problem}" for problem in _permit_problems(permit)]
    if problems:
        raise ReviewError("\n".join(problems))
    return Policy(
        accounts=tuple(gate.get("accounts", ())),
        approve=frozenset(gate.get("approve", ())),
        deny=frozenset(gate.get("deny", ())),
        approve_what_was_not_analysed=gate.get("approve_what_was_not_analysed") is not False,
        permits=tuple(Permit(**{"address": "*", "account": "*"} | permit) for permit in permits),
    )


def _are_texts(value: Parsed) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _permit_problems(permit: Parsed) -> Iterator[str]:
    if not isinstance(permit, dict):
        yield "is no table."
        return
    yield from (f"has the unknown key {key!r}." for key in sorted(permit.keys() - _EXCEPTION_KEYS))
    texts = ("rule", "because", *(key for key in ("address", "account") if key in permit))
    yield from (f"needs {key}, a text." for key in texts if not isinstance(permit.get(key), str))
    if type(permit.get("until")) is not dt.date:
        yield "needs until, a date such as 2027-01-31 (without quotes)."


def judge(summary: Summary, policy: Policy, *, today: dt.date) -> Verdict:
    """Hold a summary against a policy. A plan that is missing or failed is denied: nobody has seen what it would do."""
    denied = [f"{row.account}: {row.state}" for row in summary.incomplete if row.state != "not complete"]
    asked = [f"{row.account}: {row.state}" for row in summary.incomplete if row.state == "not complete"]
    for account, address, finding in _findings(summary):
        verdict = _of(finding, policy)
        if verdict == FINE or _permitted(policy.permits, account, address, finding, today):
            continue
        reason = f"{account}: {address}: {finding.level}: {finding.reason} ({finding.rule})"
        (denied if verdict == DENIED else asked).append(reason)
    if policy.approve_what_was_not_analysed:
        asked += [f"{one.account}: not analysed: {note}" for one in summary.reviews for note in one.not_analysed]
        asked += [
            f"product: not analysed: {note}" for note in (summary.product.not_analysed if summary.product else ())
        ]
    if summary.product:
        asked += [
            f"product: {name} has no default: no project can be updated before it is given"
            for name in summary.product.required
        ]
    status = DENIED if denied else NEEDS_APPROVAL if asked else FINE
    return Verdict(status=status, reasons=(*denied, *asked))


def _findings(summary: Summary) -> Iterator[tuple[str, str, Finding]]:
    for review in summary.reviews:
        for change in (*review.changes, *review.drift, *review.deferred):
            yield from ((review.account, change.address, one) for one in change.findings)
    for effect in summary.product.changes if summary.product else ():
        yield from (("product", effect.logical_id, one) for one in effect.findings)


def _of(finding: Finding, policy: Policy) -> int:
    names = {finding.level, finding.rule}
    return DENIED if names & policy.deny else NEEDS_APPROVAL if names & policy.approve else FINE


def _permitted(permits: Sequence[Permit], account: str, address: str, finding: Finding, today: dt.date) -> bool:
    return any(
        permit.rule == finding.rule
        and permit.until >= today
        and fnmatchcase(account, permit.account)
        and fnmatchcase(address.replace("[", "("), permit.address.replace("[", "("))
        for permit in permits
    )


def unknown_names(policy: Policy, rules: Sequence[str]) -> list[str]:
    """Levels or rules that the policy names and nobody knows: it would let them through in silence."""
    named = policy.approve | policy.deny | {permit.rule for permit in policy.permits}
    return sorted(named - set(LEVELS) - set(rules))


def words(status: int) -> str:
    said: Mapping[int, str] = {FINE: "Fine.", NEEDS_APPROVAL: "Needs approval.", DENIED: "Denied."}
    return said[status]

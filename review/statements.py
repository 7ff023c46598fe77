"""Statements of policies in one form: lists for single values, one spelling of accounts, no order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from review.parsed import Parsed

LISTS = ("principals", "actions", "resources", "not_principals", "not_actions", "not_resources")
_ELEMENTS = {
    "Principal": "principals",
    "NotPrincipal": "not_principals",
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}
_TITLES = {name: element for element, name in _ELEMENTS.items()}
_KNOWN = {"Sid", "Effect", "Condition", *_ELEMENTS}
_ACCOUNT = re.compile(r"\d{12}")

# Conditions that narrow "anyone" down to somebody.
_NARROWING = re.compile(
    r"aws:(Principal(OrgID|OrgPaths|Account|Arn)|Source(Arn|Account|OrgID|OrgPaths|Vpc|Vpce|Ip)|userid)"
    r"|kms:CallerAccount|s3:DataAccessPointAccount|sts:ExternalId",
    re.IGNORECASE,
)
_POWERFUL = ("*", "*:*", "iam:*", "iam:passrole", "sts:*", "organizations:*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. A principal is `<kind> <id>`. `opaque`: the text of what is no statement that can be compared."""

    sid: str = ""
    effect: str = ""
    principals: frozenset[str] = frozenset()
    not_principals: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    not_actions: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    not_resources: frozenset[str] = frozenset()
    conditions: frozenset[tuple[str, str, str]] = frozenset()
    """Operator, key, value."""
    opaque: str = ""

    @property
    def title(self) -> str:
        return self.sid or (f"{self.effect} {', '.join(sorted(self.actions)[:2])}".strip() or "a statement")

    def part(self, name: str) -> frozenset[str]:
        part: frozenset[str] = getattr(self, name)
        return part

    def conditions_by_key(self) -> dict[tuple[str, str], frozenset[str]]:
        keys = {(operator, key) for operator, key, _ in self.conditions}
        return {key: frozenset(value for *at, value in self.conditions if tuple(at) == key) for key in keys}

    def lines(self) -> tuple[str, ...]:
        """The statement, one element a line."""
        if self.opaque:
            return (self.opaque,)
        elements = [f"{_TITLES[name]} {one}" for name in LISTS for one in sorted(self.part(name))]
        conditions = [f"Condition {operator} {key} {value}" for operator, key, value in sorted(self.conditions)]
        return (f"Effect {self.effect}", *elements, *conditions)

    def flags(self, own_accounts: frozenset[str]) -> tuple[str, ...]:
        """How far an allowing statement reaches: "public", "foreign", "administrator"."""
        narrowed = any(_NARROWING.match(key) and "not" not in operator.lower() for operator, key, _ in self.conditions)
        public = ("AWS *" in self.principals or bool(self.not_principals)) and not narrowed
        accounts = {found.group() for one in self.principals if (found := _ACCOUNT.search(one))}
        everything = "*" in self.resources or bool(self.not_resources)
        mighty = any(one.lower() in _POWERFUL for one in self.actions) or bool(self.not_actions)
        passed_on = any(key.lower() == "iam:passedtoservice" for _, key, _ in self.conditions)
        flags = {
            "public": public,
            "foreign": bool(accounts - own_accounts) or ("AWS *" in self.principals and not public),
            "administrator": everything and mighty and not passed_on,
        }
        return tuple(name for name, holds in flags.items() if holds)


def read(document: Parsed) -> tuple[Statement, ...]:
    """The statements of a policy document, or none of None."""
    if not isinstance(document, dict):
        return ()
    statements = document.get("Statement")
    return tuple(map(_statement, statements if isinstance(statements, list) else [statements]))


def _statement(raw: Parsed) -> Statement:
    if not isinstance(raw, dict) or raw.get("Effect") not in {"Allow", "Deny"} or raw.keys() - _KNOWN:
        return Statement(opaque=json.dumps(raw, sort_keys=True, ensure_ascii=False))
    lists = {name: _elements(element, raw[element]) for element, name in _ELEMENTS.items() if element in raw}
    sid = raw.get("Sid")
    return Statement(
        sid=sid if isinstance(sid, str) else "",
        effect=raw["Effect"],
        conditions=_conditions(raw.get("Condition")),
        principals=lists.get("principals", frozenset()),
        not_principals=lists.get("not_principals", frozenset()),
        actions=lists.get("actions", frozenset()),
        not_actions=lists.get("not_actions", frozenset()),
        resources=lists.get("resources", frozenset()),
        not_resources=lists.get("not_resources", frozenset()),
    )


def _elements(element: str, raw: Parsed) -> frozenset[str]:
    if element not in {"Principal", "NotPrincipal"}:
        return frozenset(map(_text, _listed(raw)))
    if not isinstance(raw, dict) or any(kind.startswith("Fn::") for kind in raw):
        return frozenset(_principal("AWS", one) for one in _listed(raw))
    return frozenset(_principal(kind, one) for kind, ids in raw.items() for one in _listed(ids))


def _principal(kind: str, raw: Parsed) -> str:
    text = _text(raw)
    return f"{kind} arn:aws:iam::{text}:root" if kind == "AWS" and _ACCOUNT.fullmatch(text) else f"{kind} {text}"


def _conditions(raw: Parsed) -> frozenset[tuple[str, str, str]]:
    if raw is None:
        return frozenset()
    if not isinstance(raw, dict) or not all(isinstance(keys, dict) for keys in raw.values()):
        return frozenset({("cannot be compared", "", _text(raw))})
    return frozenset(
        (operator, key, _text(value))
        for operator, keys in raw.items()
        for key, values in keys.items()
        for value in _listed(values)
    )


def _listed(raw: Parsed) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


def _text(raw: Parsed) -> str:
    """An element as text; what is a function in a CloudFormation template, as JSON."""
    return raw if isinstance(raw, str) else json.dumps(raw, sort_keys=True, ensure_ascii=False)

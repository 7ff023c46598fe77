"""Policies compared as policies: by statement, whatever their order and spelling, and who gains what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from review.coverage import covers, unmatched
from review.model import PolicyChange, StatementChange, Widening
from review.statements import LISTS, Statement, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.parsed import Parsed

# How a widening reads after the name of its statement.
PHRASES = {
    "statement": "is new and allows",
    "actions": "now also allows",
    "principals": "now also lets in",
    "resources": "now also reaches",
    "exceptions": "no longer excepts",
    "conditions": "no longer asks for",
    "values": "now also accepts",
    "effect": "allows what it denied:",
    "denial": "no longer denies",
    "opaque": "changed in a way that cannot be compared",
}


def is_policy(value: Parsed) -> bool:
    """Whether a parsed value is a policy document: an object with statements that have an effect."""
    if not isinstance(value, dict) or "Statement" not in value:
        return False
    statements = value["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return all(isinstance(one, dict) for one in statements) and (
        "Version" in value or any("Effect" in one for one in statements)
    )


def compare(*, path: str, before: Parsed, after: Parsed, own_accounts: frozenset[str]) -> PolicyChange:
    """Compare two documents; None, or what is no policy, holds no statement.

    `own_accounts`: ids that are not another account. Without any, every account is another one.
    """
    old, new = read(before if is_policy(before) else None), read(after if is_policy(after) else None)
    pairs = _paired(old, new)
    widenings = [one for pair in pairs for one in _widenings(*pair, old=old, new=new, own_accounts=own_accounts)]
    if not old:  # a new policy is itself what is new: only what reaches far is told
        widenings = [one for one in widenings if one.flags]
    return PolicyChange(
        path=path,
        statements=tuple(change for pair in pairs if (change := _changed(*pair)) is not None),
        widenings=tuple(widenings),
    )


def _paired(old: Sequence[Statement], new: Sequence[Statement]) -> list[tuple[Statement | None, Statement | None]]:
    """Each new statement with the old one it came from: equal, of the same name, alike, or the only ones left."""
    left, right = list(old), list(new)
    pairs: list[tuple[Statement | None, Statement | None]] = []
    for likeness in (lambda a, b: a == b, lambda a, b: bool(a.sid) and a.sid == b.sid, _alike):
        for after in list(right):
            if (before := next((one for one in left if likeness(one, after)), None)) is not None:
                pairs.append((before, after))
                left.remove(before)
                right.remove(after)
    if len(left) == len(right) == 1 and left[0].effect == right[0].effect:
        return [*pairs, (left[0], right[0])]
    return [*pairs, *((before, None) for before in left), *((None, after) for after in right)]


def _alike(before: Statement, after: Statement) -> bool:
    """Whether two statements of different names share enough to be one that was edited."""
    if before.effect != after.effect or (before.sid and after.sid):
        return False
    shared = sum(bool(before.part(name) & after.part(name)) for name in LISTS)
    return shared >= 2  # noqa: PLR2004  such as actions and resources


def _changed(before: Statement | None, after: Statement | None) -> StatementChange | None:
    if before == after:
        return None
    if before is None or after is None:
        sign, one = ("+", after) if before is None else ("-", before)
        lines = tuple(f"{sign} {line}" for line in one.lines()) if one else ()
        return StatementChange(
            statement=one.title if one else "", change="added" if sign == "+" else "removed", lines=lines
        )
    old, new = before.lines(), after.lines()
    removed = [f"- {line}" for line in old if line not in new]
    added = [f"+ {line}" for line in new if line not in old]
    return StatementChange(statement=after.title, change="changed", lines=(*removed, *added))


def _widenings(
    before: Statement | None,
    after: Statement | None,
    *,
    old: Sequence[Statement],
    new: Sequence[Statement],
    own_accounts: frozenset[str],
) -> Iterator[Widening]:
    if before == after:
        return
    if any(one is not None and one.opaque for one in (before, after)):
        yield Widening(kind="opaque", statement=(after or before or Statement()).title)
        return
    if before is not None and before.effect == "Deny" and not any(covers(one, before) for one in _of("Deny", new)):
        yield from _weaker_denial(before, after, own_accounts)
    if after is not None and after.effect == "Allow" and not any(covers(one, after) for one in _of("Allow", old)):
        yield from _more_access(before, after, own_accounts)


def _of(effect: str, statements: Sequence[Statement]) -> list[Statement]:
    return [one for one in statements if one.effect == effect and not one.opaque]


def _more_access(before: Statement | None, after: Statement, own_accounts: frozenset[str]) -> Iterator[Widening]:
    flags = after.flags(own_accounts)
    principals = tuple(sorted(after.principals))
    if before is None or before.effect == "Deny":
        kind = "statement" if before is None else "effect"
        items = tuple(sorted(after.actions)) or tuple(f"all but {one}" for one in sorted(after.not_actions))
        yield Widening(kind=kind, statement=after.title, items=items, principals=principals, flags=flags)
        return
    for kind, items in _gained(before, after):
        # Whom an action was given to says nothing new about a public statement that merely got another resource.
        yield Widening(
            kind=kind,
            statement=after.title,
            items=items,
            principals=() if kind == "principals" else principals,
            flags=flags,
        )


def _gained(before: Statement, after: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What an edited statement lets through that it did not: kind of widening -> the elements."""
    for name in ("actions", "principals", "resources"):
        more = unmatched(after.part(name), before.part(name), fold=name == "actions")
        excepted = before.part(f"not_{name}")
        if after.part(f"not_{name}") and not excepted:
            yield name, tuple(f"all but {one}" for one in sorted(after.part(f"not_{name}")))
        elif more and not excepted:
            yield name, tuple(sorted(more))
        if lost := excepted - after.part(f"not_{name}"):
            yield "exceptions", tuple(sorted(lost))
    yield from _loosened(before, after)


def _loosened(before: Statement, after: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    old, new = before.conditions_by_key(), after.conditions_by_key()
    if dropped := [f"{operator} {key} {', '.join(sorted(old[operator, key]))}" for operator, key in old.keys() - new]:
        yield "conditions", tuple(sorted(dropped))
    for operator, key in sorted(old.keys() & new.keys()):
        negative = "not" in operator.lower() or operator == "Null"
        more = old[operator, key] - new[operator, key] if negative else new[operator, key] - old[operator, key]
        if more:
            yield "values", tuple(f"{key} {value}" for value in sorted(more))


def _weaker_denial(before: Statement, after: Statement | None, own_accounts: frozenset[str]) -> Iterator[Widening]:
    flags = before.flags(own_accounts) if after is None else ()
    if after is None or after.effect != "Deny":
        items = tuple(sorted(before.actions)) or tuple(f"all but {one}" for one in sorted(before.not_actions))
        yield Widening(kind="denial", statement=before.title, items=items, flags=flags)
        return
    # Seen from the other side, a denial that lets more through is one that gained what it now lacks.
    lost = [item for _, items in _gained(after, before) for item in items]
    yield Widening(kind="denial", statement=after.title, items=tuple(lost) or (json.dumps(before.title),))

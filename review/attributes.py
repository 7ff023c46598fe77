"""The values that differ between the two sides of a change, by path, and the policies among them."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review import policies
from review.model import SENSITIVE, UNKNOWN, AttributeChange, PolicyChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.parsed import Parsed
    from review.secrets import Secrets

LONGEST_VALUE = 400
MOST_LINES = 60
NO_LONGER = "(the same, no longer marked sensitive)"

# Where a policy is expected although the plan does not know it yet.
POLICY_NAMES = ("policy", "assume_role_policy", "access_policy", "resource_policy", "key_policy", "policy_document")


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sides that differ at a path. `document`: they are policies, or one of them is."""

    path: tuple[str | int, ...]
    before: Parsed
    after: Parsed
    unknown: bool = False
    marked: bool = False
    document: bool = False


def differences(change: dict[str, Any]) -> Iterator[Difference]:
    """Every difference in the `change` of a plan's entry, in the order of its paths."""
    yield from _walk(
        (),
        change.get("before"),
        change.get("after"),
        change.get("after_unknown"),
        (change.get("before_sensitive"), change.get("after_sensitive")),
    )


def _walk(
    path: tuple[str | int, ...],
    before: Parsed,
    after: Parsed,
    unknown: Parsed,
    marks: tuple[Any, Any],
) -> Iterator[Difference]:
    mark_dropped = marks[0] != marks[1] and _holds_true(marks[0])
    if _same(before, after) and not _holds_true(unknown) and not mark_dropped:
        return
    before, after = _parsed(before), _parsed(after)
    document = policies.is_policy(before) or policies.is_policy(after) or (unknown is True and _expects_policy(path))
    if document or unknown is True or True in marks:
        yield Difference(path, before, after, unknown=unknown is True, marked=True in marks, document=document)
    elif _nested(before, after, unknown):
        for key in _keys(before, after, unknown):
            inner = _at(marks[0], key), _at(marks[1], key)
            yield from _walk((*path, key), _at(before, key), _at(after, key), _at(unknown, key), inner)
    else:
        yield Difference(path, before, after)


def _same(before: Parsed, after: Parsed) -> bool:
    # Python holds that 1 == True == 1.0; JSON does not.
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    empty: tuple[Any, ...] = (None, [], {})
    return (bool(before == after) and json.dumps(before) == json.dumps(after)) or (before in empty and after in empty)


def _holds_true(tree: Parsed) -> bool:
    """Whether a tree of marks, or of what is unknown, marks anything."""
    if isinstance(tree, dict):
        return any(map(_holds_true, tree.values()))
    return any(map(_holds_true, tree)) if isinstance(tree, list) else tree is True


def _expects_policy(path: tuple[str | int, ...]) -> bool:
    return bool(path) and path[-1] in POLICY_NAMES


def _parsed(value: Parsed) -> Parsed:
    """What a JSON text holds, if it is an object or a list; any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _nested(before: Parsed, after: Parsed, unknown: Parsed) -> bool:
    """Whether there are parts to be compared one by one. Lists of plain values are compared as a whole."""
    kinds = {type(side) for side in (before, after, unknown) if side is not None and side is not False}
    plain = kinds == {list} and _is_plain(before) and _is_plain(after) and not _holds_true(unknown)
    return kinds in ({dict}, {list}) and not plain


def _is_plain(side: Parsed) -> bool:
    return not isinstance(side, list) or not any(isinstance(item, dict | list) for item in side)


def _keys(*sides: Parsed) -> Sequence[str | int]:
    names = {key for side in sides if isinstance(side, dict) for key in side}
    return sorted(names) or range(max((len(side) for side in sides if isinstance(side, list)), default=0))


def _at(side: Parsed, key: str | int) -> Parsed:
    """A part of a side; a mark or an unknown that covers the whole covers each part."""
    if side is True:
        return True
    if isinstance(side, dict):
        return side.get(key)
    return side[key] if isinstance(side, list) and isinstance(key, int) and key < len(side) else None


def path_text(path: tuple[str | int, ...]) -> str:
    """`("rule", 0, "days")` as `rule[0].days`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def shown_attribute(difference: Difference, *, secrets: Secrets, forces: bool) -> AttributeChange:
    """A difference as texts, with nothing sensitive in them."""
    path = secrets.name(path_text(difference.path))
    if difference.marked:
        same = difference.before == difference.after and not difference.unknown
        after = NO_LONGER if same else UNKNOWN if difference.unknown else _or_none(difference.after, SENSITIVE)
        return AttributeChange(path=path, before=_or_none(difference.before, SENSITIVE), after=after, forces=forces)
    before = value_text(difference.before, secrets=secrets)
    after = UNKNOWN if difference.unknown else value_text(difference.after, secrets=secrets)
    lines: tuple[str, ...] = ()
    if SENSITIVE not in (before, after) and not difference.unknown:
        lines = _changed_lines(difference.before, difference.after)
    return AttributeChange(path=path, before=before, after=after, forces=forces, lines=lines)


def _or_none(value: Parsed, text: str) -> str | None:
    return None if value is None else text


def value_text(value: Parsed, *, secrets: Secrets) -> str | None:
    """A value as JSON, or None when it is not there. Hidden when any part of it, or all of it together, is secret."""
    if value is None:
        return None
    if any(secrets.holds_one(leaf) for leaf in _texts(value)):
        secrets.hidden += 1
        return SENSITIVE
    return secrets.value(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _texts(value: Parsed) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _changed_lines(before: Parsed, after: Parsed) -> tuple[str, ...]:
    texts = before or "", after or ""
    if not all(isinstance(text, str) for text in texts) or not any("\n" in text for text in texts):
        return ()
    differing = list(difflib.unified_diff(texts[0].splitlines(), texts[1].splitlines(), n=1, lineterm=""))[2:]
    kept = [line for line in differing if not line.startswith("@@")]
    more = len(kept) - MOST_LINES
    return (*kept[:MOST_LINES], f"  ... {more} more lines") if more > 0 else tuple(kept)


def shortened(attribute: AttributeChange) -> AttributeChange:
    """The same with long values cut, saying how long they are."""
    return AttributeChange(
        path=attribute.path,
        before=_short(attribute.before),
        after=_short(attribute.after),
        forces=attribute.forces,
        lines=tuple(_short(line) or "" for line in attribute.lines),
    )


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:LONGEST_VALUE]}... ({len(text):,} characters)"


def compared_policy(difference: Difference, *, secrets: Secrets, own_accounts: frozenset[str]) -> PolicyChange:
    """The policies of a difference, compared; or why they cannot be."""
    path = secrets.name(path_text(difference.path))
    sides = difference.before, difference.after
    if difference.marked or any(
        secrets.holds_one(text) for side in sides for text in (*_texts(side), json.dumps(side))
    ):
        return PolicyChange(path=path, state="hidden")
    if difference.unknown:
        return PolicyChange(path=path, state="unknown")
    return policies.compare(path=path, before=sides[0], after=sides[1], own_accounts=own_accounts)

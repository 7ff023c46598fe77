"""Whether one statement lets through, or denies, all that another does."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from review.statements import Statement


def covers(wide: Statement, narrow: Statement) -> bool:
    """Whether all that `narrow` speaks of is spoken of by `wide`. Errs towards no."""
    return all(_covers_part(wide, narrow, name) for name in ("principals", "actions", "resources")) and _asks_no_more(
        wide, narrow
    )


def _covers_part(wide: Statement, narrow: Statement, name: str) -> bool:
    excepted, more_excepted = wide.part(f"not_{name}"), narrow.part(f"not_{name}")
    if excepted or more_excepted:
        return excepted <= more_excepted and wide.part(name) == narrow.part(name)
    return not unmatched(narrow.part(name), wide.part(name), fold=name == "actions")


def _asks_no_more(wide: Statement, narrow: Statement) -> bool:
    """Whether each condition of the wide statement is one of the narrow statement, which may accept fewer values."""
    asked, given = wide.conditions_by_key(), narrow.conditions_by_key()
    return all(at in given and _accepts(at[0], asked[at], given[at]) for at in asked)


def _accepts(operator: str, wide: frozenset[str], narrow: frozenset[str]) -> bool:
    if operator == "Null" or operator.startswith("ForAllValues"):
        return wide == narrow
    return wide <= narrow if "not" in operator.lower() else narrow <= wide


def unmatched(elements: frozenset[str], patterns: frozenset[str], *, fold: bool) -> frozenset[str]:
    """The elements that no pattern covers. `fold`: capitals do not count, as in actions."""
    return frozenset(
        one
        for one in elements - patterns
        if not any(_pattern(pattern, fold=fold).fullmatch(one) for pattern in patterns)
    )


@lru_cache(maxsize=4096)
def _pattern(text: str, *, fold: bool) -> re.Pattern[str]:
    first, *others = (_literal(part) for part in text.split("*"))
    if others:
        # Atomic groups, as in fnmatch: a pattern of many asterisks cannot take forever.
        *middle, last = others
        first += "".join(f"(?>.*?{part})" for part in middle) + f".*{last}"
    return re.compile(first, re.DOTALL | (re.IGNORECASE if fold else 0))


def _literal(part: str) -> str:
    # An asterisk of the element is covered by an asterisk of the pattern only, never by its question mark.
    return "".join("[^*]" if one == "?" else re.escape(one) for one in part)

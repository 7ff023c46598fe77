"""Risk rules: data that says which changes lose something or open something, why, and what to do about it.

rules.toml holds those that are shipped. A file of one's own adds rules, and replaces those of the same id key by key.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.errors import ReviewError
from review.model import LEVELS, Finding, PolicyChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.model import AttributeChange

SHIPPED = Path(__file__).with_name("rules.toml")
# Those of a plan, "drift" and "import"; and those of a template: "remove", "refused", and "abandon" for what is
# replaced or removed but kept by its policy.
ACTIONS = frozenset(
    {"create", "update", "replace", "destroy", "forget", "drift", "import", "unknown", "remove", "refused", "abandon"}
)
POLICIES = frozenset({"widened", "public", "foreign", "administrator", "unknown", "hidden"})
_LISTS = ("types", "addresses", "actions", "attributes", "to", "policies", "unless")
_KEYS = frozenset({"id", "level", "reason", "cure", "gone", "falls", "off", *_LISTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule fits a change when everything it names fits. `types` and `addresses`, `attributes`, `to`: globs.

    `to`: one of the attributes becomes this. `gone`: becomes nothing. `falls`: becomes a smaller number. `unless`:
    it is not told where one of these rules fits, or any other where it says "*".
    """

    id: str
    level: str
    reason: str
    cure: str
    types: tuple[str, ...] = ("*",)
    addresses: tuple[str, ...] = ("*",)
    actions: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    gone: bool = False
    falls: bool = False
    policies: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What rules are held against: a change of a plan or of a product template."""

    type: str
    action: str
    address: str = ""
    attributes: tuple[AttributeChange, ...] = ()
    policies: tuple[PolicyChange, ...] = ()


def load(own: Path | None = None) -> tuple[Rule, ...]:
    """The shipped rules, changed by a file of one's own. Raises ReviewError with every problem of it."""
    tables = {table["id"]: table for table in _tables(SHIPPED)}
    problems: list[str] = []
    for table in _tables(own) if own else ():
        tables[str(table.get("id"))] = tables.get(str(table.get("id")), {}) | table
    rules = [_rule(table, problems) for table in tables.values() if table.get("off") is not True]
    if problems:
        raise ReviewError("\n".join(f"{own or SHIPPED.name}: {problem}" for problem in problems))
    return tuple(rule for rule in rules if rule is not None)


def read_toml(file: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises ReviewError naming the file."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReviewError(f"{file}: cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ReviewError(f"{file}: is not TOML: {error}.") from error


def _tables(file: Path) -> list[dict[str, Any]]:
    tables = read_toml(file).get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) and "id" in table for table in tables):
        raise ReviewError(f"{file}: every rule is a table [[rule]] with an id.")
    return tables


def _rule(table: Mapping[str, Any], problems: list[str]) -> Rule | None:
    place = f"rule {table['id']!r}"
    found = [f"{place} has the unknown key {key!r}." for key in sorted(table.keys() - _KEYS)]
    found += [
        f"{place} needs {key}, a text." for key in ("level", "reason", "cure") if not isinstance(table.get(key), str)
    ]
    found += [f"{place}: {key} is a list." for key in _LISTS if not isinstance(table.get(key, []), list)]
    if not found:
        found += _unknown_words(place, "level", [table["level"]], frozenset(LEVELS))
        found += _unknown_words(place, "actions", table.get("actions", []), ACTIONS)
        found += _unknown_words(place, "policies", table.get("policies", []), POLICIES)
    problems += found
    if found:
        return None
    known: dict[str, Any] = {key: tuple(table[key]) for key in _LISTS if key in table}
    known["to"] = tuple(one if isinstance(one, str) else json.dumps(one) for one in table.get("to", ()))
    known |= {key: table.get(key) is True for key in ("gone", "falls")}
    known |= {key: table[key] for key in ("level", "reason", "cure")}
    return Rule(id=str(table["id"]), **known)


def _unknown_words(place: str, key: str, words: Sequence[Any], known: frozenset[str]) -> list[str]:
    unknown = [word for word in words if word not in known]
    return [f"{place}: {key} {word!r} is none of {', '.join(sorted(known))}." for word in unknown]


def findings(subject: Subject, *, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """The rules that fit, the gravest first."""
    fitting = {rule: because for rule in rules if (because := _because(rule, subject)) is not None}
    ids = {rule.id for rule in fitting}
    found = [
        Finding(rule=rule.id, level=rule.level, reason=rule.reason, cure=rule.cure, because=because)
        for rule, because in fitting.items()
        if not (ids & set(rule.unless) or ("*" in rule.unless and len(ids) > 1))
    ]
    return tuple(sorted(found, key=lambda one: (-LEVELS.index(one.level), one.rule)))


def _because(rule: Rule, subject: Subject) -> tuple[str, ...] | None:
    """The paths that make the rule fit, none where it fits the whole change; None when it does not fit."""
    if not _any_glob(rule.types, subject.type) or not _any_glob(rule.addresses, subject.address):
        return None
    if rule.actions and subject.action not in rule.actions:
        return None
    paths: list[str] = []
    if rule.policies:
        paths += [policy.path for policy in subject.policies if _words(policy) & set(rule.policies)]
    if rule.attributes:
        paths += [one.path for one in subject.attributes if _fits(rule, one)]
    return tuple(paths) if paths or not (rule.policies or rule.attributes) else None


def _words(policy: PolicyChange) -> set[str]:
    if policy.state != "compared":
        return {policy.state}
    return {flag for one in policy.widenings for flag in (*one.flags, "widened")}


def _fits(rule: Rule, attribute: AttributeChange) -> bool:
    if not _any_glob(rule.attributes, attribute.path):
        return False
    if rule.gone or rule.to or rule.falls:
        gone = rule.gone and attribute.after is None and attribute.before is not None
        return gone or _becomes(rule.to, attribute.after) or (rule.falls and _falls(attribute))
    return True


def _becomes(wanted: Sequence[str], after: str | None) -> bool:
    return after is not None and _any_glob(wanted, after.strip('"'))


def _falls(attribute: AttributeChange) -> bool:
    try:
        return float((attribute.after or "").strip('"')) < float((attribute.before or "").strip('"'))
    except ValueError:
        return False


def _any_glob(globs: Sequence[str], text: str) -> bool:
    return any(glob == "*" or _glob(glob).match(text) for glob in globs)


@lru_cache(maxsize=1024)
def _glob(text: str) -> re.Pattern[str]:
    # Of fnmatch's language only * and ?: an address has brackets of its own.
    return re.compile(translate(text.replace("[", "[[]")))

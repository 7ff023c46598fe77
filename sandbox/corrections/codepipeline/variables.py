"""What ``#{namespace.key}`` stands for while a pipeline runs, and the conditions that ask for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.corrections.operations import Record

_REFERENCE = re.compile(r"#\{([^}.]*)\.([^}]*)\}")
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda actual, wanted: wanted in actual,
    "EQ": lambda actual, wanted: actual == wanted,
    "MATCHES": lambda actual, wanted: re.fullmatch(wanted, actual) is not None,
    "NE": lambda actual, wanted: actual != wanted,
}


class UnresolvedError(Exception):
    """A reference that stands for nothing, for no action has given the variable, or a rule that cannot be read."""


def resolved(value: Any, namespaces: Mapping[str, Mapping[str, str]]) -> Any:  # noqa: ANN401  (JSON)
    """Return a configuration with every reference replaced. Raises `UnresolvedError` naming one that cannot be."""
    if isinstance(value, dict):
        return {key: resolved(item, namespaces) for key, item in value.items()}
    if not isinstance(value, str):
        return value

    def look_up(reference: re.Match[str]) -> str:
        namespace, key = reference.groups()
        if key not in namespaces.get(namespace, {}):
            raise UnresolvedError(f"The variable {reference[0]} has no value: no action before it gave one")
        return namespaces[namespace][key]

    return _REFERENCE.sub(look_up, value)


def unmet(conditions: list[Record], namespaces: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    """Return the result that a stage's condition asks for and why, or None when every rule holds.

    A rule says when to go on; the result is for when it does not hold. Raises `UnresolvedError`.
    """
    for condition in conditions:
        for rule in condition["rules"]:
            given = resolved(rule["configuration"], namespaces)
            actual, operator, wanted = given["Variable"], given["Operator"], given["Value"]
            try:
                holds = _OPERATORS[operator](actual, wanted)
            except re.error as error:
                raise UnresolvedError(f"Rule {rule['name']}: {wanted} is no regular expression: {error}") from error
            if not holds:
                return condition["result"], f"Rule {rule['name']}: {actual} is not {operator} {wanted}"
    return None

"""Reads a TOML table into a frozen dataclass: every key, type and bound is checked, and every problem is told.

The dataclass is the only description of the table. A field without default is required, `X | None = None` is a table
that may be left out, and `Annotated[int, Between(1, 100)]` bounds a value.
"""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends are allowed."""

    lowest: int
    highest: int

    def admits(self, value: Any) -> bool:  # noqa: ANN401 - whatever the file says
        """Say whether the value lies between the two."""
        return bool(self.lowest <= value <= self.highest)

    def __str__(self) -> str:
        return f"a whole number from {self.lowest} to {self.highest}"


@dataclass(frozen=True, slots=True)
class Matches:
    """A text of one form, which `form` describes to people."""

    pattern: str
    form: str

    def admits(self, value: Any) -> bool:  # noqa: ANN401 - whatever the file says
        """Say whether the whole text has the form."""
        return re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.form


_WORDS = {int: "a whole number", str: "a text in quotes", bool: "true or false"}


def read(table: Mapping[str, Any], into: type[T], *, name: str, problems: list[str]) -> T | None:
    """Return the table as an instance of `into`; None when a problem was added, each naming `name` and the key."""
    before = len(problems)
    hints = get_type_hints(into, include_extras=True)
    known = {field.name: field for field in fields(into)}  # type: ignore[arg-type] # a dataclass, by contract
    where = f"[{name}] " if name else ""
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
            problems.append(f"{where}{key} is not a setting{hint}")
    values = {}
    for key, field in known.items():
        if key in table:
            values[key] = _value(table[key], hints[key], name=f"{name}.{key}".lstrip("."), problems=problems)
        elif field.default is MISSING:
            problems.append(f"{where}has no {key}: add {_wanted(hints[key])}")
    return into(**values) if len(problems) == before else None


def _value(value: Any, hint: Any, *, name: str, problems: list[str]) -> Any:  # noqa: ANN401
    kind, checks = _plain(hint)
    if isinstance(kind, type) and is_dataclass(kind):
        if isinstance(value, dict):
            return read(value, kind, name=name, problems=problems)
        problems.append(f"{name} has to be a table: write [{name}] and its settings below")
        return None
    allowed = get_args(kind) if get_origin(kind) is Literal else ()
    right_type = value in allowed if allowed else type(value) is (get_origin(kind) or kind)
    if not right_type or not all(check.admits(value) for check in checks):
        table, _, key = name.rpartition(".")
        where = f"[{table}] " if table else ""
        problems.append(f"{where}{key} is {_shown(value)} and has to be {_wanted(hint)}")
    return value


def _plain(hint: Any) -> tuple[Any, tuple[Any, ...]]:  # noqa: ANN401
    """Return the type without `None` and `Annotated`, and the checks that stood beside it."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not types.NoneType)
    if get_origin(hint) is Annotated:
        kind, *checks = get_args(hint)
        return kind, tuple(checks)
    return hint, ()


def _wanted(hint: Any) -> str:  # noqa: ANN401
    kind, checks = _plain(hint)
    if checks:
        return " and ".join(str(check) for check in checks)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(_shown(value) for value in get_args(kind))
    return "a table" if is_dataclass(kind) else _WORDS[kind]


def _shown(value: Any) -> str:  # noqa: ANN401
    """Return the value as TOML would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)

"""What a person at the terminal must mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ProjectsError(Exception):
    """A command that could not do what it was asked to. As a string: every problem with its cure, one a line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))


def refuse(problems: Iterable[str]) -> None:
    """Raise `ProjectsError` when there are problems."""
    if found := list(problems):
        raise ProjectsError(*found)

"""What the commands show and ask."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table

from projects.errors import ProjectsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where the person is. `agrees`: every question was answered with yes beforehand. `only_shows`: nothing is done."""

    agrees: bool = False
    only_shows: bool = False
    console: Console = field(default_factory=lambda: Console(soft_wrap=True, highlight=False, markup=False))

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text)

    def busy(self, text: str) -> AbstractContextManager[object]:
        """Tell, on a terminal, what is being waited for."""
        return self.console.status(text)

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table, whose cells fold."""
        table = Table(*(Column(header, overflow="fold") for header in headers))
        for row in rows:
            table.add_row(*row)
        self.console.print(table, soft_wrap=False)

    def confirms(self, question: str, *, answer: str = "yes") -> bool:
        """Whether to go on: the person typed `answer`, or agreed beforehand. Raises `ProjectsError` if nobody is there.

        With `only_shows` it is no, and says so.
        """
        if self.only_shows:
            self.say("Nothing was changed: this was a dry run.")
            return False
        if self.agrees:
            return True
        self.console.print(f"{question} Type {answer} to go on: ", end="")
        typed = sys.stdin.readline()
        if not typed:
            raise ProjectsError("Nobody answered, so nothing was changed. Answer beforehand with --yes.")
        if typed.strip() == answer:
            return True
        self.say("Nothing was changed.")
        return False

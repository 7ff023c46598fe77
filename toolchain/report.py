"""A table, for the terminal and for a page of the documentation, where it stands between two markers.

A page holds `<!-- table: name -->` and `<!-- end of table -->`; what stands between them belongs to a program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.box import SIMPLE_HEAD
from rich.table import Table as TerminalTable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

END = "<!-- end of table -->"


class ReportError(Exception):
    """What is wrong with a report or with the page that shows it, one problem a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


class Part(Protocol):
    """What stands between two markers: a table, a diagram."""

    @property
    def name(self) -> str: ...

    def markdown(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` is what the markers call it. Every row has as many cells as the header.

    With `numeric`, all columns but the first hold numbers.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: bool = True

    def markdown(self) -> str:
        """The table as a page shows it: its numbers to the right, no cell broken by a bar."""
        rules = ("---", *["---:" if self.numeric else "---"] * (len(self.header) - 1))
        lines = (self.header, rules, *self.rows)
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines)

    def terminal(self) -> TerminalTable:
        table = TerminalTable(
            title=self.title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
        )
        table.add_column(self.header[0])
        for heading in self.header[1:]:
            table.add_column(heading, justify="right" if self.numeric else "left", no_wrap=self.numeric)
        for row in self.rows:
            table.add_row(*(cell.replace("`", "") for cell in row))
        return table


def filled(page: str, tables: Iterable[Part]) -> str:
    """The page with each table between its markers. Raises ReportError for a table that has no place in it."""
    problems = []
    for table in tables:
        start = f"<!-- table: {table.name} -->"
        place = re.compile(rf"{re.escape(start)}\n.*?{re.escape(END)}", re.DOTALL)
        text = f"{start}\n{table.markdown()}\n{END}"
        page, places = place.subn(lambda _, text=text: text, page)  # type: ignore[misc]
        if places != 1:
            problems.append(
                f'the page has {places} places for the table "{table.name}": give it {start} and {END}, once'
            )
    if problems:
        raise ReportError(problems)
    return page


def write(file: Path, tables: Iterable[Part]) -> None:
    """Write the tables into a page. Raises ReportError when the page has no place for one."""
    file.write_text(filled(file.read_text(), tables))

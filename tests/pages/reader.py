"""Whoever follows a page: chapter by chapter, every block of it, with values for its placeholders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.pages.page import blocks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.pages.page import Block
    from tests.pages.terminal import Answer, Terminal


@dataclass(slots=True, kw_only=True)
class Reader:
    """Follows a page in a terminal. What cannot be followed is named by its first line, with the reason."""

    page: Path
    terminal: Terminal
    not_followed: Mapping[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    """What the commands under each heading printed."""
    _all: list[Block] = field(init=False)
    _left: list[Block] = field(init=False)

    def __post_init__(self) -> None:
        blocks = blocks_of(self.page)
        self._all = [block for block in blocks if block.first_line not in self.not_followed]
        self._left = [*self._all]
        unknown = self.not_followed.keys() - {block.first_line for block in blocks}
        assert not unknown, f"{self.page.name} has no block that begins with {', '.join(sorted(unknown))}"

    def follow(self, heading: str, *, values: Mapping[str, str] | None = None, answers: Sequence[Answer] = ()) -> str:
        """Follow the commands under the next heading that has any, and return what they printed.

        All `values` have to be asked for by placeholders, and all `answers` by the commands.
        """
        blocks = [block for block in self._left if block.heading == heading]
        assert blocks, f"{self.page.name} has no commands left under {heading}"
        assert self._left[: len(blocks)] == blocks, f"{self._left[0].place} comes before {heading}"
        del self._left[: len(blocks)]
        self.printed[heading] = self._type_in(blocks, heading, values or {}, answers)
        return self.printed[heading]

    def again(self, heading: str, *, values: Mapping[str, str]) -> str:
        """Follow the commands under a heading once more, with other values."""
        return self._type_in([block for block in self._all if block.heading == heading], heading, values, ())

    def _type_in(
        self, blocks: Sequence[Block], heading: str, values: Mapping[str, str], answers: Sequence[Answer]
    ) -> str:
        unused = values.keys() - {name for block in blocks for name in block.placeholders}
        assert not unused, f"{self.page.name}, {heading}: nobody asks for {', '.join(sorted(unused))}"
        line, text = blocks[0].line, ""
        for block in blocks:
            text += "\n" * (block.line - line - text.count("\n")) + block.filled(values)
        return self.terminal.type_in(text, page=self.page.name, line=line, answers=answers)

    def finish(self) -> None:
        """Hold that the whole page was followed."""
        assert not self._left, f"nobody followed {', '.join(block.place for block in self._left)}"

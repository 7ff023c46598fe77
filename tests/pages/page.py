"""The commands of a Markdown page, with where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHELLS = frozenset({"bash", "sh"})
PLACEHOLDER = re.compile(r"<[A-Za-z][^<>|\n]*>|\bowner/name\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of shell commands: the heading it stands under, the line of the page it begins at, and its text."""

    page: Path
    heading: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def first_line(self) -> str:
        """The first line, without what it says after the command."""
        return re.split(r"\s+#", self.text.partition("\n")[0])[0]

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the text with a value for each placeholder, ``<...>`` or ``owner/name``. All have to have one."""
        assert "&&" not in self.text, f"{self.place}: bash goes on where a part of a list with && fails"
        missing = [name for name in dict.fromkeys(self.placeholders) if name not in values]
        assert not missing, f"{self.place}: nothing is given for {', '.join(missing)}"
        return PLACEHOLDER.sub(lambda found: values[found[0]], self.text)

    @property
    def placeholders(self) -> list[str]:
        return PLACEHOLDER.findall(self.text)


def blocks_of(page: Path) -> list[Block]:
    """Return the page's blocks of shell commands, in its order."""
    blocks, heading, is_heading = [], "", False
    for token in MarkdownIt().parse(page.read_text()):
        if is_heading:
            heading = token.content
        is_heading = token.type == "heading_open"
        if token.type == "fence" and token.info.strip() in SHELLS:
            assert token.map is not None
            blocks.append(Block(page=page, heading=heading, line=token.map[0] + 2, text=token.content))
    return blocks

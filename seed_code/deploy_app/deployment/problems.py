"""What people have to mend. Never a traceback: `app.py` prints it and ends with status 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problems(Exception):  # noqa: N818 - several at once, and none is the program's
    """As a string: every problem, one a line, each saying what is wrong, where, and how to mend it."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__("\n".join(problems))

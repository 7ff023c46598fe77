"""What counts as a line of code."""

from __future__ import annotations

from toolchain.code_lines import code_lines

SOURCE = '''\
"""A module.

Two paragraphs.
"""

# A comment.
TEXT = """two
lines"""


def function():
    """A docstring."""
    return [
        1,  # one
    ]
'''


def test_comments_docstrings_and_blank_lines_do_not_count() -> None:
    assert code_lines(SOURCE) == 6


def test_an_empty_file_has_no_line_of_code() -> None:
    assert code_lines("") == 0

"""What the command says when it cannot do its work."""

from __future__ import annotations


class ReviewError(Exception):
    """Input that cannot be read, or an order that makes no sense. As a string: every problem, one a line."""

"""What the tests of the review hold in their hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review import rules

if TYPE_CHECKING:
    from review.rules import Rule


@pytest.fixture(scope="session")
def shipped() -> tuple[Rule, ...]:
    """The shipped risk rules."""
    return rules.load()

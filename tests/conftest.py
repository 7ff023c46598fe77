"""Where things are, for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/synth/golden from the present synth")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT

"""One synth of the shipped accounts file, shared by all tests of what it says."""

from __future__ import annotations

import pytest

from tests.synth.synthesis import Synth, synthesise


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """The shipped accounts file, synthesised."""
    return synthesise(folder=tmp_path_factory.mktemp("synth"))

"""Tests that share something slow stay with one worker."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.workers import TOGETHER, group, turn


def test_tests_of_a_folder_that_shares_something_stay_together() -> None:
    assert group("tests/journey/test_failures.py::test_a") == group("tests/journey/short_cuts/test_b.py::test_b[1]")


def test_other_tests_stay_together_by_file() -> None:
    assert group("tests/sandbox/test_gate.py::test_a[x::y]") == "tests/sandbox/test_gate.py"


def test_the_longest_begins() -> None:
    assert turn("tests/journey/test_journey.py::test_a") < turn("tests/sandbox/test_gate.py::test_a")


@pytest.mark.parametrize("folder", TOGETHER)
def test_every_such_folder_exists(folder: str) -> None:
    assert list((ROOT / folder).glob("test_*.py"))

"""The build application passes its own tests, and trains, in the repository that a project gets of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.seed.seed_app import SeedApp

pytestmark = pytest.mark.slow

LARGEST_SEED = 1_000_000


def test_the_seed_stays_small(build_app: SeedApp) -> None:
    assert len(build_app.archive.data) < LARGEST_SEED


def test_the_applications_own_tests_pass(build_app: SeedApp) -> None:
    tested = build_app.make("test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_first_training_registers_a_model(build_app: SeedApp) -> None:
    trained = build_app.make("local")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    package = json.loads((build_app.repository / ".local" / "registry" / "local" / "1.json").read_text())
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert (build_app.repository / ".local" / "report.html").is_file()

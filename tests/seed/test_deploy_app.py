"""The deploy application passes its own tests in the repository that a project gets of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.seed.seed_app import SeedApp

pytestmark = pytest.mark.slow

LARGEST_SEED = 1_000_000


def test_the_seed_stays_small(deploy_app: SeedApp) -> None:
    assert len(deploy_app.archive.data) < LARGEST_SEED


def test_the_applications_own_tests_pass(deploy_app: SeedApp) -> None:
    tested = deploy_app.make("test")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_builds_environment_is_part_of_the_tests_environment(deploy_app: SeedApp) -> None:
    requirements = deploy_app.repository / "requirements"
    pinned = {name: pins(requirements / f"{name}.txt") for name in ("app", "integration", "test")}
    assert pinned["app"].items() <= pinned["test"].items()
    assert pinned["integration"].items() <= pinned["test"].items()


def pins(file: Path) -> dict[str, str]:
    """Return the version of every package that a requirements file names."""
    lines = [line.split(";")[0].split() for line in file.read_text().splitlines() if "==" in line.split(";")[0]]
    return dict(words[0].split("==", 1) for words in lines if "==" in words[0])

"""Where things are, for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.seed.seed_app import SeedApp, unpacked

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/synth/golden from the present synth")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def build_app(root: Path, tmp_path_factory: pytest.TempPathFactory) -> SeedApp:
    """A new project's training repository, with an environment of its own."""
    return unpacked(root=root, name="build_app", folder=tmp_path_factory.mktemp("build"), setting="VENV")


@pytest.fixture(scope="session")
def deploy_app(root: Path, tmp_path_factory: pytest.TempPathFactory) -> SeedApp:
    """A new project's deployment repository, with an environment of its own."""
    return unpacked(root=root, name="deploy_app", folder=tmp_path_factory.mktemp("deploy"), setting="ENVIRONMENT")

"""Where things are, for every test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import workers
from tests.seed.seed_app import SeedApp, unpacked

ROOT = Path(__file__).resolve().parent.parent

FIGURES = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: workers.turn(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> workers.GroupScheduling:  # noqa: ANN401  untyped
    return workers.GroupScheduling(config, log)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end: what was measured on the way."""
    return pytestconfig.stash.setdefault(FIGURES, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several workers: somebody else prints
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])


def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401
    lines = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(FIGURES, []).extend(lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)


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

"""Where things are, for every test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.seed.seed_app import SeedApp, unpacked

ROOT = Path(__file__).resolve().parent.parent

# What is opened once for a folder is opened by one worker: its tests stay together. The longest come first.
TOGETHER = (
    "tests/journey",
    "tests/permissions",
    "tests/seed",
    "tests/sandbox/deploy",
    "tests/sandbox/preflight",
    "tests/sandbox/projects",
    "tests/synth",
)
FIGURES = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist, which reads the mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay with one worker: those of a folder that shares something, or else those of a file."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_together(item)))
    items.sort(key=lambda item: TOGETHER.index(_together(item)) if _together(item) in TOGETHER else len(TOGETHER))


def _together(item: pytest.Item) -> str:
    path = item.path.relative_to(ROOT).as_posix()
    return next((folder for folder in TOGETHER if path.startswith(f"{folder}/")), path)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end: what was measured on the way."""
    return pytestconfig.stash.setdefault(FIGURES, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several workers: somebody else prints
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401  pytest-xdist has no types
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

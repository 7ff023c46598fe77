"""A sandbox of its own: a drain runs whatever waits in one, so nobody else's pipelines may be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import server
from tests.sandbox.runner.team import Team
from tests.sandbox.running_sandbox import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("runner")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        with server.start(log=folder / "server.log") as process:
            yield RunningSandbox(sandbox=process.sandbox, folder=folder)


@pytest.fixture
def team(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Team]:
    """A team with nothing yet. What it makes is taken away."""
    team = Team(sandbox, tmp_path)
    yield team
    team.leave()

"""One sandbox on the shipped accounts file, for all tests that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import server
from tests.sandbox.running_sandbox import RunningSandbox, Stacks, clear

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        with server.start(log=folder / "server.log") as process:
            yield RunningSandbox(sandbox=process.sandbox, folder=folder)


@pytest.fixture
def stacks(sandbox: RunningSandbox) -> Iterator[Stacks]:
    """Stacks in DEV; what a test leaves of stacks and buckets is taken away."""
    stacks = Stacks(sandbox)
    yield stacks
    clear(sandbox, "dev")

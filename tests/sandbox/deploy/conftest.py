"""The sandboxes that the deployments go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.deploy.land import Land, opened_land, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture
def open_land(tmp_path: Path) -> Callable[..., AbstractContextManager[Land]]:
    """A sandbox of one's own, for a test that takes it apart."""

    def opened(accounts_file: Path | None = None) -> AbstractContextManager[Land]:
        return opened_land(tmp_path, accounts_file)

    return opened


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """The shipped accounts, bootstrapped and deployed. Whoever changes something in it puts it back."""
    with opened_land(tmp_path_factory.mktemp("deployed")) as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        yield land

"""One emulator and one schema cache for all tests of the provider."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest
from moto.server import ThreadedMotoServer

from sandbox.provider.session import Session, open_session
from tests.sandbox.provider.provider_workspace import Workspace, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNTS = itertools.count(100000000000)


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """Return the endpoint of an emulator on a free port of loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's AWS settings away from a provider in this process, and its schemas out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("SANDBOX_CACHE", str(tmp_path_factory.mktemp("schema-cache")))
        yield


@pytest.fixture
def terraform(tmp_path: Path, emulator: str) -> Iterator[Workspace]:
    """Return an initialised workspace with a provider block and an account of its own."""
    with workspace(tmp_path / "root", endpoint=emulator, account=str(next(ACCOUNTS))) as made:
        made.write_settings()
        made.must("init")
        yield made


@pytest.fixture
def session(emulator: str) -> Session:
    """Return a session in an account of its own."""
    return open_session(
        {
            "region": "eu-west-1",
            "access_key": "a",
            "secret_key": "b",
            "endpoints": [dict.fromkeys(("iam", "s3", "ssm", "sts"), emulator)],
            "assume_role": [{"role_arn": f"arn:aws:iam::{next(ACCOUNTS)}:role/any"}],
        }
    )

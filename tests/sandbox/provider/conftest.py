"""The sandbox's server as the emulator, and one schema cache for all tests of the provider."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest

from sandbox.environment import variables
from sandbox.provider.session import Session, open_session
from tests.sandbox.provider.provider_workspace import Workspace, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.running_sandbox import RunningSandbox

ACCOUNTS = itertools.count(100000000000)


@pytest.fixture(scope="package", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's AWS settings away from a provider in this process, and its schemas out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("SANDBOX_CACHE", str(tmp_path_factory.mktemp("schema-cache")))
        yield


@pytest.fixture(scope="package")
def emulator(sandbox: RunningSandbox, _own_environment: None) -> Iterator[RunningSandbox]:
    """Turn a provider in this process to the sandbox, by environment, as `sandbox env` does."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(sandbox.sandbox, folder=sandbox.folder).items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield sandbox


@pytest.fixture
def terraform(tmp_path: Path, emulator: RunningSandbox) -> Iterator[Workspace]:
    """Return an initialised workspace with a provider block and an account of its own."""
    with workspace(tmp_path / "root", sandbox=emulator, account=str(next(ACCOUNTS))) as made:
        made.write_settings()
        made.must("init")
        yield made


@pytest.fixture
def session(emulator: RunningSandbox) -> Session:  # noqa: ARG001
    """Return a session in an account of its own."""
    role = {"role_arn": f"arn:aws:iam::{next(ACCOUNTS)}:role/any"}
    return open_session({"region": "eu-west-1", "assume_role": [role]})

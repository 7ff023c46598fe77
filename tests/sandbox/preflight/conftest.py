"""Accounts that are deployed, and the checks made on them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.deploy.land import Land, opened_land, succeeded
from tests.sandbox.preflight.looking import Looking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """The shipped accounts, bootstrapped and deployed. Whoever changes something in it puts it back."""
    with opened_land(tmp_path_factory.mktemp("preflight")) as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        yield land


@pytest.fixture
def looking(land: Land, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Looking:
    """The checks, in an environment that leads to the deployed accounts."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLOPS_", "TF_"))]:
        monkeypatch.delenv(name)
    for name, value in land.project.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    return Looking(land=land, patch=monkeypatch, folder=tmp_path, captured=capsys)

"""One deployed land for all that is done to projects in it. Each test makes projects of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.accounts import DEFAULT_FILE
from tests.sandbox.deploy.land import opened_land, succeeded
from tests.sandbox.projects.estate import Estate

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The shipped accounts, which offer projects in both ways, deployed; and an engineer who may launch them."""
    folder = tmp_path_factory.mktemp("projects")
    accounts_file = folder / "both_ways.toml"
    studio = "[demo.dev.studio]\n"
    offered = f'{studio}offered_by = ["service-catalog", "s3"]\n'
    accounts_file.write_text(DEFAULT_FILE.read_text().replace(studio, offered))
    with opened_land(folder, accounts_file) as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        estate = Estate(land=land)
        estate.let_in()
        yield estate

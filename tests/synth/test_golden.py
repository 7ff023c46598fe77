"""The synthesised configuration of each shipped account, as reviewers read it. `make golden` rewrites the files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.synth.synthesis import Synth, synthesise

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVE_DIGEST = re.compile(r"/[0-9a-f]{16}\.zip")


def without_metadata(node: object) -> object:
    """The configuration without cdktf's own remarks, which say nothing about AWS."""
    if isinstance(node, dict):
        return {key: without_metadata(value) for key, value in node.items() if key != "//"}
    return [without_metadata(item) for item in node] if isinstance(node, list) else node


def readable(configuration: dict[str, Any]) -> str:
    text = json.dumps(without_metadata(configuration), indent=2, sort_keys=True) + "\n"
    return ARCHIVE_DIGEST.sub("/<digest>.zip", text)


@pytest.mark.parametrize("account", ["demo-dev", "demo-preprod", "demo-prod"])
def test_the_configuration_of_an_account_is_the_reviewed_one(
    account: str, synth: Synth, root: Path, request: pytest.FixtureRequest
) -> None:
    golden = root / "tests" / "synth" / "golden" / f"{account}.tf.json"
    now = readable(synth.stacks[account])
    if request.config.getoption("--update-golden"):
        golden.write_text(now)
    assert now == golden.read_text(), "review the difference, then run `make golden`"


def test_every_account_of_the_file_has_a_stack_and_there_is_no_other(synth: Synth) -> None:
    assert sorted(synth.stacks) == ["demo-dev", "demo-preprod", "demo-prod"]


@pytest.mark.slow
def test_the_fast_import_of_the_provider_gives_the_same_bytes_as_the_stock_import(synth: Synth, tmp_path: Path) -> None:
    stock = synthesise(folder=tmp_path, MLOPS_STOCK_PROVIDER="1")
    assert {path.name for path in stock.folder.iterdir()} == {path.name for path in synth.folder.iterdir()}
    for stack in synth.stacks:
        file = f"stacks/{stack}/cdk.tf.json"
        assert (stock.folder / file).read_bytes() == (synth.folder / file).read_bytes()

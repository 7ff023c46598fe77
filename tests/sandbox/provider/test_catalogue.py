"""Schemas come from the bindings once, and then from a cache that cannot be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.provider import bindings, catalogue

if TYPE_CHECKING:
    from pathlib import Path

WANTED = frozenset({"aws_iam_policy", "data.aws_region", "aws_nope"})


def test_the_version_is_that_of_the_bindings(tmp_path: Path) -> None:
    assert catalogue.load(WANTED, cache=tmp_path).version == "6.25.0"


def test_only_wanted_types_that_exist_are_read(tmp_path: Path) -> None:
    assert set(catalogue.load(WANTED, cache=tmp_path).types) == WANTED - {"aws_nope"}


def test_required_optional_and_computed_are_as_in_the_provider(tmp_path: Path) -> None:
    policy = catalogue.load(WANTED, cache=tmp_path).types["aws_iam_policy"].attributes
    assert policy["policy"].required
    assert policy["arn"].computed
    assert not policy["arn"].is_argument


def test_the_second_reading_does_not_open_the_bindings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = catalogue.load(WANTED, cache=tmp_path)
    monkeypatch.setattr(bindings, "extract", lambda *_: pytest.fail("the bindings were read again"))
    assert catalogue.load(WANTED, cache=tmp_path) == first


def test_a_cache_cut_short_is_made_again(tmp_path: Path) -> None:
    first = catalogue.load(WANTED, cache=tmp_path)
    for file in tmp_path.iterdir():
        file.write_text(file.read_text()[:100])
    assert catalogue.load(WANTED, cache=tmp_path) == first


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    assert "aws_iam_policy" in catalogue.load(WANTED, cache=occupied / "below").types


def test_types_are_found_in_hcl_in_json_and_in_installed_modules(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "this" {}')
    (tmp_path / "cdk.tf.json").write_text('{"data": {"aws_sns_topic": {"x": {}}}}')
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text('resource "aws_kms_key" "this" {}')
    (tmp_path / ".terraform" / "modules").mkdir(parents=True)
    (tmp_path / ".terraform" / "modules" / "modules.json").write_text('{"Modules": [{"Dir": "module"}]}')
    found = catalogue.named_in_configuration(tmp_path)
    assert {"aws_sqs_queue", "data.aws_sns_topic", "aws_kms_key"} <= found

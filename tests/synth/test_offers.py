"""Where Studio finds the product, from the accounts file to the modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from baseline.releases import published
from tests.synth.synthesis import synthesise

if TYPE_CHECKING:
    from pathlib import Path

    from tests.synth.synthesis import Synth

STUDIO = "[demo.dev.studio]\n"


def stack(root: Path, folder: Path, offered_by: str) -> dict[str, Any]:
    """DEV's configuration with the shipped accounts file and another offer."""
    accounts = (root / "accounts.toml").read_text().replace(STUDIO, f"{STUDIO}offered_by = {offered_by}\n", 1)
    (folder / "accounts.toml").write_text(accounts)
    return synthesise(folder=folder / "out", MLOPS_ACCOUNTS=str(folder / "accounts.toml")).stacks["demo-dev"]


@pytest.fixture(scope="module")
def only_s3(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return stack(root, tmp_path_factory.mktemp("s3"), '["s3"]')


def test_without_s3_templates_there_is_nothing_of_them(synth: Synth) -> None:
    dev = synth.stacks["demo-dev"]
    assert "project_templates" not in dev["module"]
    assert "output" not in dev


def test_each_release_is_a_template_and_the_same_file_as_the_products(only_s3: dict[str, Any], root: Path) -> None:
    versions = [str(release.version) for release in published(root / "cfn_product" / "releases")]
    templates = only_s3["module"]["project_templates"]["releases"]
    assert list(templates) == versions
    products = only_s3["module"]["seed_bucket"]["objects"]
    assert [templates[version]["path"] for version in versions] == [products[version]["path"] for version in versions]


def test_the_launch_role_has_the_policies_of_the_portfolios(only_s3: dict[str, Any]) -> None:
    given = only_s3["module"]["project_templates"]["launch_policy_arns"]
    assert given == "${module.project_portfolio.launch_policy_arns}"


def test_terraform_prints_what_is_left_to_do(only_s3: dict[str, Any]) -> None:
    assert only_s3["output"]["next_step"]["value"] == "${module.project_templates.next_step}"


def test_s3_alone_hides_the_product_and_keeps_it(only_s3: dict[str, Any]) -> None:
    assert only_s3["module"]["project_portfolio"]["visible_in_studio"] is False


def test_both_offers_show_the_product_too(root: Path, tmp_path: Path) -> None:
    modules = stack(root, tmp_path, '["service-catalog", "s3"]')["module"]
    assert modules["project_portfolio"]["visible_in_studio"] is True
    assert "project_templates" in modules

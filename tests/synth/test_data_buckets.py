"""What the accounts file says of data reaches the policies of the projects' roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.synth.synthesis import synthesise

if TYPE_CHECKING:
    from pathlib import Path

    from tests.synth.synthesis import Synth

STUDIO = """
[demo.dev.studio]
roles = ["arn:aws:iam::123456789012:role/data-scientist"]
data_buckets = ["example-customers", "example.transactions"]
"""


@pytest.fixture(scope="module")
def with_data(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Accounts with named roles in PREPROD and PROD, and with two buckets of data."""
    folder = tmp_path_factory.mktemp("data")
    named_roles = (root / "tests" / "instant" / "accounts" / "good" / "named_roles.toml").read_text()
    (folder / "accounts.toml").write_text(named_roles + STUDIO)
    return synthesise(folder=folder / "out", MLOPS_ACCOUNTS=str(folder / "accounts.toml"))


def test_data_buckets_are_those_of_the_accounts_file(with_data: Synth) -> None:
    module = with_data.stacks["demo-dev"]["module"]["project_policies"]
    assert module["data_bucket_names"] == ["example-customers", "example.transactions"]


def test_without_any_there_are_none(synth: Synth) -> None:
    assert synth.stacks["demo-dev"]["module"]["project_policies"]["data_bucket_names"] == []


def test_deployments_use_the_roles_that_the_accounts_file_names(with_data: Synth) -> None:
    module = with_data.stacks["demo-dev"]["module"]["project_policies"]
    assert (
        "arn:aws:iam::345678901234:role/cdk-hnb659fds-deploy-role-345678901234-eu-west-1" in module["deploy_role_arns"]
    )


def test_the_launch_role_hands_out_the_policies_that_are_made(synth: Synth) -> None:
    portfolio = synth.stacks["demo-dev"]["module"]["project_portfolio"]
    assert portfolio["project_policies"] == "${module.project_policies.arn_prefix}"

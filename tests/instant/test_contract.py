"""What DEV's Parameter Store tells the product and the seed apps, for each kind of accounts file."""

from __future__ import annotations

from pathlib import Path

import pytest

from baseline import contract, naming
from baseline.accounts import load

GOOD = Path(__file__).parent / "accounts" / "good"
GOOD_FILES = sorted(GOOD.glob("*.toml"))
OPTIONAL = {"subnet_ids", "security_group_ids"}
every_good_file = pytest.mark.parametrize("file", GOOD_FILES, ids=lambda file: file.stem)


def written(file: Path) -> dict[str, str]:
    """Path -> value, of the first account set of a file."""
    parameters = contract.parameters(
        account_set=load(file)[0], seed_bucket="seeds", build_key="build.zip", deploy_key="deploy.zip"
    )
    return {path: parameter["value"] for path, parameter in parameters.items()}


@every_good_file
def test_every_environment_says_the_same_of_itself(file: Path) -> None:
    said = {
        environment: {path.rpartition("/")[2] for path in written(file) if path.startswith(f"/mlops/{environment}/")}
        for environment in naming.ENVIRONMENTS
    }
    always = {"account_id", "region", "deploy_role_arn", "cloudformation_role_arn", "boundary_arn"}
    assert {
        environment: names - OPTIONAL - {"project_policies"} for environment, names in said.items()
    } == dict.fromkeys(naming.ENVIRONMENTS, always)


@every_good_file
def test_only_dev_has_policies_for_the_roles_of_projects(file: Path) -> None:
    found = {path: value for path, value in written(file).items() if path.endswith("/project_policies")}
    assert found == {"/mlops/dev/project_policies": naming.project_policies_arn(load(file)[0].dev)}


def test_the_network_of_an_account_is_told_with_commas() -> None:
    parameters = written(GOOD / "everything_set.toml")
    assert parameters["/mlops/prod/subnet_ids"] == "subnet-0123456789abcdef0,subnet-12345678"
    assert parameters["/mlops/prod/security_group_ids"] == "sg-0123456789abcdef0"


def test_without_a_network_nothing_is_told_of_it() -> None:
    assert [path for path in written(GOOD / "minimal.toml") if path.rpartition("/")[2] in OPTIONAL] == []


def test_what_an_account_has_already_is_told_instead_of_ours() -> None:
    assert written(GOOD / "named_roles.toml")["/mlops/prod/deploy_role_arn"] == (
        "arn:aws:iam::345678901234:role/cdk-hnb659fds-deploy-role-345678901234-eu-west-1"
    )

"""Other accounts files than the shipped one, deployed: single-account mode, and sets that share an account."""

from __future__ import annotations

import filecmp
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.deploy.land import succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
GOOD = "tests/instant/accounts/good"


def deploy_from_nothing(land: Land) -> None:
    for step in (land.project.bootstrap, land.project.deploy):
        succeeded(step())


def value(ssm: Any, path: str) -> str:  # noqa: ANN401  boto3 makes its clients at run time
    return str(ssm.get_parameter(Name=path)["Parameter"]["Value"])


def leftovers(land: Land, account: str) -> dict[str, list[str]]:
    """What of ours is in an account, by kind."""
    catalog, iam, s3, ssm = (land.client(account, service) for service in ("servicecatalog", "iam", "s3", "ssm"))
    return {
        "roles": [role["RoleName"] for role in iam.list_roles(PathPrefix="/mlops/")["Roles"]],
        "policies": [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]],
        "parameters": [parameter["Name"] for parameter in ssm.describe_parameters()["Parameters"]],
        "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
        "portfolios": [portfolio["DisplayName"] for portfolio in catalog.list_portfolios()["PortfolioDetails"]],
        "products": [view["ProductARN"] for view in catalog.search_products_as_admin()["ProductViewDetails"]],
    }


def test_destroy_leaves_the_accounts_empty_but_for_the_state_bucket(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        deploy_from_nothing(land)
        succeeded(land.project.destroy())
        for account in land.sandbox.accounts.values():
            state_bucket = f"mlops-state-{account.region}-{account.account_id}"
            assert leftovers(land, account.name) == {
                "roles": [],
                "policies": [],
                "parameters": [],
                "buckets": [state_bucket],
                "portfolios": [],
                "products": [],
            }


def test_one_account_can_be_all_three(open_land: Callable[..., AbstractContextManager[Land]], root: Path) -> None:
    with open_land(root / GOOD / "single_account.toml") as land:
        deploy_from_nothing(land)
        [account_id] = {account.account_id for account in land.sandbox.accounts.values()}
        [first, *_] = land.project.stacks
        set_name = first.rpartition("-")[0]
        assert sorted(leftovers(land, first)["roles"]) == sorted(
            f"mlops-{set_name}-{environment}-{role}"
            for environment in ("dev", "preprod", "prod")
            for role in ("deploy", "cloudformation")
        )
        for stack in land.project.stacks:
            assert land.project.changes(stack) == {}, f"{stack} in {account_id}"


def test_a_second_set_deploys_beside_the_first_with_a_shared_prod_account(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land(HERE / "accounts" / "two_sets_sharing_prod.toml") as land:
        deploy_from_nothing(land)
        for stack in land.project.stacks:
            assert land.project.changes(stack) == {}, stack
        assert sorted(leftovers(land, "sales-prod")["roles"]) == [
            "mlops-risk-prod-cloudformation",
            "mlops-risk-prod-deploy",
            "mlops-sales-prod-cloudformation",
            "mlops-sales-prod-deploy",
        ]
        # Each set's DEV publishes what its own accounts have: a network here, roles made by AWS CDK there.
        sales, risk = (land.client(name, "ssm") for name in ("sales-dev", "risk-dev"))
        assert value(sales, "/mlops/prod/subnet_ids") == "subnet-0123456789abcdef0,subnet-0123456789abcdef1"
        assert value(risk, "/mlops/preprod/deploy_role_arn").endswith(
            ":role/cdk-hnb659fds-deploy-role-567890123456-eu-west-1"
        )
        assert leftovers(land, "risk-preprod")["roles"] == []


def test_synth_is_byte_for_byte_the_same_for_the_sandbox_and_for_aws(deployed: Land, tmp_path: Path) -> None:
    for_aws = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "MLOPS_"))}
    folders = {"sandbox": deployed.project.variables, "aws": for_aws}
    for name, variables in folders.items():
        folder = tmp_path / name
        project = replace(deployed.project, variables={**variables, "CDKTF_OUTDIR": str(folder)})
        made = project.run(sys.executable, "main.py")
        assert made.returncode == 0, made.stdout
    files = sorted(path.relative_to(tmp_path / "aws") for path in (tmp_path / "aws").rglob("*") if path.is_file())
    assert len(files) > len(deployed.project.stacks)
    same, different, missing = filecmp.cmpfiles(tmp_path / "aws", tmp_path / "sandbox", map(str, files), shallow=False)
    assert (different, missing) == ([], [])
    assert len(same) == len(files)

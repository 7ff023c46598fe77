"""The accounts come from DEV's Parameter Store, and what is missing there is told by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment.accounts import read_accounts
from deployment.problems import Problems
from deployment.settings import Network, Settings
from tests.unit.conftest import ACCOUNTS, REGION, account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.conftest import PretendedAws


def in_a_vpc(settings: Settings) -> Settings:
    """Return the settings with the endpoint in a VPC."""
    assert settings.endpoint is not None
    return replace(settings, endpoint=replace(settings.endpoint, network=Network(isolation=True, vpc=True)))


def test_every_account_is_read(aws: PretendedAws, shipped: Mapping[str, Settings]) -> None:
    accounts = read_accounts(ssm=aws.ssm, settings=shipped, region=REGION)
    assert accounts == {
        name: replace(account(name), subnet_ids=(), security_group_ids=()) for name in ("dev", "preprod", "prod")
    }


def test_the_network_is_read_where_it_is_asked_for(aws: PretendedAws, shipped: Mapping[str, Settings]) -> None:
    aws.put_parameter("/mlops/prod/subnet_ids", "subnet-11111111,subnet-22222222")
    aws.put_parameter("/mlops/prod/security_group_ids", "sg-11111111")
    settings = {**shipped, "prod": in_a_vpc(shipped["prod"])}
    assert read_accounts(ssm=aws.ssm, settings=settings, region=REGION)["prod"] == account("prod")


def test_a_network_that_was_never_configured_is_told(aws: PretendedAws, shipped: Mapping[str, Settings]) -> None:
    settings = {**shipped, "prod": in_a_vpc(shipped["prod"])}
    with pytest.raises(Problems) as raised:
        read_accounts(ssm=aws.ssm, settings=settings, region=REGION)
    told = str(raised.value).splitlines()
    assert [line.split(":")[0] for line in told] == [
        "DEV's Parameter Store has no /mlops/prod/subnet_ids",
        "DEV's Parameter Store has no /mlops/prod/security_group_ids",
    ]
    assert all("set [endpoint.network] vpc to false in config/prod.toml" in line for line in told)


def test_an_account_elsewhere_is_told(aws: PretendedAws, shipped: Mapping[str, Settings]) -> None:
    aws.put_parameter("/mlops/prod/region", "us-east-1")
    with pytest.raises(Problems, match=r"/mlops/prod/region is us-east-1, and the project's models are in eu-west-1"):
        read_accounts(ssm=aws.ssm, settings=shipped, region=REGION)


def test_missing_parameters_of_all_environments_are_told_at_once(
    aws: PretendedAws, shipped: Mapping[str, Settings]
) -> None:
    aws.ssm.delete_parameters(Names=[f"/mlops/{name}/boundary_arn" for name in ACCOUNTS])
    with pytest.raises(Problems) as raised:
        read_accounts(ssm=aws.ssm, settings=shipped, region=REGION)
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == [
        f"DEV's Parameter Store has no /mlops/{name}/boundary_arn" for name in ("dev", "preprod", "prod")
    ]

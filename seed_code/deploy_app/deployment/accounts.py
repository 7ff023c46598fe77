"""The accounts, as DEV's Parameter Store tells of them.

They are read once and stand in the templates as literals: CloudFormation can neither read another account's parameters
nor ask whether one exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployment.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment.settings import Settings

_ALWAYS = ("account_id", "region", "boundary_arn", "cloudformation_role_arn")
_NETWORK = ("subnet_ids", "security_group_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where one environment is. Without a VPC in the settings the two lists of the network are empty."""

    account_id: str
    region: str
    boundary_arn: str
    cloudformation_role_arn: str
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()


def read_accounts(*, ssm: Any, settings: Mapping[str, Settings], region: str) -> Mapping[str, Account]:  # noqa: ANN401
    """Read the account of every environment. Raises `Problems` naming every parameter that is missing or unfit."""
    problems: list[str] = []
    accounts = {name: _read_one(ssm, name, wanted, problems) for name, wanted in settings.items()}
    problems.extend(
        f"/mlops/{name}/region is {account.region}, and the project's models are in {region}: an endpoint reads its "
        "model in its own Region only, so the platform's accounts file has to give all environments one Region"
        for name, account in accounts.items()
        if account is not None and account.region != region
    )
    if problems:
        raise Problems(problems)
    return {name: account for name, account in accounts.items() if account is not None}


def _read_one(ssm: Any, environment: str, settings: Settings, problems: list[str]) -> Account | None:  # noqa: ANN401
    vpc = settings.endpoint is not None and settings.endpoint.network.vpc
    names = _ALWAYS + (_NETWORK if vpc else ())
    answer = ssm.get_parameters(Names=[f"/mlops/{environment}/{name}" for name in names])
    values = {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in answer["Parameters"]}
    missing = [name for name in names if name not in values]
    problems.extend(
        f"DEV's Parameter Store has no /mlops/{environment}/{name}: {_cure(environment, name)}" for name in missing
    )
    if missing:
        return None
    return Account(
        account_id=values["account_id"],
        region=values["region"],
        boundary_arn=values["boundary_arn"],
        cloudformation_role_arn=values["cloudformation_role_arn"],
        subnet_ids=tuple(values["subnet_ids"].split(",")) if vpc else (),
        security_group_ids=tuple(values["security_group_ids"].split(",")) if vpc else (),
    )


def _cure(environment: str, name: str) -> str:
    if name in _NETWORK:
        return (
            f"the platform has configured no network for {environment}, so set [endpoint.network] vpc to false in "
            f"config/{environment}.toml, or ask the platform team for one"
        )
    return "the platform's baseline of DEV writes it, ask the platform team"

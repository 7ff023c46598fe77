"""The SSM contract: what the product template and the seed apps may read in DEV's Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baseline import naming
from baseline.naming import EnvironmentParameter, ssm_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baseline.accounts import Account, AccountSet


def parameters(
    *, account_set: AccountSet, seed_bucket: str, build_key: str, deploy_key: str
) -> dict[str, dict[str, str]]:
    """Every parameter: path -> {"value", "description"}. Lists are written with commas."""
    contract = {
        naming.SSM_SEED_BUCKET: (seed_bucket, "Bucket with the first content of each project's repositories."),
        naming.SSM_BUILD_KEY: (build_key, "Key of the archive that a training repository starts from."),
        naming.SSM_DEPLOY_KEY: (deploy_key, "Key of the archive that a deployment repository starts from."),
    }
    for account in account_set.accounts:
        for parameter, value, description in _facts(account):
            contract[ssm_path(account.environment, parameter)] = (value, description)
    return {path: {"value": value, "description": text} for path, (value, text) in contract.items()}


def _facts(account: Account) -> Iterator[tuple[EnvironmentParameter, str, str]]:
    where = account.environment.upper()
    yield EnvironmentParameter.ACCOUNT_ID, account.account_id, f"Id of the {where} account."
    yield EnvironmentParameter.REGION, account.region, f"Region of {where}."
    yield (
        EnvironmentParameter.DEPLOY_ROLE_ARN,
        naming.deploy_role_arn(account),
        f"Role in {where} that deployment pipelines assume.",
    )
    yield (
        EnvironmentParameter.CLOUDFORMATION_ROLE_ARN,
        naming.cloudformation_role_arn(account),
        f"Role in {where} that CloudFormation deploys with.",
    )
    yield (
        EnvironmentParameter.BOUNDARY_ARN,
        naming.boundary_arn(account),
        f"Permissions boundary of every project role in {where}.",
    )
    if account.is_dev:
        yield (
            EnvironmentParameter.PROJECT_POLICIES,
            naming.project_policies_arn(account),
            "ARN of the policies of the projects' roles, up to the kind of role.",
        )
    if account.network is not None:
        yield (
            EnvironmentParameter.SUBNET_IDS,
            ",".join(account.network.subnet_ids),
            f"Subnets of the endpoints in {where}.",
        )
        yield (
            EnvironmentParameter.SECURITY_GROUP_IDS,
            ",".join(account.network.security_group_ids),
            f"Security groups of the endpoints in {where}.",
        )

"""The deployment roles: DEV's deployment pipelines can deploy to the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baseline import naming
from preflight.findings import EVERYWHERE, NOTHING_DEPLOYED, Check, failed, not_yet, ok, unknown, warning
from preflight.iam import policy_exists, role_of
from preflight.trust import Verdict, role_may_assume, service_may_assume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preflight.findings import Finding
    from preflight.target import Target

CLOUDFORMATION = "cloudformation.amazonaws.com"
A_PROJECT = "p-0123456789ab"


def deployment_roles_are_trusted(target: Target) -> Iterator[Finding]:
    """The deploy role lets pipelines of DEV in, the cloudformation role CloudFormation, and the boundary exists."""
    account = target.account
    if account.deployment_roles is None and target.state.is_empty:
        yield not_yet(NOTHING_DEPLOYED, f"make deploy ACCOUNT={account.name}")
        return
    yield _deploy_role(target, naming.deploy_role_arn(account))
    yield _cloudformation_role(target, naming.cloudformation_role_arn(account))
    boundary = naming.boundary_arn(account)
    yield ok("the boundary exists") if policy_exists(target, boundary) else _absent(target, f"policy {boundary}")


def _deploy_role(target: Target, arn: str) -> Finding:
    role, dev = role_of(target, arn), target.account_set.dev
    if role is None or role["Arn"] != arn:
        return _absent(target, f"role {arn}")
    pipeline_role = naming.DEPLOY_PIPELINE_ROLE_PATTERN.replace("*", A_PROJECT)
    principal = f"arn:{dev.partition}:iam::{dev.account_id}:role/{pipeline_role}"
    verdict, name = role_may_assume(role["AssumeRolePolicyDocument"], principal), role["RoleName"]
    if verdict is Verdict.NO:
        return failed(
            f"{name} does not trust the deployment pipelines of {dev.account_id}, such as {principal}",
            _restore(target, f"Let {principal.replace(A_PROJECT, '*')} assume it"),
        )
    if verdict is Verdict.UNCLEAR:
        return unknown(
            f"{name} trusts under conditions that only AWS can judge", "Deploy a project to see, or simplify its trust."
        )
    if verdict is Verdict.WITH_THE_WHOLE_ACCOUNT:
        return warning(
            f"{name} trusts whatever {dev.account_id} lets assume it, not its deployment pipelines alone",
            _restore(target, f"Add the condition ArnLike aws:PrincipalArn {principal.replace(A_PROJECT, '*')}"),
        )
    return ok(f"{name} trusts the deployment pipelines of {dev.account_id} alone")


def _cloudformation_role(target: Target, arn: str) -> Finding:
    role = role_of(target, arn)
    if role is None or role["Arn"] != arn:
        return _absent(target, f"role {arn}")
    if not service_may_assume(role["AssumeRolePolicyDocument"], CLOUDFORMATION):
        return failed(
            f"{role['RoleName']} does not trust {CLOUDFORMATION}",
            _restore(target, f"Let {CLOUDFORMATION} assume it"),
        )
    return ok(f"{role['RoleName']} trusts CloudFormation")


def _absent(target: Target, what: str) -> Finding:
    account = target.account
    if account.deployment_roles is not None:
        place = f"[{account.set_name}.{account.environment}.deployment_roles]"
        return failed(f"there is no {what}", f"Make it, or mend {place}.")
    return failed(f"there is no {what}, and it should have been deployed", f"make deploy ACCOUNT={account.name}")


def _restore(target: Target, by_hand: str) -> str:
    is_ours = target.account.deployment_roles is None
    return f"make deploy ACCOUNT={target.account.name}" if is_ours else f"{by_hand}."


DEPLOYMENT_ROLES = Check(
    name="deployment roles",
    environments=EVERYWHERE,
    actions=("iam:GetRole", "iam:GetPolicy", "s3:GetObject"),
    run=deployment_roles_are_trusted,
)

"""Names: a deployment would meet nothing that has one of them already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baseline import naming
from preflight.findings import EVERYWHERE, Check, failed, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baseline.accounts import Account
    from preflight.findings import Finding
    from preflight.target import Target

ROLE, POLICY, BUCKET, PARAMETER = "role", "policy", "bucket", "parameter"
PROJECT_POLICIES = (
    "boundary",
    "build",
    "build-pipeline",
    "deploy-pipeline",
    "deploy-scan",
    "deploy-synth",
    "deploy-test",
    "events",
    "image",
    "sagemaker",
)
PORTFOLIO_POLICIES = ("approver", "data_scientist", "launch_apps", "launch_data", "launch_roles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name that the deployment gives, and the Terraform address of what gets it."""

    kind: str
    name: str
    address: str


def names_are_free(target: Target) -> Iterator[Finding]:
    """Nothing outside Terraform's state has a name that the deployment gives."""
    names = list(names_of(target))
    wanted = [name for name in names if name.address not in target.state.resources]
    taken = {ROLE: _roles, POLICY: _policies, BUCKET: _buckets, PARAMETER: _parameters}
    kinds = {name.kind for name in wanted}
    existing = {kind: list_names(target) for kind, list_names in taken.items() if kind in kinds}
    problems = [_collision(target, name) for name in wanted if name.name in existing[name.kind]]
    yield from problems or [ok(f"{len(names)} names, none of them taken by anything else")]


def names_of(target: Target) -> Iterator[Name]:
    """Every name that is unique in an account, or in all of AWS, and that a deployment gives."""
    account = target.account
    if account.deployment_roles is None:
        module = "module.deployment_roles"
        yield _role(naming.deploy_role_name(account), f"{module}.aws_iam_role.deploy")
        yield _role(naming.cloudformation_role_name(account), f"{module}.aws_iam_role.cloudformation")
        yield _policy(naming.boundary_name(account), f"{module}.aws_iam_policy.boundary")
    if account.is_dev:
        yield from _names_of_dev(target, naming.prefix(account))


def _names_of_dev(target: Target, prefix: str) -> Iterator[Name]:
    bucket = naming.seed_bucket_name(target.account)
    yield Name(kind=BUCKET, name=bucket, address="module.seed_bucket.aws_s3_bucket.this")
    for path in target.contract:
        yield Name(kind=PARAMETER, name=path, address=f'module.ssm_contract.aws_ssm_parameter.this["{path}"]')
    for kind in PROJECT_POLICIES:
        yield _policy(f"{prefix}-project-{kind}", f'module.project_policies.aws_iam_policy.this["{kind}"]')
    if target.account.studio is not None:
        module = "module.project_portfolio"
        yield _role(f"{prefix}-launch", f"{module}.aws_iam_role.launch")
        for policy in PORTFOLIO_POLICIES:
            yield _policy(f"{prefix}-{policy.replace('_', '-')}", f"{module}.aws_iam_policy.{policy}")
        if target.account.studio.s3_templates_domain is not None:
            module = "module.project_templates"
            yield _role(f"{prefix}-s3-launch", f"{module}.aws_iam_role.launch")
            yield _policy(f"{prefix}-s3-templates", f"{module}.aws_iam_policy.data_scientist")


def _role(name: str, address: str) -> Name:
    return Name(kind=ROLE, name=name, address=address)


def _policy(name: str, address: str) -> Name:
    return Name(kind=POLICY, name=name, address=address)


def _roles(target: Target) -> set[str]:
    return {role["RoleName"] for role in target.pages("iam", "list_roles", "Roles")}


def _policies(target: Target) -> set[str]:
    return {policy["PolicyName"] for policy in target.pages("iam", "list_policies", "Policies", Scope="Local")}


def _buckets(target: Target) -> set[str]:
    bucket = naming.seed_bucket_name(target.account)
    return {bucket} if bucket in target.buckets or target.is_anothers_bucket(bucket) else set()


def _parameters(target: Target) -> set[str]:
    return set(target.parameters)


def _collision(target: Target, name: Name) -> Finding:
    account = target.account
    if name.kind == BUCKET and name.name not in target.buckets:
        return failed(f"bucket {name.name} belongs to another account", _rename(account))
    return failed(
        f"{name.kind} {name.name} exists, and Terraform's state knows nothing of it",
        f"If it is left from an earlier deployment, delete it, or adopt it: make diff ACCOUNT={account.name} && "
        f"cd cdktf.out/stacks/{account.name} && terraform import '{name.address}' '{_import_id(account, name)}'. "
        f"If it is somebody else's: {_rename(account)}",
    )


def _rename(account: Account) -> str:
    return f"give the set another name than {account.set_name}."


def _import_id(account: Account, name: Name) -> str:
    is_policy = name.kind == POLICY
    prefix = f"arn:{account.partition}:iam::{account.account_id}:policy{naming.IAM_PATH}" if is_policy else ""
    return f"{prefix}{name.name}"


NAMES = Check(
    name="names",
    environments=EVERYWHERE,
    actions=(
        "iam:ListRoles",
        "iam:ListPolicies",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:GetObject",
        "ssm:GetParametersByPath",
    ),
    run=names_are_free,
)

"""The roles of GitHub Actions in one account: what their stack is called, and what it has to know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from baseline import naming
from bootstrap import CI_TEMPLATE
from bootstrap.identity import BootstrapError
from bootstrap.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from baseline.accounts import Account
    from bootstrap.identity import Target
    from bootstrap.stack import ChangeSet

AUDIENCE = "sts.amazonaws.com"
CAPABILITIES = ("CAPABILITY_NAMED_IAM",)
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = "OidcProvider"  # its logical id
_REPOSITORY = re.compile(r"[\w.@-]+/[\w.@-]+", re.ASCII)


def checked_repository(text: str) -> str:
    """Return the repository as GitHub's tokens name it. Raises `BootstrapError` for what can be none."""
    if not _REPOSITORY.fullmatch(text):
        raise BootstrapError(
            f'"{text}" is no repository: it is called "owner/name". In tokens of newer repositories both have an id '
            'behind them; then write what stands in such a token between "repo:" and the next colon.'
        )
    return text


def stack_name(account: Account) -> str:
    """Name of the stack: one for each account of the accounts file, though some may share an AWS account."""
    return f"{naming.prefix(account)}-ci"


def ci_stack(target: Target) -> Stack:
    """Return the stack with the roles, which may not be there yet."""
    client = target.session.client("cloudformation", region_name=target.account.region)
    return Stack(client=client, name=stack_name(target.account))


def plan(target: Target, stack: Stack, *, repository: str, targets: Sequence[Target]) -> ChangeSet | None:
    """Return what the template would make of the stack, in a run that is for `targets`.

    Raises `StackFailedError`, and `BootstrapError` when the account has a provider that takes no such tokens.
    """
    return stack.plan(
        template=CI_TEMPLATE.read_text(encoding="utf-8"),
        parameters=_parameters(target, repository=repository) | {"OidcProviderArn": _provider(target, stack, targets)},
        capabilities=CAPABILITIES,
    )


def _parameters(target: Target, *, repository: str) -> dict[str, str]:
    account = target.account
    return {
        "NamePrefix": naming.prefix(account),
        "Environment": account.environment.value,
        "StateBucket": account.state.bucket,
        "StateKey": account.state.key,
        # A pull request plans, and so does whatever looks for drift on the default branch.
        "PlanSubjects": f"repo:{repository}:pull_request,repo:{repository}:ref:refs/heads/main",
        "DeploySubjects": f"repo:{repository}:environment:{account.environment}",
        **(_of_dev(account) if account.is_dev else {}),
    }


def _of_dev(account: Account) -> Mapping[str, str]:
    studio_roles = account.studio.role_arns if account.studio is not None else ()
    return {"SeedBucket": naming.seed_bucket_name(account), "StudioRoleArns": ",".join(studio_roles)}


def _provider(target: Target, stack: Stack, targets: Sequence[Target]) -> str:
    """Return the ARN of the provider for GitHub, or nothing when this stack is the one to make it, or has made it."""
    account = target.account
    arn = f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{ISSUER}"
    if stack.holds(PROVIDER):
        return ""
    if _exists(target, arn):
        return arn
    # Environments may share an AWS account: the first of them makes it.
    first = next(other for other in targets if other.account.account_id == account.account_id)
    return "" if first is target else arn


def _exists(target: Target, arn: str) -> bool:
    iam = target.session.client("iam")
    try:
        audiences = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
    except iam.exceptions.NoSuchEntityException:
        return False
    if AUDIENCE not in audiences:
        raise BootstrapError(
            f"{target.account.name}: the account's provider {arn} takes no token for {AUDIENCE}. Add it: "
            f"aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} "
            f"--client-id {AUDIENCE}"
        )
    return True

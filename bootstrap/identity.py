"""Sessions for the accounts of the accounts file, and the proof that each reaches the account it names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from baseline.accounts import ACCOUNTS_VARIABLE, DEFAULT_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baseline.accounts import Account


class BootstrapError(Exception):
    """Something the person at the terminal must mend; the text says what, where and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account and a session whose credentials are proven to belong to it."""

    account: Account
    session: boto3.Session


def identify(accounts: Sequence[Account]) -> tuple[Target, ...]:
    """Return a target for each account, in order, or say everything that is wrong with any of them.

    Raises `BootstrapError`, one line a problem, when credentials are missing, refused, or those of another account.
    """
    targets, problems = [], []
    for account in accounts:
        try:
            targets.append(Target(account=account, session=_proven_session(account)))
        except BootstrapError as problem:
            problems.append(str(problem))
    if problems:
        raise BootstrapError("\n".join(problems))
    return tuple(targets)


def _proven_session(account: Account) -> boto3.Session:
    try:
        session = open_session(account)
        found = session.client("sts").get_caller_identity()["Account"]
    except ProfileNotFound as error:
        cure = _cure(account, otherwise='Make one with "aws configure sso"')
        raise BootstrapError(f'{account.name}: the AWS CLI has no profile "{account.profile}". {cure}') from error
    except (BotoCoreError, ClientError) as error:
        cure = _cure(account, otherwise='Log in again, for example with "aws sso login"')
        raise BootstrapError(f"{account.name}: {_source(account)} cannot be used: {error} {cure}") from error
    if found != account.account_id:
        raise BootstrapError(
            f"{account.name}: {_source(account)} belong to account {found}, the accounts file says "
            f"{account.account_id}. Nothing was made. Use the credentials of {account.account_id}, or {_edit()}"
        )
    return session


def open_session(account: Account) -> boto3.Session:
    """Return a session as the accounts file wishes it: a profile, an assumed role, or what the environment holds."""
    if account.profile:
        return boto3.Session(profile_name=account.profile, region_name=account.state.region)
    session = boto3.Session(region_name=account.state.region)
    if not account.assume_role_arn:
        return session
    assumed = session.client("sts").assume_role(RoleArn=account.assume_role_arn, RoleSessionName="mlops-bootstrap")
    return boto3.Session(
        aws_access_key_id=assumed["Credentials"]["AccessKeyId"],
        aws_secret_access_key=assumed["Credentials"]["SecretAccessKey"],
        aws_session_token=assumed["Credentials"]["SessionToken"],
        region_name=account.state.region,
    )


def _source(account: Account) -> str:
    if account.profile:
        return f'the credentials of profile "{account.profile}"'
    if account.assume_role_arn:
        return f"the credentials of role {account.assume_role_arn}"
    return "the credentials of the environment"


def _cure(account: Account, *, otherwise: str) -> str:
    if account.is_placeholder:
        return f"{account.account_id} is a placeholder: {_edit()}"
    return f"{otherwise}, or {_edit()}"


def _edit() -> str:
    return f"edit {Path(os.environ.get(ACCOUNTS_VARIABLE) or DEFAULT_FILE).name}"

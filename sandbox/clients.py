"""boto3 sessions for the accounts of a running sandbox."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
import botocore.loaders
import botocore.session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.server import SandboxAccount


def session_of(account: SandboxAccount) -> boto3.Session:
    """Return a session with an account's own credentials."""
    return _session(account.access_key_id, account.secret_access_key, account.session_token, account.region)


@lru_cache
def session_of_role(account: SandboxAccount, *, endpoint: str, role_arn: str) -> boto3.Session:
    """Return a session of a role that an account's own credentials assumed."""
    sts = session_of(account).client("sts", endpoint_url=endpoint)
    keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="sandbox")["Credentials"]
    return session_with(keys, region=account.region)


def session_with(keys: Mapping[str, str], *, region: str) -> boto3.Session:
    """Return a session with the credentials that AssumeRole answered with."""
    return _session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region)


@lru_cache  # AWS's service models are read once, and not once a session
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.create_loader()


@lru_cache
def _session(access_key_id: str, secret_access_key: str, session_token: str, region: str) -> boto3.Session:
    # It hears nothing of AWS_PROFILE: the profile may be one of another sandbox, or of the user's.
    deaf = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    deaf.register_component("data_loader", _loader())
    return boto3.Session(
        botocore_session=deaf,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )

"""Who calls, and clients of the sandbox's own API for those who act in somebody's name."""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import boto3
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox import FORWARDED
from sandbox.keys import ROLE_NAME, issue_keys

HEADER = "X-Sandbox-Caller"
"""Where the gate tells those behind it the ARN of the role that a request was signed by."""

acting: ContextVar[str | None] = ContextVar("acting", default=None)
"""The role that the request being answered was signed by."""

_making_clients = Lock()  # botocore makes them one at a time only (boto3, "Multithreading or multiprocessing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed a request: the ARN of a role and the name of its session, or an account's root."""

    role_arn: str
    session: str = ""


def signer_of(*, access_key_id: str, account_id: str, region: str) -> Signer:
    """Return the role whose session has the key; the account's root for a key that is no role's."""
    partition = get_partition(region)
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
    if session is None:
        return Signer(role_arn=f"arn:{partition}:iam::{account_id}:root")
    return Signer(role_arn=str(session.role_arn), session=str(session.session_name))


def role_of(*, access_key_id: str, account_id: str, region: str) -> str:
    """Return the ARN of the role whose session has the key; the account's root for a key that is no role's."""
    return signer_of(access_key_id=access_key_id, account_id=account_id, region=region).role_arn


def is_own(role_arn: str | None) -> bool:
    """Whether it is the sandbox that acts, or whoever has an account's own credentials, and no role of the account."""
    return not role_arn or role_arn.endswith((f":role/{ROLE_NAME}", ":root"))


def forwarding(service: str, *, by: str, account_id: str, region: str, role_arn: str | None = None) -> Any:  # noqa: ANN401
    """Return boto3's client for a service `by` that calls on with the permissions of who called it.

    That is `role_arn`, or whoever signed the request being answered.
    """
    role_arn = role_arn or acting.get()
    return client(service, account_id=account_id, region=region, role_arn=role_arn, assumed_by=f"{FORWARDED}{by}")


@lru_cache
def client(
    service: str, *, account_id: str, region: str, role_arn: str | None = None, assumed_by: str = "sandbox"
) -> Any:  # noqa: ANN401  (boto3)
    """Return boto3's client of `service` in an account, with a role's session or, without a role, the sandbox's own.

    The session of a role is called after the service that assumes it, `assumed_by`.
    """
    with _making_clients:
        arn = None if is_own(role_arn) else role_arn
        session = _session(account_id=account_id, region=region, role_arn=arn, assumed_by=assumed_by)
        return session.client(service, endpoint_url=_endpoint())


@lru_cache  # a session reads AWS's service models once
def _session(*, account_id: str, region: str, role_arn: str | None, assumed_by: str) -> boto3.Session:
    if role_arn is None:
        issued = issue_keys(account_id=account_id, region=region, session_name="cloudformation")
        keys = (issued["access_key_id"], issued["secret_access_key"], issued["session_token"])
    else:
        own = _session(account_id=account_id, region=region, role_arn=None, assumed_by="")
        sts = own.client("sts", endpoint_url=_endpoint())
        assumed = sts.assume_role(RoleArn=role_arn, RoleSessionName=assumed_by)["Credentials"]
        keys = (assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
    return boto3.Session(*keys, region_name=region)


def _endpoint() -> str:
    return f"http://127.0.0.1:{os.environ['MOTO_PORT']}"

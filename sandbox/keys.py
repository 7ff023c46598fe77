"""Credentials for the accounts, made inside the server process.

An access key belongs to the account whose IAM issued it. These are temporary keys of a role session, and the role does
not exist: so the account has no user, no role and no policy, and "the account is empty" stays true.
"""

from __future__ import annotations

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

ROLE_NAME = "sandbox-administrator"
_ONE_YEAR_SECONDS = 365 * 24 * 3600


def issue_keys(*, account_id: str, region: str, session_name: str = "sandbox") -> dict[str, str]:
    """Return new credentials: ``access_key_id``, ``secret_access_key``, ``session_token``."""
    partition = get_partition(region)
    session = sts_backends[account_id][partition].assume_role(
        region_name=region,
        role_session_name=session_name,
        role_arn=f"arn:{partition}:iam::{account_id}:role/{ROLE_NAME}",
        policy="",
        duration=_ONE_YEAR_SECONDS,
        external_id="",
    )
    return {
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "session_token": session.session_token,
    }

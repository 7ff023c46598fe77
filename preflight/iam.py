"""What several checks ask of IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preflight.target import Target


def role_of(target: Target, arn: str) -> Mapping[str, Any] | None:
    """Return what IAM says of the role that an ARN names, whatever its path; None where there is none."""
    try:
        role: Mapping[str, Any] = target.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise
    return role


def policy_exists(target: Target, arn: str) -> bool:
    """Whether there is a managed policy with this ARN."""
    try:
        target.client("iam").get_policy(PolicyArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True

"""The role that makes a product's stack."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from sandbox.corrections import callers
from sandbox.corrections.operations import ApiError, Caller

SERVICE = "servicecatalog.amazonaws.com"


def launch_role(caller: Caller, constraint_parameters: str) -> str:
    """Return the ARN of the role that a LAUNCH constraint names.

    Raises `ApiError` when there is no such role in the caller's account or it does not trust Service Catalog.
    """
    named = json.loads(constraint_parameters)
    wanted = named.get("RoleArn") or named["LocalRoleName"]
    iam = callers.client("iam", account_id=caller.account_id, region=caller.region)  # nobody's permission is asked
    try:
        role = iam.get_role(RoleName=wanted.rpartition("/")[2])["Role"]
    except ClientError as error:
        raise _denied(wanted, str(error)) from error
    trust = role["AssumeRolePolicyDocument"]["Statement"]
    trusted = [service for statement in trust for service in _listed(statement["Principal"].get("Service", []))]
    if SERVICE not in trusted:
        raise _denied(wanted, f"it does not trust {SERVICE}, only {', '.join(trusted) or 'no service'}")
    if wanted not in (role["Arn"], role["RoleName"]):
        raise _denied(wanted, f"the role of this name is {role['Arn']}")
    return str(role["Arn"])


def _denied(role: str, reason: str) -> ApiError:
    return ApiError("InvalidParametersException", f"Access denied while assuming the role {role}: {reason}")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value

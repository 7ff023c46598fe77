"""Whether a service may assume a role: what AWS asks when a resource is made with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

if TYPE_CHECKING:
    from sandbox.corrections.operations import Caller


def is_trusting(caller: Caller, role_arn: str, service: str) -> bool:
    """Whether the caller's account has the role, and its trust lets a service (``codebuild.amazonaws.com``) assume it.

    Conditions of the trust are not asked: they are about requests, and there is none yet.
    """
    try:
        role = iam_backends[caller.account_id][get_partition(caller.region)].get_role_by_arn(role_arn)
    except NotFoundException:
        return False
    statements = json.loads(role.assume_role_policy_document)["Statement"]
    return any(
        statement["Effect"] == "Allow" and service in _listed(statement.get("Principal", {}).get("Service", []))
        for statement in statements
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value

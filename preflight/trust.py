"""Reads a role's trust policy, for whether AWS would let a certain principal assume the role.

It understands what such policies are made of, and says where it does not understand one.
"""

from __future__ import annotations

from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ASSUME = "sts:AssumeRole"
ARN_OPERATORS = ("ArnLike", "ArnEquals", "StringLike", "StringEquals")


class Verdict(Enum):
    """Whether the principal may assume the role."""

    NO = auto()
    UNCLEAR = auto()  # a condition or a denial that cannot be judged here
    WITH_THE_WHOLE_ACCOUNT = auto()  # it may, and so may whoever its account lets
    YES = auto()


def service_may_assume(policy: Mapping[str, Any], service: str) -> bool:
    """Return whether a service of AWS, such as cloudformation.amazonaws.com, may assume the role."""
    return any(
        statement["Effect"] == "Allow" and _covers_assume(statement) and service in _principals(statement, "Service")
        for statement in _list(policy["Statement"])
    )


def role_may_assume(policy: Mapping[str, Any], role_arn: str) -> Verdict:
    """Return whether a role of any account may assume this one, its own account permitting."""
    statements = [item for item in _list(policy["Statement"]) if _covers_assume(item) and _names(item, role_arn)]
    verdicts = [_verdict(item, role_arn) for item in statements if item["Effect"] == "Allow"]
    best = max(verdicts, key=lambda verdict: verdict.value, default=Verdict.NO)
    is_denied = any(item["Effect"] == "Deny" for item in statements)
    return Verdict.UNCLEAR if is_denied and best is not Verdict.NO else best


def _verdict(statement: Mapping[str, Any], role_arn: str) -> Verdict:
    conditions = [
        (operator, key.lower(), _list(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    if any(key != "aws:principalarn" or operator not in ARN_OPERATORS for operator, key, _ in conditions):
        return Verdict.UNCLEAR
    if not all(_matches(operator, values, role_arn) for operator, _, values in conditions):
        return Verdict.NO
    is_narrow = bool(conditions) or role_arn in _principals(statement, "AWS")
    return Verdict.YES if is_narrow else Verdict.WITH_THE_WHOLE_ACCOUNT


def _matches(operator: str, patterns: Iterable[str], role_arn: str) -> bool:
    if operator == "StringEquals":
        return role_arn in patterns
    return any(fnmatchcase(role_arn, pattern) for pattern in patterns)


def _names(statement: Mapping[str, Any], role_arn: str) -> bool:
    """Whether a statement's principals include the role, by itself or with its account."""
    _, partition, _, _, account_id, _ = role_arn.split(":", 5)
    account = {account_id, f"arn:{partition}:iam::{account_id}:root"}
    return bool({"*", role_arn, *account} & set(_principals(statement, "AWS")))


def _covers_assume(statement: Mapping[str, Any]) -> bool:
    return any(fnmatchcase(ASSUME.lower(), action.lower()) for action in _list(statement.get("Action", [])))


def _principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    principal = statement.get("Principal", {})
    return _list(principal if isinstance(principal, str) else principal.get(kind, []))


def _list(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's lists of one may be written without brackets)
    return value if isinstance(value, list) else [value]

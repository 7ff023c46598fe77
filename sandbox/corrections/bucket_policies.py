"""Conditions in bucket policies.

Stock moto takes a statement whose condition does not hold for a denial, whatever its effect: the usual "deny unless
over TLS" then answers 403 to everybody. Here such a statement says nothing, as in IAM. A condition that could not be
judged is refused when the policy is put.
"""

from __future__ import annotations

import json
import operator
from typing import TYPE_CHECKING, Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend

from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# The server speaks plain HTTP, but it stands for AWS's endpoints, and those were reached over TLS 1.3.
CONTEXT: Mapping[str, str] = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}

OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "Bool": lambda actual, wanted: actual == wanted.lower(),
    "NumericLessThan": lambda actual, wanted: operator.lt(float(actual), float(wanted)),
}


def apply() -> None:
    """Put the correction in force."""
    graft(FakeBucket, "get_permission", _get_permission)
    graft(S3Backend, "put_bucket_policy", _refusing(S3Backend.put_bucket_policy))


def unjudged(policy: Mapping[str, Any]) -> list[str]:
    """Return the conditions of a policy that the sandbox cannot judge, as ``operator key``."""
    return [
        f"{name} {key}"
        for statement in _statements(policy)
        for name, conditions in statement.get("Condition", {}).items()
        for key in conditions
        if name not in OPERATORS or key.lower() not in CONTEXT
    ]


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    in_force = [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in _statements(policy)
        if _holds(statement.get("Condition", {}))
    ]
    result: PermissionResult = IAMPolicy(json.dumps({**policy, "Statement": in_force})).is_action_permitted(
        action, resource
    )
    return result


def _holds(conditions: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        any(OPERATORS[name](CONTEXT[key.lower()], str(value)) for value in _as_list(wanted))
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _refusing(put: Callable[[S3Backend, str, bytes], None]) -> Callable[[S3Backend, str, bytes], None]:
    def put_bucket_policy(backend: S3Backend, bucket_name: str, policy: bytes) -> None:
        conditions = unjudged(json.loads(policy))
        if conditions:
            raise S3ClientError(
                "NotImitated",
                f"The sandbox cannot judge these conditions of the policy of bucket {bucket_name}: "
                f"{', '.join(conditions)}. It knows the operators {', '.join(OPERATORS)} on {', '.join(CONTEXT)}.",
            )
        put(backend, bucket_name, policy)

    return put_bucket_policy


def _statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _as_list(policy.get("Statement", []))


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's JSON)
    return value if isinstance(value, list) else [value]

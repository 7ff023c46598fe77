"""Who a bucket policy lets in, and whom it keeps out.

Stock moto takes a statement whose condition does not hold for a denial, whatever its effect: the usual "deny unless
over TLS" then answers 403 to everybody. It never asks who calls, and lets either every account into every bucket or
none. Here a statement whose principal or condition does not fit says nothing, as in IAM; another account gets in where
a statement allows it, and nowhere else. A condition that could not be judged is refused when the policy is put.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.responses import S3Response

from sandbox.corrections.callers import HEADER
from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# The server speaks plain HTTP, but it stands for AWS's endpoints, and those were reached over TLS 1.3.
CONTEXT: Mapping[str, str] = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
PRINCIPAL = "aws:principalarn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A condition operator, and the keys that it is imitated for."""

    holds: Callable[[str, str], bool]
    keys: frozenset[str]


_ARN = Operator(holds=fnmatchcase, keys=frozenset({PRINCIPAL}))
OPERATORS: Mapping[str, Operator] = {
    "ArnEquals": _ARN,  # the same as ArnLike, wildcards included
    "ArnLike": _ARN,
    "Bool": Operator(holds=lambda actual, wanted: actual == wanted.lower(), keys=frozenset({"aws:securetransport"})),
    "NumericLessThan": Operator(
        holds=lambda actual, wanted: float(actual) < float(wanted), keys=frozenset({"s3:tlsversion"})
    ),
}
# What another account may be let in for: HTTP method, whether a key is named, what else is in the query.
ACTIONS: Mapping[tuple[str, bool, str], str] = {
    ("GET", False, ""): "s3:ListBucket",
    ("GET", False, "location"): "s3:GetBucketLocation",
    ("HEAD", False, ""): "s3:ListBucket",
    ("GET", True, ""): "s3:GetObject",
    ("GET", True, "versionId"): "s3:GetObjectVersion",
    ("HEAD", True, ""): "s3:GetObject",
    ("HEAD", True, "versionId"): "s3:GetObjectVersion",
    ("PUT", True, ""): "s3:PutObject",
    ("DELETE", True, ""): "s3:DeleteObject",
}
# What in a query does not change the action: how a list is told, what the SDK adds, and a presigned URL's signature.
NO_ACTION = re.compile(
    r"continuation-token|delimiter|encoding-type|list-type|max-keys|prefix|start-after|x-id|X-Amz-.+"
)

_caller: ContextVar[str] = ContextVar("caller")


def apply() -> None:
    """Put the correction in force."""
    graft(FakeBucket, "get_permission", _get_permission)
    graft(S3Backend, "put_bucket_policy", _refusing(S3Backend.put_bucket_policy))
    graft(S3Response, "setup_class", _letting_in(S3Response.setup_class))


def unjudged(policy: Mapping[str, Any]) -> list[str]:
    """Return the conditions of a policy that the sandbox cannot judge, as ``operator key``."""
    return [
        f"{name} {key}"
        for statement in _statements(policy)
        for name, conditions in statement.get("Condition", {}).items()
        for key in conditions
        if name not in OPERATORS or key.lower() not in OPERATORS[name].keys
    ]


def _letting_in(setup: Callable[..., None]) -> Callable[..., None]:
    """Answer in the name of a bucket's account where the bucket's policy allows what another account asks for."""

    def setup_class(response: S3Response, request: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  (moto's)
        setup(response, request, *arguments, **named)
        _caller.set(request.headers[HEADER])
        bucket_name = response.parse_bucket_name_from_url(request, request.url)
        partition, owner = s3_backends.bucket_accounts.get(bucket_name, ("", response.current_account))
        if owner != response.current_account:
            bucket = s3_backends[owner][partition].get_bucket(bucket_name)
            key = response.parse_key_name()
            query = ",".join(sorted(name for name in request.args if not NO_ACTION.fullmatch(name)))
            action = ACTIONS.get((request.method, bool(key), query), "")
            resource = f"arn:{bucket.partition}:s3:::{bucket_name}{'/' if key else ''}{key or ''}"
            if _get_permission(bucket, action, resource) == PermissionResult.PERMITTED:
                response.current_account = owner

    return setup_class


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy, caller = json.loads(bucket.policy), _caller.get()
    in_force = [
        {key: value for key, value in statement.items() if key not in ("Condition", "Principal")}
        for statement in _statements(policy)
        if _is_meant(statement.get("Principal"), caller)
        and _holds(statement.get("Condition", {}), {**CONTEXT, PRINCIPAL: caller})
    ]
    result: PermissionResult = IAMPolicy(json.dumps({**policy, "Statement": in_force})).is_action_permitted(
        action, resource
    )
    return result


def _is_meant(principal: Any, caller: str) -> bool:  # noqa: ANN401  (a policy's JSON)
    """Whether a statement's principal is everybody, the caller, or the caller's account."""
    arns = _as_list(principal.get("AWS", []) if isinstance(principal, dict) else principal)
    account_arn = ":".join([*caller.split(":")[:5], "root"])
    return not {"*", caller, account_arn, account_arn.split(":")[4]}.isdisjoint(arns)


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    return all(
        any(OPERATORS[name].holds(context[key.lower()], str(value)) for value in _as_list(wanted))
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _refusing(put: Callable[[S3Backend, str, bytes], None]) -> Callable[[S3Backend, str, bytes], None]:
    def put_bucket_policy(backend: S3Backend, bucket_name: str, policy: bytes) -> None:
        if not all("Principal" in statement for statement in _statements(json.loads(policy))):
            raise S3ClientError("MalformedPolicy", "Missing required field Principal")
        conditions = unjudged(json.loads(policy))
        if conditions:
            known = "; ".join(f"{name} on {', '.join(operator.keys)}" for name, operator in OPERATORS.items())
            raise S3ClientError(
                "NotImitated",
                f"The sandbox cannot judge these conditions of the policy of bucket {bucket_name}: "
                f"{', '.join(conditions)}. It knows {known}.",
            )
        put(backend, bucket_name, policy)

    return put_bucket_policy


def _statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _as_list(policy.get("Statement", []))


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's JSON)
    return value if isinstance(value, list) else [value]

"""Errors of AWS's API as findings: above all, what these credentials may not look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preflight.findings import Finding, unknown

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from preflight.findings import Check

REFUSED = (
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
)
# Where an operation is not called like the action that allows it: the S3 and IAM pages of the Service Authorization
# Reference.
ACTIONS = {
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "HeadBucket": "s3:ListBucket",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListObjectsV2": "s3:ListBucket",
}


def explained(error: ClientError, *, check: Check) -> Finding:
    """Return the finding that an unexpected answer of AWS makes."""
    if error.response["Error"]["Code"] not in REFUSED:
        return unknown(f"AWS answered: {error}", "Run it again; if it stays so, ask whoever looks after the account.")
    action = action_of(error, check=check)
    return unknown(
        f"not permitted: {action}", f"Allow {action} to these credentials, or run this with others that may."
    )


def action_of(error: ClientError, *, check: Check) -> str:
    """Return the IAM action that was refused, as AWS's message has it or else as the check declares it."""
    named = re.search(r"perform: ([a-z0-9-]+:\w+)", error.response["Error"].get("Message", ""))
    if named:
        return named[1]
    operation = str(error.operation_name)
    declared = (action for action in check.actions if action.partition(":")[2] == operation)
    return ACTIONS.get(operation) or next(declared, operation)

"""The bucket of an account's Terraform state: whose it is, and making it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from baseline import naming
from bootstrap import STATE_STACK_NAME, STATE_TEMPLATE
from bootstrap.identity import BootstrapError
from bootstrap.stack import Stack

if TYPE_CHECKING:
    from baseline.accounts import Account
    from bootstrap.identity import Target


def has_own_bucket(account: Account) -> bool:
    """Whether the accounts file names another bucket than the one that this project makes."""
    ours = naming.state_bucket_name(region=account.state.region, account_id=account.account_id)
    return account.state.bucket != ours


def state_stack(target: Target) -> Stack:
    """Return the stack that holds the bucket, which may not be there yet.

    Raises `BootstrapError` when the bucket is there already and no stack of ours holds it.
    """
    client = target.session.client("cloudformation", region_name=target.account.state.region)
    stack = Stack(client=client, name=STATE_STACK_NAME)
    if stack.status() is None:
        _refuse_a_bucket_without_stack(target)
    return stack


def _refuse_a_bucket_without_stack(target: Target) -> None:
    account = target.account
    client = target.session.client("s3", region_name=account.state.region)
    try:
        client.head_bucket(Bucket=account.state.bucket)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:  # noqa: PLR2004  (HEAD has no body, so there is no error code to compare)
            return
        raise BootstrapError(
            f"{account.name}: bucket {account.state.bucket} exists and these credentials may not see it"
            f" (HTTP {status}): it belongs to another account, or s3:ListBucket is missing. Use other credentials,"
            f" or name another bucket of yours in the accounts file: {_bucket_key(account)}"
        ) from error
    raise BootstrapError(_explain_retained_bucket(account))


def _explain_retained_bucket(account: Account) -> str:
    bucket = account.state.bucket
    resources = [
        {"ResourceType": kind, "LogicalResourceId": logical_id, "ResourceIdentifier": {key: bucket}}
        for kind, logical_id, key in (
            ("AWS::S3::Bucket", "StateBucket", "BucketName"),
            ("AWS::S3::BucketPolicy", "StateBucketPolicy", "Bucket"),
        )
    ]
    change_set = f"--stack-name {STATE_STACK_NAME} --change-set-name import"
    return (
        f"{account.name}: bucket {bucket} exists, but no stack {STATE_STACK_NAME} holds it: the stack was deleted, and"
        " such a bucket outlives its stack. Terraform can use it as it is. To have it managed again, import it:\n"
        f"  aws cloudformation create-change-set {change_set} --change-set-type IMPORT"
        f" --template-body file://bootstrap/{STATE_TEMPLATE.name} --resources-to-import '{json.dumps(resources)}'\n"
        f"  aws cloudformation wait change-set-create-complete {change_set}\n"
        f"  aws cloudformation execute-change-set {change_set}\n"
        f"Or name another bucket of yours: {_bucket_key(account)}"
    )


def _bucket_key(account: Account) -> str:
    return f'[{account.set_name}.{account.environment}.state] bucket = "..."'

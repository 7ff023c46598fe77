"""The state bucket: a safe place for Terraform's state, and nobody is at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from bootstrap.state import has_own_bucket
from preflight.findings import EVERYWHERE, Check, failed, not_yet, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from preflight.findings import Finding
    from preflight.target import Target

NO_SETTING = ("NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError")
CLOSED = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
ENCRYPTED = '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": true}]}'


def state_bucket_is_safe(target: Target) -> Iterator[Finding]:
    """The bucket exists, is ours, keeps versions, is encrypted and closed to the public; the state is not locked."""
    bucket = target.account.state.bucket
    if bucket not in target.buckets and not has_own_bucket(target.account):
        yield _absent(target, bucket)
        return
    client = target.client("s3", region=target.account.state.region)
    try:
        problems = [*_unsafe_settings(target, client, bucket), *_locks(target, client, bucket)]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        problems = [failed(f"there is no bucket {bucket}", f"Make it, or name another: {_key_of(target)}.")]
    yield from problems or [ok(f"{bucket} keeps versions, is encrypted and closed")]


def _absent(target: Target, bucket: str) -> Finding:
    if target.is_anothers_bucket(bucket):
        return failed(f"bucket {bucket} belongs to another account", f"Name a bucket of yours: {_key_of(target)}.")
    return not_yet(f"there is no bucket {bucket}", f"make bootstrap ACCOUNT={target.account.name}")


def _unsafe_settings(target: Target, client: Any, bucket: str) -> Iterator[Finding]:  # noqa: ANN401  (boto3)
    def cure(command: str) -> str:
        return f"aws s3api {command} --bucket {bucket} {target.options}"

    if client.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        yield failed(
            f"bucket {bucket} keeps no versions: a state that is overwritten is lost",
            cure("put-bucket-versioning --versioning-configuration Status=Enabled"),
        )
    if _setting(client.get_bucket_encryption, bucket) is None:
        command = f"put-bucket-encryption --server-side-encryption-configuration '{ENCRYPTED}'"
        yield failed(f"bucket {bucket} is not encrypted", cure(command))
    block = _setting(client.get_public_access_block, bucket)
    if block is None or not all(block["PublicAccessBlockConfiguration"].values()):
        yield failed(
            f"bucket {bucket} may be opened to the public",
            cure(f"put-public-access-block --public-access-block-configuration {CLOSED}"),
        )


def _locks(target: Target, client: Any, bucket: str) -> Iterator[Finding]:  # noqa: ANN401  (boto3)
    lock = f"{target.account.state.key}.tflock"
    if "Contents" in client.list_objects_v2(Bucket=bucket, Prefix=lock):
        yield warning(
            "the state is locked: somebody deploys, or a deploy was killed",
            f"Wait; and if nobody deploys: cd cdktf.out/stacks/{target.account.name} && terraform force-unlock <lock "
            "ID>. Terraform tells the ID when it meets the lock.",
        )


def _setting(operation: Any, bucket: str) -> Any:  # noqa: ANN401  (boto3)
    """Return a setting of the bucket, None where there is none."""
    try:
        return operation(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in NO_SETTING:
            return None
        raise


def _key_of(target: Target) -> str:
    return f'[{target.account.set_name}.{target.account.environment}.state] bucket = "..."'


STATE_BUCKET = Check(
    name="state bucket",
    environments=EVERYWHERE,
    actions=(
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketPublicAccessBlock",
    ),
    run=state_bucket_is_safe,
)

"""What KMS is asked in a role's name when S3 or SageMaker encrypts and decrypts for it. No call of the API shows it.

S3 ("Using server-side encryption with AWS KMS keys" and "S3 Bucket Keys" in its user guide): a read needs
``kms:Decrypt``, a write ``kms:GenerateDataKey``, an upload in parts both. The encryption context is the object's ARN,
or the bucket's where the bucket has a key of its own. What failed was not encrypted. SageMaker ("Protect data at
rest"): the disks of jobs and endpoints are encrypted by a grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.permissions.requests import context_of_forwarding
from sandbox.permissions.simulator import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.permissions.calls import Call, Parameters
    from sandbox.permissions.estate import Encryption, Estate

READS = frozenset({"GetObject"})
WRITES = frozenset({"PutObject"})
BOTH = frozenset({"CompleteMultipartUpload", "CreateMultipartUpload", "UploadPart"})
NO_KEY = "AES256"
FIRST_ERROR = 400
DISKS = {"VolumeKmsKeyId", "KmsKeyId"}
HOLDERS = {
    "CreateEndpointConfig": (),
    "CreateProcessingJob": ("ProcessingResources", "ClusterConfig"),
    "CreateTrainingJob": ("ResourceConfig",),
    "CreateTransformJob": ("TransformResources",),
}
"""The structure of a request that speaks of disks."""


def requests_behind(call: Call, estate: Estate) -> Iterator[Request]:
    """Yield what KMS is asked because of a call."""
    if call.service == "s3" and call.status < FIRST_ERROR:
        yield from _of_objects(call, estate)
    elif call.service == "sagemaker" and call.operation in HOLDERS:
        yield from _of_disks(call, estate)


def _of_objects(call: Call, estate: Estate) -> Iterator[Request]:
    bucket = call.parameters.get("Bucket", "")
    default = estate.buckets.get(bucket)
    key_arn = _key_of(call, default, estate)
    if key_arn is None:
        return
    actions = {
        **dict.fromkeys(READS, ("kms:Decrypt",)),
        **dict.fromkeys(WRITES, ("kms:GenerateDataKey",)),
        **dict.fromkeys(BOTH, ("kms:Decrypt", "kms:GenerateDataKey")),
    }
    place = f"arn:aws:s3:::{bucket}"
    if not (default and default.once_a_bucket):
        place += f"/{call.parameters.get('Key', '')}"
    context = {
        "kms:ViaService": f"s3.{call.region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": place,
        **context_of_forwarding(call),
    }
    for action in actions.get(call.operation, ()):
        yield Request(who=call.role_arn, action=action, resource=key_arn, context=tuple(sorted(context.items())))


def _key_of(call: Call, default: Encryption | None, estate: Estate) -> str | None:
    """Return the key that an object is encrypted with: the one that the request names, or the bucket's."""
    if call.parameters.get("ServerSideEncryption") == NO_KEY:
        return None
    named = call.parameters.get("SSEKMSKeyId")
    if named:
        return estate.key(call.account_id, named)
    return default.key_arn if default else None


def _of_disks(call: Call, estate: Estate) -> Iterator[Request]:
    holder: Parameters = call.parameters
    for name in HOLDERS[call.operation]:
        holder = holder.get(name, {})
    context = {"kms:GrantIsForAWSResource": "true", **context_of_forwarding(call)}
    for name in sorted(DISKS & holder.keys()):
        key_arn = estate.key(call.account_id, holder[name])
        if key_arn:
            context_items = tuple(sorted(context.items()))
            yield Request(who=call.role_arn, action="kms:CreateGrant", resource=key_arn, context=context_items)

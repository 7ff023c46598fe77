"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Call, ResourceType, gone, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GONE = ("NoSuchBucket", "NoSuchBucketPolicy")
LARGEST_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A property of a bucket that is an API call of its own: the arguments that set it, and the call that ends it."""

    put: str
    arguments: Callable[[Any], dict[str, Any]]
    remove: str
    remove_arguments: Mapping[str, Any]


def _encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        default = dict(rule["ServerSideEncryptionByDefault"])
        rules.append({**rule, "ApplyServerSideEncryptionByDefault": default})
        del rules[-1]["ServerSideEncryptionByDefault"]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a rule: CloudFormation keeps flat what the API nests."""
    expiration = {
        "Days": rule.get("ExpirationInDays"),
        "ExpiredObjectDeleteMarker": rule.get("ExpiredObjectDeleteMarker"),
    }
    translated = {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "Expiration": _without_none(expiration),
        "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
    }
    return {key: value for key, value in translated.items() if value not in (None, {})}


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


SETTINGS: Mapping[str, Setting] = {
    "BucketEncryption": Setting(
        put="put_bucket_encryption", arguments=_encryption, remove="delete_bucket_encryption", remove_arguments={}
    ),
    "LifecycleConfiguration": Setting(
        put="put_bucket_lifecycle_configuration",
        arguments=_lifecycle,
        remove="delete_bucket_lifecycle",
        remove_arguments={},
    ),
    "OwnershipControls": Setting(
        put="put_bucket_ownership_controls",
        arguments=lambda value: {"OwnershipControls": value},
        remove="delete_bucket_ownership_controls",
        remove_arguments={},
    ),
    "PublicAccessBlockConfiguration": Setting(
        put="put_public_access_block",
        arguments=lambda value: {"PublicAccessBlockConfiguration": value},
        remove="delete_public_access_block",
        remove_arguments={},
    ),
    "Tags": Setting(
        put="put_bucket_tagging",
        arguments=lambda value: {"Tagging": {"TagSet": value}},
        remove="delete_bucket_tagging",
        remove_arguments={},
    ),
    "VersioningConfiguration": Setting(
        put="put_bucket_versioning",
        arguments=lambda value: {"VersioningConfiguration": value},
        remove="put_bucket_versioning",
        remove_arguments={"VersioningConfiguration": {"Status": "Suspended"}},
    ),
}


def _settings(call: Call) -> dict[str, Any]:
    """Return the settings of a bucket, with the stack's tags under the bucket's own."""
    settings = {name: value for name, value in call.properties.items() if name in SETTINGS and name != "Tags"}
    return {**settings, "Tags": call.tag_list} if call.tags else settings


def _create_bucket(call: Call) -> str:
    name: str = call.properties.get("BucketName") or call.generated_name(max_length=LARGEST_NAME).lower()
    client = call.client("s3")
    placement = {"CreateBucketConfiguration": {"LocationConstraint": call.region}}
    client.create_bucket(Bucket=name, **({} if call.region == "us-east-1" else placement))
    with call.taking_back(_delete_bucket, name):
        _apply_settings(call, name, old={})
    return name


def _apply_settings(call: Call, name: str, *, old: Mapping[str, Any]) -> None:
    client, wanted = call.client("s3"), _settings(call)
    for key in old.keys() - wanted.keys():
        getattr(client, SETTINGS[key].remove)(Bucket=name, **SETTINGS[key].remove_arguments)
    for key, value in wanted.items():
        if old.get(key) != value:
            getattr(client, SETTINGS[key].put)(Bucket=name, **SETTINGS[key].arguments(value))


def _update_bucket(call: Call, name: str, old: Call) -> None:
    _apply_settings(call, name, old=_settings(old))


def _delete_bucket(call: Call, name: str) -> None:
    with gone(*GONE):
        call.client("s3").delete_bucket(Bucket=name)


def _create_policy(call: Call) -> str:
    bucket: str = call.properties["Bucket"]
    with gone("NoSuchBucketPolicy"):
        call.client("s3").get_bucket_policy(Bucket=bucket)
        raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
    _put_policy(call, bucket)
    return bucket


def _update_policy(call: Call, bucket: str, _old: Call) -> None:
    _put_policy(call, bucket)


def _put_policy(call: Call, bucket: str) -> None:
    call.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(call.properties["PolicyDocument"]))


def _delete_policy(call: Call, bucket: str) -> None:
    with gone(*GONE):
        call.client("s3").delete_bucket_policy(Bucket=bucket)


def _arn(call: Call, name: str) -> str:
    return f"arn:{call.partition}:s3:::{name}"


BUCKET = ResourceType(
    name="AWS::S3::Bucket",
    replaced_by=frozenset({"BucketName"}),
    properties={
        "BucketName": VALUE,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": one_of("AES256", "aws:kms", "aws:kms:dsse"),
                        "KMSMasterKeyID": VALUE,
                    },
                    "BucketKeyEnabled": VALUE,
                }
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": VALUE,
                    "Status": one_of("Disabled", "Enabled"),
                    "Prefix": VALUE,
                    "ExpirationInDays": VALUE,
                    "ExpiredObjectDeleteMarker": VALUE,
                    "NoncurrentVersionExpiration": {"NoncurrentDays": VALUE, "NewerNoncurrentVersions": VALUE},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": VALUE},
                }
            ]
        },
        "OwnershipControls": {
            "Rules": [{"ObjectOwnership": one_of("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")}]
        },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": VALUE,
            "BlockPublicPolicy": VALUE,
            "IgnorePublicAcls": VALUE,
            "RestrictPublicBuckets": VALUE,
        },
        "Tags": [{"Key": VALUE, "Value": VALUE}],
        "VersioningConfiguration": {"Status": one_of("Enabled", "Suspended")},
    },
    attributes={
        "Arn": _arn,
        "DomainName": lambda _call, name: f"{name}.s3.amazonaws.com",
        "RegionalDomainName": lambda call, name: f"{name}.s3.{call.region}.amazonaws.com",
    },
    create=_create_bucket,
    update=_update_bucket,
    delete=_delete_bucket,
)

BUCKET_POLICY = ResourceType(
    name="AWS::S3::BucketPolicy",
    replaced_by=frozenset({"Bucket"}),
    required=frozenset({"Bucket", "PolicyDocument"}),
    properties={"Bucket": VALUE, "PolicyDocument": ANYTHING},
    create=_create_policy,
    update=_update_policy,
    delete=_delete_policy,
)

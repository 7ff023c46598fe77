"""The settings of an S3 bucket that Terraform makes resources of. The id of each is the bucket's name."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from sandbox.provider.session import Client, Session
    from sandbox.provider.values import Attributes, Value


class _Setting(Handler):
    """Put, got and deleted whole, by operations named alike: put_`operation`, get_`operation`, delete_`operation`."""

    operation: ClassVar[str]
    document: ClassVar[str]  # the argument of the one and the answer of the other that hold the setting

    def create(self, session: Session, state: Attributes) -> None:
        self._put(session, state)
        state["id"] = state["bucket"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, bucket = session.client("s3", state["region"]), state["id"]
        return {"bucket": bucket, **self.from_aws(self.get(client, bucket))}

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:  # noqa: ARG002
        self._put(session, state)

    def delete(self, session: Session, state: Attributes) -> None:
        self.remove(session.client("s3", state["region"]), state["bucket"])

    def _put(self, session: Session, state: Attributes) -> None:
        if (setting := self.to_aws(state)) is not None:
            put = getattr(session.client("s3", state["region"]), f"put_{self.operation}")
            put(Bucket=state["bucket"], **{self.document: setting})

    def get(self, client: Client, bucket: str) -> Value:
        """Return the setting as AWS writes it."""
        return getattr(client, f"get_{self.operation}")(Bucket=bucket)[self.document]

    def remove(self, client: Client, bucket: str) -> None:
        """Set AWS's default again."""
        getattr(client, f"delete_{self.operation}")(Bucket=bucket)

    @abstractmethod
    def to_aws(self, state: Attributes) -> Value:
        """Return the setting to put, None for none."""

    @abstractmethod
    def from_aws(self, setting: Value) -> Attributes:
        """Return the arguments that a setting stands for."""


class Versioning(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_versioning",
        arguments=names("bucket versioning_configuration.status region"),
        outputs=names("id"),
        choices={"versioning_configuration.status": ("Enabled", "Suspended", "Disabled")},
        force_new=names("bucket"),
        gone=names("NoSuchBucket"),
    )
    operation = "bucket_versioning"
    document = "VersioningConfiguration"

    def to_aws(self, state: Attributes) -> Value:
        status = state["versioning_configuration"][0]["status"]
        # "Disabled" is what a bucket is before its first status; S3 has no other road to it.
        return None if status == "Disabled" else {"Status": status}

    def from_aws(self, setting: Value) -> Attributes:
        return {"versioning_configuration": [{"status": setting.get("Status", "Disabled")}]}

    def get(self, client: Client, bucket: str) -> Value:
        return client.get_bucket_versioning(Bucket=bucket)

    def remove(self, client: Client, bucket: str) -> None:
        if "Status" in self.get(client, bucket):
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class Encryption(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_server_side_encryption_configuration",
        arguments=names(
            """
            bucket rule.bucket_key_enabled region
            rule.apply_server_side_encryption_by_default.sse_algorithm
            rule.apply_server_side_encryption_by_default.kms_master_key_id
            """
        ),
        outputs=names("id"),
        choices={"rule.apply_server_side_encryption_by_default.sse_algorithm": ("AES256", "aws:kms", "aws:kms:dsse")},
        force_new=names("bucket"),
        gone=names("NoSuchBucket ServerSideEncryptionConfigurationNotFoundError"),
    )
    operation = "bucket_encryption"
    document = "ServerSideEncryptionConfiguration"

    def to_aws(self, state: Attributes) -> Value:
        return {"Rules": [self._rule_to_aws(rule) for rule in state["rule"]]}

    def from_aws(self, setting: Value) -> Attributes:
        return {"rule": [self._rule_from_aws(rule) for rule in setting["Rules"]]}

    def _rule_to_aws(self, rule: Attributes) -> Attributes:
        written: Attributes = {"BucketKeyEnabled": bool(rule["bucket_key_enabled"])}
        for default in rule["apply_server_side_encryption_by_default"]:
            key = {"KMSMasterKeyID": default["kms_master_key_id"]} if default["kms_master_key_id"] else {}
            written["ApplyServerSideEncryptionByDefault"] = {"SSEAlgorithm": default["sse_algorithm"], **key}
        return written

    def _rule_from_aws(self, rule: Attributes) -> Attributes:
        default = rule.get("ApplyServerSideEncryptionByDefault")
        return {
            "bucket_key_enabled": rule.get("BucketKeyEnabled"),
            "apply_server_side_encryption_by_default": [
                {"sse_algorithm": default["SSEAlgorithm"], "kms_master_key_id": default.get("KMSMasterKeyID")}
            ]
            if default
            else [],
        }


class PublicAccessBlock(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_public_access_block",
        arguments=names(
            "bucket block_public_acls block_public_policy ignore_public_acls restrict_public_buckets region"
        ),
        outputs=names("id"),
        defaults=dict.fromkeys(
            ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False
        ),
        force_new=names("bucket"),
        gone=names("NoSuchBucket NoSuchPublicAccessBlockConfiguration"),
    )
    operation = "public_access_block"
    document = "PublicAccessBlockConfiguration"
    _FLAGS = (
        ("block_public_acls", "BlockPublicAcls"),
        ("block_public_policy", "BlockPublicPolicy"),
        ("ignore_public_acls", "IgnorePublicAcls"),
        ("restrict_public_buckets", "RestrictPublicBuckets"),
    )

    def to_aws(self, state: Attributes) -> Value:
        return {theirs: state[ours] for ours, theirs in self._FLAGS}

    def from_aws(self, setting: Value) -> Attributes:
        return {ours: setting.get(theirs, False) for ours, theirs in self._FLAGS}


class OwnershipControls(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_ownership_controls",
        arguments=names("bucket rule.object_ownership region"),
        outputs=names("id"),
        choices={"rule.object_ownership": ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")},
        force_new=names("bucket"),
        gone=names("NoSuchBucket OwnershipControlsNotFoundError"),
    )
    operation = "bucket_ownership_controls"
    document = "OwnershipControls"

    def to_aws(self, state: Attributes) -> Value:
        return {"Rules": [{"ObjectOwnership": rule["object_ownership"]} for rule in state["rule"]]}

    def from_aws(self, setting: Value) -> Attributes:
        return {"rule": [{"object_ownership": rule["ObjectOwnership"]} for rule in setting["Rules"]]}


class Policy(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_policy",
        arguments=names("bucket policy region"),
        outputs=names("id"),
        force_new=names("bucket"),
        documents=names("policy"),
        gone=names("NoSuchBucket NoSuchBucketPolicy"),
    )
    operation = "bucket_policy"
    document = "Policy"

    def to_aws(self, state: Attributes) -> Value:
        return state["policy"]

    def from_aws(self, setting: Value) -> Attributes:
        return {"policy": setting}


class Lifecycle(_Setting):
    imitation = Imitation(
        type_name="aws_s3_bucket_lifecycle_configuration",
        arguments=names(
            """
            bucket rule.id rule.status rule.prefix rule.filter.prefix rule.expiration.days region
            rule.noncurrent_version_expiration.noncurrent_days
            rule.noncurrent_version_expiration.newer_noncurrent_versions
            rule.abort_incomplete_multipart_upload.days_after_initiation
            """
        ),
        outputs=names("id"),
        defaults={"rule.prefix": "", "rule.filter.prefix": ""},
        choices={"rule.status": ("Enabled", "Disabled")},
        force_new=names("bucket"),
        gone=names("NoSuchBucket NoSuchLifecycleConfiguration"),
    )
    operation = "bucket_lifecycle_configuration"
    document = "LifecycleConfiguration"
    # Terraform's block -> S3's element, and the numbers in it.
    _BLOCKS = (
        ("expiration", "Expiration", (("days", "Days"),)),
        (
            "noncurrent_version_expiration",
            "NoncurrentVersionExpiration",
            (("noncurrent_days", "NoncurrentDays"), ("newer_noncurrent_versions", "NewerNoncurrentVersions")),
        ),
        (
            "abort_incomplete_multipart_upload",
            "AbortIncompleteMultipartUpload",
            (("days_after_initiation", "DaysAfterInitiation"),),
        ),
    )

    def to_aws(self, state: Attributes) -> Value:
        return {"Rules": [self._rule_to_aws(rule) for rule in state["rule"]]}

    def from_aws(self, setting: Value) -> Attributes:
        return {"rule": [self._rule_from_aws(rule) for rule in setting["Rules"]]}

    def get(self, client: Client, bucket: str) -> Value:
        return client.get_bucket_lifecycle_configuration(Bucket=bucket)

    def remove(self, client: Client, bucket: str) -> None:
        client.delete_bucket_lifecycle(Bucket=bucket)

    def _rule_to_aws(self, rule: Attributes) -> Attributes:
        written: Attributes = {"ID": rule["id"], "Status": rule["status"]}
        if rule["filter"] or not rule["prefix"]:
            written["Filter"] = {"Prefix": next((one["prefix"] for one in rule["filter"] if one), None) or ""}
        else:
            written["Prefix"] = rule["prefix"]  # S3 takes one of the two
        for ours, theirs, fields in self._BLOCKS:
            for block in rule[ours]:
                written[theirs] = {name: block[field] for field, name in fields if block[field] is not None}
        return written

    def _rule_from_aws(self, rule: Attributes) -> Attributes:
        imitated = {"ID", "Status", "Prefix", "Filter", *(theirs for _, theirs, _ in self._BLOCKS)}
        if others := (rule.keys() - imitated) | (rule.get("Filter", {}).keys() - {"Prefix"}):
            raise ProviderError(f"The lifecycle rule {rule['ID']!r} has {sorted(others)}, which is not imitated")
        read: Attributes = {"id": rule["ID"], "status": rule["Status"], "prefix": rule.get("Prefix")}
        read["filter"] = [{"prefix": rule["Filter"].get("Prefix")}] if "Filter" in rule else []
        for ours, theirs, fields in self._BLOCKS:
            block = rule.get(theirs)
            read[ours] = [{field: block.get(name) for field, name in fields}] if block else []
        return read

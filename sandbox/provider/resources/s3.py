"""Amazon S3: buckets and objects. The settings of a bucket are in s3_settings.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.provider import tags
from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler, changed, generated_name, given
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.provider.session import Client, Session
    from sandbox.provider.values import Attributes


class Bucket(Handler):
    imitation = Imitation(
        type_name="aws_s3_bucket",
        arguments=names("bucket force_destroy tags region"),
        outputs=names("id arn bucket_region bucket_domain_name bucket_regional_domain_name tags_all"),
        defaults={"force_destroy": False},
        force_new=names("bucket"),
        gone=names("NoSuchBucket 404"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        name = state["bucket"] or generated_name()
        region = state["region"]
        # us-east-1 is the one Region that S3 refuses to be told.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        session.client("s3", region).create_bucket(Bucket=name, **place)
        state["id"] = name
        self._tag(session, state)

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, name, region = session.client("s3", state["region"]), state["id"], state["region"]
        client.head_bucket(Bucket=name)
        domain = "amazonaws.com.cn" if session.partition == "aws-cn" else "amazonaws.com"
        return {
            "bucket": name,
            "bucket_region": client.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1",
            "arn": f"arn:{session.partition}:s3:::{name}",
            "bucket_domain_name": f"{name}.s3.{domain}",
            "bucket_regional_domain_name": f"{name}.s3.{region}.{domain}",
            "tags_all": _bucket_tags(client, name),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        if changed(prior, state, "tags_all"):
            self._tag(session, state)

    def delete(self, session: Session, state: Attributes) -> None:
        client, name = session.client("s3", state["region"]), state["id"]
        if state["force_destroy"]:
            for version in _versions(client, bucket=name):
                client.delete_object(Bucket=name, **version)
        client.delete_bucket(Bucket=name)

    def _tag(self, session: Session, state: Attributes) -> None:
        client, name = session.client("s3", state["region"]), state["id"]
        if state["tags_all"]:
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags.pairs(state["tags_all"])})
        else:
            client.delete_bucket_tagging(Bucket=name)


class Object(Handler):
    imitation = Imitation(
        type_name="aws_s3_object",
        arguments=names("bucket key source content source_hash etag content_type force_destroy tags region"),
        outputs=names("id arn version_id tags_all"),
        defaults={"force_destroy": False},
        force_new=names("bucket key"),
        recomputed=names("etag version_id"),
        gone=names("NoSuchBucket NoSuchKey 404"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        self._upload(session, state)
        state["id"] = f"{state['bucket']}/{state['key']}"

    def read(self, session: Session, state: Attributes) -> Attributes:
        client = session.client("s3", state["region"])
        place = {"Bucket": state["bucket"], "Key": state["key"]}
        head = client.head_object(**place)
        return {
            "arn": f"arn:{session.partition}:s3:::{state['bucket']}/{state['key']}",
            "etag": head["ETag"].strip('"'),
            "content_type": head["ContentType"],
            "version_id": head.get("VersionId"),
            "tags_all": tags.mapping(client.get_object_tagging(**place)["TagSet"]),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        if changed(prior, state, "source", "content", "source_hash", "etag", "content_type"):
            self._upload(session, state)
        elif changed(prior, state, "tags_all"):
            place = {"Bucket": state["bucket"], "Key": state["key"]}
            client = session.client("s3", state["region"])
            client.put_object_tagging(**place, Tagging={"TagSet": tags.pairs(state["tags_all"])})

    def delete(self, session: Session, state: Attributes) -> None:
        client = session.client("s3", state["region"])
        if state["version_id"]:
            for version in _versions(client, bucket=state["bucket"], key=state["key"]):
                client.delete_object(Bucket=state["bucket"], **version)
        else:
            client.delete_object(Bucket=state["bucket"], Key=state["key"])

    def imported(self, identifier: str) -> Attributes:
        bucket, _, key = identifier.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise ProviderError(f"{identifier!r} is no id of an aws_s3_object", "Write it as bucket/key.")
        return {"id": f"{bucket}/{key}", "bucket": bucket, "key": key}

    def _upload(self, session: Session, state: Attributes) -> None:
        session.client("s3", state["region"]).put_object(
            Bucket=state["bucket"],
            Key=state["key"],
            Body=self._body(state),
            **given(ContentType=state["content_type"], Tagging=urlencode(state["tags_all"])),
        )

    def _body(self, state: Attributes) -> bytes:
        if not state["source"]:
            return (state["content"] or "").encode()
        path = Path(state["source"]).expanduser()
        try:
            return path.read_bytes()
        except OSError as error:
            raise ProviderError(f"Reading the source of aws_s3_object {state['key']}: {error}") from error


def _bucket_tags(client: Client, bucket: str) -> dict[str, str]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see session.py

    try:
        return tags.mapping(client.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":  # S3's word for none
            raise
        return {}


def _versions(client: Client, *, bucket: str, key: str = "") -> Iterator[dict[str, str]]:
    """Yield every version and delete marker of a bucket, or of one key in it."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            if key in ("", version["Key"]):
                yield {"Key": version["Key"], "VersionId": version["VersionId"]}

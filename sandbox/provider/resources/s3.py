"""Amazon S3: buckets and objects. The settings of a bucket are in s3_settings.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.members import changed, pairs, tag_mapping

if TYPE_CHECKING:
    from sandbox.provider.session import Client, Session
    from sandbox.provider.values import Attributes


class Bucket(Handler):
    imitation = Imitation(
        type_name="aws_s3_bucket",
        arguments=names("bucket tags region"),
        outputs=names("id arn bucket_region tags_all"),
        identity="{bucket}",
        force_new=names("bucket"),
        gone=names("NoSuchBucket 404"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        region = state["region"]
        # us-east-1 is the one Region that S3 refuses to be told.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        session.client("s3", region).create_bucket(Bucket=state["bucket"], **place)
        state["id"] = state["bucket"]
        self._tag(session, state)

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, name = session.client("s3", state["region"]), state["bucket"]
        client.head_bucket(Bucket=name)
        return {
            "bucket_region": client.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1",
            "arn": f"arn:{session.partition}:s3:::{name}",
            "tags_all": _bucket_tags(client, name),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        if changed(prior, state, "tags_all"):
            self._tag(session, state)

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("s3", state["region"]).delete_bucket(Bucket=state["bucket"])

    def _tag(self, session: Session, state: Attributes) -> None:
        client, name = session.client("s3", state["region"]), state["bucket"]
        if state["tags_all"]:
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(state["tags_all"])})
        else:
            client.delete_bucket_tagging(Bucket=name)


class Object(Handler):
    imitation = Imitation(
        type_name="aws_s3_object",
        arguments=names("bucket key source source_hash tags region"),
        outputs=names("id arn version_id=VersionId tags_all"),
        identity="{bucket}/{key}",
        force_new=names("bucket key"),
        recomputed=names("version_id"),
        gone=names("NoSuchBucket NoSuchKey 404"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        self._upload(session, state)
        state["id"] = self.identity(state)

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, place = session.client("s3", state["region"]), _place(state)
        return {
            **self.observed(client.head_object(**place)),
            "arn": f"arn:{session.partition}:s3:::{state['bucket']}/{state['key']}",
            "tags_all": tag_mapping(client.get_object_tagging(**place)["TagSet"]),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        if changed(prior, state, "source", "source_hash"):
            self._upload(session, state)
        elif changed(prior, state, "tags_all"):
            client = session.client("s3", state["region"])
            client.put_object_tagging(**_place(state), Tagging={"TagSet": pairs(state["tags_all"])})

    def delete(self, session: Session, state: Attributes) -> None:
        """Delete every version and delete marker of the key, as the real provider does."""
        client = session.client("s3", state["region"])
        pages = client.get_paginator("list_object_versions").paginate(Bucket=state["bucket"], Prefix=state["key"])
        for page in pages:
            for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
                if version["Key"] == state["key"]:
                    client.delete_object(**_place(state), VersionId=version["VersionId"])

    def _upload(self, session: Session, state: Attributes) -> None:
        try:
            body = Path(state["source"] or "").expanduser().read_bytes()
        except OSError as error:
            raise ProviderError(f"Reading the source of aws_s3_object {state['key']}: {error}") from error
        client = session.client("s3", state["region"])
        client.put_object(**_place(state), Body=body, Tagging=urlencode(state["tags_all"]))


def _place(state: Attributes) -> dict[str, str]:
    return {"Bucket": state["bucket"], "Key": state["key"]}


def _bucket_tags(client: Client, bucket: str) -> dict[str, str]:
    try:
        return tag_mapping(client.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":  # S3's word for none
            raise
        return {}


HANDLERS = (Bucket(), Object())

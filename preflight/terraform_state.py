"""Reads Terraform's state: which resources of an account are ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABSENT = ("NoSuchBucket", "NoSuchKey", "404")


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformState:
    """The resources that Terraform made, by address: `module.seed_bucket.aws_s3_bucket.this` -> attributes."""

    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether Terraform has made nothing, or destroyed it again."""
        return not self.resources


def read(client: Any, *, bucket: str, key: str) -> TerraformState:  # noqa: ANN401  (boto3)
    """Return the state in an object of S3, an empty one where there is none. Raises botocore's `ClientError`."""
    try:
        content = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return TerraformState()
        raise
    return TerraformState(resources=dict(_resources(json.loads(content))))


def _resources(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in document["resources"]:
        if resource["mode"] == "managed":
            parts = (resource.get("module"), resource["type"], resource["name"])
            address = ".".join(part for part in parts if part)
            for instance in resource["instances"]:
                key = instance.get("index_key")
                yield f"{address}[{json.dumps(key)}]" if key is not None else address, instance["attributes"]

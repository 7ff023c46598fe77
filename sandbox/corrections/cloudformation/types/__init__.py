"""The resource types that the sandbox imitates. A new type is one declaration in a module here, named in TYPES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.corrections.cloudformation.types import ecr, kms, s3, sagemaker

if TYPE_CHECKING:
    from sandbox.corrections.cloudformation.resource_type import ResourceType

TYPES: dict[str, ResourceType] = {
    declared.name: declared
    for declared in (
        ecr.REPOSITORY,
        kms.ALIAS,
        kms.KEY,
        s3.BUCKET,
        s3.BUCKET_POLICY,
        sagemaker.MODEL_PACKAGE_GROUP,
    )
}

"""The imitated resource types: a file for each AWS service or part of one, a handler for each type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.resources import iam, s3, s3_settings, sagemaker, servicecatalog, ssm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.handler import Handler

HANDLERS: Mapping[str, Handler] = {
    handler.imitation.type_name: handler
    for service in (iam, s3, s3_settings, sagemaker, servicecatalog, ssm)
    for handler in service.HANDLERS
}

"""The imitated resource types: a file for each AWS service or part of one, a handler for each type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.resources import iam, s3, s3_settings, ssm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.handler import Handler

HANDLERS: Mapping[str, Handler] = {
    handler.imitation.type_name: handler
    for handler in (
        iam.Policy(),
        iam.Role(),
        iam.RolePolicy(),
        s3.Bucket(),
        s3.Object(),
        s3_settings.Encryption(),
        s3_settings.Lifecycle(),
        s3_settings.OwnershipControls(),
        s3_settings.Policy(),
        s3_settings.PublicAccessBlock(),
        s3_settings.Versioning(),
        ssm.Parameter(),
    )
}

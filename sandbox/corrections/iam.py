"""IAM: a permissions boundary has to exist. Stock moto takes any ARN for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.core.responses import ActionResult


def apply() -> None:
    """Put the correction in force."""
    for name in ("create_role", "put_role_permissions_boundary"):
        graft(IamResponse, name, _checked(getattr(IamResponse, name)))


def _checked(operation: Callable[[IamResponse], ActionResult]) -> Callable[[IamResponse], ActionResult]:
    def check_first(response: IamResponse) -> ActionResult:
        boundary = response._get_param("PermissionsBoundary")  # noqa: SLF001
        if boundary and boundary not in response.backend.managed_policies:
            raise NotFoundException(f"Scope ARN: {boundary} does not exist or is not attachable.")
        return operation(response)

    return check_first

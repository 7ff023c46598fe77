"""Waits until SageMaker has done with a project."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from projects.errors import ProjectsError
from projects.project import GONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projects.access import Access

POLL_SECONDS = 5
MAX_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How SageMaker ended what it did with a project."""

    status: str
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it did not do what it was asked for."""
        return self.status.endswith("Failed")


def wait_for_project(access: Access, name: str, *, change: str) -> Ended:
    """Wait for the end of a change, `Update` or `Delete`, of a project. Raises `ProjectsError` after an hour."""
    started = time.monotonic()
    while time.monotonic() - started < MAX_SECONDS:
        try:
            described = access.in_dev("sagemaker").describe_project(ProjectName=name)
        except ClientError as error:
            # A project that is not there is a ValidationException with this text; there is no code of its own.
            if "does not exist" in error.response["Error"]["Message"]:
                return Ended(status=GONE)
            raise
        status = described["ProjectStatus"]
        if status in {f"{change}Completed", f"{change}Failed"}:
            return Ended(status=status, reason=_reason(described))
        time.sleep(POLL_SECONDS)
    raise ProjectsError(f"Project {name} is still not done after an hour. Look at it with: pipenv run projects list")


def _reason(described: Mapping[str, Any]) -> str:
    provisioned = described.get("ServiceCatalogProvisionedProductDetails", {})
    stacks = [one["CfnTemplateProviderDetail"] for one in described.get("TemplateProviderDetails", [])]
    messages = [one.get("StackDetail", {}).get("StatusMessage", "") for one in stacks]
    return str(provisioned.get("ProvisionedProductStatusMessage") or " ".join(messages))

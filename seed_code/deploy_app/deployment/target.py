"""Everything that decides one environment's template. Nothing else may: the same target makes the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deployment.accounts import Account
    from deployment.model_registry import Model
    from deployment.names import Names
    from deployment.project import Project
    from deployment.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One environment. The definition is that of the build repository's inference pipeline, with [batch] only."""

    environment: str
    names: Names
    project: Project
    settings: Settings
    account: Account
    model: Model
    inference_definition: dict[str, Any] | None

    @property
    def data_bucket(self) -> str:
        """The bucket of captured requests and batch output."""
        return self.names.data_bucket(self.account.account_id)

"""EventBridge: a rule that starts a pipeline has to say with which role. Stock moto lets it go without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend

from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Put the correction in force."""
    graft(EventsBackend, "put_targets", _with_roles(EventsBackend.put_targets))


def _with_roles(put_targets: Callable[..., None]) -> Callable[..., None]:
    def put(backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        for target in targets:
            if ":codepipeline:" in target["Arn"] and not target.get("RoleArn"):
                raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
        put_targets(backend, name, event_bus_arn, targets)

    return put

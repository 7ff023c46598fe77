"""AWS answering a command as the sandbox never does: it denies, or it is still at something."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from projects.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from baseline.naming import Environment


@contextmanager
def denying(service: str, operation: str) -> Iterator[None]:
    """Let AWS deny an operation to the command."""
    message = f"User: engineer is not authorized to perform: {service}:{operation}"
    denied = {"Error": {"Code": "AccessDenied", "Message": message}, "ResponseMetadata": {}}

    def deny(**_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        return SimpleNamespace(status_code=403), denied

    with _listening(service, f"before-call.{service}.{operation}", deny):
        yield


@contextmanager
def stack_in(status: str, *, stack: str) -> Iterator[None]:
    """Let CloudFormation tell the command that a stack is in a status."""

    def tell(*, parsed: dict[str, Any], **_: object) -> None:
        for one in parsed.get("Stacks", []):
            if one["StackName"] == stack:
                one["StackStatus"] = status

    with _listening("cloudformation", "after-call.cloudformation.DescribeStacks", tell):
        yield


@contextmanager
def _listening(service: str, event: str, hear: Callable[..., object]) -> Iterator[None]:
    made = Access.client

    def client(access: Access, environment: Environment, wanted: str) -> Any:  # noqa: ANN401  (boto3)
        found = made(access, environment, wanted)
        if wanted == service:
            found.meta.events.register(event, hear, unique_id="answer")
        return found

    with patch.object(Access, "client", client):
        yield

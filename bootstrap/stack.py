"""Creates or updates one CloudFormation stack and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Mapping

POLL_SECONDS = 3
MAX_POLLS = 200  # ten minutes; a bucket takes half a minute

_UPDATABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
_NO_UPDATES = "No updates are to be performed"


class Outcome(StrEnum):
    """What `deploy` did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """What CloudFormation says about one resource that failed."""

    resource: str
    resource_type: str
    status: str
    reason: str


class StackFailedError(Exception):
    """The stack did not reach a good state. `events` are the failures, first cause first."""

    def __init__(self, message: str, *, events: tuple[FailedEvent, ...] = ()) -> None:
        super().__init__(message)
        self.events = events


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A CloudFormation stack by name. `client` is boto3's CloudFormation client of the account and Region."""

    client: Any
    name: str

    def deploy(self, *, template: str) -> Outcome:
        """Create the stack, or update it, and wait for the end.

        Raises `StackFailedError` when the stack fails or an earlier failure is in the way; the text says how to go on.
        """
        status = self.status()
        if status is None:
            return self._create(template)
        self._refuse_a_stuck_stack(status)
        return self._update(template)

    def status(self) -> str | None:
        """Return CloudFormation's status of the stack, None when there is none."""
        try:
            stacks = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            # A stack that is not there is a ValidationError with this text; there is no code of its own.
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return str(stacks[0]["StackStatus"])

    def outputs(self) -> Mapping[str, str]:
        """Return the stack's outputs by name."""
        stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _create(self, template: str) -> Outcome:
        stack_id = self.client.create_stack(StackName=self.name, TemplateBody=template)["StackId"]
        self._wait("stack_create_complete", stack_id, what="creation")
        return Outcome.CREATED

    def _update(self, template: str) -> Outcome:
        known = self._event_ids()
        try:
            stack_id = self.client.update_stack(StackName=self.name, TemplateBody=template)["StackId"]
        except ClientError as error:
            if _NO_UPDATES in error.response["Error"]["Message"]:
                return Outcome.UNCHANGED
            raise
        self._wait("stack_update_complete", stack_id, what="update", known=known)
        return Outcome.UPDATED

    def _wait(self, waiter: str, stack_id: str, *, what: str, known: frozenset[str] = frozenset()) -> None:
        try:
            self.client.get_waiter(waiter).wait(
                StackName=stack_id, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
            )
        except WaiterError as error:
            status = self.status() or "gone"
            cure = f" {self._cure(status)}" if status not in _UPDATABLE else ""
            raise StackFailedError(
                f"The {what} of stack {self.name} failed; it is in {status}.{cure}", events=self._failures(known)
            ) from error

    def _refuse_a_stuck_stack(self, status: str) -> None:
        if status in _UPDATABLE:
            return
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise StackFailedError(
                f"Stack {self.name} is in {status}: somebody else is at it. Try again when it is done."
            )
        raise StackFailedError(
            f"Stack {self.name} is in {status}, left by an earlier failure. {self._cure(status)}",
            events=self._failures(frozenset()),
        )

    def _cure(self, status: str) -> str:
        if status == "UPDATE_ROLLBACK_FAILED":
            return (
                "Mend the cause, then: "
                f"aws cloudformation continue-update-rollback --stack-name {self.name}, and run this again."
            )
        return (
            "CloudFormation cannot update such a stack. Mend the cause, then delete the stack and run this again: "
            f"aws cloudformation delete-stack --stack-name {self.name}"
        )

    def _event_ids(self) -> frozenset[str]:
        return frozenset(event["EventId"] for event in self._events())

    def _failures(self, known: frozenset[str]) -> tuple[FailedEvent, ...]:
        return tuple(
            FailedEvent(
                resource=event["LogicalResourceId"],
                resource_type=event["ResourceType"],
                status=event["ResourceStatus"],
                reason=event.get("ResourceStatusReason", ""),
            )
            for event in reversed(self._events())
            if event["ResourceStatus"].endswith("_FAILED") and event["EventId"] not in known
        )

    def _events(self) -> list[dict[str, Any]]:
        """Return the stack's events, newest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        return [event for page in pages for event in page["StackEvents"]]

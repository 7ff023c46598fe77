"""CloudFormation stacks, changed by change sets: first what a stack would become, then making it so."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

POLL_SECONDS = 3
MAX_POLLS = 200  # ten minutes; a bucket takes half a minute

_UPDATABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
_IN_REVIEW = "REVIEW_IN_PROGRESS"  # a change set was made for a stack that is not there yet
# CloudFormation says one or the other of a change set that changes nothing; there is no code for it.
_NO_CHANGES = ("The submitted information didn't contain changes", "No updates are to be performed")


class Outcome(StrEnum):
    """What became of a stack."""

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
class Change:
    """What would become of one resource. `replaces`: a new one takes its place, or may take it."""

    action: str
    resource: str
    resource_type: str
    physical_id: str
    replaces: bool
    properties: tuple[str, ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Change:
        """Read a `ResourceChange` of CloudFormation's API."""
        targets = [detail["Target"] for detail in told.get("Details", [])]
        return cls(
            action=told["Action"],
            resource=told["LogicalResourceId"],
            resource_type=told["ResourceType"],
            physical_id=told.get("PhysicalResourceId", ""),
            replaces=told.get("Replacement", "False") != "False",
            # With the property's name left out it is the attribute itself that changes, such as Tags.
            properties=tuple(dict.fromkeys(target.get("Name", target["Attribute"]) for target in targets)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What a stack would become, not done yet. Either `execute` it or `discard` it."""

    stack: Stack
    id: str
    creates: bool
    changes: tuple[Change, ...]

    def execute(self) -> Outcome:
        """Do it and wait for the end. Raises `StackFailedError`, whose text says how to go on."""
        known = self.stack.event_ids()
        self.stack.client.execute_change_set(ChangeSetName=self.id, StackName=self.stack.name)
        self.stack.wait("create" if self.creates else "update", known=known)
        return Outcome.CREATED if self.creates else Outcome.UPDATED

    def discard(self) -> None:
        """Leave no trace of it, nor of the stack that it would have created."""
        self.stack.client.delete_change_set(ChangeSetName=self.id, StackName=self.stack.name)
        if self.creates:
            self.stack.client.delete_stack(StackName=self.stack.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A CloudFormation stack by name. `client` is boto3's CloudFormation client of the account and Region."""

    client: Any
    name: str

    def plan(
        self, *, template: str, parameters: Mapping[str, str] | None = None, capabilities: Sequence[str] = ()
    ) -> ChangeSet | None:
        """Return what a template would make of the stack, None when nothing would change.

        Raises `StackFailedError` when an earlier failure is in the way, or when CloudFormation cannot compare.
        """
        status = self.status()
        if status is not None:
            self._refuse_a_stuck_stack(status)
        change_set_id = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"bootstrap-{uuid.uuid4().hex}",
            ChangeSetType="CREATE" if status is None else "UPDATE",
            TemplateBody=template,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in (parameters or {}).items()],
            Capabilities=list(capabilities),
        )["Id"]
        change_set = ChangeSet(stack=self, id=change_set_id, creates=status is None, changes=())
        problem = self._problem_of(change_set_id)
        if problem is not None:
            change_set.discard()
            if problem.startswith(_NO_CHANGES):
                return None
            raise StackFailedError(f"CloudFormation cannot say what would become of stack {self.name}: {problem}")
        return replace(change_set, changes=self._changes_of(change_set_id))

    def status(self) -> str | None:
        """Return CloudFormation's status of the stack, None when there is none, or none that was ever made."""
        try:
            stacks = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            # A stack that is not there is a ValidationError with this text; there is no code of its own.
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        status = str(stacks[0]["StackStatus"])
        return None if status == _IN_REVIEW else status

    def outputs(self) -> Mapping[str, str]:
        """Return the stack's outputs by name."""
        stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def holds(self, logical_id: str) -> bool:
        """Whether the stack made a resource and has it still."""
        if self.status() is None:
            return False
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return any(
            resource["LogicalResourceId"] == logical_id and resource["ResourceStatus"] != "DELETE_COMPLETE"
            for resource in found
        )

    def wait(self, what: str, *, known: frozenset[str]) -> None:
        """Wait for the end of a "create" or an "update".

        Raises `StackFailedError` with the failures that are not among the events `known` before.
        """
        try:
            self.client.get_waiter(f"stack_{what}_complete").wait(
                StackName=self.name, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
            )
        except WaiterError as error:
            status = self.status() or "gone"
            cure = f" {self._cure(status)}" if status not in _UPDATABLE else ""
            raise StackFailedError(
                f"The {what} of stack {self.name} failed; it is in {status}.{cure}", events=self._failures(known)
            ) from error

    def event_ids(self) -> frozenset[str]:
        """Return the ids of the events so far."""
        return frozenset(event["EventId"] for event in self._events())

    def _problem_of(self, change_set_id: str) -> str | None:
        """Wait until a change set is there, and return why there is none."""
        named = {"ChangeSetName": change_set_id, "StackName": self.name}
        try:
            self.client.get_waiter("change_set_create_complete").wait(
                **named, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
            )
        except WaiterError:
            return str(self.client.describe_change_set(**named).get("StatusReason", "it gives no reason"))
        return None

    def _changes_of(self, change_set_id: str) -> tuple[Change, ...]:
        pages = self.client.get_paginator("describe_change_set").paginate(
            ChangeSetName=change_set_id, StackName=self.name
        )
        told = [change for page in pages for change in page["Changes"]]
        return tuple(Change.read(change["ResourceChange"]) for change in told if change["Type"] == "Resource")

    def _refuse_a_stuck_stack(self, status: str) -> None:
        if status in _UPDATABLE:
            return
        if status.endswith("_IN_PROGRESS"):
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

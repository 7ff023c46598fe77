"""What the tests of the sandbox hold in their hands: a running sandbox, and CloudFormation in it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.clients import session_of
from sandbox.environment import environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from botocore.client import Config

    from sandbox.server import Sandbox, SandboxAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSandbox:
    """A running sandbox, its accounts by name (``demo-dev``, or ``dev``), and the folder its variables point at."""

    sandbox: Sandbox
    folder: Path

    @property
    def endpoint(self) -> str:
        return self.sandbox.endpoint

    @property
    def accounts(self) -> Mapping[str, SandboxAccount]:
        return self.sandbox.accounts

    def environment(self, name: str | None = None) -> dict[str, str]:
        return environment(self.sandbox, folder=self.folder, account=name)

    def client(self, name: str, service: str, *, config: Config | None = None) -> Any:  # noqa: ANN401
        """Return boto3's client of a service with an account's own credentials."""
        account = self.sandbox.find(name)
        return session_of(account).client(service, config=config, endpoint_url=self.endpoint)


class Stacks:
    """CloudFormation in the sandbox's DEV account, for templates given as Python data."""

    def __init__(self, running: RunningSandbox) -> None:
        self.client = running.client("dev", "cloudformation")
        self.s3 = running.client("dev", "s3")

    def create(self, name: str, template: Mapping[str, Any], **arguments: Any) -> str:  # noqa: ANN401
        self.client.create_stack(StackName=name, TemplateBody=json.dumps(template), **arguments)
        return self.status(name)

    def update(self, name: str, template: Mapping[str, Any], **arguments: Any) -> str:  # noqa: ANN401
        self.client.update_stack(StackName=name, TemplateBody=json.dumps(template), **arguments)
        return self.status(name)

    def status(self, name: str) -> str:
        return str(self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def history(self, name: str) -> list[str]:
        """Return the events as "<logical id> <status>", oldest first."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(events)]

    def reasons(self, name: str) -> str:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in reversed(events))

    def buckets(self) -> set[str]:
        return {bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]}


def clear(running: RunningSandbox, name: str) -> None:
    """Take away the stacks and buckets of an account."""
    s3, cloudformation = running.client(name, "s3"), running.client(name, "cloudformation")
    for bucket in s3.list_buckets()["Buckets"]:
        with contextlib.suppress(ClientError):  # there may be no policy
            s3.delete_bucket_policy(Bucket=bucket["Name"])
        versions = s3.list_object_versions(Bucket=bucket["Name"])
        for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket["Name"], Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket=bucket["Name"])
    for stack in cloudformation.describe_stacks()["Stacks"]:
        cloudformation.delete_stack(StackName=stack["StackId"])

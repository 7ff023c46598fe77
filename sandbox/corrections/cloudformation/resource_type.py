"""How a CloudFormation resource type is declared: its properties, its attributes, and three functions.

The functions call the sandbox's own AWS API with boto3, as CloudFormation's handlers call AWS's. They know nothing of
moto, and what the API refuses fails the resource with the API's own words.
"""

from __future__ import annotations

import os
import secrets
import string
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import boto3

from sandbox.keys import issue_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VALUE: Final = "value"  # in a shape: any scalar
ANYTHING: Final = "anything"  # in a shape: any JSON, for example a policy document

Shape = str | frozenset[str] | list[Any] | dict[str, Any]
"""What a property may look like: VALUE, ANYTHING, its possible values, a list with its items' shape, shapes by key."""


def one_of(*values: str) -> frozenset[str]:
    """Return the shape of a property that has one of these values."""
    return frozenset(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One resource of one stack, for the function that makes, changes or takes it away."""

    account_id: str
    region: str
    stack_name: str
    logical_id: str
    properties: Mapping[str, Any]
    stack_tags: Mapping[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
        """Return boto3's client of `service`, in the stack's account and Region."""
        return _session(self.account_id, self.region).client(
            service, endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}"
        )

    @property
    def partition(self) -> str:
        """The second part of the account's ARNs."""
        partition: str = _session(self.account_id, self.region).get_partition_for_region(self.region)
        return partition

    def generated_name(self, *, max_length: int) -> str:
        """Return a name as CloudFormation makes them: stack, logical id and 12 random characters."""
        suffix = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
        return f"{self.stack_name}-{self.logical_id}"[: max_length - 13] + f"-{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A CloudFormation resource type that the sandbox imitates.

    `create` returns the physical id. `update` gets the new call, the id, and the old call. `delete` must bear
    that the thing is gone already. A change of a property in `replaced_by` makes a new resource and deletes the old.
    """

    name: str
    properties: Mapping[str, Shape]
    create: Callable[[Call], str]
    update: Callable[[Call, str, Call], None]
    delete: Callable[[Call, str], None]
    required: frozenset[str] = frozenset()
    replaced_by: frozenset[str] = frozenset()
    attributes: Mapping[str, Callable[[Call, str], str]] = field(default_factory=dict)


@lru_cache
def _session(account_id: str, region: str) -> boto3.Session:
    keys = issue_keys(account_id=account_id, region=region, session_name="cloudformation")
    return boto3.Session(
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        aws_session_token=keys["session_token"],
        region_name=region,
    )

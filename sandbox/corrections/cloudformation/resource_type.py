"""How a CloudFormation resource type is declared: its properties, its attributes, and three functions.

The functions call the sandbox's own AWS API with boto3, as CloudFormation's handlers call AWS's. They know nothing of
moto, and what the API refuses fails the resource with the API's own words.
"""

from __future__ import annotations

import secrets
import string
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from moto.utilities.utils import get_partition

from sandbox.corrections import callers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VALUE: Final = "value"  # in a shape: any scalar
ANYTHING: Final = "anything"  # in a shape: any JSON, for example a policy document

Shape = str | frozenset[str] | list[Any] | dict[str, Any]
"""What a property may look like: VALUE, ANYTHING, its possible values, a list with its items' shape, shapes by key."""


TAGS: Final[Shape] = [{"Key": VALUE, "Value": VALUE}]


def one_of(*values: str) -> frozenset[str]:
    """Return the shape of a property that has one of these values."""
    return frozenset(values)


@contextmanager
def gone(*codes: str) -> Iterator[None]:
    """Pass over the errors that say that what is to be deleted is gone already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One resource of one stack, for the function that makes, changes or takes it away."""

    account_id: str
    region: str
    stack_name: str
    logical_id: str
    properties: Mapping[str, Any]
    stack_tags: Mapping[str, str]
    role_arn: str | None = None

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
        """Return boto3's client of `service` where the stack is, with the stack's role or with the caller's."""
        where = {"account_id": self.account_id, "region": self.region}
        if self.role_arn:
            return callers.client(service, role_arn=self.role_arn, assumed_by="cloudformation", **where)
        return callers.forwarding(service, by="cloudformation", **where)

    @property
    def partition(self) -> str:
        """The second part of the account's ARNs."""
        return str(get_partition(self.region))

    @property
    def tags(self) -> dict[str, str]:
        """The resource's own tags over the stack's. AWS's own tags of the stack do not reach the API."""
        own = {tag["Key"]: tag["Value"] for tag in self.properties.get("Tags", [])}
        return {key: value for key, value in self.stack_tags.items() if not key.startswith("aws:")} | own

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The same as most of the APIs take them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    @property
    def small_tag_list(self) -> list[dict[str, str]]:
        """The same as the developer tools' APIs take them."""
        return [{"key": key, "value": value} for key, value in self.tags.items()]

    def change_tags(self, old: Call, *, tag: Callable[[], object], untag: Callable[[list[str]], object]) -> None:
        """Take away the tags that are no more, and put those that are, where there is a difference."""
        gone_keys = sorted(old.tags.keys() - self.tags.keys())
        if gone_keys:
            untag(gone_keys)
        if self.tags.items() - old.tags.items():
            tag()

    def name(self, key: str, *, max_length: int) -> str:
        """Return the name that the property `key` gives, or a generated one."""
        return str(self.properties.get(key) or self.generated_name(max_length=max_length))

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the stack's account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    @contextmanager
    def taking_back(self, delete: Callable[[Call, str], None], physical_id: str) -> Iterator[None]:
        """Delete what was made so far when the rest of it fails: a resource that fails leaves nothing."""
        try:
            yield
        except Exception:
            delete(self, physical_id)
            raise

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

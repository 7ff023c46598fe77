"""What SageMaker keeps of models, endpoints, pipelines and jobs in one account and Region, and their tags.

Each record is what its Describe operation answers; ``Tags`` and what begins with ``_`` does not leave the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Function, Record, serve
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

SERVICE = "sagemaker.amazonaws.com"
ARN_MEMBERS = {
    kind: f"{''.join(word.title() for word in kind.split('-'))}Arn"
    for kind in ("endpoint", "endpoint-config", "model", "pipeline", "processing-job", "training-job", "transform-job")
}


@dataclass(slots=True, kw_only=True)
class Records:
    """By kind, as ARNs have it (``endpoint-config``), and then by name."""

    by_kind: dict[str, dict[str, Record]] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Record]:
        """Return the records of a kind."""
        return self.by_kind.setdefault(kind, {})


def records_of(caller: Caller) -> Records:
    """Return what is kept where the caller is."""
    records: Records = kept(backend_of(caller), "records")
    return records


def backend_of(caller: Caller) -> SageMakerModelBackend:
    """Return moto's part of it."""
    return sagemaker_backends[caller.account_id][caller.region]


def add(caller: Caller, kind: str, name: str, record: Record) -> Record:
    """Keep a new record with its ARN and times. Raises `ApiError` where there is one of that name."""
    arn, now = caller.arn("sagemaker", f"{kind}/{name}"), utcnow()
    if name in records_of(caller).of(kind):
        raise invalid(f'Cannot create already existing {kind.replace("-", " ")} "{arn}".')
    added = {"Tags": [], **record, ARN_MEMBERS[kind]: arn, "CreationTime": now, "LastModifiedTime": now}
    records_of(caller).of(kind)[name] = added
    return added


def find(caller: Caller, kind: str, name: str) -> Record:
    """Return a record. Raises `ApiError` where there is none."""
    record = records_of(caller).of(kind).get(name)
    if record is None:
        arn = caller.arn("sagemaker", f"{kind}/{name}")
        raise invalid(f'Could not find {kind.replace("-", " ")} "{arn}".')
    return record


def describing(kind: str, member: str) -> Function:
    """Return the operation that describes a record, which `member` names."""
    return lambda caller, given: find(caller, kind, given[member])


def listing(kind: str, answer: str) -> Function:
    """Return the operation that lists the records of a kind, newest first."""

    def list_all(caller: Caller, given: Record) -> Record:
        found = [
            record for name, record in records_of(caller).of(kind).items() if given.get("NameContains", "") in name
        ]
        return {answer: found[::-1]}

    return list_all


def check_role(caller: Caller, role_arn: str) -> None:
    """Raise `ApiError` for a role that SageMaker could not assume."""
    if not is_trusting(caller, role_arn, SERVICE):
        raise invalid(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{SERVICE}' to assume the role."
        )


def invalid(message: str) -> ApiError:
    """Return SageMaker's usual error."""
    return ApiError("ValidationException", message)


def add_tags(caller: Caller, given: Record) -> Record:
    tags, new = _tags(caller, given), given["Tags"]
    tags[:] = [tag for tag in tags if tag["Key"] not in {each["Key"] for each in new}] + new
    return {"Tags": tags}


def delete_tags(caller: Caller, given: Record) -> None:
    tags = _tags(caller, given)
    tags[:] = [tag for tag in tags if tag["Key"] not in given["TagKeys"]]


def list_tags(caller: Caller, given: Record) -> Record:
    return {"Tags": _tags(caller, given)}


OPERATIONS: Operations = {
    "AddTags": (add_tags, "ResourceArn Tags"),  # stock moto keeps two of one key
    "DeleteTags": (delete_tags, "ResourceArn TagKeys"),
    "ListTags": (list_tags, "ResourceArn MaxResults NextToken"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(SageMakerModelBackend, "records", Records)
    serve(SageMakerResponse, "sagemaker", OPERATIONS, alone=False)


def _tags(caller: Caller, given: Record) -> list[dict[str, Any]]:
    """Return the list itself, for a change."""
    kind, _, name = given["ResourceArn"].rpartition(":")[2].partition("/")
    if name in records_of(caller).of(kind):
        mine: list[dict[str, Any]] = find(caller, kind, name)["Tags"]
        return mine
    resource = backend_of(caller)._get_resource_from_arn(given["ResourceArn"])  # noqa: SLF001
    if resource is None:
        raise invalid(f"Could not find {given['ResourceArn']}.")
    resource.tags = resource.tags or []
    theirs: list[dict[str, Any]] = resource.tags
    return theirs

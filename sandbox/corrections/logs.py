"""CloudWatch Logs: what moto lacks of log groups, a change of their key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.logs.models import logs_backends
from moto.logs.responses import LogsResponse

from sandbox.corrections.operations import ApiError, Caller, Record, serve

if TYPE_CHECKING:
    from moto.logs.models import LogGroup


def associate_key(caller: Caller, given: Record) -> None:
    _group(caller, given["logGroupName"]).kms_key_id = given["kmsKeyId"]


def disassociate_key(caller: Caller, given: Record) -> None:
    _group(caller, given["logGroupName"]).kms_key_id = None


def apply() -> None:
    """Put the correction in force."""
    operations = {
        "AssociateKmsKey": (associate_key, "logGroupName kmsKeyId"),
        "DisassociateKmsKey": (disassociate_key, "logGroupName"),
    }
    serve(LogsResponse, "logs", operations, alone=False)


def _group(caller: Caller, name: str) -> LogGroup:
    groups: dict[str, LogGroup] = logs_backends[caller.account_id][caller.region].groups
    if name not in groups:
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")
    return groups[name]

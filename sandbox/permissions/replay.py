"""Recorded calls, put to IAM's simulator under the policies as deployed.

What is denied would have been denied on AWS, although the sandbox let it pass. The proof is about what was recorded and
nothing else, so one without calls is refused, and so is one with a mark that another server's recording was given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.clients import session_of
from sandbox.journey.record import Proof, Refused, Unused
from sandbox.permissions import calls as recorded
from sandbox.permissions import estate as estates
from sandbox.permissions.encryption import requests_behind
from sandbox.permissions.requests import Unclear, key_being_made, requests_of, trust_of
from sandbox.permissions.simulator import ALLOWED, Batch, SimulatorError
from sandbox.permissions.snapshot import listed, read_back, statements
from sandbox.server import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.permissions.calls import Call, Mark
    from sandbox.permissions.estate import Estate
    from sandbox.permissions.simulator import Request
    from sandbox.permissions.snapshot import Document, Snapshot
    from sandbox.server import Sandbox

OURS = re.compile(r"arn:[\w-]+:iam::\d{12}:role/mlops/.+")
MOST_CALLS_TOLD = 3


def prove(sandbox: Sandbox, *, since: Mark | None = None) -> Proof:
    """Judge every call by a role since a mark, or since the sandbox began, under the policies that stand now.

    To be called before what made the calls is deleted. Raises `SandboxError` when no role has made a call, or the mark
    is of another sandbox.
    """
    calls = recorded.read(sandbox, since=since).calls
    accounts = {account.account_id: name for name, account in sandbox.accounts.items()}
    names = {name: account_id for account_id, name in accounts.items()}  # one name an account

    def client(name: str, service: str) -> Any:  # noqa: ANN401  (boto3)
        return session_of(sandbox.find(name)).client(service, endpoint_url=sandbox.endpoint)

    return judge(calls, policies=read_back(client, names), estate=estates.look(client, names))


def judge(calls: Sequence[Call], *, policies: Snapshot, estate: Estate) -> Proof:
    """Judge calls under policies. Raises `SandboxError` when no role has made one of them."""
    by_roles = [call for call in calls if not call.own]
    if not by_roles:
        raise SandboxError("There is nothing to judge: no role has made a call since the recording began.")
    asked = _asked(by_roles, estate.with_roles_made(calls))
    policies = _with_keys_being_made(policies, asked.requests)
    verdicts = _verdicts(policies, asked)
    roles = sorted({call.role_arn for call in by_roles})
    return Proof(
        calls=len(by_roles),
        requests=len(asked.requests),
        roles=tuple(roles),
        denied=tuple(
            _refused(request, asked.requests[request], verdict)
            for request, verdict in verdicts.items()
            if verdict != ALLOWED
        ),
        unevaluated=tuple(asked.unclear),
        silent_roles=tuple(sorted(arn for arn in policies.identities if OURS.fullmatch(arn) and arn not in roles)),
        unused=tuple(_unused(policies, roles, asked.requests)),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests with the calls that made them, and what cannot be put to the simulator."""

    requests: dict[Request, list[str]] = field(default_factory=dict)
    unclear: list[Refused] = field(default_factory=list)

    def leave_out(self, refused: Refused) -> None:
        if refused not in self.unclear:
            self.unclear.append(refused)


def _asked(calls: Iterable[Call], estate: Estate) -> _Asked:
    asked = _Asked()
    for call in calls:
        try:
            trust = trust_of(call)
            for request in [*requests_of(call, estate), *requests_behind(call, estate), *([trust] if trust else [])]:
                made_by = asked.requests.setdefault(request, [])
                if str(call) not in made_by:
                    made_by.append(str(call))
        except Unclear as unclear:
            asked.leave_out(
                Refused(role=call.role_arn, action=unclear.action, resource="", call=str(call), reason=str(unclear))
            )
    return asked


def _with_keys_being_made(policies: Snapshot, requests: Iterable[Request]) -> Snapshot:
    """The same policies, with a key that leaves it all to IAM where one is tagged before it has a policy."""
    for resource in {request.resource for request in requests}:
        _, _, _, region, account_id, *_ = f"{resource}:::::".split(":")
        if resource == key_being_made(region, account_id):
            root = {"AWS": f"arn:aws:iam::{account_id}:root"}
            leaves = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
            policies = policies.with_guard(resource, {"Version": "2012-10-17", "Statement": [leaves]})
    return policies


def _verdicts(policies: Snapshot, asked: _Asked) -> dict[Request, str]:
    """Return what the simulator says of each request. What it cannot judge is left out, and told."""
    batch, put = Batch(), []
    for request, made_by in asked.requests.items():
        try:
            batch.ask(policies, request)
            put.append(request)
        except SimulatorError as error:
            reason = f"{error} any more: it was deleted before the policies were read"
            asked.leave_out(_refused(request, made_by, reason))
    found: dict[Request, str] = {}
    for request, answer in zip(put, batch.answers() if put else [], strict=True):
        if "error" in answer:
            asked.leave_out(_refused(request, asked.requests[request], answer["error"]))
        else:
            found[request] = answer["verdict"]
    return found


def _refused(request: Request, made_by: list[str], reason: str) -> Refused:
    context = ", ".join(f"{key} = {value}" for key, value in request.context)
    return Refused(
        role=request.who,
        action=request.action,
        resource=request.resource,
        call=", ".join(made_by[:MOST_CALLS_TOLD]),
        reason=f"{reason} ({context})" if context else reason,
    )


def _unused(policies: Snapshot, roles: Iterable[str], asked: Iterable[Request]) -> Iterator[Unused]:
    """Yield, for each role that made a call, the actions that its policies allow and that no request was for."""
    for role in roles:
        identity = policies.identities.get(role)
        used = [request.action for request in asked if request.who == role]
        documents = [policies.documents[name] for name in identity.policies] if identity else []
        granted = {action for document in documents for action in _granted(document)}
        idle = sorted(action for action in granted if not any(_covers(action, one) for one in used))
        if idle:
            yield Unused(role=role, actions=tuple(idle))


def _granted(document: Document) -> Iterator[str]:
    for statement in statements(document):
        if statement["Effect"] == "Allow":
            yield from listed(statement.get("Action", []))


def _covers(pattern: str, action: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None

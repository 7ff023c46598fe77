"""Recorded calls, as the sandbox's server tells them to whoever has an account's own credentials."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox import CALLS_PATH
from sandbox.server import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.server import Sandbox, SandboxAccount

Parameters = dict[str, Any]
"""The members of a request, named as in the API's model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the API: which role made it in which session, where, and what it asked for.

    `session` tells who assumed the role, or in whose name a service called on (``forwarded-cloudformation``). `status`
    is HTTP's, or 0 for what a service does without an operation of the API.
    """

    role_arn: str
    session: str
    account_id: str
    region: str
    service: str
    operation: str
    status: int
    parameters: Parameters = field(default_factory=dict)
    own: bool = False
    """Whether an account's own credentials signed it, or the sandbox acts: nobody's permission is in question."""
    problem: str = ""
    """Why the request could not be read."""

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a recording: which server's it is, and how many calls it held."""

    recording: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The calls after a mark, and the mark behind them."""

    calls: tuple[Call, ...]
    end: Mark


def mark(sandbox: Sandbox) -> Mark:
    """Return the place where the recording of a sandbox is now."""
    told = ask(sandbox, "count")
    return Mark(recording=told["recording"], count=told["count"])


def read(sandbox: Sandbox, *, since: Mark | None = None) -> Recording:
    """Return the calls since a mark, or all of them, in the order of their answers.

    Raises `SandboxError` for a mark of another server.
    """
    told = ask(sandbox, "read", since=since.count if since else 0)
    if since and told["recording"] != since.recording:
        raise SandboxError("The recording is another one: the sandbox was started anew after the mark was set.")
    calls = tuple(Call(**call) for call in told["calls"])
    return Recording(calls=calls, end=Mark(recording=told["recording"], count=told["count"]))


def note(  # noqa: PLR0913  (a call has this many parts)
    sandbox: Sandbox, account: SandboxAccount, *, caller: str, service: str, action: str, parameters: Parameters
) -> None:
    """Record what a service does without an operation of the API, in the name of the role whose access key is given."""
    ask(sandbox, "note", account=account, caller=caller, service=service, action=action, parameters=parameters)


def ask(
    sandbox: Sandbox,
    operation: str,
    *,
    account: SandboxAccount | None = None,
    **request: Any,  # noqa: ANN401  (JSON)
) -> Mapping[str, Any]:
    """Ask the server's recorder for something. Raises `SandboxError` with what it found wrong."""
    account = account or next(iter(sandbox.accounts.values()))
    signed = {"key": account.access_key_id, "account_id": account.account_id, "region": account.region}
    connection = http.client.HTTPConnection(urlsplit(sandbox.endpoint).netloc)
    try:
        connection.request("POST", CALLS_PATH, body=json.dumps({"operation": operation, **signed, **request}))
        answer: Mapping[str, Any] = json.load(connection.getresponse())
    finally:
        connection.close()
    if "problem" in answer:
        raise SandboxError(f"The sandbox's recorder failed: {answer['problem']}")
    return answer

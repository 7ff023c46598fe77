"""What whoever does a piece of work has at hand: the server, the accounts, and roles to act in."""

from __future__ import annotations

import http.client
import json
import sys
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox import WORK_PATH
from sandbox.clients import session_of, session_with
from sandbox.permissions import calls
from sandbox.server import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import boto3

    from sandbox.server import Sandbox, SandboxAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done: in which account, what, what came of it in AWS's word, and the seconds it took."""

    kind: str
    account_id: str
    place: str
    status: str
    summary: str
    seconds: float = 0.0


STEP = "sagemaker-step"
"""Kind of a step of a SageMaker pipeline, which ends before the pipeline does."""
Item = dict[str, Any]
"""A piece of work: ``id``, ``kind``, ``account_id``, ``region``, and what the kind needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A running sandbox to work on. `package_cache` is what builds keep packages of pip, uv and npm in, if anything."""

    sandbox: Sandbox
    package_cache: Path | None = None
    hear: Callable[[Step], None]
    """What is called after each step."""
    begin: Callable[[Item], None]
    """What is called before each piece of work."""
    _sessions: dict[tuple[str, ...], boto3.Session] = field(default_factory=dict)

    def account(self, account_id: str) -> SandboxAccount:
        """Return an account by its id. Raises `SandboxError` when the sandbox has none."""
        for account in self.sandbox.accounts.values():
            if account.account_id == account_id:
                return account
        raise SandboxError(f"There is no account {account_id} in the sandbox.")

    def session(self, account_id: str, *, role_arn: str, service: str, name: str) -> boto3.Session:
        """Return a session of a role that a service of an account assumes.

        It is called ``<service>-<name>``, by which a record of calls tells who assumed the role: ``codebuild-...`` is
        codebuild.amazonaws.com.
        """
        return self.assume(session_of(self.account(account_id)), role_arn=role_arn, name=f"{service}-{name}")

    def assume(self, session: boto3.Session, *, role_arn: str, name: str) -> boto3.Session:
        """Return a session of a role that whoever has `session` assumes."""
        key = (session.get_credentials().access_key, role_arn, name)
        if key not in self._sessions:
            sts = self.client(session, "sts")
            keys = sts.assume_role(RoleArn=role_arn, RoleSessionName=name[:64])["Credentials"]
            self._sessions[key] = session_with(keys, region=str(session.region_name))
        return self._sessions[key]

    def client(self, session: boto3.Session, service: str) -> Any:  # noqa: ANN401  (boto3)
        """Return boto3's client of a service of the sandbox."""
        return session.client(service, endpoint_url=self.sandbox.endpoint)

    def note(self, item: Item, session: boto3.Session, service: str, *actions: str, **parameters: str) -> None:
        """Let the record of calls have what a service does in a role's name without an operation of the API."""
        key = session.get_credentials().access_key
        for action in actions:
            calls.note(
                self.sandbox,
                self.account(item["account_id"]),
                caller=key,
                service=service,
                action=action,
                parameters=parameters,
            )

    def tell(self, item: Item, told: dict[str, Any], *, kind: str | None = None, done: bool = False) -> Item:
        """Tell the server how a piece of work goes, as another kind's hearer understands it when `kind` is given."""
        return self.ask("tell", id=item["id"], told=told, kind=kind, done=done)

    def ask(self, operation: str, **request: Any) -> Item:  # noqa: ANN401  (JSON)
        """Ask the server for something. Raises `SandboxError` with what it found wrong."""
        connection = self.connect()
        try:
            self.send(connection, operation, **request)
            return read(connection)
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.sandbox.endpoint).netloc)

    def send(self, connection: http.client.HTTPConnection, operation: str, **request: Any) -> None:  # noqa: ANN401
        """Send a request, whose answer `read` returns."""
        account = next(iter(self.sandbox.accounts.values()))
        signed = {"key": account.access_key_id, "account_id": account.account_id, "region": account.region}
        connection.request("POST", WORK_PATH, body=json.dumps({"operation": operation, **signed, **request}))


def read(connection: http.client.HTTPConnection) -> Item:
    """Read the answer to what was sent. Raises `SandboxError` with what the server found wrong."""
    answer: Item = json.load(connection.getresponse())
    if "problem" in answer:
        raise SandboxError(f"The sandbox failed: {answer['problem']}")
    return answer


def fault_in(error: Exception) -> str:
    """Return what to tell of a fault that is nobody's but the sandbox's, and show where it was."""
    traceback.print_exception(error, file=sys.stderr)
    return str(error) if isinstance(error, SandboxError) else f"The sandbox failed: {type(error).__name__}: {error}"

"""Starts, finds and ends the sandbox's server process.

The server is a process of its own (``sandbox.process``) that chooses its port itself and reports it back, so no port is
ever guessed. It lives as long as its standard input stays open: a caller that dies takes it along.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from baseline.accounts import load
from sandbox import IDENTITY_PATH, REPOSITORIES_VARIABLE, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from baseline.accounts import Account, AccountSet

START_TIMEOUT_SECONDS = 120.0  # moto imports in 4 s on an idle machine, ten times that on a loaded one
STOP_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.05


class SandboxError(Exception):
    """A sandbox that cannot be started, found or ended; the text is for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """One account of the accounts file, with the temporary credentials that reach it."""

    name: str
    account_id: str
    environment: str
    region: str
    profile: str | None  # the AWS CLI profile that the accounts file names for it
    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox: where it answers, which process it is, and the accounts in it by name (``demo-dev``)."""

    endpoint: str
    region: str
    pid: int
    accounts: Mapping[str, SandboxAccount]
    repositories: str  # the folder of CodeCommit's repositories: <account id>/<Region>/<repository>

    def find(self, name: str) -> SandboxAccount:
        """Return the account called `name`: ``demo-dev``, or ``dev`` for the first set. Or raise `SandboxError`."""
        account = self.accounts.get(name) or self.aliases.get(name)
        if account is None:
            known = ", ".join([*self.accounts, *self.aliases])
            raise SandboxError(f'There is no account "{name}" in the sandbox. Known: {known}.')
        return account

    @property
    def aliases(self) -> dict[str, SandboxAccount]:
        """The first account set's accounts by environment alone: ``dev``, ``preprod``, ``prod``."""
        aliases: dict[str, SandboxAccount] = {}
        for account in self.accounts.values():
            aliases.setdefault(account.environment, account)
        return aliases

    def to_json(self) -> str:
        accounts = {name: asdict(account) for name, account in {**self.aliases, **self.accounts}.items()}
        return json.dumps({**asdict(self), "accounts": accounts}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises `SandboxError` when the text is not a sandbox's state."""
        try:
            state = json.loads(text)
            entries = {name: SandboxAccount(**entry) for name, entry in state.pop("accounts").items()}
            accounts = {name: account for name, account in entries.items() if account.name == name}
            return cls(accounts=accounts, **state)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SandboxError(f"This is not the state of a sandbox: {error}.") from error


class SandboxProcess:
    """The server process, for the one who started it. A context manager: leaving it ends the process."""

    def __init__(
        self, *, process: subprocess.Popen[bytes], sandbox: Sandbox, repositories: tempfile.TemporaryDirectory[str]
    ) -> None:
        self._process = process
        self._repositories = repositories
        self.sandbox = sandbox

    def wait(self) -> int:
        """Wait until the process ends. Returns 0 when somebody ended it in order, else its exit status."""
        status = self._process.wait()
        return 0 if status == -signal.SIGTERM else status

    def end(self) -> None:
        """Tell the process to end, and do not wait. May be called from a signal handler while `wait` waits."""
        self._process.terminate()

    def stop(self) -> None:
        """End the process, wait until it is gone, and take its repositories away. Doing it twice is fine."""
        _end(self._process)
        self._repositories.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def start(
    *, account_sets: Sequence[AccountSet] | None = None, log: Path | None = None, folder: Path | None = None
) -> SandboxProcess:
    """Start a server on a free port of 127.0.0.1 and wait until it answers.

    It holds `account_sets`, by default those of the accounts file (``MLOPS_ACCOUNTS`` or accounts.toml). What it says
    goes to the file `log`, overwritten; without one it is dropped. As long as it runs, its git repositories lie in a
    folder of their own in `folder`, by default the system's for temporary files. Raises `AccountsError` when the
    accounts file has problems, and `SandboxError` when the server does not come up; its text ends with what the server
    last said.
    """
    accounts = [account for account_set in account_sets or load() for account in account_set.accounts]
    repositories = tempfile.TemporaryDirectory(prefix="repositories-", dir=folder)
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.process"],
            cwd=ROOT,
            env=_server_environment() | {REPOSITORIES_VARIABLE: repositories.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,  # Ctrl-C goes to the caller, who ends the server in order
        )
    try:
        sandbox = _greet(process, accounts, repositories=repositories.name)
        return SandboxProcess(process=process, sandbox=sandbox, repositories=repositories)
    except BaseException as error:
        _end(process)
        repositories.cleanup()
        if isinstance(error, SandboxError) and log:
            raise SandboxError(f"{error}\n{_tail(log)}".rstrip()) from error
        raise


def is_running(sandbox: Sandbox) -> bool:
    """Whether this very sandbox answers: the endpoint must name the process id of the state, not only be open."""
    address = urlsplit(sandbox.endpoint)
    connection = http.client.HTTPConnection(address.netloc, timeout=5)  # not urllib: it would ask the caller's proxy
    try:
        connection.request("GET", IDENTITY_PATH)
        return bool(json.load(connection.getresponse()) == {"pid": sandbox.pid})
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(sandbox: Sandbox) -> bool:
    """End a sandbox that somebody else started. Returns False when it was not running (nothing is signalled then).

    Raises `SandboxError` when it still answers 10 seconds after it was told to end.
    """
    if not is_running(sandbox):
        return False
    os.kill(sandbox.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while is_running(sandbox):
        if time.monotonic() > deadline:
            raise SandboxError(f"The sandbox (process {sandbox.pid}) did not end within {STOP_TIMEOUT_SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return True


def _server_environment() -> dict[str, str]:
    """Nothing of the caller may steer moto (MOTO_ACCOUNT_ID would join all accounts) or lend it real credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOTO_", "AWS_"))}
    return kept | {"MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false"}  # moto's default lets every account read every bucket


def _greet(process: subprocess.Popen[bytes], accounts: Sequence[Account], *, repositories: str) -> Sandbox:
    """Tell the server its accounts, hear its port and the credentials it made."""
    wanted = [
        {
            "name": account.name,
            "account_id": account.account_id,
            "region": account.region,
            "studio_role_arns": account.studio.role_arns if account.studio else (),
            "studio_domain_id": account.studio.domain_id if account.studio else None,
        }
        for account in accounts
    ]
    assert process.stdin is not None  # noqa: S101  (PIPE was asked for)
    with contextlib.suppress(BrokenPipeError):  # a server that died at once is reported by _answer
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
    answer = _answer(process)
    by_name = {account.name: account for account in accounts}
    sandbox = Sandbox(
        endpoint=f"http://127.0.0.1:{answer['port']}",
        region=accounts[0].region,
        pid=process.pid,
        repositories=repositories,
        accounts={
            name: SandboxAccount(
                name=name,
                account_id=by_name[name].account_id,
                environment=by_name[name].environment.value,
                region=by_name[name].region,
                profile=by_name[name].profile,
                **keys,
            )
            for name, keys in answer["keys"].items()
        },
    )
    if not is_running(sandbox):
        raise SandboxError(f"The sandbox started, but {sandbox.endpoint} does not answer.")
    return sandbox


def _answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_SECONDS)
    if not ready:
        raise SandboxError(f"The sandbox did not start within {START_TIMEOUT_SECONDS:.0f} s.")
    line = process.stdout.readline()
    if not line:
        raise SandboxError(f"The sandbox ended with status {process.wait()} before it answered.")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _tail(log: Path, *, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])

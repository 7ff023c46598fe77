"""``python -m sandbox``: the commands of the sandbox."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from baseline.accounts import AccountsError
from sandbox import ROOT, server
from sandbox.environment import PROVIDER_VARIABLE, make_private, shell_lines, variables
from sandbox.server import Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOLDER_VARIABLE = "SANDBOX_FOLDER"
STATE_FILE = "state.json"
RECORD = "journey.json"
PACKAGES = "packages"  # what builds keep of what they download, from one run to the next

DESCRIPTION = f"""\
A laptop-sized AWS on 127.0.0.1 that holds the accounts of accounts.toml.

The files it writes go to .sandbox/ in the project ({FOLDER_VARIABLE} selects another folder).
{PROVIDER_VARIABLE}=registry makes Terraform take the real AWS provider from the registry instead of the stand-in; that
way has never been run by this project.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, or 1 after a message on standard error."""
    options = _parser().parse_args(arguments)
    folder = Path(os.environ.get(FOLDER_VARIABLE) or ROOT / ".sandbox").resolve()
    command: Callable[[Path, argparse.Namespace], int] = options.command
    try:
        return command(folder, options)
    except (AccountsError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def up(folder: Path, _options: argparse.Namespace) -> int:
    """Run a sandbox in the foreground until Ctrl-C, SIGTERM or ``down``."""
    state = folder / STATE_FILE
    if state.exists():
        running = _read(state)
        if server.is_running(running):
            raise SandboxError(
                f'A sandbox is running already at {running.endpoint} (process {running.pid}). "sandbox down" ends it.'
            )
    make_private(folder)
    with server.start(log=folder / "server.log", folder=folder) as process:
        for number in (signal.SIGINT, signal.SIGTERM):
            # No exception: one that is raised in a handler is lost when the signal arrives inside a destructor.
            signal.signal(number, lambda _number, _frame: process.end())
        _write_private(state, process.sandbox.to_json())
        try:
            _show(process.sandbox)
            status = process.wait()
        finally:
            state.unlink(missing_ok=True)
    if status:
        raise SandboxError(f"The sandbox ended with status {status}; {folder / 'server.log'} says why.")
    return 0


def env(folder: Path, options: argparse.Namespace) -> int:
    """Print shell lines after which the AWS CLI, boto3 and Terraform work on one account of the running sandbox."""
    values = variables(_running(folder), folder=folder, account=options.account)
    sys.stdout.write(shell_lines(values))
    return 0


def run(folder: Path, _options: argparse.Namespace) -> int:
    """Run what waits in the running sandbox, such as pipelines and builds, until nothing does or a person is asked."""
    from sandbox.journey.telling import Telling  # noqa: PLC0415  (the other commands need none of its imports)
    from sandbox.runner import drain  # noqa: PLC0415

    sandbox = _running(folder)
    accounts = sandbox.accounts.values()
    console = Console()
    with Telling(console, accounts=accounts, started=time.monotonic(), interactive=False, folder=folder) as telling:
        steps = drain(sandbox, begin=telling.begin, hear=telling.step, package_cache=folder / PACKAGES)
    if not steps:
        console.print("Nothing waits.")
    return 0


def down(folder: Path, _options: argparse.Namespace) -> int:
    """End the sandbox that ``up`` started."""
    state = folder / STATE_FILE
    if not state.exists():
        print("No sandbox is running.")
        return 0
    sandbox = _read(state)
    if server.stop(sandbox):
        print(f"The sandbox at {sandbox.endpoint} has ended.")
    else:
        print(
            f"No sandbox answers at {sandbox.endpoint}: it ended without tidying up. {state} was stale and is removed."
        )
    state.unlink(missing_ok=True)
    return 0


def demo(_folder: Path, options: argparse.Namespace) -> int:
    """Take a model from nothing to PROD in a fresh sandbox, write .sandbox/journey.html, and leave nothing running."""
    from sandbox.demo import main as demonstrate  # noqa: PLC0415  (the other commands need none of its imports)

    return demonstrate(interactive=options.interactive)


def permissions(folder: Path, _options: argparse.Namespace) -> int:
    """Show what the last demonstration proved of permissions, with what was allowed and never used."""
    from sandbox.journey.record import Journey  # noqa: PLC0415  (the other commands need none of its imports)
    from sandbox.permissions.tables import tables  # noqa: PLC0415

    record = folder / RECORD
    if not record.exists():
        raise SandboxError(f'There is no {record}: "make demo" makes the journey that it is about.')
    journey = Journey.from_json(record.read_text())
    console = Console()
    console.print(f"The journey of {journey.made}, project {journey.project_name}, {journey.project_id}.")
    if journey.proof is None:
        raise SandboxError(f'{record} holds no proof: "make demo" makes it anew.')
    for table in tables(journey.proof):
        console.print(table)
    return 0 if journey.proof.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandbox", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in (up, env, run, down, demo, permissions):
        help_text = (command.__doc__ or "").splitlines()[0]
        subparser = commands.add_parser(command.__name__, help=help_text, description=help_text)
        subparser.set_defaults(command=command)
        if command is env:
            subparser.add_argument("account", help='an account: "demo-dev", or "dev" for the first account set')
        if command is demo:
            subparser.add_argument("--interactive", action="store_true", help="ask for every approval, and let me look")
    return parser


def _running(folder: Path) -> Sandbox:
    state = folder / STATE_FILE
    if not state.exists():
        raise SandboxError('No sandbox is running. "sandbox up" starts one.')
    sandbox = _read(state)
    if not server.is_running(sandbox):
        raise SandboxError(
            f'{state} is stale: no sandbox answers at {sandbox.endpoint}. "sandbox up" starts a new one.'
        )
    return sandbox


def _read(state: Path) -> Sandbox:
    try:
        return Sandbox.from_json(state.read_text())
    except SandboxError as error:
        raise SandboxError(f"{state}: {error} Remove the file if no sandbox is running.") from error


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _show(sandbox: Sandbox) -> None:
    console = Console()
    table = Table("account", "AWS account id", "Region", "profile", title=f"Sandbox at {sandbox.endpoint}")
    for account in sandbox.accounts.values():
        table.add_row(account.name, account.account_id, account.region, account.profile or "-")
    console.print(table)
    example = next(iter(sandbox.aliases))
    console.print(f'In another shell: eval "$(pipenv run sandbox env {example})". Ctrl-C ends it.', soft_wrap=True)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

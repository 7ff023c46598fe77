"""``python -m bootstrap demo-dev ...``: what must be in the accounts named before Terraform can run."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from baseline.accounts import AccountsError, load
from bootstrap import STATE_STACK_NAME, STATE_TEMPLATE, ci, screen
from bootstrap.identity import BootstrapError, identify
from bootstrap.stack import Outcome, StackFailedError
from bootstrap.state import has_own_bucket, state_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from baseline.accounts import Account
    from bootstrap.identity import Target
    from bootstrap.stack import ChangeSet, Stack

DESCRIPTION = """\
Create or update the bucket for Terraform's state in each account named, and with --ci the roles of GitHub Actions. What
would change is shown first. The credentials are checked against the accounts file before that: when one of them belongs
to another account, nothing is made anywhere.
"""
NOT_OURS = "not ours"


class DeclinedError(Exception):
    """Nobody said yes."""


@dataclass(slots=True, kw_only=True)
class Piece:
    """A stack of an account, what would become of it, and what did."""

    account: Account
    stack: Stack
    change_set: ChangeSet | None
    outcome: Outcome = Outcome.UNCHANGED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status: 0, or 1 after a message on standard error."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        chosen = choose(options.accounts, known=_known_accounts())
        repository = ci.checked_repository(options.ci) if options.ci else None
        _bootstrap(chosen, repository=repository, is_agreed=options.yes)
    except StackFailedError as error:
        errors.print(str(error))
        if error.events:
            errors.print(screen.failure_table(error.events))
        return 1
    except (AccountsError, BootstrapError, BotoCoreError, ClientError, DeclinedError) as error:
        errors.print(str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bootstrap", description=DESCRIPTION)
    parser.add_argument("accounts", nargs="+", metavar="account", help="for example demo-dev")
    parser.add_argument("--ci", metavar="owner/name", help="the repository whose workflows may plan and deploy")
    parser.add_argument("--yes", action="store_true", help="go on without asking")
    return parser


def choose(names: Sequence[str], *, known: Mapping[str, Account]) -> tuple[Account, ...]:
    """Return the accounts called `names`, each once.

    Raises `BootstrapError`, one line a name that is not known, with the nearest known one.
    """
    problems = [_unknown(name, known=known) for name in names if name not in known]
    if problems:
        raise BootstrapError("\n".join(problems))
    return tuple(known[name] for name in dict.fromkeys(names))


def _known_accounts() -> dict[str, Account]:
    return {account.name: account for account_set in load() for account in account_set.accounts}


def _unknown(name: str, *, known: Mapping[str, Account]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    return f'The accounts file has no account "{name}".{hint} Known: {", ".join(known)}.'


def _bootstrap(chosen: Sequence[Account], *, repository: str | None, is_agreed: bool) -> None:
    """Make what is missing in each account: everything is compared first, then asked once, then done."""
    console = Console()
    targets = identify([account for account in chosen if repository or not has_own_bucket(account)])
    with ExitStack() as leftovers:
        pieces = [piece for target in targets for piece in _planned(target, repository, targets, leftovers)]
        _agree(console, pieces, is_agreed=is_agreed)
        leftovers.pop_all()
    for piece in pieces:
        _execute(console, piece)
    _show(console, chosen, pieces)


def _planned(
    target: Target, repository: str | None, targets: Sequence[Target], leftovers: ExitStack
) -> Iterator[Piece]:
    """Compare the stacks of one account with their templates. `leftovers` takes the change sets away again."""
    if not has_own_bucket(target.account):
        state = state_stack(target)
        # Environments may share an AWS account, and with it the bucket: the first of them makes it.
        is_first = next(other for other in targets if _home(other) == _home(target)) is target
        change_set = state.plan(template=STATE_TEMPLATE.read_text(encoding="utf-8")) if is_first else None
        yield _piece(target, state, change_set, leftovers)
    if repository:
        roles = ci.ci_stack(target)
        yield _piece(target, roles, ci.plan(target, roles, repository=repository, targets=targets), leftovers)


def _home(target: Target) -> tuple[str, str]:
    return target.account.account_id, target.account.state.region


def _piece(target: Target, stack: Stack, change_set: ChangeSet | None, leftovers: ExitStack) -> Piece:
    if change_set is not None:
        leftovers.callback(change_set.discard)
    return Piece(account=target.account, stack=stack, change_set=change_set)


def _agree(console: Console, pieces: Sequence[Piece], *, is_agreed: bool) -> None:
    """Show what would change and ask. Raises `DeclinedError` when nobody says yes."""
    planned = [(piece.account, piece.change_set) for piece in pieces if piece.change_set is not None]
    if not planned:
        return
    console.print(screen.change_table(planned))
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise DeclinedError("Nothing was made: there is nobody to ask. Look at the change sets and run it with --yes.")
    if console.input("Make these changes? Only [bold]yes[/bold] is taken for one: ").strip() != "yes":
        raise DeclinedError("Nothing was made.")


def _execute(console: Console, piece: Piece) -> None:
    if piece.change_set is not None:
        started = time.monotonic()
        with console.status(f"{piece.account.name}: stack {piece.stack.name} in {piece.account.account_id} ..."):
            piece.outcome = piece.change_set.execute()
        console.print(f"{piece.account.name}: {piece.stack.name} {piece.outcome} in {time.monotonic() - started:.1f} s")


def _show(console: Console, chosen: Sequence[Account], pieces: Sequence[Piece]) -> None:
    homes = {piece.account.name: str(piece.outcome) for piece in pieces if piece.stack.name == STATE_STACK_NAME}
    console.print(screen.home_table((account, homes.get(account.name, NOT_OURS)) for account in chosen))
    for account in chosen:
        if account.name not in homes:
            console.print(
                f"{account.name}: the accounts file names a bucket of yours; nothing was made.", soft_wrap=True
            )
    roles = [(piece.account, piece.stack.outputs()) for piece in pieces if piece.stack.name != STATE_STACK_NAME]
    if roles:
        console.print(screen.variable_table(roles))


if __name__ == "__main__":
    sys.exit(main())

"""``python -m bootstrap demo-dev ...``: make the home of Terraform's state in the accounts named."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Column, Table

from baseline.accounts import AccountsError, load
from bootstrap.identity import BootstrapError, identify
from bootstrap.stack import StackFailedError
from bootstrap.state import NOT_OURS, StateHome, has_own_bucket, make_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from baseline.accounts import Account
    from bootstrap.stack import FailedEvent

DESCRIPTION = """\
Create or update the bucket for Terraform's state in each account named. The credentials are checked against the
accounts file first: when one of them belongs to another account, nothing is made anywhere.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status: 0, or 1 after a message on standard error."""
    parser = argparse.ArgumentParser(prog="bootstrap", description=DESCRIPTION)
    parser.add_argument("accounts", nargs="+", metavar="account", help="for example demo-dev")
    options = parser.parse_args(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        chosen = choose(options.accounts, known=_known_accounts())
        targets = identify([account for account in chosen if not has_own_bucket(account)])
        homes = [StateHome(account=a, bucket=a.state.bucket, outcome=NOT_OURS) for a in chosen if has_own_bucket(a)]
        console = Console()
        for target in targets:
            started = time.monotonic()
            with console.status(f"{target.account.name}: stack in {target.account.account_id} ..."):
                home = make_home(target)
            homes.append(home)
            console.print(f"{target.account.name}: {home.outcome} in {time.monotonic() - started:.1f} s")
        _show(console, homes)
    except StackFailedError as error:
        errors.print(str(error))
        if error.events:
            errors.print(_failures(error.events))
        return 1
    except (AccountsError, BootstrapError, BotoCoreError, ClientError) as error:
        errors.print(str(error))
        return 1
    return 0


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


def _show(console: Console, homes: Sequence[StateHome]) -> None:
    table = Table("account", "AWS account id", "Region", Column("state bucket", overflow="fold"), "outcome")
    for home in homes:
        table.add_row(
            home.account.name, home.account.account_id, home.account.state.region, home.bucket, str(home.outcome)
        )
    console.print(table)
    for home in homes:
        if home.outcome == NOT_OURS:
            console.print(
                f"{home.account.name}: the accounts file names a bucket of yours; nothing was made.", soft_wrap=True
            )


def _failures(events: Sequence[FailedEvent]) -> Table:
    table = Table("resource", "type", "status", Column("reason", overflow="fold"))
    for event in events:
        table.add_row(event.resource, event.resource_type, event.status, event.reason)
    return table


if __name__ == "__main__":
    sys.exit(main())

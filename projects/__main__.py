"""``python -m projects list|unblock|upgrade|delete``: look after the projects of an account set."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from baseline.accounts import AccountsError, load
from bootstrap.identity import BootstrapError
from projects.access import choose, open_access
from projects.deletion import delete
from projects.errors import ProjectsError
from projects.listing import list_projects
from projects.terminal import Terminal
from projects.unblock import unblock
from projects.upgrade import Wish, upgrade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projects.access import Access

DESCRIPTION = """\
List, unblock, upgrade and delete the projects of an account set. The credentials are checked against the accounts file
first. Commands that change something show what they would do, and ask.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 1 after a message on standard error."""
    options = _parser().parse_args(arguments)
    try:
        access = open_access(choose(load(), name=options.set))
        _run(access, options)
    except (AccountsError, BootstrapError, ProjectsError, BotoCoreError, ClientError) as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(str(error))
        return 1
    return 0


def _run(access: Access, options: argparse.Namespace) -> None:
    if options.command == "list":
        list_projects(access, Terminal())
        return
    terminal = Terminal(agrees=options.yes, only_shows=options.dry_run)
    if options.command == "unblock":
        unblock(access, terminal, options.project)
    elif options.command == "delete":
        delete(access, terminal, options.project, purge=options.purge)
    else:
        wish = Wish(
            project=options.project,
            release=options.to,
            parameters=dict(options.parameter),
            allows_replacement=options.allow_replacement,
        )
        upgrade(access, terminal, wish)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="projects", description=DESCRIPTION)
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument("--set", metavar="NAME", help="the account set, when the accounts file has several")
    changing = argparse.ArgumentParser(add_help=False, parents=[everywhere])
    changing.add_argument("project", help="name or id of the project")
    changing.add_argument("--yes", action="store_true", help="do not ask")
    changing.add_argument("--dry-run", action="store_true", help="only show what would be done")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[everywhere], help="every project, and what it serves where")
    commands.add_parser("unblock", parents=[changing], help="remove stacks whose first deployment failed")
    upgrading = commands.add_parser("upgrade", parents=[changing], help="bring a project to another release")
    upgrading.add_argument("--to", metavar="RELEASE", help="the release; without it the newest")
    upgrading.add_argument(
        "--parameter", metavar="NAME=VALUE", type=_named_value, action="append", default=[], help="another value"
    )
    upgrading.add_argument("--allow-replacement", action="store_true", help="even if what holds work is replaced")
    deleting = commands.add_parser("delete", parents=[changing], help="delete a project and its deployments")
    deleting.add_argument("--purge", action="store_true", help="and all its data, models, images and code")
    return parser


def _named_value(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


if __name__ == "__main__":
    sys.exit(main())

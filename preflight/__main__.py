"""``python -m preflight [demo-dev ...]``: are the accounts ready, and as they should be? It changes nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from baseline.accounts import AccountsError, load
from baseline.archives import ArchiveError
from baseline.releases import ReleaseError
from bootstrap.__main__ import choose
from bootstrap.identity import BootstrapError
from preflight import report
from preflight.checks import CHECKS, DRIFT
from preflight.checks.drift import SynthError, synthesise
from preflight.examination import Examination
from preflight.findings import STOPPING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
DESCRIPTION = """\
Look at the accounts named, or at all of the accounts file, before a deployment and after one. Nothing is changed.
Exit status 1: something fails, or could not be looked at.
"""


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Run the command on the project in a folder. Returns the exit status."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        pairs = {account.name: (group, account) for group in load() for account in group.accounts}
        known = {name: account for name, (_, account) in pairs.items()}
        chosen = choose(options.accounts or list(known), known=known)
        with errors.status("looking ...") as status:
            if options.plan:
                synthesise(root)
            examination = Examination(
                root=root,
                checks=(*CHECKS, DRIFT) if options.plan else CHECKS,
                wanted_projects=options.projects,
                told=lambda name: status.update(f"{name} is done; looking on ..."),
            )
            results = examination.of([pairs[account.name] for account in chosen])
    except (AccountsError, ArchiveError, BootstrapError, ReleaseError, SynthError) as error:
        errors.print(str(error))
        return 1
    if options.json:
        print(report.as_json(results))
    else:
        report.show(Console(), results)
    return int(any(result.status in STOPPING for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="preflight", description=DESCRIPTION)
    parser.add_argument("accounts", nargs="*", metavar="account", help="for example demo-dev")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument("--plan", action="store_true", help="let Terraform plan, too: slow")
    parser.add_argument(
        "--projects", type=int, default=5, metavar="N", help="warn when a quota leaves room for fewer (5)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Drift: the account is as Terraform would make it. Slow, for it plans."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from preflight.findings import EVERYWHERE, Check, failed, ok, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preflight.findings import Finding
    from preflight.target import Target

NO_CHANGES, CHANGES = 0, 2  # of `terraform plan -detailed-exitcode`
PLAN = ("plan", "-detailed-exitcode", "-input=false", "-lock=false", "-no-color")


class SynthError(Exception):
    """The configuration could not be synthesised. As a string: why."""


def synthesise(root: Path) -> None:
    """Write the Terraform configuration of every account to cdktf.out. Raises `SynthError`."""
    written = subprocess.run([sys.executable, "main.py"], cwd=root, capture_output=True, text=True, check=False)
    if written.returncode:
        raise SynthError(written.stderr.strip())


def account_is_as_planned(target: Target) -> Iterator[Finding]:
    """Terraform would change nothing. What is planned is what `synthesise` wrote."""
    folder = target.root / "cdktf.out" / "stacks" / target.account.name
    terraform = shutil.which("terraform")
    if terraform is None:
        yield unknown("there is no terraform on the PATH", "Install Terraform 1.10 or newer, or run make setup.")
        return
    planned = _run(terraform, "init", "-input=false", "-no-color", folder=folder)
    if planned.returncode == NO_CHANGES:
        planned = _run(terraform, *PLAN, folder=folder)
    if planned.returncode == NO_CHANGES:
        yield ok("Terraform would change nothing")
    elif planned.returncode == CHANGES:
        counted = re.search(r"^Plan: (.*)\.$", planned.stdout, re.MULTILINE)
        what = counted[1] if counted else "outputs alone"
        yield warning(f"Terraform would change the account: {what}", f"make diff ACCOUNT={target.account.name}")
    else:
        reason = re.search(r"^.*Error: (.*)$", planned.stdout, re.MULTILINE)
        what = reason[1] if reason else "no reason given"
        yield failed(f"Terraform cannot plan: {what}", f"cd {folder.relative_to(target.root)} && terraform plan")


def _run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


DRIFT = Check(
    name="drift",
    environments=EVERYWHERE,
    actions=(),  # those of `terraform plan`
    run=account_is_as_planned,
    only_deployed=True,
)

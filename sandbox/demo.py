"""The demonstration: the accounts of accounts.toml from nothing, by the real tools, on this machine.

Each step is a command that a platform engineer would type. The output of all of them goes to `.sandbox/demo.log`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from baseline import naming
from baseline.accounts import load
from sandbox import ROOT, server
from sandbox.clients import session_of
from sandbox.demo_project import PROJECT_NAME, ProjectFailedError, create_project, person
from sandbox.environment import PROVIDER_VARIABLE, environment, make_private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sandbox.demo_project import ProjectResource
    from sandbox.server import Sandbox, SandboxAccount

CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
COUNTED = ("aws_s3_bucket_", "aws_ssm_", "aws_iam_role_")  # settings of another resource, and values shown elsewhere
TERMINAL_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # the CDKTF CLI draws and colours even where no terminal is
NO_TERMINAL_WIDTH = 120  # a log holds an ARN in one line
STAND_IN = (
    "Terraform and the CDKTF CLI are the real ones. The AWS provider is a stand-in, and AWS is moto on 127.0.0.1."
)
REGISTRY = "Terraform, the CDKTF CLI and the AWS provider are the real ones. AWS is moto on 127.0.0.1."


class StepError(Exception):
    """A step that failed; the text is the step's own output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command and what it is for."""

    title: str
    command: Sequence[str]
    folder: Path = ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every step needs to run: where to say it, where to log it, and the variables that lead to the sandbox."""

    console: Console
    log: Path
    variables: Mapping[str, str]

    def run(self, step: Step) -> str:
        """Run a step under a line that shows its latest output; returns all of its output. Raises StepError."""
        started = time.monotonic()
        lines = []
        with self.console.status(step.title) as status, self._start(step) as process, self.log.open("a") as log:
            assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
            for raw in process.stdout:
                line = TERMINAL_CONTROL.sub("", raw)
                log.write(line)
                lines.append(line)
                status.update(f"{step.title} [dim]{escape(line.strip()[:100])}[/dim]")
        seconds = time.monotonic() - started
        output = "".join(lines)
        if process.returncode != 0:
            self.console.print(f"[red]failed[/red]  {step.title} ({seconds:.1f} s): {' '.join(step.command)}")
            raise StepError(output)
        self.console.print(f"[green]done[/green]  {seconds:6.1f} s  {step.title}")
        return output

    def _start(self, step: Step) -> subprocess.Popen[str]:
        return subprocess.Popen(
            step.command,
            cwd=step.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def main(folder: Path = ROOT / ".sandbox") -> int:
    """Run the demonstration. Returns the exit status; a failed step's own output is printed."""
    console = Console(width=None if sys.stdout.isatty() else NO_TERMINAL_WIDTH)
    console.print(REGISTRY if os.environ.get(PROVIDER_VARIABLE) == "registry" else STAND_IN)
    started = time.monotonic()
    _clear(folder)
    with console.status("Starting the sandbox"):
        process = server.start(log=folder / "server.log", folder=folder)
    with process:
        sandbox = process.sandbox
        stage = Stage(console=console, log=folder / "demo.log", variables=environment(sandbox, folder=folder))
        stage.log.write_text("")
        console.print(
            f"[green]done[/green]  {time.monotonic() - started:6.1f} s  The accounts answer at {sandbox.endpoint}"
        )
        try:
            _deploy(stage, sandbox, output=folder)
            projects = _create_projects(stage, sandbox)
        except (StepError, ProjectFailedError) as error:
            console.print(str(error), markup=False, highlight=False)
            return 1
        _show(stage, sandbox, output=folder)
        for table in projects:
            console.print(table)
    console.print(f"All of it took {time.monotonic() - started:.0f} s. Nothing is left running.")
    return 0


def _clear(folder: Path) -> None:
    """Begin from nothing: what an earlier demonstration left belongs to accounts that are gone."""
    make_private(folder)
    shutil.rmtree(folder / "stacks", ignore_errors=True)


def _deploy(stage: Stage, sandbox: Sandbox, *, output: Path) -> None:
    names = list(sandbox.accounts)
    deploy = [str(CDKTF), "deploy", *names, "--auto-approve", "--output", os.path.relpath(output, ROOT)]
    stage.run(Step(title="Create the state buckets", command=[sys.executable, "-m", "bootstrap", *names]))
    stage.run(Step(title=f"cdktf deploy {' '.join(names)}", command=deploy))
    plan = ["terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color"]
    for name in names:
        # With -detailed-exitcode a plan that has changes fails with 2.
        stage.run(Step(title=f"A second plan of {name} has no changes", command=plan, folder=output / "stacks" / name))


def _create_projects(stage: Stage, sandbox: Sandbox) -> list[Table]:
    """A project in each DEV account with Studio, and what it is made of."""
    tables = []
    for account in (account_set.dev for account_set in load()):
        if account.studio is not None:
            started = time.monotonic()
            title = f"{account.name}: SageMaker project {PROJECT_NAME} from Service Catalog"
            with stage.console.status(title):
                scientist = person(sandbox, sandbox.find(account.name), role_arn=account.studio.role_arns[0])
                resources = create_project(scientist)
            stage.console.print(f"[green]done[/green]  {time.monotonic() - started:6.1f} s  {title}")
            tables.append(_project(resources, title=f"{account.name}: project {PROJECT_NAME} in {account.account_id}"))
    return tables


def _project(resources: Sequence[ProjectResource], *, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("logical id", "type", "account", "ARN"):
        table.add_column(heading, overflow="fold")
    for resource in resources:
        table.add_row(resource.logical_id, resource.type.removeprefix("AWS::"), resource.account_id, resource.arn)
    return table


def _show(stage: Stage, sandbox: Sandbox, *, output: Path) -> None:
    for account in sandbox.accounts.values():
        show = subprocess.run(
            ["terraform", "show", "-json"],
            cwd=output / "stacks" / account.name,
            env=stage.variables,
            capture_output=True,
            check=True,
        )
        stage.console.print(_inventory(account, json.loads(show.stdout)))
    for account in sandbox.accounts.values():
        if account.environment == naming.Environment.DEV:
            stage.console.print(_contract(account, endpoint=sandbox.endpoint))


def _inventory(account: SandboxAccount, state: Mapping[str, Any]) -> Table:
    """What Terraform made in an account, by name; what stands for one setting or one value is counted."""
    modules = state["values"]["root_module"].get("child_modules", [])
    resources = [resource for module in modules for resource in module["resources"] if resource["mode"] == "managed"]
    table = Table(
        title=f"{account.name}: account {account.account_id}, {len(resources)} resources", title_justify="left"
    )
    table.add_column("resource", no_wrap=True)
    table.add_column("name", overflow="fold")
    for resource in resources:
        if not resource["type"].startswith(COUNTED):
            table.add_row(_words(resource["type"]), _name(resource["values"]))
    counted = Counter(_words(resource["type"]) for resource in resources if resource["type"].startswith(COUNTED))
    for kind, number in sorted(counted.items()):
        table.add_row(kind, f"[dim]{number}[/dim]")
    return table


def _words(resource_type: str) -> str:
    return resource_type.removeprefix("aws_").replace("_", " ")


def _name(values: Mapping[str, Any]) -> str:
    """A name as people know it: an object's key, an IAM name with its path, else the id that AWS gave."""
    name = values.get("name") or values.get("bucket") or values["id"]
    return str(values.get("key") or values.get("path", "") + name)


def _contract(account: SandboxAccount, *, endpoint: str) -> Table:
    """The SSM contract as anybody in the account reads it."""
    ssm = session_of(account).client("ssm", endpoint_url=endpoint)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/mlops/", Recursive=True)
    parameters = sorted((parameter["Name"], parameter["Value"]) for page in pages for parameter in page["Parameters"])
    table = Table(title=f"{account.name}: what the product template reads from SSM", title_justify="left")
    table.add_column("parameter", overflow="fold")
    table.add_column("value", overflow="fold")
    for name, value in parameters:
        table.add_row(name, value)
    return table

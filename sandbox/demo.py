"""The demonstration: from nothing to a model that answers in PROD, by the real tools, on this machine.

The platform engineer's part is the commands that they would type; all output of these goes to `.sandbox/demo.log`. Then
a data scientist creates a project, what waits is run, and people are asked where people decide.
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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from baseline.accounts import load
from sandbox import ROOT, server
from sandbox.__main__ import PACKAGES, RECORD
from sandbox.environment import PROVIDER_VARIABLE, environment, make_private
from sandbox.journey import page
from sandbox.journey.gather import before_project, gather, of_terraform
from sandbox.journey.play import play
from sandbox.journey.record import Machine
from sandbox.journey.team import ProjectFailedError, assemble
from sandbox.journey.telling import Telling
from sandbox.permissions.calls import mark
from sandbox.permissions.replay import prove
from sandbox.permissions.tables import tables
from sandbox.runner import drain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from baseline.accounts import AccountSet
    from sandbox.journey.play import Played
    from sandbox.journey.record import Deployed, Journey
    from sandbox.journey.team import Team
    from sandbox.server import Sandbox

FOLDER = ROOT / ".sandbox"
PAGE = "journey.html"
PROJECT_NAME = "Churn"
CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
TERMINAL_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # the CDKTF CLI draws and colours even where no terminal is
LAST_LINES = 12  # of a failed step's output, that the page shows
NO_TERMINAL_WIDTH = 120  # a log holds an ARN in one line
STAND_IN = (
    "Terraform, the CDKTF CLI, git, the builds and the models are real. The AWS provider is a stand-in, and AWS is "
    "moto on 127.0.0.1."
)
REGISTRY = (
    "Terraform, the CDKTF CLI, the AWS provider, git, the builds and the models are real. AWS is moto on 127.0.0.1."
)


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
    """What every step needs to run: where to show it, where to log it, and the variables that lead to the sandbox."""

    console: Console
    telling: Telling
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
            last = [line.rstrip() for line in lines if line.strip()][-LAST_LINES:]
            self.telling.moment(step.title, seconds=seconds, status="Failed", summary="\n".join(last))
            raise StepError(output)
        self.telling.moment(step.title, seconds=seconds)
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


def main(folder: Path = FOLDER, *, interactive: bool = False) -> int:
    """Run the demonstration. Returns the exit status; a failed step's own output is printed.

    With `interactive` the person at the terminal decides about the model and its deployments.
    """
    console = Console(width=None if sys.stdout.isatty() else NO_TERMINAL_WIDTH)
    console.print(REGISTRY if os.environ.get(PROVIDER_VARIABLE) == "registry" else STAND_IN)
    started = time.monotonic()
    _clear(folder)
    with console.status("Starting the sandbox"):
        process = server.start(log=folder / "server.log", folder=folder)
    accounts = process.sandbox.accounts.values()
    with (
        process,
        Telling(console, accounts=accounts, started=started, interactive=interactive, folder=folder) as telling,
    ):
        telling.moment(f"The accounts answer at {process.sandbox.endpoint}", seconds=time.monotonic() - started)
        variables = environment(process.sandbox, folder=folder)
        stage = Stage(console=console, telling=telling, log=folder / "demo.log", variables=variables)
        stage.log.write_text("")
        try:
            _deploy(stage, process.sandbox, output=folder)
            journey = _journey(stage, process.sandbox, folder=folder, started=started)
        except (StepError, ProjectFailedError) as error:
            console.print(str(error), markup=False, highlight=False)
            _keep(console, _stopped(stage, process.sandbox, started=started), folder=folder)
            return 1
    _show(console, journey, folder=folder)
    console.print(f"All of it took {time.monotonic() - started:.0f} s. Nothing is left running.")
    return 0 if journey.succeeded else 1


def _clear(folder: Path) -> None:
    """Begin from nothing: what an earlier demonstration left belongs to accounts that are gone."""
    make_private(folder)
    shutil.rmtree(folder / "stacks", ignore_errors=True)
    for name in (PAGE, RECORD):
        (folder / name).unlink(missing_ok=True)


def _deploy(stage: Stage, sandbox: Sandbox, *, output: Path) -> None:
    names = list(sandbox.accounts)
    deploy = [str(CDKTF), "deploy", *names, "--auto-approve", "--output", os.path.relpath(output, ROOT)]
    stage.run(Step(title="Create the state buckets", command=[sys.executable, "-m", "bootstrap", *names, "--yes"]))
    stage.run(Step(title=f"cdktf deploy {' '.join(names)}", command=deploy))
    plan = ["terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color"]
    for name in names:
        # With -detailed-exitcode a plan that has changes fails with 2.
        stage.run(Step(title=f"A second plan of {name} has no changes", command=plan, folder=output / "stacks" / name))


def _journey(stage: Stage, sandbox: Sandbox, *, folder: Path, started: float) -> Journey:
    """Take a model of the first account set with Studio from a new project to PROD, and keep what there is to tell."""
    account = _accounts_with_studio().dev
    assert account.studio is not None  # noqa: S101  (chosen by it)
    team = assemble(sandbox, dev=account.name, studio_role_arn=account.studio.role_arns[0])
    began = mark(sandbox)
    played = _play(stage.telling, team, packages=folder / PACKAGES)
    baseline = [made for name in sandbox.accounts for made in _baseline(stage, sandbox, name=name, output=folder)]
    return gather(
        team,
        project=played.project,
        model=played.model,
        answers=played.answers,
        moments=stage.telling.moments,
        proof=prove(sandbox, since=began),
        machine=_machine(started),
        baseline=baseline,
    )


def _stopped(stage: Stage, sandbox: Sandbox, *, started: float) -> Journey:
    """Keep what there is to tell of a demonstration that did not get as far as a project."""
    accounts = [sandbox.accounts[account.name] for account in _accounts_with_studio().accounts]
    moments = stage.telling.moments
    return before_project(accounts, project_name=PROJECT_NAME, moments=moments, machine=_machine(started))


def _accounts_with_studio() -> AccountSet:
    return next(account_set for account_set in load() if account_set.dev.studio is not None)


def _machine(started: float) -> Machine:
    return Machine(cores=os.cpu_count() or 1, seconds=time.monotonic() - started)


def _play(telling: Telling, team: Team, *, packages: Path) -> Played:
    def run() -> None:
        drain(team.sandbox, begin=telling.begin, hear=telling.step, package_cache=packages)

    began = time.monotonic()
    title = f"SageMaker project {PROJECT_NAME} from Service Catalog"
    try:
        project = team.create_project(PROJECT_NAME)
    except ProjectFailedError as error:
        seconds = time.monotonic() - began
        telling.moment(title, account=team.account, seconds=seconds, status="Failed", summary=str(error))
        raise
    telling.moment(title, account=team.account, seconds=time.monotonic() - began)
    played = play(team=team, project=project, run=run, decide=telling.decide)
    if played.stopped:
        telling.moment(played.stopped, kind="request", status="Stopped")
    for reached, scores in played.answers.items():
        account = team.account_of(reached)
        telling.moment(f"The endpoint answers {len(scores)} sample rows", account=account, kind="request")
    return played


def _baseline(stage: Stage, sandbox: Sandbox, *, name: str, output: Path) -> list[Deployed]:
    """What Terraform made in an account, as Terraform shows it."""
    show = subprocess.run(
        ["terraform", "show", "-json"],
        cwd=output / "stacks" / name,
        env=stage.variables,
        capture_output=True,
        check=True,
    )
    return of_terraform(sandbox.accounts[name], json.loads(show.stdout))


def _show(console: Console, journey: Journey, *, folder: Path) -> None:
    """Show what there is in each account, and say where the page with all of it is."""
    resources = Counter((deployed.account, deployed.stack == "Terraform") for deployed in journey.deployed)
    answers = {served.account: served for served in journey.served}
    table = Table(title=f"Project {journey.project_name}, {journey.project_id}", title_justify="left")
    for heading in ("account", "baseline", "project", "endpoint", "answers as evaluated"):
        table.add_column(heading, justify="right" if heading in ("baseline", "project") else "left", overflow="fold")
    for account in journey.accounts:
        served = answers.get(account.name)
        table.add_row(
            f"{account.name} {account.account_id}",
            f"{resources[account.name, True]} resources",
            f"{resources[account.name, False]} resources",
            served.endpoint if served else "-",
            "-" if served is None else "yes" if served.agrees else "[red]no[/red]",
        )
    console.print(table)
    if journey.proof:
        figures, *wrong = tables(replace(journey.proof, unused=()))
        for part in (figures, *wrong):
            console.print(part)
        console.print('"make permissions" lists what is allowed and was never used.')
    _keep(console, journey, folder=folder)


def _keep(console: Console, journey: Journey, *, folder: Path) -> None:
    """Write the record and the page of a journey, and say where the page is."""
    (folder / RECORD).write_text(journey.to_json())
    page.write(journey, folder / PAGE)
    console.print(f"The whole story: {(folder / PAGE).resolve().as_uri()}", soft_wrap=True)

"""The story of a journey, told while it happens: one line for each thing, and the questions that people are asked."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.prompt import Prompt
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sandbox.journey.record import Moment
from sandbox.runner.bench import STEP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderResult

    from sandbox.journey.play import Question
    from sandbox.journey.record import Kind
    from sandbox.runner.bench import Item, Step
    from sandbox.server import SandboxAccount

QUIET_SECONDS = 2.0  # what ends sooner is told by its line alone
PROJECT = re.compile(r"^mlops-p-[a-z0-9]+-")  # what the names of everything in a project begin with
KINDS: dict[str, Kind] = {
    "CloudFormation": "deployment",
    "CodeBuild": "build",
    "CodeCommit": "source",
    "Manual": "approval",
}
WORDS = {
    "Succeeded": ("done", "green"),
    "Waiting": ("asks", "yellow"),
    "Approved": ("yes", "green"),
    "Rejected": ("no", "red"),
}
REPORT = "evaluation.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Underway:
    """What runs, from its beginning to its end. Renders as a spinner once it has lasted."""

    title: str
    account_id: str
    stack: str
    kind: Kind
    began: float
    spinner: Spinner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        seconds = time.monotonic() - self.began
        if seconds > QUIET_SECONDS:
            self.spinner.update(text=Text(f"{self.title}  {seconds:.0f} s", style="dim"))
            yield self.spinner


class Telling:
    """Prints a line for everything that happens, and keeps it. `begin` and `step` are for a drain of the runner.

    `started` is when the journey began, by `time.monotonic`. `folder` is where the evaluation report is put for a
    person to open. Used as a context manager, so that no spinner outlives an error.
    """

    def __init__(
        self,
        console: Console,
        *,
        accounts: Iterable[SandboxAccount],
        started: float,
        interactive: bool,
        folder: Path,
    ) -> None:
        self.moments: list[Moment] = []
        self._console, self._interactive, self._folder = console, interactive, folder
        self._started = started
        self._accounts = tuple(accounts)
        self._underway: list[_Underway] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def begin(self, item: Item) -> None:
        """Hear that a piece of work begins. A job that a build waits for begins and ends within the build."""
        actor = (item.get("role_arn") or "").split(":")  # a deployment acts in the account of the role that it takes
        underway = _Underway(
            title=_title(item),
            account_id=actor[4] if len(actor) > 1 else item["account_id"],
            stack=item.get("configuration", {}).get("StackName", ""),
            kind=KINDS[item["provider"]] if item["kind"] == "action" else "job",
            began=time.monotonic(),
            spinner=Spinner("dots"),
        )
        self._underway.append(underway)
        self._spin()

    def step(self, step: Step) -> None:
        """Hear that something was done, and tell it."""
        kind: Kind = "delivery"
        stack = ""
        if step.kind == "delivery":
            title, account_id, began = PROJECT.sub("", step.place), step.account_id, time.monotonic()
        elif step.kind == STEP:
            pipeline, _, name = PROJECT.sub("", step.place).partition("/")
            kind, title, account_id = "job", f"SageMaker pipeline {pipeline} / {name}", step.account_id
            began = time.monotonic() - step.seconds
        else:
            ended = self._underway.pop()
            kind, title, account_id, began = ended.kind, ended.title, ended.account_id, ended.began
            stack = ended.stack
        self._keep(
            Moment(
                at=began - self._started,
                seconds=time.monotonic() - began,
                account=self._name(account_id, stack=stack),
                account_id=account_id,
                kind=kind,
                title=title,
                status=step.status,
                summary=step.summary,
            )
        )
        self._spin()

    def moment(  # noqa: PLR0913  (a moment has as many members)
        self,
        title: str,
        *,
        account: SandboxAccount | None = None,
        seconds: float = 0.0,
        kind: Kind = "step",
        status: str = "Succeeded",
        summary: str = "",
    ) -> None:
        """Tell something that has just ended, of one account or, with none, of all of them."""
        self._keep(
            Moment(
                at=time.monotonic() - seconds - self._started,
                seconds=seconds,
                account=account.name if account else "",
                account_id=account.account_id if account else "",
                kind=kind,
                title=title,
                status=status,
                summary=summary,
            )
        )

    def decide(self, question: Question) -> bool:
        """Return whether to go on: what the person at the terminal answers, or yes when nobody is to be asked."""
        asked, who = _asked(question)
        began = time.monotonic()
        approved = self._ask(question, asked) if self._interactive else True
        how = "at the terminal" if self._interactive else "nobody was asked"
        package = question.model.model_package_arn.split(":")
        self._keep(
            Moment(
                at=began - self._started,
                seconds=time.monotonic() - began,
                account=self._name(package[4]),
                account_id=package[4],
                kind="decision",
                title=asked,
                status="Approved" if approved else "Rejected",
                summary=f"{'approved' if approved else 'rejected'} by {who}, {how}",
            )
        )
        return approved

    def _name(self, account_id: str, *, stack: str = "") -> str:
        """Name an account. Where one serves several environments, the stack that is deployed says which it is."""
        accounts = [account for account in self._accounts if account.account_id == account_id]
        meant = [account for account in accounts if stack.endswith(f"-{account.environment}")]
        return next((account.name for account in (*meant, *accounts)), account_id)

    def _ask(self, question: Question, asked: str) -> bool:
        self._stop()
        table = Table(title=asked, title_justify="left", show_header=False)
        table.add_row("model", question.model.model_package_arn)
        for name, value in question.model.metrics.items():
            table.add_row(name, f"{value:.4f}")
        self._console.print(table)
        report = self._folder / REPORT
        report.write_text(question.model.report, encoding="utf-8")
        while True:
            try:
                choices = ["y", "n", "l"]
                answer = Prompt.ask("Approve? (l: where to look)", console=self._console, choices=choices)
            except EOFError:  # whoever was asked is gone: that is no yes
                return False
            if answer != "l":
                return answer == "y"
            self._console.print(report.resolve().as_uri(), soft_wrap=True)

    def _keep(self, moment: Moment) -> None:
        self.moments.append(moment)
        self._console.print(line(moment), soft_wrap=not self._console.is_terminal, overflow="fold")

    def _spin(self) -> None:
        """Show the latest of what runs, where there is a terminal to show it in."""
        if not (self._underway and self._console.is_terminal):
            self._stop()
        elif self._live:
            self._live.update(self._underway[-1])
        else:
            self._live = Live(self._underway[-1], console=self._console, transient=True)
            self._live.start()

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


def line(moment: Moment) -> Text:
    """One line for a moment; what failed has its reason below, in full."""
    if moment.kind == "delivery" and not moment.failed:
        return Text(f"event             {moment.account:<13} {moment.title}", style="dim")
    word, style = WORDS.get(moment.status, ("failed" if moment.failed else moment.status.lower(), "red"))
    told = Text.assemble(
        (f"{word:<6}", style), f"{moment.seconds:7.1f} s  ", (f"{moment.account:<13} ", "bold"), moment.title
    )
    if moment.summary and moment.failed:
        told.append("\n" + moment.summary, style="red")
    elif moment.summary:
        told.append("  " + moment.summary.strip().splitlines()[0], style="dim")
    return told


def _title(item: Item) -> str:
    if item["kind"] != "action":
        return f"SageMaker pipeline {PROJECT.sub('', item['pipeline'])}"
    return " / ".join((PROJECT.sub("", item["pipeline"]), item["stage"], item["action"]))


def _asked(question: Question) -> tuple[str, str]:
    """What is asked, and whose answer it is."""
    version = question.model.model_package_arn.rpartition("/")[2]
    if question.approval:
        return f"Deploy version {version} of the model: {question.approval.stage}", "the approver's role"
    return f"Approve version {version} of the model in the registry", "the data scientist's role"

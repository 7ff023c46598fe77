"""What happens on a journey is told line by line, and kept."""

from __future__ import annotations

import io
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from sandbox.journey.evaluated import Evaluated
from sandbox.journey.play import Question
from sandbox.journey.team import Approval, Project
from sandbox.journey.telling import REPORT, Telling
from sandbox.runner import Step
from sandbox.server import SandboxAccount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEV, PROD = "1" * 12, "3" * 12
ACCOUNTS = {"dev": DEV, "prod": PROD}
PREFIX = "mlops-p-abc123"
DEPLOY = {
    "kind": "action",
    "account_id": DEV,
    "role_arn": f"arn:aws:iam::{PROD}:role/mlops/deploy",
    "provider": "CloudFormation",
    "pipeline": f"{PREFIX}-deploy",
    "stage": "Prod",
    "action": "Deploy",
}
JOB = {"kind": "sagemaker-execution", "account_id": DEV, "pipeline": f"{PREFIX}-training"}


def test_an_action_is_told_with_the_account_that_it_acts_in(tmp_path: Path) -> None:
    telling, printed = telling_to(tmp_path)
    telling.begin(DEPLOY)
    telling.step(ended("action", summary="Stack x is CREATE_COMPLETE"))
    [moment] = telling.moments
    assert (moment.kind, moment.account, moment.title) == ("deployment", "demo-prod", "deploy / Prod / Deploy")
    assert "demo-prod" in printed.getvalue()
    assert "CREATE_COMPLETE" in printed.getvalue()


def test_a_deployment_in_the_one_account_of_all_environments_is_told_with_its_environment(tmp_path: Path) -> None:
    telling, _ = telling_to(tmp_path, accounts={"dev": DEV, "preprod": DEV, "prod": DEV})
    for environment in ("dev", "preprod", "prod"):
        stack = {"StackName": f"{PREFIX}-{environment}"}
        telling.begin({**DEPLOY, "role_arn": f"arn:aws:iam::{DEV}:role/mlops/deploy", "configuration": stack})
        telling.step(ended("action"))
    assert [moment.account for moment in telling.moments] == ["demo-dev", "demo-preprod", "demo-prod"]


def test_a_job_ends_before_the_build_that_waits_for_it(tmp_path: Path) -> None:
    telling, _ = telling_to(tmp_path)
    telling.begin({**DEPLOY, "provider": "CodeBuild", "role_arn": None, "stage": "Build"})
    telling.begin(JOB)
    telling.step(ended("sagemaker-execution"))
    telling.step(ended("delivery", place=f"{PREFIX}-model-state -> {PREFIX}-deploy"))
    telling.step(ended("action"))
    assert [moment.kind for moment in telling.moments] == ["job", "delivery", "build"]
    assert telling.moments[2].at <= telling.moments[0].at


def test_a_step_of_a_job_is_told_within_it_and_as_long_as_it_took(tmp_path: Path) -> None:
    telling, _ = telling_to(tmp_path)
    telling.begin(JOB)
    telling.step(replace(ended("sagemaker-step", place=f"{PREFIX}-training/Train"), seconds=1.5))
    telling.step(ended("sagemaker-execution"))
    train, job = telling.moments
    assert (train.kind, train.account, train.title) == ("job", "demo-dev", "SageMaker pipeline training / Train")
    assert train.seconds == pytest.approx(1.5, abs=0.1)
    assert job.title == "SageMaker pipeline training"


def test_a_failure_is_told_with_all_of_its_reason(tmp_path: Path) -> None:
    telling, printed = telling_to(tmp_path)
    telling.begin(JOB)
    telling.step(ended("sagemaker-execution", status="Failed", summary="first line\nsecond line"))
    assert "failed" in printed.getvalue()
    assert "second line" in printed.getvalue()


def test_what_the_console_would_take_for_markup_is_text(tmp_path: Path) -> None:
    telling, printed = telling_to(tmp_path)
    telling.moment("[red]title[/red]", seconds=1.5)
    assert "[red]title[/red]" in printed.getvalue()
    assert "1.5 s" in printed.getvalue()


def test_nobody_is_asked_unless_somebody_is_there(tmp_path: Path) -> None:
    telling, printed = telling_to(tmp_path)
    assert telling.decide(question(stage="PreProd"))
    [moment] = telling.moments
    assert (moment.kind, moment.status) == ("decision", "Approved")
    assert "approved by the approver's role, nobody was asked" in printed.getvalue()


@pytest.mark.parametrize(("typed", "approved"), [("y\n", True), ("n\n", False), ("l\ny\n", True), ("", False)])
def test_the_person_at_the_terminal_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, *, approved: bool
) -> None:
    telling, printed = telling_to(tmp_path, interactive=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert telling.decide(question()) is approved
    assert telling.moments[-1].status == ("Approved" if approved else "Rejected")
    assert "0.8412" in printed.getvalue()
    assert (tmp_path / REPORT).read_text() == "<h1>Evaluation</h1>"
    assert ((tmp_path / REPORT).resolve().as_uri() in printed.getvalue()) is typed.startswith("l")


def telling_to(
    folder: Path, *, interactive: bool = False, accounts: Mapping[str, str] = ACCOUNTS
) -> tuple[Telling, io.StringIO]:
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    named = [account(environment, account_id) for environment, account_id in accounts.items()]
    started = time.monotonic()
    return Telling(console, accounts=named, started=started, interactive=interactive, folder=folder), printed


def account(environment: str, account_id: str) -> SandboxAccount:
    return SandboxAccount(
        name=f"demo-{environment}",
        account_id=account_id,
        environment=environment,
        region="eu-west-1",
        profile=None,
        access_key_id="key",
        secret_access_key="secret",
        session_token="token",
    )


def ended(kind: str, *, place: str = "", status: str = "Succeeded", summary: str = "") -> Step:
    return Step(kind=kind, account_id=DEV, place=place, status=status, summary=summary)


def question(stage: str = "") -> Question:
    model = Evaluated(
        model_package_arn=f"arn:aws:sagemaker:eu-west-1:{DEV}:model-package/{PREFIX}/1",
        metrics={"auc": 0.8412},
        report="<h1>Evaluation</h1>",
        payload="",
        scores=(),
    )
    project = Project(name="Churn", id="p-abc123", stack="SC")
    approval = Approval(pipeline=f"{PREFIX}-deploy", stage=stage, action="Approve", token="t") if stage else None
    return Question(project=project, model=model, approval=approval)

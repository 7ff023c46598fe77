"""The demonstration as whoever types `make demo` sees it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from sandbox import demo
from sandbox.demo import Stage, Step, StepError
from sandbox.journey.record import Journey
from sandbox.journey.telling import Telling

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def demonstration(root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=root,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def shown(root: Path) -> subprocess.CompletedProcess[str]:
    return demonstration(root)


@pytest.fixture(scope="module")
def journey(root: Path, shown: subprocess.CompletedProcess[str]) -> Journey:
    """What the demonstration kept of itself."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return Journey.from_json((root / ".sandbox" / "journey.json").read_text())


def test_the_demonstration_says_what_is_not_real(shown: subprocess.CompletedProcess[str]) -> None:
    assert "The AWS provider is a stand-in" in shown.stdout


def test_the_demonstration_ends_with_a_model_that_answers_in_every_account(journey: Journey) -> None:
    assert {served.account: served.agrees for served in journey.served} == dict.fromkeys(
        ("demo-dev", "demo-preprod", "demo-prod"), True
    )


@pytest.mark.parametrize("account", ["demo-dev", "demo-preprod", "demo-prod"])
def test_a_second_plan_has_no_changes(journey: Journey, account: str) -> None:
    assert f"A second plan of {account} has no changes" in [moment.title for moment in journey.moments]


def test_no_call_of_a_role_would_have_been_denied(journey: Journey) -> None:
    assert journey.proof is not None
    assert journey.proof.holds, journey.proof


def test_the_page_tells_of_the_project(root: Path, journey: Journey) -> None:
    assert journey.project_id in (root / ".sandbox" / "journey.html").read_text()


def test_nothing_is_left_running(shown: subprocess.CompletedProcess[str]) -> None:
    assert "Nothing is left running." in shown.stdout
    [port] = re.findall(r"The accounts answer at http://127\.0\.0\.1:(\d+)", shown.stdout)
    assert not answers(int(port))


def test_a_demonstration_with_a_wrong_accounts_file_says_what_is_wrong_and_fails(root: Path) -> None:
    wrong = root / "tests" / "instant" / "accounts" / "bad" / "id_of_11_digits.toml"
    shown = demonstration(root, MLOPS_ACCOUNTS=str(wrong))
    assert shown.returncode == 1
    assert "must be 12 digits in quotes" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_step_that_fails_gives_its_own_output(tmp_path: Path) -> None:
    console = Console(quiet=True)
    telling = Telling(console, accounts=(), started=0.0, interactive=False, folder=tmp_path)
    stage = Stage(console=console, telling=telling, log=tmp_path / "demo.log", variables={})
    command = [sys.executable, "-c", "import sys; print('the reason'); print('more', file=sys.stderr); sys.exit(3)"]
    with pytest.raises(StepError) as failure:
        stage.run(Step(title="A step", command=command))
    assert sorted(str(failure.value).split()) == ["more", "reason", "the"]
    assert stage.log.read_text() == str(failure.value)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """The status and the folder of a demonstration whose `cdktf deploy` fails."""
    folder = tmp_path_factory.mktemp("stopped")
    command = folder / "cdktf"
    command.write_text("#!/bin/sh\necho 'Error: the reason'\nexit 3\n")
    command.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        patch.setattr(demo, "CDKTF", command)
        return demo.main(folder / "sandbox"), folder / "sandbox"


def test_a_demonstration_that_fails_before_its_project_fails_and_has_a_page(stopped: tuple[int, Path]) -> None:
    status, folder = stopped
    page = (folder / "journey.html").read_text()
    assert status == 1
    assert "stopped at cdktf deploy demo-dev demo-preprod demo-prod" in page
    assert "Error: the reason" in page
    assert "It did not come to a project." in page


def test_what_is_kept_of_it_ends_with_the_step_that_failed(stopped: tuple[int, Path]) -> None:
    journey = Journey.from_json((stopped[1] / "journey.json").read_text())
    *done, last = journey.moments
    assert [moment.status for moment in done] == ["Succeeded"] * 2
    assert (last.status, last.summary) == ("Failed", "Error: the reason")
    assert not journey.succeeded

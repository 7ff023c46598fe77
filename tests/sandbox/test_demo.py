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

from sandbox.demo import Stage, Step, StepError

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


def test_the_demonstration_deploys_three_accounts_shows_them_and_says_what_is_not_real(root: Path) -> None:
    shown = demonstration(root)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "The AWS provider is a stand-in" in shown.stdout
    for account in ("demo-dev", "demo-preprod", "demo-prod"):
        assert f"A second plan of {account} has no changes" in shown.stdout
    assert "arn:aws:iam::333333333333:role/mlops/mlops-demo-prod-deploy" in shown.stdout
    assert re.search(r"ModelStateRule +│ Events::Rule +│ 111111111111 │", shown.stdout)
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
    stage = Stage(console=Console(quiet=True), log=tmp_path / "demo.log", variables={})
    command = [sys.executable, "-c", "import sys; print('the reason'); print('more', file=sys.stderr); sys.exit(3)"]
    with pytest.raises(StepError) as failure:
        stage.run(Step(title="A step", command=command))
    assert sorted(str(failure.value).split()) == ["more", "reason", "the"]
    assert stage.log.read_text() == str(failure.value)

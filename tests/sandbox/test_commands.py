"""The commands as people type them: ``sandbox up``, ``env``, ``run``, ``permissions``, ``down``."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "sandbox"]
WHO_AM_I = """
import boto3
print(boto3.client("sts").get_caller_identity()["Account"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A place to type commands, with a sandbox folder of its own."""

    root: Path
    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SANDBOX_FOLDER": str(self.folder), "COLUMNS": "120"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[str]]:
        """Type ``sandbox up`` and wait for its last line."""
        with subprocess.Popen(
            [*COMMAND, "up"], cwd=self.root, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert any("Ctrl-C ends it" in line for line in process.stdout)
                yield process
            finally:
                process.terminate()
                process.wait()


@pytest.fixture
def terminal(root: Path, tmp_path: Path) -> Terminal:
    return Terminal(root=root, folder=tmp_path / "sandbox folder")


@pytest.fixture(scope="module")
def running(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal in whose folder a sandbox is up."""
    terminal = Terminal(root=root, folder=tmp_path_factory.mktemp("up") / "sandbox folder")
    with terminal.up():
        yield terminal


def state_of(terminal: Terminal) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(terminal.state.read_text())
    return state


def test_up_tells_where_each_environment_is(running: Terminal) -> None:
    accounts = state_of(running)["accounts"]
    ids = {name: accounts[name]["account_id"] for name in ("dev", "preprod", "prod")}
    assert ids == {"dev": "111111111111", "preprod": "222222222222", "prod": "333333333333"}


def test_up_tells_each_account_by_its_full_name(running: Terminal) -> None:
    assert {"demo-dev", "demo-preprod", "demo-prod"} <= state_of(running)["accounts"].keys()


def test_the_state_is_readable_by_its_owner_alone(running: Terminal) -> None:
    modes = stat.S_IMODE(running.folder.stat().st_mode), stat.S_IMODE(running.state.stat().st_mode)
    assert modes == (0o700, 0o600)


def test_a_second_up_is_told_of_the_first(running: Terminal) -> None:
    second = running.run("up")
    assert (second.returncode, "is running already" in second.stderr) == (1, True)


@pytest.mark.parametrize(
    ("name", "account_id"), [("dev", "111111111111"), ("prod", "333333333333"), ("demo-preprod", "222222222222")]
)
def test_after_env_a_shell_works_on_that_account(running: Terminal, name: str, account_id: str) -> None:
    script = f'eval "$({shlex.join([*COMMAND, "env", name])})" && {shlex.join([sys.executable, "-c", WHO_AM_I])}'
    credentials_of_the_user = {"AWS_ACCESS_KEY_ID": "real", "AWS_SECRET_ACCESS_KEY": "real"}
    shell = subprocess.run(
        ["sh", "-c", script],
        cwd=running.root,
        env={**running.environment, **credentials_of_the_user},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout.strip() == account_id


def test_env_of_an_unknown_account_names_the_known_ones(running: Terminal) -> None:
    asked = running.run("env", "stage")
    assert (asked.returncode, asked.stdout, "Known: demo-dev" in asked.stderr) == (1, "", True)


def test_env_without_a_sandbox_says_how_to_start_one(terminal: Terminal) -> None:
    asked = terminal.run("env", "dev")
    assert (asked.returncode, asked.stdout, "sandbox up" in asked.stderr) == (1, "", True)


def test_down_without_a_sandbox_is_no_fault(terminal: Terminal) -> None:
    ended = terminal.run("down")
    assert (ended.returncode, ended.stdout) == (0, "No sandbox is running.\n")


def test_down_ends_up_cleanly(terminal: Terminal) -> None:
    with terminal.up() as process:
        ended = terminal.run("down")
        assert (ended.returncode, process.wait(), terminal.state.exists()) == (0, 0, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_up_cleanly(terminal: Terminal, number: signal.Signals) -> None:
    with terminal.up() as process:
        process.send_signal(number)
        assert (process.wait(), terminal.state.exists()) == (0, False)


@pytest.fixture
def stale(terminal: Terminal, running: Terminal) -> Terminal:
    """A terminal whose state file names a process that is no sandbox."""
    terminal.folder.mkdir()
    terminal.state.write_text(json.dumps(state_of(running) | {"pid": os.getpid()}))
    return terminal


def test_down_explains_a_stale_state_and_removes_it(stale: Terminal) -> None:
    ended = stale.run("down")
    assert (ended.returncode, "was stale" in ended.stdout, stale.state.exists()) == (0, True, False)


def test_env_explains_a_stale_state(stale: Terminal) -> None:
    asked = stale.run("env", "dev")
    assert (asked.returncode, "is stale" in asked.stderr) == (1, True)


def test_up_takes_no_notice_of_a_stale_state(stale: Terminal) -> None:
    with stale.up():
        assert state_of(stale)["pid"] != os.getpid()


def test_a_state_that_cannot_be_read_is_named(terminal: Terminal) -> None:
    terminal.folder.mkdir()
    terminal.state.write_text("{")
    asked = terminal.run("down")
    assert (asked.returncode, str(terminal.state) in asked.stderr, "Traceback" in asked.stderr) == (1, True, False)


def test_a_faulty_accounts_file_is_reported_without_a_traceback(terminal: Terminal, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("[demo.dev]\n")
    asked = subprocess.run(
        [*COMMAND, "up"],
        cwd=terminal.root,
        env={**terminal.environment, "MLOPS_ACCOUNTS": str(faulty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.returncode, "faulty.toml" in asked.stderr, "Traceback" in asked.stderr) == (1, True, False)


def test_run_says_that_nothing_waits(running: Terminal) -> None:
    ran = running.run("run")
    assert (ran.returncode, ran.stdout.strip()) == (0, "Nothing waits."), ran.stderr


def test_run_without_a_sandbox_says_how_to_start_one(terminal: Terminal) -> None:
    ran = terminal.run("run")
    assert (ran.returncode, ran.stderr) == (1, 'No sandbox is running. "sandbox up" starts one.\n')


def test_permissions_without_a_demonstration_say_what_makes_one(terminal: Terminal) -> None:
    ran = terminal.run("permissions")
    assert ran.returncode == 1
    assert ran.stderr.endswith('"make demo" makes the journey that it is about.\n')

"""The server process: where it answers, when it ends, whom it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from baseline.accounts import DEFAULT_FILE, load
from sandbox import server
from sandbox.server import Sandbox, SandboxError
from tests.sandbox.running_sandbox import RunningSandbox

START_AND_DIE = """
import os, signal, sys
from sandbox import server
process = server.start()
sys.stdout.write(process.sandbox.to_json())
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_answers_on_loopback_alone(sandbox: RunningSandbox) -> None:
    assert urlsplit(sandbox.endpoint).hostname == "127.0.0.1"


def test_it_is_a_process_of_its_own(sandbox: RunningSandbox) -> None:
    assert sandbox.sandbox.pid != os.getpid()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A sandbox that was stopped, and the account ids that its credentials reached while it ran."""

    sandbox: Sandbox
    reached: tuple[str, ...]


@pytest.fixture(scope="module")
def ended() -> Ended:
    """One account for all environments, started from a shell that says something else to moto."""
    (account_set,) = load(DEFAULT_FILE)
    only = account_set.dev.account_id
    single = replace(
        account_set,
        preprod=replace(account_set.preprod, account_id=only),
        prod=replace(account_set.prod, account_id=only),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_ACCOUNT_ID", "999999999999")
        with server.start(account_sets=[single]) as process:
            running = RunningSandbox(sandbox=process.sandbox, folder=Path())
            reached = [running.client(name, "sts").get_caller_identity()["Account"] for name in running.accounts]
    return Ended(sandbox=process.sandbox, reached=tuple(reached))


def test_one_account_for_all_environments_is_one_account(ended: Ended) -> None:
    assert set(ended.reached) == {ended.sandbox.find("dev").account_id}


def test_it_is_gone_when_it_was_stopped(ended: Ended) -> None:
    assert not server.is_running(ended.sandbox)


def test_its_repositories_are_gone_when_it_was_stopped(ended: Ended) -> None:
    assert not Path(ended.sandbox.repositories).exists()


def test_another_process_with_the_same_id_is_left_alone(ended: Ended) -> None:
    assert server.stop(replace(ended.sandbox, pid=os.getpid())) is False


def test_it_ends_with_a_caller_that_was_killed_and_leaves_no_repositories(root: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", START_AND_DIE], cwd=root, capture_output=True, text=True, check=False
    )
    sandbox = Sandbox.from_json(started.stdout)
    assert started.returncode == -signal.SIGKILL
    assert ends(sandbox)
    assert not Path(sandbox.repositories).exists()


def ends(sandbox: Sandbox, *, asked: int = 10_000) -> bool:
    return any(not server.is_running(sandbox) for _ in range(asked))


def test_another_sandbox_on_the_same_port_is_left_alone(sandbox: RunningSandbox) -> None:
    assert server.stop(replace(sandbox.sandbox, pid=1)) is False


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    (account_set,) = load(DEFAULT_FILE)
    impossible = replace(account_set, dev=replace(account_set.dev, account_id="not a number"))
    with pytest.raises(SandboxError, match=r"ended with status 1 before it answered(?s:.*)ValueError"):
        server.start(account_sets=[impossible], log=tmp_path / "server.log")

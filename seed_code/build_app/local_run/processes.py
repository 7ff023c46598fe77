"""A job's program as a subprocess: with its own `/opt/ml`, a bare environment, a log and a time limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LAST_LINES = 15  # of the log, in the reason why a job failed


class JobFailed(Exception):  # noqa: N818  # it becomes the reason why a step failed
    """A job that did not succeed. As a string: the reason, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One instance of a job."""

    base: Path  # what is /opt/ml in SageMaker
    log: Path
    home: Path
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    started: set[subprocess.Popen[bytes]] = field(default_factory=set)  # shared by all instances of a run

    def local(self, path: str) -> str:
        """Return a path of the container as it is here; any other text stays."""
        return f"{self.base}{path[len('/opt/ml') :]}" if path == "/opt/ml" or path.startswith("/opt/ml/") else path

    def start(self, command: Sequence[str], *, piped: bool = False) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own, `piped`: with its input and output. Raises `JobFailed`."""
        if not command or command[0] not in {"python", "python3"}:
            raise JobFailed(f"Only Python programs are run here, and the job starts {' '.join(command) or 'nothing'}")
        for folder in (self.log.parent, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # the scripts of this repository
                [self.python, *(self.local(str(word)) for word in command[1:])],
                cwd=self.base,
                env=self._environment(),
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else log,
                stderr=log,
                start_new_session=True,
            )
        self.started.add(process)
        return process

    def finish(self, process: subprocess.Popen[bytes], *, seconds: float | None) -> None:
        """Wait for a program to end well. Raises `JobFailed` with what it said, or that it was too slow."""
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            stop(process)
            raise JobFailed(f"It ran longer than its limit of {seconds:g} seconds and was stopped") from None
        finally:
            self.started.discard(process)
        if status:
            raise JobFailed(f"Exit status {status}. Its last words:\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def _environment(self) -> dict[str, str]:
        # No credentials and no settings of the caller: a job has those of its role, and none if it is isolated.
        passed = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
        own = {"HOME": str(self.home), "PYTHONUNBUFFERED": "1", "SAGEMAKER_BASE_DIR": str(self.base)}
        return {**passed, **own, **self.environment}


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()

"""The shell of a build: commands in order, and what they leave to those after them.

The commands of a phase run in one shell. Between phases, and into ``finally``, go the exported variables and the
working folder, also when a command has called ``exit``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

# The last command's status is the block's. What a shell keeps for itself is not handed on.
_ENDING = """
__end() { env -0 > "$SANDBOX_STATE"; }
trap __end EXIT
"""
_COMMAND = """
echo '[Container] Running command '{shown}
eval {command}
__status=$?
if [ $__status -ne 0 ]; then
    echo '[Container] Command did not exit successfully '{shown}" exit status $__status"
    exit $__status
fi
"""
_OF_THE_SHELL = {"_", "OLDPWD", "SANDBOX_STATE", "SHLVL"}


@dataclass(slots=True, kw_only=True)
class Shell:
    """A build's shell: its environment and working folder change with what runs in it."""

    command: Sequence[str]
    environment: dict[str, str]
    folder: Path
    log: IO[bytes]
    run_meanwhile: Callable[[int], None]
    """What to do while commands run; it is given a file descriptor, and returns when that is readable."""

    def run(self, commands: Sequence[str], *, timeout_seconds: float) -> str:
        """Run commands until one fails. Returns "" or what went wrong. Leaves no process behind."""
        if not commands:
            return ""
        with tempfile.TemporaryDirectory() as made:
            state = Path(made, "state")
            script = Path(made, "script")
            lines = [_COMMAND.format(shown=_quoted(text.splitlines()[0]), command=_quoted(text)) for text in commands]
            script.write_text(_ENDING + "".join(lines))
            self.log.flush()
            process = subprocess.Popen(
                [*self.command, str(script)],
                cwd=self.folder,
                env={**self.environment, "SANDBOX_STATE": str(state)},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            late: list[bool] = []

            def end_late() -> None:
                late.append(True)
                _end_group(process)

            timer = Timer(timeout_seconds, end_late)
            timer.start()
            try:
                self._wait(process)
            finally:
                timer.cancel()
                _end_group(process)
            if state.exists():
                self._take_over(state.read_bytes())
        if late:
            return f"BUILD_TIMED_OUT: the commands did not end within {timeout_seconds:.0f} s"
        status = process.returncode
        return f"Error while executing command. Reason: exit status {status}" if status else ""

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end, and let other work be done meanwhile: a build may wait for a job that it has started."""
        reading, writing = os.pipe()

        def wait() -> None:
            process.wait()
            os.close(writing)

        waiter = Thread(target=wait)
        waiter.start()
        try:
            self.run_meanwhile(reading)
        except BaseException:  # interrupted
            _end_group(process)
            raise
        finally:
            waiter.join()
            os.close(reading)

    def _take_over(self, state: bytes) -> None:
        variables = dict(item.split("=", 1) for item in state.decode(errors="replace").split("\0") if "=" in item)
        self.folder = Path(variables.get("PWD", self.folder))
        self.environment = {name: value for name, value in variables.items() if name not in _OF_THE_SHELL}


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"

"""A terminal with one bash in it, into which commands are typed, and which answers what they ask."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")
ROWS, COLUMNS = 60, 250
PATIENCE_SECONDS = 240.0
DONE = "done."
TOLD = 6000  # characters of the output of a command that failed
# -E: a line that fails inside of a function or of $() is the one that is named.
OPENING = "set -Eeuo pipefail\ntrap 'echo $LINENO >&{done}' ERR\n"


class CommandFailedError(Exception):
    """Commands that failed, or that ask what nobody answers; the text says where, and ends with what they printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person types when a command asks."""

    asked: str
    typed: str


class Terminal:
    """A bash of its own for ``with``. A failing line ends it, and so does leaving the block."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], scripts: Path) -> None:
        """Work in `folder` with nothing but `environment`; what is typed is kept in the folder `scripts`."""
        self._scripts = scripts
        self._resources = ExitStack()
        self._screen, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        _keep_returns(screen)
        read_input, self._input = os.pipe()
        self._done, write_done = os.pipe()
        for descriptor in (self._screen, self._input, self._done):
            self._resources.callback(os.close, descriptor)
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", f"/dev/fd/{read_input}"],
            cwd=folder,
            env=environment,
            stdin=screen,
            stdout=screen,
            stderr=screen,
            pass_fds=(read_input, write_done),
            start_new_session=True,
        )
        for descriptor in (screen, read_input, write_done):
            os.close(descriptor)
        self._done_in_bash = write_done
        self._write(OPENING.format(done=write_done))

    def type_in(self, text: str, *, page: str, line: int = 1, answers: Sequence[Answer] = ()) -> str:
        """Type commands that begin at a line of a page, and return what they printed.

        Each answer is given when what it answers stands on the screen, in order; all have to be asked for. Raises
        `CommandFailedError` with the line of the page.
        """
        script = self._scripts / f"{page}.{line}.sh"
        script.write_text("\n" * (line - 1) + text)  # so that bash tells the page's lines
        self._write(f"source '{script}'\nprintf '{DONE}' >&{self._done_in_bash}\n")
        output, told = self._read(list(answers), place=f"{page}:{line}")
        if not told.endswith(DONE):
            failed_at = next(iter(told.split()), line)
            raise CommandFailedError(f"{page}:{failed_at} failed:\n{output[-TOLD:]}")
        return output

    def variable(self, name: str) -> str:
        """Return the value that a variable has in this bash, or nothing."""
        return self.type_in(f'printf %s "${{{name}:-}}"\n', page="variable")

    def _read(self, answers: list[Answer], *, place: str) -> tuple[str, str]:
        """Read until the commands are done: what they printed, and what they told of their end."""
        raw, told, answered_at, watched = b"", "", 0, [self._screen, self._done]
        while not told.endswith(DONE):
            ready, _, _ = select.select(watched, [], [], PATIENCE_SECONDS)
            if not ready:
                raise CommandFailedError(f"{place} waits, and nobody answers:\n{_plain(raw)[-TOLD:]}")
            if self._screen not in ready:  # the end is looked at when all that was printed has been read
                news = os.read(self._done, 100).decode()
                if not news:
                    break
                told += news
            elif printed := _read_screen(self._screen):
                raw += printed
                plain = _plain(raw)
                if answers and answers[0].asked in plain[answered_at:]:
                    answered_at = len(plain)
                    os.write(self._screen, answers.pop(0).typed.encode())
            else:
                watched.remove(self._screen)
        if told.endswith(DONE) and answers:
            raise CommandFailedError(f"{place} did not ask: {answers[0].asked}\n{_plain(raw)[-TOLD:]}")
        return _plain(raw), told

    def _write(self, text: str) -> None:
        os.write(self._input, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)  # and what it may be waiting for
        self._process.wait()
        self._resources.close()


def _keep_returns(screen: int) -> None:
    """Let a return that is typed before a program listens to keys be a return for it, and not a new line."""
    attributes = termios.tcgetattr(screen)
    attributes[0] &= ~termios.ICRNL
    termios.tcsetattr(screen, termios.TCSANOW, attributes)


def _read_screen(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # Linux's way to say that nobody writes any more
        return b""


def _plain(raw: bytes) -> str:
    return CONTROL.sub("", raw.decode(errors="replace"))

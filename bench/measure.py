"""Run a command a few times in fresh processes; keep the best time and the largest memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
# ru_maxrss counts kilobytes on Linux and bytes on macOS (getrusage(2) of each).
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class BenchError(Exception):
    """A measured command failed; the message is its own output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured: best wall time of `runs`, and the memory of the largest process among it and its children.

    The memory is None when it is not above that of the measuring process, where it cannot be told.
    """

    name: str
    seconds: float
    peak_megabytes: float | None
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows to be compared: every ratio is to the first one."""

    title: str
    note: str
    rows: tuple[Row, ...]

    def ratio(self, row: Row) -> float:
        """How many times the first row's time this row took."""
        return row.seconds / self.rows[0].seconds


def measure(
    name: str, *, arguments: Sequence[str], runs: int, environment: Mapping[str, str] | None = None, cold: bool = False
) -> Row:
    """Run `python <arguments>` at the root of the project `runs` times.

    The caches of this project and of jsii are in a temporary folder: filled by a first run that is not counted or, with
    `cold`, new for each run. Raises BenchError when a run fails.
    """
    samples = []
    # jsii gives its Node process 5 s to end; one that indexes the stock provider may outlive that and still write here.
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        if not cold:
            _run(arguments, environment=environment, cache=Path(folder, "warm"))
        for number in range(runs):
            cache = Path(folder, f"cold-{number}" if cold else "warm")
            samples.append(_run(arguments, environment=environment, cache=cache))
    seconds, megabytes = zip(*samples, strict=True)
    return Row(name=name, seconds=min(seconds), peak_megabytes=_above_own_memory(max(megabytes)), runs=runs)


def _run(arguments: Sequence[str], *, environment: Mapping[str, str] | None, cache: Path) -> tuple[float, float]:
    """Return the wall time in seconds and the peak memory in megabytes of one run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as output, tempfile.TemporaryFile() as messages:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=_environment(cache=cache, output=output) | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            raise BenchError(f"python {' '.join(arguments)} failed:\n{messages.read().decode(errors='replace')}")
    return seconds, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss * _RSS_UNIT / 1e6


def _above_own_memory(megabytes: float) -> float | None:
    """Leave out what is not the child's: on Linux a child starts with its parent's peak, and exec keeps it."""
    return megabytes if megabytes > _megabytes(resource.getrusage(resource.RUSAGE_SELF)) + 1 else None


def _environment(*, cache: Path, output: str) -> dict[str, str]:
    own = {
        "CDKTF_OUTDIR": output,
        "XDG_CACHE_HOME": str(cache),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cache / "jsii"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # jsii starts the venv's node
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLOPS_")}
    return inherited | own

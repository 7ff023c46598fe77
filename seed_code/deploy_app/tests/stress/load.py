"""Many requests at once, and how long each took."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PERCENTILES = (50, 90, 95, 99, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The load ends with whichever comes first."""

    requests: int
    seconds: float
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Milliseconds of every answered request, ascending; the reasons of the others; seconds in all."""

    milliseconds: tuple[float, ...]
    errors: tuple[str, ...]
    seconds: float

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return len(self.milliseconds) + len(self.errors)

    def percentile(self, share: int) -> float:
        """Return the milliseconds that so many in 100 answers stayed within; 0 without any answer."""
        if not self.milliseconds:
            return 0.0
        return self.milliseconds[max(0, math.ceil(len(self.milliseconds) * share / 100) - 1)]


def run(send: Callable[[int], object], bounds: Bounds, *, clock: Callable[[], float] = time.perf_counter) -> Result:
    """Call `send` with the numbers 0, 1, 2, ... from several threads until a bound is reached."""
    start = clock()
    taken: list[float] = []
    errors: list[str] = []
    numbers = iter(range(bounds.requests))
    lock = Lock()

    def work() -> None:
        while clock() - start < bounds.seconds:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            begun = clock()
            try:
                send(number)
            except Exception as error:  # noqa: BLE001 - whatever a request dies of is a result
                errors.append(f"{type(error).__name__}: {error}")
            else:
                taken.append((clock() - begun) * 1000)

    with ThreadPoolExecutor(bounds.concurrency) as pool:
        for worker in [pool.submit(work) for _ in range(bounds.concurrency)]:
            worker.result()
    return Result(milliseconds=tuple(sorted(taken)), errors=tuple(errors), seconds=clock() - start)


def report(result: Result) -> str:
    """Return the result for people."""
    rate = result.sent / result.seconds if result.seconds else 0.0
    lines = [f"{result.sent} requests in {result.seconds:.1f} s, {rate:.1f} a second, {len(result.errors)} errors"]
    lines += [f"  p{share:<4}{result.percentile(share):9.1f} ms" for share in PERCENTILES]
    lines += [f"  {result.errors.count(error):5} x {error}" for error in sorted(set(result.errors))]
    return "\n".join(lines)

"""Runs what waits in a sandbox: pipelines, their builds and deployments, and the jobs that they start.

The sandbox's server keeps state and runs nothing. `drain` is called by whoever wants things to go on, in a process of
its own: it asks the server for one piece of work after the other, in the order that the server decides, until there is
none. Nothing happens between two drains, nothing sleeps, and no port is opened.
"""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.runner.bench import Bench, Step, fault_in
from sandbox.runner.jobs import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.runner.bench import Item
    from sandbox.server import Sandbox

__all__ = ["Step", "drain"]

FAILED = "Failed"


def drain(
    sandbox: Sandbox,
    *,
    hear: Callable[[Step], None] | None = None,
    begin: Callable[[Item], None] | None = None,
    package_cache: Path | None = None,
) -> list[Step]:
    """Run everything that waits, until nothing does or all that is left waits for a person. Returns the steps.

    `begin` is called before each piece of work and `hear` after each step; a job that a build waits for begins and ends
    within that build. `package_cache` is a folder in which builds keep what pip, uv and npm download,
    from drain to drain; without one, each build begins with nothing but its project's cache. Only one drain runs at a
    time: another one waits for it. What fails for a fault of the sandbox is a failed step with that fault, and the
    others go on. Raises `SandboxError` when the sandbox can give out no work at all.
    """
    steps: list[Step] = []

    def note(step: Step) -> None:
        steps.append(step)
        if hear:
            hear(step)

    bench = Bench(sandbox=sandbox, package_cache=package_cache, hear=note, begin=begin or (lambda _: None))
    with Path(sandbox.repositories, "drain.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bench.ask("begin")
        while True:
            taken = bench.ask("take", only_jobs=False)
            for delivery in taken["deliveries"]:
                note(_delivered(delivery))
            if taken["work"] is None:
                return steps
            do(bench, taken["work"])


def do(bench: Bench, item: Item) -> None:
    """Do a piece of work, and tell the server what came of it."""
    started = time.monotonic()
    bench.begin(item)
    told: dict[str, Any] = {"status": FAILED, "summary": "The runner was interrupted"}
    try:
        told = HANDLERS[item["kind"]](bench, item)
    except Exception as error:  # noqa: BLE001  (a fault of the sandbox fails the work that met it, and nothing else)
        told = {"status": FAILED, "summary": fault_in(error)}
    finally:
        answer = bench.tell(item, told, done=True)
    if "fault" in answer:
        told = {"status": FAILED, "summary": answer["fault"]}
    place = "/".join(item[key] for key in ("pipeline", "stage", "action", "name") if item.get(key))
    step = Step(
        kind=item["kind"],
        account_id=item["account_id"],
        place=place or item["id"],
        status=told["status"],
        summary=told.get("summary", ""),
        seconds=time.monotonic() - started,
    )
    bench.hear(step)


def _delivered(delivery: Item) -> Step:
    return Step(
        kind="delivery",
        account_id=delivery["account_id"],
        place=f"{delivery['rule']} -> {delivery['target'].rpartition(':')[2]}",
        status=FAILED if delivery["problem"] else "Succeeded",
        summary=delivery["problem"] or delivery["event"],
    )

"""What is done while a build runs: the jobs that it starts and may wait for, such as a SageMaker pipeline."""

from __future__ import annotations

import selectors
from typing import TYPE_CHECKING

from sandbox.runner.bench import read

if TYPE_CHECKING:
    from sandbox.runner.bench import Bench


def run_jobs(bench: Bench, *, until: int) -> None:
    """Do every job that begins to wait, until the file descriptor `until` is readable. Nothing is polled."""
    while True:
        connection = bench.connect()
        try:
            bench.send(connection, "await_job")
            with selectors.DefaultSelector() as selector:
                selector.register(until, selectors.EVENT_READ)
                selector.register(connection.sock, selectors.EVENT_READ)
                ready = {key.fileobj for key, _ in selector.select()}
            if until in ready:
                bench.ask("release")
                read(connection)
                return
            read(connection)
        finally:
            connection.close()
        item = bench.ask("take", only_jobs=True)["work"]
        if item:
            from sandbox.runner import do  # noqa: PLC0415  (it leads here)

            do(bench, item)

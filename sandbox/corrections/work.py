"""What waits to be run, and who is told of it.

The server keeps state and runs nothing. A process of its own asks it for the next piece of work, does it with the
sandbox's API, and tells what came of it (`sandbox.runner.drain`). Work is taken in a fixed order: deliveries of events,
then what the `SOURCES` have ready, then jobs, each oldest first.

A fault of the sandbox in one piece of work fails that piece, with the fault as its reason, and no other.
"""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from collections import deque
from threading import Condition
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException

from sandbox.corrections.callers import role_of
from sandbox.keys import ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.corrections.operations import Record

SOURCES: list[Callable[[], Record | None]] = []
"""What has work to give out that depends on the state of things, such as pipelines."""
RECEIVERS: dict[str, Callable[[Record, Record], Record | None]] = {}
"""Who hears what came of the work of a kind: the piece of work, what is told. The answer goes back to the teller."""

_deliveries: deque[tuple[Record, Callable[[], None]]] = deque()
_made: deque[Record] = deque()
_before_deliveries: list[Callable[[], None]] = []
_jobs: deque[Record] = deque()
_taken: dict[str, Record] = {}
_jobs_changed = Condition()
_noted: set[str] = set()


def add_job(kind: str, *, account_id: str, region: str, **details: Any) -> str:  # noqa: ANN401  (JSON)
    """Let a job of a kind wait. Returns its id. The runner has a handler for the kind, and `RECEIVERS` a hearer."""
    job = {"id": str(uuid4()), "kind": kind, "account_id": account_id, "region": region, **details}
    with _jobs_changed:
        _jobs.append(job)
    return str(job["id"])


def want_jobs() -> None:
    """Somebody asks how a job goes that has not been run: a build that waits for it. So it is run meanwhile."""
    with _jobs_changed:
        _noted.add("wanted")
        _jobs_changed.notify_all()


def add_delivery(deliver: Callable[[], None], *, account_id: str, rule: str, target: str, event: str) -> None:
    """Let the delivery of an event to a target wait. What `deliver` raises is told as its problem."""
    _deliveries.append(({"account_id": account_id, "rule": rule, "target": target, "event": event}, deliver))


@contextlib.contextmanager
def as_delivery(*, account_id: str, rule: str, target: str, event: str) -> Iterator[None]:
    """Tell of a fault as of a delivery that has failed, and go on with what comes after it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (one that fails keeps no other from being made)
        place = {"account_id": account_id, "rule": rule, "target": target, "event": event}
        _made.append({**place, "problem": reason_of(error)})


def reason_of(error: Exception) -> str:
    """Return why a piece of work has failed: AWS's words, or which fault of the sandbox it was, kept in its log."""
    if isinstance(error, (ClientError, PermissionError, ServiceException)):
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    return f"The sandbox failed: {type(error).__name__}: {error}"


def before_deliveries(gather: Callable[[], None]) -> None:
    """Have something done whenever deliveries are about to be made or added."""
    _before_deliveries.append(gather)


def gather() -> None:
    """Take in what happened outside the server, such as pushes, so that it keeps its place in the order."""
    for gather_some in _before_deliveries:
        gather_some()


def taken() -> list[Record]:
    """Return the work that is being done."""
    return [*_taken.values()]


def admitted(body: bytes) -> Record:
    """Return what is asked for at a door of the sandbox's own. Raises `PermissionError` for a key of anybody else."""
    request: Record = json.loads(body)
    if not role_of(access_key_id=request["key"], account_id=request["account_id"], region=request["region"]).endswith(
        f":role/{ROLE_NAME}"
    ):
        raise PermissionError("Only an account's own credentials reach the sandbox's work.")
    return request


def answer(body: bytes) -> str:
    """Answer one request of the runner. Raises `PermissionError` for a key that is not an account's own."""
    request = admitted(body)
    return json.dumps(_OPERATIONS[request["operation"]](request), default=str)


def _begin(_request: Record) -> Record:
    """Whoever took work before is gone: what it had is told to have failed."""
    for item in taken():
        del _taken[item["id"]]
        _end(item, {"status": "Failed", "summary": "Whoever ran this went away"})
    return {}


def _take(request: Record) -> Record:
    """Give out the next piece of work, and tell of the deliveries made on the way to it."""
    item = None if request["only_jobs"] else _next_of_sources()
    with _jobs_changed:
        if item is None and _jobs:
            item = _jobs.popleft()
    if item:
        _taken[item["id"]] = item
    made = [] if request["only_jobs"] else [_made.popleft() for _ in range(len(_made))]
    return {"work": item, "deliveries": made}


def _next_of_sources() -> Record | None:
    """Make every delivery, and return what a source has ready, which may be because of one."""
    while True:
        gather()
        while _deliveries:
            place, deliver = _deliveries.popleft()
            with as_delivery(**place):
                deliver()
                _made.append({**place, "problem": ""})
            gather()
        item = next((found for source in SOURCES if (found := source())), None)
        if item or not _deliveries:  # a source that moves on has events to tell of
            return item


def _tell(request: Record) -> Record:
    """Tell whoever hears of the work; `done` when there is nothing more to tell.

    The answer to the last has `fault` when the hearer could make nothing of it, and the work has failed for that.
    """
    if request["done"]:
        return _end(_taken.pop(request["id"]), request["told"])
    item = _taken[request["id"]]
    return RECEIVERS[request.get("kind") or item["kind"]](item, request["told"]) or {}


def _end(item: Record, told: Record) -> Record:
    """Tell the end of a piece of work. One whose end cannot be heard has failed."""
    hear = RECEIVERS[item["kind"]]
    try:
        return hear(item, told) or {}
    except Exception as error:  # noqa: BLE001  (what else waits goes on)
        fault = reason_of(error)
    with contextlib.suppress(Exception):  # a hearer that is gone for good has nobody to show it to
        hear(item, {"status": "Failed", "summary": fault})
    return {"fault": fault}


def _await_job(_request: Record) -> Record:
    """Answer when somebody asks for a job that waits, or when `_release` is called. One may wait at a time."""
    with _jobs_changed:
        _noted.discard("wanted")  # whoever waits asks again
        _jobs_changed.wait_for(lambda: (_jobs and "wanted" in _noted) or "released" in _noted)
        _noted.clear()
    return {}


def _release(_request: Record) -> Record:
    with _jobs_changed:
        _noted.add("released")
        _jobs_changed.notify_all()
    return {}


_OPERATIONS: dict[str, Callable[[Record], Record]] = {
    "await_job": _await_job,
    "begin": _begin,
    "release": _release,
    "take": _take,
    "tell": _tell,
}

"""Batch scoring as SageMaker does it: the model is served, and the rows are sent to it in requests of limited size."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_run.processes import Container, JobFailed, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVING = str(Path(__file__).with_name("serving.py"))
MEGABYTE = 1_000_000
DEFAULT_PAYLOAD_MEGABYTES = 6


def score(container: Container, body: bytes, request: dict[str, Any]) -> bytes:
    """Return the model's answer to one object. The model's folder is in place. Raises `JobFailed`."""
    source, output = request["TransformInput"], request["TransformOutput"]
    single = request.get("BatchStrategy", "MultiRecord") == "SingleRecord"
    limit = int(request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MEGABYTES)) * MEGABYTE
    payloads = [body] if source.get("SplitType") != "Line" else list(batches(body, limit=1 if single else limit))
    with served(container) as port:
        answers = [
            ask(port, payload, content_type=source.get("ContentType", ""), accept=output.get("Accept", "*/*"))
            for payload in payloads
        ]
    if output.get("AssembleWith") != "Line":
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def batches(body: bytes, *, limit: int) -> Iterator[bytes]:
    """Yield lines together, as many as stay within a size; a line that is longer comes alone."""
    batch: list[bytes] = []
    for line in body.splitlines(keepends=True):
        if batch and sum(map(len, batch)) + len(line) > limit:
            yield b"".join(batch)
            batch = []
        batch.append(line)
    if batch:
        yield b"".join(batch)


@contextmanager
def served(container: Container) -> Iterator[int]:
    """Serve the model in a container's folder while in the block; gives the port on 127.0.0.1. Raises `JobFailed`."""
    with container.start(["python3", SERVING, str(container.base / "model")], piped=True) as process:
        try:
            first_line = process.stdout.readline() if process.stdout else b""
            if not first_line:
                raise JobFailed(f"The model cannot be served. The last words:\n{container.last_words()}")
            yield int(first_line)
        finally:
            stop(process)
            container.started.discard(process)


def ask(port: int, body: bytes, *, content_type: str, accept: str) -> bytes:
    """Send one request to a served model. Raises `JobFailed`."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept})
        answer = connection.getresponse()
        said = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise JobFailed(f"The model answered {answer.status}: {said.decode(errors='replace')}")
    return said

"""Logs of SageMaker's containers, written to CloudWatch with the container's own role."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_LINE = 256_000
MOST_LINES = 10_000


def write_log(logs: Any, *, group: str, stream: str, file: Path) -> None:  # noqa: ANN401  (boto3)
    """Put the lines of a file into a new stream. Raises botocore's errors, for example where the role may not."""
    for create, arguments in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            create(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line[:LONGEST_LINE] or " "} for line in lines[-MOST_LINES:]]
    if events:
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

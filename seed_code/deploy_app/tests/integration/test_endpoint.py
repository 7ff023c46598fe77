"""The endpoint answers the sample payload that was registered with its model."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deployed import DeployedStack, Payload


def test_the_endpoint_is_in_service(endpoint: DeployedStack) -> None:
    name = endpoint.outputs["EndpointName"]
    assert endpoint.session.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"


def test_every_row_of_the_sample_gets_a_prediction(endpoint: DeployedStack, payload: Payload) -> None:
    for body in payload.bodies:
        predictions = list(numbers(endpoint.invoke(payload, body), accept=payload.accept))
        assert len(predictions) >= rows(body, content_type=payload.content_type)
        assert all(math.isfinite(prediction) for prediction in predictions)


def test_the_same_question_gets_the_same_answer(endpoint: DeployedStack, payload: Payload) -> None:
    body = payload.bodies[0]
    assert endpoint.invoke(payload, body) == endpoint.invoke(payload, body)


def rows(body: bytes, *, content_type: str) -> int:
    """Return how many predictions a request asks for: one a line of CSV, otherwise one."""
    return len(body.decode().split()) if content_type == "text/csv" else 1


def numbers(answer: bytes, *, accept: str) -> Iterator[float]:
    """Yield every number of an answer in CSV or JSON."""
    if accept == "application/json":
        yield from _numbers_of(json.loads(answer))
    else:
        yield from (float(word) for word in re.split(r"[,\s]+", answer.decode().strip()))


def _numbers_of(value: Any) -> Iterator[float]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _numbers_of(inner)
    elif isinstance(value, int | float):
        yield float(value)

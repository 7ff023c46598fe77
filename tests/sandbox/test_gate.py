"""A fault of moto reaches the caller as an AWS error that says what happened."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM = b"Action=AssumeRoleWithSAML"  # the one request that needs no signature


class Answer:
    """What a WSGI application answered."""

    def __init__(self, application: Gate, **environ: Any) -> None:  # noqa: ANN401
        body = environ.pop("body", FORM)
        defaults = {
            "PATH_INFO": "/",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        self.status = ""
        self.text = b"".join(application({**defaults, **environ}, self._start)).decode()

    def _start(self, status: str, _headers: list[tuple[str, str]]) -> None:
        self.status = status


def failing(error: Exception) -> Gate:
    def moto(_environ: dict[str, Any], _start_response: object) -> Iterable[bytes]:
        raise error

    return Gate(moto=moto)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NotImplementedError("The x action"), "NotImitated", "does not imitate this: : The x action"),
        (KeyError("x"), "SandboxFault", "KeyError: 'x'"),
    ],
)
def test_a_fault_is_told_with_its_words(error: Exception, code: str, words: str) -> None:
    told = ET.fromstring(Answer(failing(error)).text)  # noqa: S314  (our own)
    assert (told.findtext("Error/Code"), words in told.findtext("Error/Message", "")) == (code, True)


def test_a_fault_is_not_repeated_by_the_sdks() -> None:
    assert Answer(failing(KeyError("x"))).status == "501 Not Implemented"


def test_a_json_service_is_answered_in_json() -> None:
    answer = Answer(failing(KeyError("x")), CONTENT_TYPE="application/x-amz-json-1.1", body=b"{}")
    assert json.loads(answer.text)["__type"] == "MissingAuthenticationToken"


def test_moto_still_gets_the_body_that_the_gate_has_read() -> None:
    def moto(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    assert Answer(Gate(moto=moto)).text == FORM.decode()

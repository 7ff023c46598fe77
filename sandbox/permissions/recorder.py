"""Keeps every call that the gate lets in: who made it, and what it asked for. Lives in the server.

A request is read with moto's own models before it is answered. What it carries beside names, ARNs, tags and settings
is not kept: blobs, what a model marks as sensitive, long texts such as templates, and values of environment variables.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError
from moto.core.parse import PROTOCOL_PARSERS, RequestDict
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from sandbox.corrections import work
from sandbox.corrections.callers import is_own, signer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape

    from sandbox.corrections.callers import Signer
    from sandbox.corrections.operations import Record

LONGEST_TEXT = 2048  # an ARN has that many characters at most
MOST_BYTES = 4 * 1024 * 1024  # of a body that is read; only objects of S3 have more
SECRETS = frozenset({"logEvents", "TemplateBody", "token"})
KEYS = frozenset({"KMSMasterKeyID", "SSEKMSKeyId"})
"""Names of keys, which S3's model takes for secrets."""
DROPPED = "dropped"
SIGNED_OTHERWISE = {
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
"""botocore's names of services that are signed for under another one."""

_recording = str(uuid4())
_calls: list[Record] = []


def hear(environ: Record, *, signer: Signer, account_id: str, region: str, signed_for: str) -> Record:
    """Return a call that is about to be answered; `keep` it when it was. The body can be read again afterwards."""
    call = _by(signer, account_id=account_id, region=region)
    call |= {"service": _service(signed_for, environ["PATH_INFO"]), "operation": "", "parameters": {}, "problem": ""}
    try:
        call["operation"], call["parameters"] = _parsed(call["service"], environ, _body(environ))
    except (BotoCoreError, NotFound, NotImplementedError, KeyError, ValueError) as error:
        call["operation"] = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        call["problem"] = f"{type(error).__name__}: {error}"
    return call


def keeping(call: Record, start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `start_response` that keeps the call with the status of its answer."""

    def start(status: str, headers: Any, *more: Any) -> Any:  # noqa: ANN401  (WSGI)
        _calls.append(call | {"status": int(status.split(maxsplit=1)[0])})
        return start_response(status, headers, *more)

    return start


def answer(body: bytes) -> str:
    """Answer one request for what is kept. Raises `PermissionError` for a key that is not an account's own."""
    request = work.admitted(body)
    calls = _OPERATIONS[request["operation"]](request)
    return json.dumps({"recording": _recording, "count": len(_calls), "calls": calls})


def _read(request: Record) -> list[Record]:
    return _calls[request["since"] :]


def _note(request: Record) -> list[Record]:
    """Keep what a service does in a role's name without an operation of the API."""
    where = {"account_id": request["account_id"], "region": request["region"]}
    signer = signer_of(access_key_id=request["caller"], **where)
    what = {"service": request["service"], "operation": request["action"], "parameters": request["parameters"]}
    _calls.append(_by(signer, **where) | what | {"status": 0})
    return []


def _by(signer: Signer, **where: str) -> Record:
    return {"role_arn": signer.role_arn, "session": signer.session, "own": is_own(signer.role_arn), **where}


_OPERATIONS: dict[str, Callable[[Record], list[Record]]] = {
    "count": lambda _request: [],
    "note": _note,
    "read": _read,
}


def _service(signed_for: str, path: str) -> str:
    """Return botocore's name of the service that a request is signed for."""
    if signed_for == "sagemaker" and path.endswith(("/invocations", "/async-invocations")):
        return "sagemaker-runtime"
    return SIGNED_OTHERWISE.get(signed_for, signed_for)


def _body(environ: Record) -> bytes:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    if size > MOST_BYTES:
        return b""
    body: bytes = environ["wsgi.input"].read(size)
    environ["wsgi.input"] = io.BytesIO(body)  # moto reads it again
    return body


def _parsed(service: str, environ: Record, body: bytes) -> tuple[str, Record]:
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    operation, of_the_path = get_service_router(service).match(request)
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    given = RequestDict(
        method=request.method,
        values=request.values,
        headers=request.headers,
        body=body,
        url_path=request.path,
        url_params=of_the_path,
    )
    parameters = PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse(given)
    return str(operation.name), {} if operation.input_shape is None else _told(operation.input_shape, parameters)


def _told(shape: Shape, value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return what is kept of a value."""
    if shape.type_name == "structure":
        is_variable = {"name", "value", "type"} >= shape.members.keys() and "name" in shape.members
        return {
            key: _member(shape.members[key], key, item, is_secret=key in SECRETS or (is_variable and key == "value"))
            for key, item in value.items()
            if key in shape.members and item is not None
        }
    if shape.type_name == "list":
        return [_told(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {str(key): _told(shape.value, item) for key, item in value.items()}
    is_secret = shape.type_name == "blob" or shape.metadata.get("sensitive")
    if is_secret or (isinstance(value, str) and len(value) > LONGEST_TEXT):
        return DROPPED
    return value if isinstance(value, str | int | float | bool) else str(value)


def _member(shape: Shape, key: str, value: Any, *, is_secret: bool) -> Any:  # noqa: ANN401  (JSON)
    if is_secret:
        return DROPPED
    return value if key in KEYS else _told(shape, value)

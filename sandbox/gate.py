"""What stands before moto: who may come in, and what moto would have passed over in silence.

Stock moto puts an unknown access key into an account of its own (123456789012), and answers a service or an operation
that it lacks with an HTML page. Here each is refused by name, in the form that the caller's protocol expects.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto import backends
from moto.backend_index import backend_url_patterns
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import SIGNING_ALIASES

from sandbox import CALLS_PATH, IDENTITY_PATH, WORK_PATH
from sandbox.corrections import callers, work
from sandbox.permissions import recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOT_IMITATED_STATUS = "501 Not Implemented"  # no SDK repeats a request after 501; after 500 they all do
_SCOPE = re.compile(r"(?P<key>[A-Z0-9]{16,})/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_CALLER = f"HTTP_{callers.HEADER.upper().replace('-', '_')}"
_PUBLIC_ACTIONS = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")  # STS answers these without a signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Exception):  # noqa: N818  (AWS's word for it is an error code, and that is in here)
    """An answer that is an AWS error: HTTP status line, error code, message."""

    status: str
    code: str
    message: str


class Gate:
    """A WSGI application around moto's."""

    def __init__(self, *, moto: Callable[..., Iterable[bytes]]) -> None:
        self._moto = moto

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == IDENTITY_PATH:
            return _send(start_response, "200 OK", "application/json", json.dumps({"pid": os.getpid()}))
        callers.acting.set(None)
        if environ["PATH_INFO"] in _DOORS:
            return _own(environ, start_response, _DOORS[environ["PATH_INFO"]])
        scope = _scope(environ)
        service = scope["service"] if scope else ""
        try:
            return self._moto(environ, _check_caller(environ, start_response, scope))
        except Refusal as refused:
            refusal = refused
        except NotImplementedError as error:
            refusal = _not_imitated(f"{service}: {error}")
        except Exception as error:  # noqa: BLE001  (the last place where a fault of moto can be told to the caller)
            traceback.print_exc(file=sys.stderr)
            refusal = _fault(f"{service}: {type(error).__name__}: {error}")
        return _refuse(environ, start_response, service=service, refusal=refusal)


_DOORS: dict[str, Callable[[bytes], str]] = {CALLS_PATH: recorder.answer, WORK_PATH: work.answer}


def _own(
    environ: dict[str, Any], start_response: Callable[..., Any], answer: Callable[[bytes], str]
) -> Iterable[bytes]:
    try:
        status, text = "200 OK", answer(_body(environ))
    except Exception as error:  # noqa: BLE001  (told to who asked, who is ours)
        traceback.print_exc(file=sys.stderr)
        status, text = NOT_IMITATED_STATUS, json.dumps({"problem": f"{type(error).__name__}: {error}"})
    return _send(start_response, status, "application/json", text)


def _not_imitated(what: str) -> Refusal:
    return Refusal(status=NOT_IMITATED_STATUS, code="NotImitated", message=f"The sandbox does not imitate this: {what}")


def _fault(what: str) -> Refusal:
    return Refusal(status=NOT_IMITATED_STATUS, code="SandboxFault", message=f"The sandbox failed in {what}")


def _check_caller(
    environ: dict[str, Any], start_response: Callable[..., Any], scope: re.Match[str] | None
) -> Callable[..., Any]:
    """Let a request in, or raise `Refusal`. Returns the `start_response` with which the call is recorded."""
    if scope is None:
        if not any(action in _form_body(environ) for action in _PUBLIC_ACTIONS):
            raise Refusal(
                status="403 Forbidden",
                code="MissingAuthenticationToken",
                message='The request is not signed. "sandbox env dev" prints the settings of an account.',
            )
        return start_response
    account_id = _issuer(scope["key"])
    if account_id is None:
        code = "InvalidAccessKeyId" if scope["service"] == "s3" else "InvalidClientTokenId"
        raise Refusal(
            status="403 Forbidden",
            code=code,
            message=f"No account of the sandbox issued the access key {scope['key']}. A sandbox forgets its keys when "
            'it ends: run "sandbox env" again after it was restarted.',
        )
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account_id  # moto does not read the key of a presigned URL
    signer = callers.signer_of(access_key_id=scope["key"], account_id=account_id, region=scope["region"])
    environ[_CALLER] = signer.role_arn
    if not _is_known(scope["service"].lower(), scope["region"]):
        raise _not_imitated(f"the service {scope['service']}")
    callers.acting.set(signer.role_arn)
    where = {"account_id": account_id, "region": scope["region"]}
    call = recorder.hear(environ, signer=signer, signed_for=scope["service"], **where)
    return recorder.keeping(call, start_response)


def _scope(environ: dict[str, Any]) -> re.Match[str] | None:
    """Find the credential scope of a signature version 4, from the header or from a presigned URL."""
    presigned = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    return _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(presigned)


def _issuer(access_key_id: str) -> str | None:
    """Return the id of the account that issued a key."""
    for account_id, account in list(iam_backends.items()):  # a copy: other threads add accounts (moto issue 5881)
        if any(access_key_id in iam.access_keys for iam in list(account.values())):
            return str(account_id)
    return None


def _is_known(service: str, region: str) -> bool:
    """Whether moto has a backend for the service that a request is signed for, found as moto finds it."""
    service = SIGNING_ALIASES.get(service, service)
    hosts = f"http://{service}.{region}.amazonaws.com", f"http://{service}.amazonaws.com"
    return service in backends.list_of_moto_modules() or any(
        pattern.match(host) for _, pattern in backend_url_patterns for host in hosts
    )


def _form_body(environ: dict[str, Any]) -> str:
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return ""
    body = _body(environ)
    environ["wsgi.input"] = io.BytesIO(body)  # moto reads it again
    return body.decode()


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _refuse(
    environ: dict[str, Any], start_response: Callable[..., Any], *, service: str, refusal: Refusal
) -> Iterable[bytes]:
    code, message = escape(refusal.code), escape(refusal.message)
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _send(start_response, refusal.status, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>")
    if service == "s3" or (not service and "json" not in content_type):
        return _send(start_response, refusal.status, "application/xml", error)
    body = json.dumps({"__type": refusal.code, "message": refusal.message})
    return _send(start_response, refusal.status, "application/x-amz-json-1.1", body, error_type=refusal.code)


def _send(
    start_response: Callable[..., Any], status: str, content_type: str, text: str, *, error_type: str = ""
) -> Iterable[bytes]:
    body = text.encode()
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(status, [*headers, ("x-amzn-ErrorType", error_type)] if error_type else headers)
    return [body]

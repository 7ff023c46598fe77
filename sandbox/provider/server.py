"""The process side of a plugin: handshake on standard output, TLS, and gRPC on a Unix socket.

The contract is that of hashicorp/go-plugin: `CORE|PROTOCOL|unix|SOCKET|grpc|CERTIFICATE` on one line, then requests.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import shutil
import signal
import sys
import tempfile
import threading
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from sandbox.provider import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.provider.service import Service
    from sandbox.provider.wire import Message

_UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    socket: Path
    certificate: str  # base64 of DER without padding; "" when the socket is plain
    stopped: threading.Event  # set when Terraform has asked the plugin to end


@contextmanager
def listen(service: Service, *, tls: bool) -> Iterator[Listening]:
    """Serve on a Unix socket in a folder of its own (mode 0700) until the block ends; the folder is then removed."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-provider-"))
    socket = folder / "socket"
    stopped = threading.Event()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=_UNLIMITED)
    # go-plugin's GRPCStdio is left out on purpose: its endless stream would hold a worker thread for every client.
    server.add_generic_rpc_handlers([_provider(service), _controller(stopped)])
    certificate = ""
    if tls:
        key, chain, certificate = _self_signed()
        server.add_secure_port(f"unix:{socket}", grpc.ssl_server_credentials([(key, chain)]))
    else:
        server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield Listening(socket=socket, certificate=certificate, stopped=stopped)
    finally:
        server.stop(grace=0.2).wait()
        shutil.rmtree(folder, ignore_errors=True)  # gRPC may have removed the socket already


def serve_terraform(service: Service) -> None:
    """Tell Terraform, which started this process, where to find us; return when it says to stop or is no more."""
    # Ctrl-C reaches the whole group; it is Terraform that decides, and it waits for what is being made.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terraform = os.getppid()
    # Terraform dials TLS exactly when it has sent its own certificate (all but TF_DISABLE_PLUGIN_TLS).
    with listen(service, tls="PLUGIN_CLIENT_CERT" in os.environ) as listening:
        print("1", "5", "unix", listening.socket, "grpc", listening.certificate, sep="|", flush=True)
        sys.stdout = sys.stderr  # go-plugin reads no second line
        while not listening.stopped.wait(timeout=1) and os.getppid() == terraform:
            pass


def _provider(service: Service) -> grpc.GenericRpcHandler:
    methods = {name: _method(getattr(service, name), name) for name in dir(service) if name[0].isupper()}
    return grpc.method_handlers_generic_handler("tfplugin5.Provider", methods)


def _controller(stopped: threading.Event) -> grpc.GenericRpcHandler:
    def shut_down(_request: Message) -> Message:
        stopped.set()
        return wire.ShutdownResponse()

    method = _method(shut_down, "Shutdown")
    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": method})


def _method(answer: Callable[[Message], Message], name: str) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _context: answer(request),
        request_deserializer=getattr(wire, f"{name}Request").FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )


def _self_signed() -> tuple[bytes, bytes, str]:
    """Return a key and a certificate (both PEM) for one run, and the certificate as the handshake wants it."""
    from cryptography import x509  # noqa: PLC0415 - only a plugin that Terraform started needs it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, certificate.public_bytes(pem), base64.b64encode(certificate.public_bytes(der)).decode().rstrip("=")

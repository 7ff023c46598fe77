"""Serves a model on this machine as SageMaker's framework images do: GET /ping, POST /invocations.

    python serving.py MODEL_FOLDER

The model's folder holds `code/` with the program that SAGEMAKER_PROGRAM names; of its four functions `model_fn` and
`predict_fn` are called, between `input_fn` and `output_fn`. It listens on 127.0.0.1, says on which port in its first
line of output, and ends when its standard input does.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DEFAULT_TYPE = "text/csv"


def main(argv: list[str]) -> None:
    """Serve until standard input ends."""
    told_here = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the model's program prints goes to the log
    folder = Path(argv[0]).resolve()
    code = folder / Path(os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code")).name
    sys.path.insert(0, str(code))
    program = importlib.import_module(Path(os.environ.get("SAGEMAKER_PROGRAM", "inference.py")).stem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(program, program.model_fn(str(folder))))
    print(server.server_port, file=told_here, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    server.shutdown()


def handler(program: Any, model: Any) -> type[BaseHTTPRequestHandler]:  # noqa: ANN401  # a data scientist's module
    """Return the handler of requests to a model."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200 if self.path == "/ping" else 404, b"", DEFAULT_TYPE)

        def do_POST(self) -> None:
            if self.path != "/invocations":
                self._answer(404, b"", DEFAULT_TYPE)
                return
            accept = self.headers.get("Accept", DEFAULT_TYPE)
            accept = DEFAULT_TYPE if accept == "*/*" else accept
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                rows = program.input_fn(body, self.headers.get("Content-Type", DEFAULT_TYPE))
                answer = program.output_fn(program.predict_fn(rows, model), accept)
            except Exception as error:  # noqa: BLE001  # whatever it is, the caller is told, as by the images
                traceback.print_exc()
                self._answer(500, str(error).encode(), "text/plain")
                return
            self._answer(200, answer if isinstance(answer, bytes) else str(answer).encode(), accept)

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            pass

    return Handler


if __name__ == "__main__":
    main(sys.argv[1:])

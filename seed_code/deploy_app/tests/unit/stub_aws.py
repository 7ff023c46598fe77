"""A stub of the four AWS services that the integration and stress tests ask, on one port of this machine."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = "mlops-p-0123456789ab-dev"
_XML = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
<Stacks><member><StackName>{name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>
<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{outputs}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """What the stub answers; a test changes what it is about."""

    outputs: dict[str, str] = field(default_factory=lambda: {"ModelPackageArn": "arn:x/1", "EndpointName": STACK})
    rows: bytes = b"1,2,3\n4,5,6\n"
    answer: bytes = b"0.25\n0.75\n"
    status: int = 200
    endpoint_status: str = "InService"
    run_status: list[str] = field(default_factory=lambda: ["Executing", "Succeeded"])


@contextmanager
def stub_aws(behaviour: Behaviour) -> Iterator[dict[str, str]]:
    """Serve while the context lasts, and yield the environment variables that lead there."""
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "ENDPOINT_STACK": STACK,
            "BATCH_POLL_SECONDS": "0",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    behaviour: ClassVar[Behaviour]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """S3: the archive with the sample payload."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            member = tarfile.TarInfo("sample.csv")
            member.size = len(self.behaviour.rows)
            archive.addfile(member, io.BytesIO(self.behaviour.rows))
        self._send(buffer.getvalue())

    def do_POST(self) -> None:
        """CloudFormation, SageMaker, and the endpoint."""
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        target = self.headers.get("X-Amz-Target")
        if self.path.endswith("/invocations"):
            self._send(self.behaviour.answer, status=self.behaviour.status)
        elif target:
            self._send(json.dumps(self._sagemaker(target.rpartition(".")[2])).encode())
        else:
            outputs = "".join(_OUTPUT.format(*one) for one in self.behaviour.outputs.items())
            self._send(_XML.format(name=STACK, outputs=outputs).encode())

    def _sagemaker(self, operation: str) -> dict[str, Any]:
        run = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/x/execution/abcdefghijkl"
        status = self.behaviour.run_status
        answers: dict[str, dict[str, Any]] = {
            "DescribeModelPackage": {
                "SamplePayloadUrl": "s3://bucket/payload.tar.gz",
                "InferenceSpecification": {
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
            },
            "DescribeEndpoint": {"EndpointStatus": self.behaviour.endpoint_status},
            "StartPipelineExecution": {"PipelineExecutionArn": run},
            "ListPipelineExecutionSteps": {
                "PipelineExecutionSteps": [
                    {"StepName": "Transform", "StepStatus": "Failed", "FailureReason": "no input"}
                ]
            },
        }
        if operation == "DescribePipelineExecution":
            return {"PipelineExecutionStatus": status.pop(0) if len(status) > 1 else status[0]}
        return answers[operation]

    def _send(self, body: bytes, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

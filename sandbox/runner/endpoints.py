"""Endpoints: the model that an endpoint names, as files and, once it is asked, as a process that answers.

Used by the server. A model is fetched with its own role; one that has never answered is started to see that it does;
later ones of the same content start when they are first asked. A process ends with its endpoint, and, as its standard
input is the server's, with the server.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import itertools
import json
import os
import shutil
import subprocess
import tarfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox import REPOSITORIES_VARIABLE
from sandbox.corrections import callers
from sandbox.runner.images import UnknownImageError, python_of
from sandbox.runner.job_logs import write_log
from sandbox.runner.seed import local_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOG_GROUP = "/aws/sagemaker/Endpoints/{name}"
MODEL_FOLDER = ".models"  # beside the accounts' repositories, whose folder goes with the sandbox
CONTENT_TYPES = {"CsvContentTypes": "CSV", "JsonContentTypes": "JSON"}

_proven: set[str] = set()
_numbers = itertools.count()


class Unservable(Exception):  # noqa: N818  (it becomes the reason why an endpoint failed)
    """A model that cannot be fetched or does not answer."""


@dataclass(slots=True, kw_only=True)
class Hosted:
    """One model behind one endpoint."""

    account_id: str
    region: str
    name: str
    variant: str
    role_arn: str
    container: Any  # local_run's
    capture: Mapping[str, Any] | None
    _lock: Lock = field(default_factory=Lock)
    _running: ExitStack = field(default_factory=ExitStack)
    _port: int | None = None
    _asked: int = 0

    def ask(self, body: bytes, *, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Return status, content type and body of the model's answer. Raises `Unservable`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.start())
        try:
            connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept})
            response = connection.getresponse()
            kind, answer = response.getheader("Content-Type", ""), response.read()
        except OSError as error:
            self.end()  # the next request starts it again, as SageMaker starts a container again
            raise Unservable(f"The model of endpoint {self.name} is gone: {error}") from error
        finally:
            connection.close()
        if self.capture:
            self._keep(self.capture, [("Input", content_type, body), ("Output", kind, answer)])
        return response.status, kind, answer

    def start(self) -> int:
        """Return the port where the model answers; start it unless it runs. Raises `Unservable`."""
        with self._lock:
            if self._port is None:
                transform, failed = local_run("transform"), local_run("processes").JobFailed
                try:
                    self._port = int(self._running.enter_context(transform.served(self.container)))
                except failed as error:
                    raise Unservable(str(error)) from error
                finally:
                    self._write_log()
            return self._port

    def end(self) -> None:
        """End the process, if there is one, and take the model's files away."""
        with self._lock:
            self._running.close()
            self._port = None

    def forget(self) -> None:
        """End it for good."""
        self.end()
        shutil.rmtree(self.container.log.parent, ignore_errors=True)

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3)
        """Return boto3's client with the model's role."""
        where = {"account_id": self.account_id, "region": self.region}
        return callers.client(service, role_arn=self.role_arn, assumed_by="sagemaker", **where)

    def _write_log(self) -> None:
        group, stream = LOG_GROUP.format(name=self.name), f"{self.variant}/{self.container.log.parent.name}"
        with contextlib.suppress(BotoCoreError, ClientError):  # a model without a log serves all the same
            write_log(self.client("logs"), group=group, stream=stream, file=self.container.log)

    def _keep(self, capture: Mapping[str, Any], parts: list[tuple[str, str, bytes]]) -> None:
        """Write what was asked and answered, of so many in a hundred, where SageMaker puts it."""
        self._asked, share = self._asked + 1, int(capture["InitialSamplingPercentage"])
        if self._asked * share // 100 == (self._asked - 1) * share // 100:
            return
        now = datetime.now(UTC)
        modes = {mode for option in capture["CaptureOptions"] for mode in _modes(option["CaptureMode"])}
        data = {
            f"endpoint{part}": _encoded(capture, mode=part.upper(), kind=kind, body=body)
            for part, kind, body in parts
            if part in modes
        }
        number = f"{now:%M-%S}-{next(_numbers):03}"
        record = {
            "captureData": data,
            "eventMetadata": {"eventId": number, "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
            "eventVersion": "0",
        }
        bucket, _, prefix = capture["DestinationS3Uri"].removeprefix("s3://").partition("/")
        key = f"{prefix.rstrip('/')}/{self.name}/{self.variant}/{now:%Y/%m/%d/%H}/{number}.jsonl".lstrip("/")
        encrypted = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": capture["KmsKeyId"]} if "KmsKeyId" in capture else {}
        )
        with contextlib.suppress(BotoCoreError, ClientError):  # an answer is given whether or not it can be kept
            body = json.dumps(record).encode() + b"\n"
            self.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **encrypted)


def host(  # noqa: PLR0913  (an endpoint has this many parts)
    *,
    account_id: str,
    region: str,
    name: str,
    variant: str,
    role_arn: str,
    container: Mapping[str, Any],
    capture: Mapping[str, Any] | None,
) -> Hosted:
    """Fetch a model with its role and see that it answers. Raises `Unservable`."""
    folder = Path(os.environ[REPOSITORIES_VARIABLE], MODEL_FOLDER, f"{account_id}-{region}-{name}-{next(_numbers)}")
    processes, jobs = local_run("processes"), local_run("jobs")
    environment = {key: str(value) for key, value in container.get("Environment", {}).items()}
    try:
        base = folder / "opt" / "ml"
        base.mkdir(parents=True)
        made = processes.Container(
            base=base,
            log=folder / "log.txt",
            home=folder / "home",
            python=python_of(container["Image"]),
            environment=environment,
        )
        hosted = Hosted(
            account_id=account_id,
            region=region,
            name=name,
            variant=variant,
            role_arn=role_arn,
            container=made,
            capture=capture,
        )
        archive = _fetched(hosted, container["ModelDataUrl"])
        gzip.decompress(archive)  # to its end and its checksum: what is cut off behind the last file is corrupted too
        jobs.unpack(archive, base / "model")
        content = hashlib.sha256(archive + json.dumps([container["Image"], environment]).encode()).hexdigest()
        if content not in _proven:
            hosted.start()
            _proven.add(content)
    except (Unservable, UnknownImageError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unservable(str(error)) from error
    except (tarfile.TarError, zlib.error, OSError, EOFError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unservable(f"The model data at {container['ModelDataUrl']} cannot be unpacked: {error}") from error
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unservable(f"No environment could be made for image {container['Image']}: {error}") from error
    return hosted


def _fetched(hosted: Hosted, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        body: bytes = hosted.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        raise Unservable(f"Could not access model data at {uri} with role {hosted.role_arn}: {error}") from error
    return body


def _modes(mode: str) -> Iterator[str]:
    yield from ("Input", "Output") if mode == "InputAndOutput" else (mode,)


def _encoded(capture: Mapping[str, Any], *, mode: str, kind: str, body: bytes) -> dict[str, str]:
    """Return one side of a captured request: as text where its type is one of those that are told, else in base64."""
    told = capture.get("CaptureContentTypeHeader", {})
    encoding = next((code for key, code in CONTENT_TYPES.items() if kind in told.get(key, ())), "BASE64")
    text = body.decode(errors="replace") if encoding != "BASE64" else base64.b64encode(body).decode()
    return {"observedContentType": kind, "mode": mode, "data": text, "encoding": encoding}

"""Runs an execution of a SageMaker pipeline by its definition: steps, jobs, models and the registry.

What there is to run is the build application's ``local_run``. Around it stands here what SageMaker does on AWS: each
job is made by the pipeline's role with a call of its own, reads and writes the sandbox's S3 with that role, encrypted
with the key that the definition names, and leaves its log in CloudWatch.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.runner.bench import STEP, Step
from sandbox.runner.images import UnknownImageError, python_of
from sandbox.runner.job_logs import write_log
from sandbox.runner.seed import local_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.runner.bench import Bench, Item

FAILED, SUCCEEDED = "Failed", "Succeeded"
JOBS = {"Processing": "ProcessingJob", "Training": "TrainingJob", "Transform": "TransformJob"}
LOG_GROUPS = {kind: f"/aws/sagemaker/{job}s" for kind, job in JOBS.items()}
PACKAGE = ":model-package/"


class RefusedError(Exception):
    """A definition that cannot be run here."""


def run(bench: Bench, item: Item) -> dict[str, Any]:
    """Run an execution and return what to tell of it: its status, and the reason of a failure."""
    package = local_run()
    session = bench.session(
        item["account_id"], role_arn=item["role_arn"], service="sagemaker", name=item["execution_id"]
    )
    clients = {name: bench.client(session, name) for name in ("logs", "s3", "sagemaker")}
    registry = Registry(sagemaker=clients["sagemaker"])
    try:
        document = json.loads(item["definition"])
        _check_roles(document, item["role_arn"])
        definition = package.Definition.parse(item["definition"])
        store = Store(s3=clients["s3"], key_id=_only_key(document))
        parameters = definition.values_of(item["parameters"])
        python = _python(document, parameters, registry)
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            inner = package.Jobs(folder=Path(folder), store=store, registry=registry, python=python)
            jobs = RecordedJobs(bench=bench, item=item, clients=clients, inner=inner, store=store, registry=registry)
            execution = package.Execution(
                definition,
                jobs,
                parameters=item["parameters"],
                pipeline=item["pipeline"],
                execution_id=item["execution_id"],
                on_step=lambda record: _hear(bench, item, record),
                arn=item["pipeline_arn"],
            )
            outcome = execution.run()
    except (package.DefinitionError, RefusedError, UnknownImageError, BotoCoreError, ClientError) as error:
        return {"status": FAILED, "summary": str(error)}
    return {"status": outcome.status, "summary": outcome.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """S3, for `local_run`, in the name of a role."""

    s3: Any
    key_id: str | None  # encrypts what is written; without one the bucket's own does

    def names(self, prefix: str) -> list[str]:
        bucket, key = _parts(prefix)
        with _told_as_failed():
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            return sorted(f"s3://{bucket}/{found['Key']}" for page in pages for found in page.get("Contents", []))

    def get(self, uri: str) -> bytes:
        bucket, key = _parts(uri)
        with _told_as_failed():
            try:
                body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except self.s3.exceptions.NoSuchKey:
                raise FileNotFoundError(uri) from None
        return body

    def put(self, uri: str, body: bytes) -> None:
        bucket, key = _parts(uri)
        encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key_id} if self.key_id else {}
        with _told_as_failed():
            self.s3.put_object(Bucket=bucket, Key=key, Body=body, **encrypted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The model registry, for `local_run`, in the name of a role."""

    sagemaker: Any

    def register(self, request: dict[str, Any]) -> str:
        with _told_as_failed():
            return str(self.sagemaker.create_model_package(**request)["ModelPackageArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        try:
            described: dict[str, Any] = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            raise LookupError(str(error)) from error
        return described


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedJobs:
    """Jobs of `local_run`, each made by a call of SageMaker's API first, as its service does it."""

    bench: Bench
    item: Item
    clients: dict[str, Any]
    inner: Any
    store: Store
    registry: Registry

    def processing(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._run("Processing", name, request, self.inner.processing)

    def training(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._run("Training", name, request, self.inner.training)

    def transform(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._run("Transform", name, request, self.inner.transform)

    def model(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        with _told_as_failed():
            self.clients["sagemaker"].create_model(**request | {"ModelName": name})
        described: dict[str, Any] = self.inner.model(name, request)
        return described

    def _run(
        self, kind: str, name: str, request: dict[str, Any], work: Callable[[str, dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        job = JOBS[kind]
        told: dict[str, Any] = {"kind": job, "name": name, "status": FAILED, "reason": "", "described": {}}
        create = getattr(self.clients["sagemaker"], f"create_{kind.lower()}_job")
        with _told_as_failed():
            create(**request | {f"{job}Name": name})
        try:
            described = work(name, request)
            told["status"] = "Completed"
            if "ModelArtifacts" in described:
                told["described"] = {"ModelArtifacts": described["ModelArtifacts"]}
        except Exception as error:
            told["reason"] = str(error)
            raise
        finally:
            self._write_logs(kind, name)
            self.bench.tell(self.item, {"job": told})
        return described

    def _write_logs(self, kind: str, name: str) -> None:
        for log in sorted((self.inner.folder / "jobs" / name).glob("*/log.txt")):
            with contextlib.suppress(BotoCoreError, ClientError):  # a job without a log is a job all the same
                write_log(self.clients["logs"], group=LOG_GROUPS[kind], stream=f"{name}/{log.parent.name}", file=log)


@contextlib.contextmanager
def _told_as_failed() -> Iterator[None]:
    """Let what AWS refuses be the reason why a step failed."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise local_run("processes").JobFailed(str(error)) from error


def _check_roles(document: dict[str, Any], role_arn: str) -> None:
    keys = ("RoleArn", "ExecutionRoleArn")
    others = {str(value) for key, value in _members(document) if key in keys and value != role_arn}
    if others:
        raise RefusedError(f"The sandbox does not imitate this: a step with a role of its own, {', '.join(others)}")


def _only_key(document: dict[str, Any]) -> str | None:
    keys = sorted({str(value) for key, value in _members(document) if key == "KmsKeyId"})
    if len(keys) > 1:
        raise RefusedError(f"The sandbox does not imitate this: outputs of one pipeline with keys {', '.join(keys)}")
    return keys[0] if keys else None


def _python(document: dict[str, Any], parameters: dict[str, Any], registry: Registry) -> str:
    """Return the Python for all steps: that of the images which they, and the packages they are given, name."""
    names = ("ImageUri", "TrainingImage", "Image")
    packages = {value for value in parameters.values() if isinstance(value, str) and PACKAGE in value}
    try:
        described = [registry.describe(arn)["InferenceSpecification"] for arn in sorted(packages)]
    except LookupError as error:
        raise RefusedError(str(error)) from error
    images = {str(value) for part in [document, *described] for key, value in _members(part) if key in names}
    pythons = {python_of(image) for image in images}
    if len(pythons) != 1:
        raise RefusedError(
            f"The sandbox runs a pipeline in one image; this one has {', '.join(sorted(images)) or 'none'}"
        )
    return pythons.pop()


def _members(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  (JSON)
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield str(key), inner
        yield from _members(inner)


def _hear(bench: Bench, item: Item, record: Any) -> None:  # noqa: ANN401  (local_run's)
    """Tell of a step that has ended, with its pipeline's account: the server, and whoever listens."""
    bench.tell(item, {"step": _step(record, item)})
    bench.hear(
        Step(
            kind=STEP,
            account_id=item["account_id"],
            place=f"{item['pipeline']}/{record.name}",
            status=record.status,
            summary=record.reason,
            seconds=record.seconds,
        )
    )


def _step(record: Any, item: Item) -> dict[str, Any]:  # noqa: ANN401  (local_run's)
    """Return what to tell of a step."""
    result, metadata = record.result, {}
    kinds = {kind: (job, f"{kind.lower()}-job") for kind, job in JOBS.items()} | {"Model": ("Model", "model")}
    if record.type in kinds and result:
        member, kind = kinds[record.type]
        here = item["pipeline_arn"].rpartition(":")[0]
        metadata = {member: {"Arn": f"{here}:{kind}/{result[f'{member}Name']}"}}
    elif record.type == "RegisterModel" and result:
        metadata = {"RegisterModel": {"Arn": result["ModelPackageArn"]}}
    elif record.type == "Condition" and result:
        metadata = {"Condition": {"Outcome": "True" if result["Outcome"] else "False"}}
    elif record.type == "Fail":
        metadata = {"Fail": {"ErrorMessage": record.reason}}
    return {
        "name": record.name,
        "type": record.type,
        "status": record.status,
        "seconds": record.seconds,
        "reason": record.reason,
        "metadata": metadata,
    }


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key

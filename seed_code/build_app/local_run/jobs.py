"""What SageMaker does around a job's program: puts its files in place, runs it, takes what it wrote."""

from __future__ import annotations

import io
import json
import shutil
import sys
import tarfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_run import transform
from local_run.processes import Container, JobFailed, stop
from local_run.store import ObjectStore, download, upload

if TYPE_CHECKING:
    import subprocess

    from local_run.registry import ModelRegistry

Described = dict[str, Any]  # what SageMaker's Describe... would answer, as far as steps refer to it


@dataclass(slots=True, kw_only=True)
class Jobs:
    """Runs jobs in a folder, with S3 and the model registry as they are given."""

    folder: Path
    store: ObjectStore
    registry: ModelRegistry
    python: str = sys.executable
    models: dict[str, Described] = field(default_factory=dict)  # container of each model, by name
    started: set[subprocess.Popen[bytes]] = field(default_factory=set)  # programs that may still run

    def processing(self, name: str, request: Described) -> Described:
        """Run a processing job on as many instances as it asks for. Raises `JobFailed`."""
        count = int(request["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1))
        hosts = [f"algo-{number + 1}" for number in range(count)]
        with ThreadPoolExecutor(count) as pool:
            done = [pool.submit(self._process, name, request, number, hosts) for number in range(count)]
            for each in done:
                each.result()
        outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        described = {output["OutputName"]: output for output in outputs}
        return {**request, "ProcessingJobName": name, "ProcessingOutputConfig": {"Outputs": described}}

    def training(self, name: str, request: Described) -> Described:
        """Run a training job. Raises `JobFailed`."""
        if int(request.get("ResourceConfig", {}).get("InstanceCount", 1)) != 1:
            raise JobFailed("Training on several instances is not run here: set TrainingInstanceCount to 1")
        specification = request["AlgorithmSpecification"]
        container = self._container(name, "algo-1", {"TRAINING_JOB_NAME": name, **request.get("Environment", {})})
        settings = container.base / "input" / "config"
        _write_json(settings / "hyperparameters.json", request.get("HyperParameters", {}))
        _write_json(settings / "resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})
        for channel in request.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            if not download(self.store, uri, container.base / "input" / "data" / channel["ChannelName"]):
                raise JobFailed(f"Channel {channel['ChannelName']}: there is nothing at {uri}")
        for folder in ("model", "output/data"):
            (container.base / folder).mkdir(parents=True)
        command = specification.get("ContainerEntrypoint", []) + specification.get("ContainerArguments", [])
        self._run(container, command, request, failure=container.base / "output" / "failure")
        artifacts = f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output/model.tar.gz"
        self.store.put(artifacts, _archive(container.base / "model"))
        return {**request, "TrainingJobName": name, "ModelArtifacts": {"S3ModelArtifacts": artifacts}}

    def model(self, name: str, request: Described) -> Described:
        """Note a model: from its container, or from its package in the registry. Raises `JobFailed`."""
        container = request["PrimaryContainer"]
        if "ModelPackageName" in container:
            try:
                package = self.registry.describe(container["ModelPackageName"])
            except LookupError as error:
                raise JobFailed(str(error)) from None
            container = package["InferenceSpecification"]["Containers"][0]
        self.models[name] = container
        return {**request, "ModelName": name}

    def transform(self, name: str, request: Described) -> Described:
        """Score every object of the input with a model made before. Raises `JobFailed`."""
        model = self.models[request["ModelName"]]
        container = self._container(name, "algo-1", {**model.get("Environment", {}), **request.get("Environment", {})})
        unpack(self.store.get(model["ModelDataUrl"]), container.base / "model")
        rows = container.base / "rows"
        uri = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        if not download(self.store, uri, rows):
            raise JobFailed(f"There is nothing to score at {uri}")
        output = request["TransformOutput"]
        for path in sorted(path for path in rows.rglob("*") if path.is_file()):
            answer = transform.score(container, path.read_bytes(), request)
            target = f"{output['S3OutputPath'].rstrip('/')}/{path.relative_to(rows).as_posix()}.out"
            self.store.put(target, answer)
        return {**request, "TransformJobName": name}

    def stop(self) -> None:
        """End all programs that still run."""
        for process in list(self.started):
            stop(process)

    def _process(self, name: str, request: Described, number: int, hosts: list[str]) -> None:
        specification = request["AppSpecification"]
        container = self._container(name, hosts[number], request.get("Environment", {}))
        settings = container.base / "config"
        _write_json(settings / "resourceconfig.json", {"current_host": hosts[number], "hosts": hosts})
        _write_json(settings / "processingjobconfig.json", {**request, "ProcessingJobName": name})
        for each in request.get("ProcessingInputs", []):
            source = each["S3Input"]
            sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
            share = (number, len(hosts)) if sharded else (0, 1)
            if not download(self.store, source["S3Uri"], Path(container.local(source["LocalPath"])), share=share):
                raise JobFailed(f"Input {each['InputName']}: there is nothing at {source['S3Uri']}")
        outputs = [output["S3Output"] for output in request.get("ProcessingOutputConfig", {}).get("Outputs", [])]
        for output in outputs:
            Path(container.local(output["LocalPath"])).mkdir(parents=True, exist_ok=True)
        command = specification.get("ContainerEntrypoint", []) + specification.get("ContainerArguments", [])
        self._run(container, command, request, failure=container.base / "output" / "message")
        for output in outputs:
            upload(self.store, Path(container.local(output["LocalPath"])), output["S3Uri"])

    def _run(self, container: Container, command: list[str], request: Described, *, failure: Path) -> None:
        limit = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        try:
            container.finish(container.start(command), seconds=limit)
        except JobFailed:
            if failure.is_file():  # the program's own words, where SageMaker looks for them
                raise JobFailed(failure.read_text(errors="replace").strip()) from None
            raise

    def _container(self, job: str, host: str, environment: Described) -> Container:
        folder = self.folder / "jobs" / job / host
        base = folder / "opt" / "ml"
        base.mkdir(parents=True)
        texts = {key: str(value) for key, value in environment.items()}
        home = self.folder / "home"
        return Container(
            base=base,
            log=folder / "log.txt",
            home=home,
            python=self.python,
            environment=texts,
            started=self.started,
        )


def unpack(archive: bytes, folder: Path) -> None:
    """Unpack a model's archive."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        files.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 has none
        files.extractall(folder)  # noqa: S202  (filtered by the line above)


def job_name(prefix: str, execution_id: str) -> str:
    """Return a job's name: unique, beginning as the definition says, and at most 63 characters."""
    return f"{prefix[:38]}-{execution_id}-{uuid.uuid4().hex[:10]}"


def clear(folder: Path) -> None:
    """Remove the folders of earlier jobs."""
    shutil.rmtree(folder / "jobs", ignore_errors=True)


def _archive(folder: Path) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)
    return body.getvalue()


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))

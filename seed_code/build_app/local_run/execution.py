"""One run of a definition: which step when, what came of it, and why it ended."""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_run.definition import Definition, needs
from local_run.jobs import Jobs, job_name
from local_run.processes import JobFailed
from local_run.values import ValueProblem, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JOB_NAMES = {
    "Processing": "ProcessingJobName",
    "Training": "TrainingJobName",
    "Model": "ModelName",
    "Transform": "TransformJobName",
}
MAX_STEPS_AT_ONCE = 4
_ID = string.ascii_lowercase + string.digits


class FailStep(JobFailed):
    """The pipeline itself said that it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What became of one step."""

    name: str
    type: str
    status: str  # Succeeded or Failed
    seconds: float
    reason: str = ""  # of a failure
    result: Mapping[str, Any] = field(default_factory=dict)  # as Describe... has it, or ModelPackageArn, or Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    execution_id: str
    status: str  # Succeeded or Failed
    steps: tuple[StepRecord, ...]  # in the order in which they ended
    reason: str = ""  # of a failure
    said_so: bool = False  # a Fail step ended it, as the pipeline's author wanted

    def step(self, name: str) -> StepRecord:
        """Return the record of a step. Raises `LookupError` if it did not run."""
        for record in self.steps:
            if record.name == name:
                return record
        raise LookupError(f"Step {name} did not run")


class Execution:
    """A run of a definition. Steps that do not need each other run side by side."""

    def __init__(
        self,
        definition: Definition,
        jobs: Jobs,
        *,
        parameters: Mapping[str, object],
        pipeline: str = "local",
        arn: str = "",
        execution_id: str = "",
        on_step: Callable[[StepRecord], None] = lambda _: None,
    ) -> None:
        """Prepare a run; `arn` is the pipeline's, and `on_step` hears of every step that ended.

        Raises `DefinitionError` for wrong parameters.
        """
        self.id = execution_id or "".join(secrets.choice(_ID) for _ in range(12))
        arn = arn or f"arn:aws:sagemaker:local:000000000000:pipeline/{pipeline}"
        self._definition = definition
        self._jobs = jobs
        self._values = Values(
            parameters=definition.values_of(parameters),
            execution={
                "PipelineName": pipeline,
                "PipelineArn": arn,
                "PipelineExecutionId": self.id,
                "PipelineExecutionArn": f"{arn}/execution/{self.id}",
                "StartDateTime": datetime.now(UTC).isoformat(),
                "CurrentDateTime": datetime.now(UTC).isoformat(),
            },
        )
        self._on_step = on_step
        self._lock = threading.Lock()
        self._records: list[StepRecord] = []

    def run(self) -> Outcome:
        """Run to the end. After a failure no further step is started; those that run are waited for."""
        with ThreadPoolExecutor(MAX_STEPS_AT_ONCE) as pool:
            try:
                return self._run(pool)
            except BaseException:  # such as Ctrl-C: nothing is left running
                self._jobs.stop()
                raise

    def _run(self, pool: ThreadPoolExecutor) -> Outcome:
        waiting = list(self._definition.steps)
        failure: tuple[str, Exception] | None = None
        running: dict[Future[StepRecord], dict[str, Any]] = {}
        while True:
            for step in [] if failure else self._ready(waiting):
                waiting.remove(step)
                running[pool.submit(self._step, step)] = step
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(done)
                try:
                    record = done.result()
                except (JobFailed, ValueProblem) as error:
                    failure = failure or (step["Name"], error)
                    continue
                if step["Type"] == "Condition":
                    waiting += step["Arguments"]["IfSteps" if record.result["Outcome"] else "ElseSteps"]
        if failure:
            name, why = failure
            said_so = isinstance(why, FailStep)
            return self._outcome("Failed", reason=str(why) if said_so else f"Step {name}: {why}", said_so=said_so)
        if waiting:
            names = ", ".join(step["Name"] for step in waiting)
            return self._outcome("Failed", reason=f"These steps wait for steps that do not run: {names}")
        return self._outcome("Succeeded")

    def _outcome(self, status: str, *, reason: str = "", said_so: bool = False) -> Outcome:
        steps = tuple(self._records)
        return Outcome(execution_id=self.id, status=status, steps=steps, reason=reason, said_so=said_so)

    def _ready(self, waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with self._lock:
            done = {record.name for record in self._records if record.status == "Succeeded"}
        return [step for step in waiting if needs(step) <= done]

    def _step(self, step: dict[str, Any]) -> StepRecord:
        started, status, reason, result = time.monotonic(), "Succeeded", "", {}
        try:
            result = self._perform(step)
        except (JobFailed, ValueProblem) as error:
            status, reason = "Failed", str(error)
            raise
        finally:
            record = StepRecord(
                name=step["Name"],
                type=step["Type"],
                status=status,
                seconds=time.monotonic() - started,
                reason=reason,
                result=result,
            )
            with self._lock:
                self._records.append(record)
            self._on_step(record)
        return record

    def _perform(self, step: dict[str, Any]) -> dict[str, Any]:
        name, kind = step["Name"], step["Type"]
        if kind == "Condition":
            return {"Outcome": all(self._values.holds(each) for each in step["Arguments"]["Conditions"])}
        request = self._values.resolve(step["Arguments"])
        if kind == "Fail":
            raise FailStep(request["ErrorMessage"])
        if kind == "RegisterModel":
            result = {**request, "ModelPackageArn": self._jobs.registry.register(request)}
        else:
            job = job_name(request.get(JOB_NAMES[kind]) or f"pipelines-{name}", self.id)
            perform = {
                "Processing": self._jobs.processing,
                "Training": self._jobs.training,
                "Model": self._jobs.model,
                "Transform": self._jobs.transform,
            }[kind]
            result = perform(job, request)
        with self._lock:
            self._values.steps[name] = result
        self._keep_property_files(step, result)
        return result

    def _keep_property_files(self, step: dict[str, Any], result: dict[str, Any]) -> None:
        for file in step.get("PropertyFiles", []):
            output = result["ProcessingOutputConfig"]["Outputs"][file["OutputName"]]["S3Output"]["S3Uri"]
            try:
                content = self._jobs.store.get(f"{output.rstrip('/')}/{file['FilePath']}")
            except FileNotFoundError:
                raise JobFailed(f"It wrote no {file['FilePath']} to its output {file['OutputName']}") from None
            json.loads(content)
            self._values.property_files[step["Name"], file["PropertyFileName"]] = content

"""SageMaker pipelines: executions that are run by their definition, and the jobs of their steps.

Stock moto says of every execution that it has succeeded, and knows no steps. Here one waits as a piece of work
(`work`, kind `EXECUTION`) for the runner, which tells each step as it ends. Jobs are made by those steps alone.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.sagemaker.responses import SageMakerResponse

from sandbox.corrections import work
from sandbox.corrections.events import deliver
from sandbox.corrections.operations import ApiError, Caller, Record, new_id, serve
from sandbox.corrections.sagemaker_records import (
    add,
    check_role,
    describing,
    find,
    invalid,
    listing,
    records_of,
)

if TYPE_CHECKING:
    from sandbox.corrections.operations import Function, Operations

EXECUTION = "sagemaker-execution"
STATUS_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"
EXECUTING, SUCCEEDED, FAILED = "Executing", "Succeeded", "Failed"
KINDS = {"ProcessingJob": "processing-job", "TrainingJob": "training-job", "TransformJob": "transform-job"}
STEPS = "_steps"
JOB_MEMBERS = {
    "ProcessingJob": "AppSpecification Environment NetworkConfig ProcessingInputs ProcessingOutputConfig "
    "ProcessingResources RoleArn StoppingCondition",
    "TrainingJob": "AlgorithmSpecification EnableInterContainerTrafficEncryption EnableNetworkIsolation Environment "
    "HyperParameters InputDataConfig OutputDataConfig ResourceConfig RoleArn StoppingCondition VpcConfig",
    "TransformJob": "BatchStrategy Environment MaxConcurrentTransforms MaxPayloadInMB ModelName TransformInput "
    "TransformOutput TransformResources",
}


def create_pipeline(caller: Caller, given: Record) -> Record:
    name = given["PipelineName"]
    if name in records_of(caller).of("pipeline"):
        raise invalid(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        )
    _check(caller, given)
    shown = {"PipelineDisplayName": name, "PipelineStatus": "Active"}
    by = {"IamIdentity": {"Arn": caller.role_arn}}
    record = {**shown, **given, "CreatedBy": by, "LastModifiedBy": by}
    return add(caller, "pipeline", name, record)


def update_pipeline(caller: Caller, given: Record) -> Record:
    pipeline = _pipeline(caller, given)
    _check(caller, pipeline | given)
    pipeline |= given | {"LastModifiedTime": utcnow(), "LastModifiedBy": {"IamIdentity": {"Arn": caller.role_arn}}}
    return pipeline


def describe_pipeline(caller: Caller, given: Record) -> Record:
    return _pipeline(caller, given)


def delete_pipeline(caller: Caller, given: Record) -> Record:
    pipeline = _pipeline(caller, given)
    if any(item["PipelineExecutionStatus"] == EXECUTING for item in _executions(caller, pipeline)):
        raise ApiError("ConflictException", f"Pipeline {pipeline['PipelineArn']} is executing.")
    return records_of(caller).of("pipeline").pop(pipeline["PipelineName"])


def start_execution(caller: Caller, given: Record) -> Record:
    pipeline, now = _pipeline(caller, given), utcnow()
    execution_id = new_id("x", length=12)[2:]
    by = {"IamIdentity": {"Arn": caller.role_arn}}
    execution = {
        "PipelineName": pipeline["PipelineName"],
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{execution_id}",
        "PipelineExecutionDisplayName": f"execution-{now.timestamp() * 1000:.0f}",
        "PipelineParameters": [],
        **{key: value for key, value in given.items() if key != "PipelineName"},
        "PipelineExecutionStatus": EXECUTING,
        "PipelineDefinition": pipeline["PipelineDefinition"],
        "RoleArn": pipeline["RoleArn"],
        "CreationTime": now,
        "StartTime": now,
        "LastModifiedTime": now,
        "CreatedBy": by,
        "LastModifiedBy": by,
        STEPS: {},
    }
    records_of(caller).of("execution")[execution_id] = execution
    pipeline["LastRunTime"] = now
    _tell(caller, execution, before=None)
    work.add_job(
        EXECUTION,
        account_id=caller.account_id,
        region=caller.region,
        execution_id=execution_id,
        pipeline=pipeline["PipelineName"],
        pipeline_arn=pipeline["PipelineArn"],
        role_arn=pipeline["RoleArn"],
        definition=pipeline["PipelineDefinition"],
        parameters={each["Name"]: each["Value"] for each in execution["PipelineParameters"]},
    )
    return execution


def describe_execution(caller: Caller, given: Record) -> Record:
    execution = records_of(caller).of("execution").get(given["PipelineExecutionArn"].rpartition("/")[2])
    if execution is None:
        raise ApiError("ResourceNotFound", f"Pipeline execution {given['PipelineExecutionArn']} does not exist.")
    if execution["PipelineExecutionStatus"] == "Executing":
        work.want_jobs()
    return execution


def list_executions(caller: Caller, given: Record) -> Record:
    executions = _executions(caller, _pipeline(caller, given))
    keyed = [{**item, "PipelineExecutionFailureReason": item.get("FailureReason")} for item in executions]
    return {"PipelineExecutionSummaries": keyed if given.get("SortOrder") == "Ascending" else keyed[::-1]}


def list_steps(caller: Caller, given: Record) -> Record:
    steps = [*describe_execution(caller, given)[STEPS].values()]
    return {"PipelineExecutionSteps": steps if given.get("SortOrder") == "Ascending" else steps[::-1]}


def list_pipelines(caller: Caller, given: Record) -> Record:
    names = [name for name in records_of(caller).of("pipeline") if name.startswith(given.get("PipelineNamePrefix", ""))]
    return {"PipelineSummaries": [find(caller, "pipeline", name) for name in names][::-1]}


def list_parameters(caller: Caller, given: Record) -> Record:
    return {"PipelineParameters": describe_execution(caller, given)["PipelineParameters"]}


def hear(item: Record, told: Record) -> None:
    """Note what the runner tells of an execution.

    One of: ``{"step": {"name", "type", "status", "seconds", "reason", "metadata"}}``, ``{"job": {"kind", "name",
    "status", "reason"}}``, or, at the end, ``{"status", "summary"}``.
    """
    caller = Caller(account_id=item["account_id"], region=item["region"], role_arn=item["role_arn"])
    execution = records_of(caller).of("execution")[item["execution_id"]]
    if "step" in told:
        step = told["step"]
        ended = datetime.now(UTC)
        noted = {
            "StepName": step["name"],
            "StepStatus": step["status"],
            "StartTime": ended - timedelta(seconds=step["seconds"]),
            "EndTime": ended,
            "AttemptCount": 1,
            "Metadata": step["metadata"],
        }
        execution[STEPS][step["name"]] = noted | ({"FailureReason": step["reason"]} if step["reason"] else {})
    elif "job" in told:
        job = told["job"]
        record = find(caller, KINDS[job["kind"]], job["name"])
        record |= {f"{job['kind']}Status": job["status"], "LastModifiedTime": utcnow(), **job["described"]}
        if job["reason"]:
            record["FailureReason"] = job["reason"]
    else:
        before = execution["PipelineExecutionStatus"]
        execution |= {"PipelineExecutionStatus": told["status"], "LastModifiedTime": utcnow()}
        if told["summary"]:
            execution["FailureReason"] = told["summary"]
        _tell(caller, execution, before=before)


def _creating(kind: str) -> Function:
    def create_job(caller: Caller, given: Record) -> Record:
        name = given[f"{kind}Name"]
        running = [item["execution_id"] for item in work.taken() if item["kind"] == EXECUTION]
        if not any(execution_id in name for execution_id in running):
            raise NotImplementedError(f"{kind} {name}: only steps of pipelines run jobs")
        if "RoleArn" in given:
            check_role(caller, given["RoleArn"])
        return add(caller, KINDS[kind], name, {**given, f"{kind}Status": "InProgress"})

    return create_job


def _jobs() -> Operations:
    operations: dict[str, tuple[Function, str]] = {}
    for kind, members in JOB_MEMBERS.items():
        name = f"{kind}Name"
        operations |= {
            f"Create{kind}": (_creating(kind), f"{name} {members} Tags"),
            f"Describe{kind}": (describing(KINDS[kind], name), name),
            f"List{kind}s": (listing(KINDS[kind], f"{kind}Summaries"), "NameContains SortBy SortOrder MaxResults"),
        }
    return operations


CHANGED = "PipelineName PipelineDisplayName PipelineDefinition PipelineDescription RoleArn"
OPERATIONS: Operations = {
    "CreatePipeline": (create_pipeline, f"{CHANGED} ClientRequestToken Tags"),
    "DeletePipeline": (delete_pipeline, "PipelineName ClientRequestToken"),
    "DescribePipeline": (describe_pipeline, "PipelineName"),
    "DescribePipelineDefinitionForExecution": (describe_execution, "PipelineExecutionArn"),
    "DescribePipelineExecution": (describe_execution, "PipelineExecutionArn"),
    "ListPipelineExecutionSteps": (list_steps, "PipelineExecutionArn SortOrder MaxResults"),
    "ListPipelineExecutions": (list_executions, "PipelineName SortBy SortOrder MaxResults"),
    "ListPipelineParametersForExecution": (list_parameters, "PipelineExecutionArn"),
    "ListPipelines": (list_pipelines, "PipelineNamePrefix SortBy SortOrder MaxResults"),
    "StartPipelineExecution": (
        start_execution,
        "PipelineName PipelineExecutionDisplayName PipelineExecutionDescription PipelineParameters ClientRequestToken",
    ),
    "UpdatePipeline": (update_pipeline, CHANGED),
    **_jobs(),
}


def apply() -> None:
    """Put the correction in force."""
    serve(SageMakerResponse, "sagemaker", OPERATIONS, alone=False)
    work.RECEIVERS[EXECUTION] = hear


def _pipeline(caller: Caller, given: Record) -> Record:
    name = given["PipelineName"].rpartition("/")[2]  # its ARN names it too
    pipeline = records_of(caller).of("pipeline").get(name)
    if pipeline is None:
        arn = caller.arn("sagemaker", f"pipeline/{name}")
        raise ApiError("ResourceNotFound", f"Pipeline '{arn}' does not exist.")
    return pipeline


def _executions(caller: Caller, pipeline: Record) -> list[Record]:
    arn = pipeline["PipelineArn"]
    return [item for item in records_of(caller).of("execution").values() if item["PipelineArn"] == arn]


def _check(caller: Caller, given: Record) -> None:
    check_role(caller, given["RoleArn"])
    try:
        definition = json.loads(given["PipelineDefinition"])
    except ValueError as error:
        raise invalid(f"Unable to parse pipeline definition: {error}") from error
    missing = [key for key in ("Version", "Steps") if key not in definition]
    if missing:
        raise invalid(f"Unable to parse pipeline definition: {', '.join(missing)} is missing")


def _tell(caller: Caller, execution: Record, *, before: str | None) -> None:
    times = {"executionStartTime": execution["StartTime"]}
    if before is not None:
        times["executionEndTime"] = execution["LastModifiedTime"]
    detail: dict[str, Any] = {
        "pipelineExecutionDisplayName": execution["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": execution["PipelineExecutionStatus"],
        "previousPipelineExecutionStatus": before,
        **{key: f"{value:%Y-%m-%dT%H:%M:%SZ}" for key, value in times.items()},
    }
    deliver(
        account_id=caller.account_id,
        region=caller.region,
        source="aws.sagemaker",
        detail_type=STATUS_CHANGE,
        detail=detail,
        resources=[execution["PipelineArn"], execution["PipelineExecutionArn"]],
    )

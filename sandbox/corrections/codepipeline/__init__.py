"""CodePipeline: declarations held to AWS's rules, and executions that go through them.

Stock moto checks next to nothing of a declaration, and says of every execution that it has succeeded. Here an execution
moves when work is asked for (`sandbox.corrections.work`): the runner does what its actions say, one at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.codepipeline.models import CodePipelineBackend, codepipeline_backends
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.utils import utcnow

from sandbox.corrections import work
from sandbox.corrections.codepipeline.executions import RUNNING, Execution, next_work
from sandbox.corrections.codepipeline.rollbacks import obstacle, rolled_back
from sandbox.corrections.codepipeline.structure import problems
from sandbox.corrections.codepipeline.views import action_executions, latest, state
from sandbox.corrections.events import deliver
from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Record, serve
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

SERVICE = "codepipeline.amazonaws.com"


@dataclass(slots=True, kw_only=True)
class Pipelines:
    """What CodePipeline keeps in one account and Region."""

    by_name: dict[str, Record] = field(default_factory=dict)
    """``{"pipeline": the declaration, "metadata": ..., "tags": {...}}``."""
    executions: list[Execution] = field(default_factory=list)
    """In the order in which they were started."""


def create_pipeline(caller: Caller, given: Record) -> Record:
    pipelines, declaration = pipelines_of(caller), given["pipeline"]
    name = declaration["name"]
    if name in pipelines.by_name:
        raise ApiError(
            "PipelineNameInUseException",
            f"A pipeline with the name '{name}' already exists in account '{caller.account_id}'",
        )
    now, arn = utcnow(), caller.arn("codepipeline", name)
    pipelines.by_name[name] = {
        "pipeline": _checked(caller, declaration) | {"version": 1},
        "metadata": {"pipelineArn": arn, "created": now, "updated": now},
        "tags": {tag["key"]: tag["value"] for tag in given.get("tags", [])},
    }
    _start(caller, name, {}, trigger="CreatePipeline")
    return {"pipeline": pipelines.by_name[name]["pipeline"], "tags": given.get("tags", [])}


def update_pipeline(caller: Caller, given: Record) -> Record:
    pipeline = _pipeline(caller, given["pipeline"]["name"])
    version = pipeline["pipeline"]["version"] + 1
    pipeline["pipeline"] = _checked(caller, given["pipeline"]) | {"version": version}
    pipeline["metadata"]["updated"] = utcnow()
    return {"pipeline": pipeline["pipeline"]}


def get_pipeline(caller: Caller, given: Record) -> Record:
    return _pipeline(caller, given["name"])


def list_pipelines(caller: Caller, _given: Record) -> Record:
    pipelines = pipelines_of(caller).by_name.values()
    return {"pipelines": [{**pipeline["pipeline"], **pipeline["metadata"]} for pipeline in pipelines]}


def delete_pipeline(caller: Caller, given: Record) -> None:
    pipelines = pipelines_of(caller)
    pipelines.by_name.pop(given["name"], None)
    pipelines.executions = [item for item in pipelines.executions if item.record["pipelineName"] != given["name"]]


def start_pipeline_execution(caller: Caller, given: Record) -> Record:
    variables = {variable["name"]: variable["value"] for variable in given.get("variables", [])}
    revisions = given.get("sourceRevisions", [])
    other = {item["revisionType"] for item in revisions} - {"COMMIT_ID"}
    if other:
        raise NotImplementedError(f"source revisions of type {', '.join(sorted(other))}")
    execution = _start(caller, given["name"], variables, trigger="StartPipelineExecution")
    execution.revisions = {item["actionName"]: item["revisionValue"] for item in revisions}
    return {"pipelineExecutionId": execution.id}


def list_pipeline_executions(caller: Caller, given: Record) -> Record:
    executions = [item.record for item in executions_of(caller, given["pipelineName"])]
    return {"pipelineExecutionSummaries": [_summary(record) for record in executions[::-1]]}


def get_pipeline_execution(caller: Caller, given: Record) -> Record:
    return {"pipelineExecution": find_execution(caller, given).record}


def get_pipeline_state(caller: Caller, given: Record) -> Record:
    pipeline = _pipeline(caller, given["name"])
    stages = state(pipeline["pipeline"], executions_of(caller, given["name"]))
    version = pipeline["pipeline"]["version"]
    return {"pipelineName": given["name"], "pipelineVersion": version, "stageStates": stages, **pipeline["metadata"]}


def list_action_executions(caller: Caller, given: Record) -> Record:
    wanted = given.get("filter", {})
    if wanted.keys() - {"pipelineExecutionId"}:
        raise NotImplementedError(f"the filter {', '.join(sorted(wanted))}")
    executions = executions_of(caller, given["pipelineName"])
    if wanted:
        executions = [find_execution(caller, {**given, **wanted})]
    return {"actionExecutionDetails": action_executions(executions)}


def put_approval_result(caller: Caller, given: Record) -> Record:
    execution, runs = _stage_runs(caller, given, no_execution="InvalidApprovalTokenException")
    run = runs.get(given["actionName"], {})
    if "token" not in run or given["token"] != run["token"]:
        raise ApiError("InvalidApprovalTokenException", "The approval token is not that of the latest approval request")
    if run["status"] != "InProgress":
        raise ApiError(
            "ApprovalAlreadyCompletedException", "The approval action has already been approved or rejected."
        )
    result, now = given["result"], utcnow()
    is_approved = result["status"] == "Approved"
    run["updatedBy"] = caller.role_arn
    told = {"status": "Succeeded" if is_approved else "Failed", "summary": result["summary"], "code": "JobFailed"}
    execution.finish(run, told)
    return {"approvedAt": now}


def retry_stage_execution(caller: Caller, given: Record) -> Record:
    name, execution = given["stageName"], find_execution(caller, given)
    newest, _ = _stage_runs(caller, given, no_execution="StageNotRetryableException")
    if newest is not execution:
        raise ApiError("NotLatestPipelineExecutionException", f"{newest.id} has entered stage {name} since")
    run = execution.stages[name]
    if execution.status != "Failed" or run.status != "Failed":
        raise ApiError("StageNotRetryableException", f"Stage {name} of execution {execution.id} has not failed")
    execution.retry(name, mode=given["retryMode"], is_automatic=False)
    execution.record |= {"status": "InProgress", "statusSummary": "", "lastUpdateTime": utcnow()}
    _announce(execution, "RESUMED")
    return {"pipelineExecutionId": execution.id}


def rollback_stage(caller: Caller, given: Record) -> Record:
    stage = given["stageName"]
    _stage_runs(caller, given, no_execution="UnableToRollbackStageException")
    target = find_execution(caller, {**given, "pipelineExecutionId": given["targetPipelineExecutionId"]})
    executions = executions_of(caller, given["pipelineName"])
    version = _pipeline(caller, given["pipelineName"])["pipeline"]["version"]
    why = obstacle(target, executions, stage=stage, version=version)
    if why:
        raise ApiError("UnableToRollbackStageException", f"Stage {stage} cannot go back to {target.id}: {why}")
    execution = rolled_back(target, stage=stage, trigger="ManualRollback", detail=caller.role_arn)
    return {"pipelineExecutionId": _add(caller, execution).id}


def stop_pipeline_execution(caller: Caller, given: Record) -> Record:
    execution, reason = find_execution(caller, given), given.get("reason", "")
    is_abandoned = given.get("abandon", False)
    if execution.status not in RUNNING:
        message = f"Execution {execution.id} is {execution.status}"
        raise ApiError("PipelineExecutionNotStoppableException", message)
    if execution.status == "Stopping" and not is_abandoned:
        raise ApiError("DuplicatedStopRequestException", f"Execution {execution.id} is being stopped")
    for run in execution.in_progress() if is_abandoned else ():
        run |= {"status": "Abandoned", "lastUpdateTime": utcnow()}
    if execution.in_progress():
        execution.end("Stopping", reason)
    else:
        if execution.has_entered:
            execution.stages[execution.stage["name"]].status = "Stopped"
        execution.end("Stopped", reason)
    return {"pipelineExecutionId": execution.id}


def list_tags(caller: Caller, given: Record) -> Record:
    return {"tags": [{"key": key, "value": value} for key, value in _tags(caller, given).items()]}


def tag(caller: Caller, given: Record) -> None:
    _tags(caller, given).update({tag["key"]: tag["value"] for tag in given["tags"]})


def untag(caller: Caller, given: Record) -> None:
    for key in given["tagKeys"]:
        _tags(caller, given).pop(key, None)


OPERATIONS: Operations = {
    "CreatePipeline": (create_pipeline, "pipeline tags"),
    "DeletePipeline": (delete_pipeline, "name"),
    "GetPipeline": (get_pipeline, "name"),
    "GetPipelineExecution": (get_pipeline_execution, "pipelineName pipelineExecutionId"),
    "GetPipelineState": (get_pipeline_state, "name"),
    "ListActionExecutions": (list_action_executions, "pipelineName filter"),
    "ListPipelineExecutions": (list_pipeline_executions, "pipelineName"),
    "ListPipelines": (list_pipelines, ""),
    "ListTagsForResource": (list_tags, "resourceArn"),
    "PutApprovalResult": (put_approval_result, "pipelineName stageName actionName result token"),
    "RollbackStage": (rollback_stage, "pipelineName stageName targetPipelineExecutionId"),
    "RetryStageExecution": (retry_stage_execution, "pipelineName stageName pipelineExecutionId retryMode"),
    "StartPipelineExecution": (start_pipeline_execution, "name variables sourceRevisions"),
    "StopPipelineExecution": (stop_pipeline_execution, "pipelineName pipelineExecutionId abandon reason"),
    "TagResource": (tag, "resourceArn tags"),
    "UntagResource": (untag, "resourceArn tagKeys"),
    "UpdatePipeline": (update_pipeline, "pipeline"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(CodePipelineBackend, "declared", Pipelines)
    serve(CodePipelineResponse, "codepipeline", OPERATIONS, alone=True)
    work.SOURCES.append(_next_work)
    work.RECEIVERS["action"] = _hear


def pipelines_of(caller: Caller) -> Pipelines:
    """Return what CodePipeline keeps in the caller's account and Region."""
    pipelines: Pipelines = kept(codepipeline_backends[caller.account_id][caller.region], "declared")
    return pipelines


def executions_of(caller: Caller, name: str) -> list[Execution]:
    """Return a pipeline's executions in the order in which they were started."""
    _pipeline(caller, name)
    return [item for item in pipelines_of(caller).executions if item.record["pipelineName"] == name]


def find_execution(caller: Caller, given: Record) -> Execution:
    """Return the execution that a request names, or raise the API's error."""
    name, execution_id = given["pipelineName"], given["pipelineExecutionId"]
    for execution in executions_of(caller, name):
        if execution.id == execution_id:
            return execution
    raise ApiError("PipelineExecutionNotFoundException", f"Pipeline {name} has no execution {execution_id}")


def _next_work() -> Record | None:
    for account_id, regions in list(codepipeline_backends.items()):
        for region, backend in list(regions.items()):
            item = next_work(kept(backend, "declared").executions)  # a roll-back joins them on the way
            if item:
                return {"account_id": account_id, "region": region, **item}
    return None


def _hear(item: Record, told: Record) -> None:
    """Hear what came of an action. Its pipeline may be gone by now."""
    caller = Caller(account_id=item["account_id"], region=item["region"], role_arn="")
    for execution in pipelines_of(caller).executions:
        for run in execution.history:
            if run["actionExecutionId"] == item["id"]:
                execution.finish(run, told)


def _stage_runs(caller: Caller, given: Record, *, no_execution: str) -> tuple[Execution, dict[str, Record]]:
    """Return the latest execution in a stage, and the runs of the stage's actions."""
    stage = given["stageName"]
    declared = {item["name"]: item for item in _pipeline(caller, given["pipelineName"])["pipeline"]["stages"]}
    if stage not in declared:
        raise ApiError("StageNotFoundException", f"Pipeline {given['pipelineName']} has no stage {stage}")
    if given.get("actionName") not in {None, *(action["name"] for action in declared[stage]["actions"])}:
        raise ApiError("ActionNotFoundException", f"Stage {stage} has no action {given['actionName']}")
    execution = latest(executions_of(caller, given["pipelineName"]), stage)
    if execution is None:
        raise ApiError(no_execution, f"No execution has entered stage {stage}")
    return execution, execution.stages[stage].actions


def _announce(execution: Execution, state: str) -> None:
    """Let EventBridge hear: "Monitoring CodePipeline events", CodePipeline User Guide."""
    _, _, _, region, account_id, _ = execution.record["pipelineArn"].split(":")
    deliver(
        account_id=account_id,
        region=region,
        source="aws.codepipeline",
        detail_type="CodePipeline Pipeline Execution State Change",
        detail={
            "pipeline": execution.record["pipelineName"],
            "execution-id": execution.id,
            "state": state,
            "version": float(execution.record["pipelineVersion"]),
        },
        resources=[execution.record["pipelineArn"]],
    )


def _summary(record: Record) -> Record:
    revisions = record.get("artifactRevisions", [])
    told = {"revisionId": "revisionId", "revisionSummary": "revisionSummary", "revisionUrl": "revisionUrl"}
    sources = [{"actionName": item["name"], **{key: item[key] for key in told if key in item}} for item in revisions]
    return {**record, "sourceRevisions": sources}


def _start(caller: Caller, name: str, variables: dict[str, str], *, trigger: str) -> Execution:
    """Start an execution. It fails at once when a variable has no value, as on AWS."""
    declaration, now = _pipeline(caller, name)["pipeline"], utcnow()
    declared = {item["name"]: item.get("defaultValue") for item in declaration.get("variables", [])}
    if variables.keys() - declared.keys():
        unknown = ", ".join(sorted(variables.keys() - declared.keys()))
        raise ApiError("ValidationException", f"Pipeline {name} declares no variable {unknown}")
    values = declared | variables
    given = {key: value for key, value in values.items() if value is not None}
    missing = sorted(values.keys() - given.keys())
    record = {
        "pipelineExecutionId": str(uuid4()),
        "pipelineName": name,
        "pipelineArn": caller.arn("codepipeline", name),
        "pipelineVersion": declaration["version"],
        "executionMode": declaration["executionMode"],
        "executionType": "STANDARD",
        "status": "InProgress",
        "statusSummary": "",
        "variables": [{"name": key, "resolvedValue": value} for key, value in given.items()],
        "trigger": {"triggerType": trigger, "triggerDetail": caller.role_arn},
        "startTime": now,
        "lastUpdateTime": now,
    }
    execution = Execution(record=record, declaration=declaration, announce=_announce, roll_back=_roll_back)
    execution.namespaces = {"variables": given, "codepipeline": {"PipelineExecutionId": execution.id}}
    _add(caller, execution)
    if missing:
        execution.end("Failed", f"No value for {', '.join(missing)}")
    return execution


def _add(caller: Caller, execution: Execution) -> Execution:
    pipelines_of(caller).executions.append(execution)
    _announce(execution, "STARTED")
    return execution


def _roll_back(failed: Execution) -> str:
    """Roll back the stage that an execution has failed in to the last that succeeded there. Returns what came of it."""
    _, _, _, region, account_id, name = failed.record["pipelineArn"].split(":")
    caller = Caller(account_id=account_id, region=region, role_arn="")
    stage, executions = failed.stage["name"], executions_of(caller, name)
    version = _pipeline(caller, name)["pipeline"]["version"]
    found = [item for item in executions if not obstacle(item, executions, stage=stage, version=version)]
    if not found:
        return f"There is no execution to roll stage {stage} back to"
    detail = json.dumps({"FailedPipelineExecutionId": failed.id})
    execution = rolled_back(found[-1], stage=stage, trigger="AutomatedRollback", detail=detail)
    return f"Stage {stage} is rolled back to {found[-1].id} by {_add(caller, execution).id}"


def _checked(caller: Caller, declaration: Record) -> Record:
    """Return a declaration with AWS's defaults, after a check against AWS's rules."""
    declaration = {"pipelineType": "V1", "executionMode": "SUPERSEDED", **declaration}
    for stage in declaration["stages"]:
        for action in stage["actions"]:
            for key, default in (
                ("runOrder", 1),
                ("configuration", {}),
                ("inputArtifacts", []),
                ("outputArtifacts", []),
            ):
                action.setdefault(key, default)
    found = problems(declaration, region=caller.region)
    if not is_trusting(caller, declaration["roleArn"], SERVICE):
        found.append(f"CodePipeline is not authorized to perform AssumeRole on role {declaration['roleArn']}")
    if found:
        raise ApiError("InvalidStructureException", "; ".join(found))
    return declaration


def _pipeline(caller: Caller, name: str) -> Record:
    pipeline: Record | None = pipelines_of(caller).by_name.get(name)
    if pipeline is None:
        raise ApiError(
            "PipelineNotFoundException", f"Account '{caller.account_id}' does not have a pipeline with name '{name}'"
        )
    return pipeline


def _tags(caller: Caller, given: Record) -> dict[str, str]:
    tags: dict[str, str] = _pipeline(caller, given["resourceArn"].rpartition(":")[2])["tags"]
    return tags

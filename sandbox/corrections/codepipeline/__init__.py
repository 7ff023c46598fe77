"""CodePipeline: declarations held to AWS's rules, and executions that wait. Nothing here runs them.

Stock moto checks next to nothing of a declaration, and says of every execution that it has succeeded. Here one that
was started stays InProgress, with no stage entered, until something runs it: see `Pipelines.executions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.codepipeline.models import CodePipelineBackend, codepipeline_backends
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.utils import utcnow

from sandbox.corrections.codepipeline.structure import problems
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
    executions: list[Record] = field(default_factory=list)
    """In the order in which they were started. Those that are InProgress wait for whoever runs them."""


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
    pipelines.executions = [item for item in pipelines.executions if item["pipelineName"] != given["name"]]


def start_pipeline_execution(caller: Caller, given: Record) -> Record:
    variables = {variable["name"]: variable["value"] for variable in given.get("variables", [])}
    execution = _start(caller, given["name"], variables, trigger="StartPipelineExecution")
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}


def list_pipeline_executions(caller: Caller, given: Record) -> Record:
    return {"pipelineExecutionSummaries": _executions(caller, given["pipelineName"])[::-1]}


def get_pipeline_execution(caller: Caller, given: Record) -> Record:
    name, execution_id = given["pipelineName"], given["pipelineExecutionId"]
    for execution in _executions(caller, name):
        if execution["pipelineExecutionId"] == execution_id:
            return {"pipelineExecution": execution}
    raise ApiError("PipelineExecutionNotFoundException", f"Pipeline {name} has no execution {execution_id}")


def get_pipeline_state(caller: Caller, given: Record) -> Record:
    """No stage has been entered: nothing here runs an execution."""
    pipeline = _pipeline(caller, given["name"])
    stages = [
        {
            "stageName": stage["name"],
            "inboundTransitionState": {"enabled": True},
            "actionStates": [{"actionName": action["name"]} for action in stage["actions"]],
        }
        for stage in pipeline["pipeline"]["stages"]
    ]
    version = pipeline["pipeline"]["version"]
    return {"pipelineName": given["name"], "pipelineVersion": version, "stageStates": stages, **pipeline["metadata"]}


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
    "ListPipelineExecutions": (list_pipeline_executions, "pipelineName"),
    "ListPipelines": (list_pipelines, ""),
    "ListTagsForResource": (list_tags, "resourceArn"),
    "StartPipelineExecution": (start_pipeline_execution, "name variables"),
    "TagResource": (tag, "resourceArn tags"),
    "UntagResource": (untag, "resourceArn tagKeys"),
    "UpdatePipeline": (update_pipeline, "pipeline"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(CodePipelineBackend, "declared", Pipelines)
    serve(CodePipelineResponse, "codepipeline", OPERATIONS, alone=True)


def pipelines_of(caller: Caller) -> Pipelines:
    """Return what CodePipeline keeps in the caller's account and Region."""
    pipelines: Pipelines = kept(codepipeline_backends[caller.account_id][caller.region], "declared")
    return pipelines


def _start(caller: Caller, name: str, variables: dict[str, str], *, trigger: str) -> Record:
    """Record an execution that waits. It fails at once when a variable has no value, as on AWS."""
    declaration, now = _pipeline(caller, name)["pipeline"], utcnow()
    declared = {item["name"]: item.get("defaultValue") for item in declaration.get("variables", [])}
    if variables.keys() - declared.keys():
        unknown = ", ".join(sorted(variables.keys() - declared.keys()))
        raise ApiError("ValidationException", f"Pipeline {name} declares no variable {unknown}")
    values = declared | variables
    missing = sorted(key for key, value in values.items() if value is None)
    execution = {
        "pipelineExecutionId": str(uuid4()),
        "pipelineName": name,
        "pipelineVersion": declaration["version"],
        "executionMode": declaration["executionMode"],
        "executionType": "STANDARD",
        "status": "Failed" if missing else "InProgress",
        "statusSummary": f"No value for {', '.join(missing)}" if missing else "Waiting: nothing has run it yet",
        "variables": [{"name": key, "resolvedValue": value} for key, value in values.items() if value is not None],
        "trigger": {"triggerType": trigger, "triggerDetail": caller.role_arn},
        "startTime": now,
        "lastUpdateTime": now,
    }
    pipelines_of(caller).executions.append(execution)
    return execution


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


def _executions(caller: Caller, name: str) -> list[Record]:
    _pipeline(caller, name)
    return [item for item in pipelines_of(caller).executions if item["pipelineName"] == name]


def _tags(caller: Caller, given: Record) -> dict[str, str]:
    tags: dict[str, str] = _pipeline(caller, given["resourceArn"].rpartition(":")[2])["tags"]
    return tags

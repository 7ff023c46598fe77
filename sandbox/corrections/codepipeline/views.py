"""How the API tells of executions: GetPipelineState and ListActionExecutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.corrections.codepipeline.executions import RUNNING, StageRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.corrections.codepipeline.executions import Execution
    from sandbox.corrections.operations import Record

HISTORY = {"actionName", "startTime", "status", "input", "output", "lastUpdateTime", "stageName", "updatedBy"}
_NONE = StageRun()
HISTORY |= {"actionExecutionId", "pipelineExecutionId", "pipelineVersion"}


def state(declaration: Record, executions: Sequence[Execution]) -> list[Record]:
    """Return the states of a pipeline's stages: of each, the latest execution that entered it and those that wait."""
    return [_stage(stage, position, executions) for position, stage in enumerate(declaration["stages"])]


def action_executions(executions: Sequence[Execution]) -> list[Record]:
    """Return the runs of actions, newest first."""
    runs = [run for execution in executions for run in execution.history]
    told = [{key: value for key, value in run.items() if key in HISTORY} for run in runs]
    return sorted(told, key=lambda run: str(run["startTime"]), reverse=True)


def latest(executions: Sequence[Execution], stage: str) -> Execution | None:
    """Return the latest execution that entered a stage."""
    return next((execution for execution in reversed(executions) if stage in execution.stages), None)


def _stage(stage: Record, position: int, executions: Sequence[Execution]) -> Record:
    name = stage["name"]
    told: Record = {"stageName": name, "inboundTransitionState": {"enabled": True}}
    waiting = [
        _execution(item, item.status)
        for item in executions
        if item.status in RUNNING and item.position == position and not item.has_entered
    ]
    if waiting:
        told |= {"inboundExecution": waiting[-1], "inboundExecutions": waiting}
    execution = latest(executions, name)
    run = execution.stages[name] if execution else None
    if execution and run:
        told["latestExecution"] = _execution(execution, run.status)
        told |= {f"{moment}ConditionState": {"latestExecution": found} for moment, found in run.conditions.items()}
        if run.retries:
            told["retryStageMetadata"] = run.retries
    told["actionStates"] = [_action(action["name"], executions, name) for action in stage["actions"]]
    return told


def _execution(execution: Execution, status: str) -> Record:
    return {"pipelineExecutionId": execution.id, "status": status, "type": execution.record["executionType"]}


def _action(name: str, executions: Sequence[Execution], stage: str) -> Record:
    """An action that a skipped stage did not run shows its run before, as on AWS."""
    runs = [item.stages[stage].actions[name] for item in executions if name in item.stages.get(stage, _NONE).actions]
    if not runs:
        return {"actionName": name}
    run = runs[-1]
    result = run["output"]["executionResult"]
    told = {
        "actionExecutionId": run["actionExecutionId"],
        "status": run["status"],
        "summary": result.get("externalExecutionSummary"),
        "lastStatusChange": run["lastUpdateTime"],
        "token": run.get("token") if run["status"] == "InProgress" else None,
        "lastUpdatedBy": run.get("updatedBy"),
        "externalExecutionId": result.get("externalExecutionId"),
        "externalExecutionUrl": result.get("externalExecutionUrl"),
        "errorDetails": result.get("errorDetails"),
    }
    return {"actionName": name, "latestExecution": {key: value for key, value in told.items() if value}}

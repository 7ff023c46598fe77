"""Stage roll-back: a stage is run again as an execution that succeeded in it ran it.

Source: the CodePipeline User Guide, "Configuring stage rollback". It is an execution of its own, with the source
revisions, variables and artifacts of the one that it rolls back to. It ends with its stage.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.core.utils import utcnow

from sandbox.corrections.codepipeline.executions import ROLLBACK, RUNNING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.corrections.codepipeline.executions import Execution


def obstacle(target: Execution, executions: Sequence[Execution], *, stage: str, version: int) -> str:
    """Return why a stage of a pipeline in its present version cannot be rolled back to an execution, or nothing."""
    run = target.stages.get(stage)
    found = {
        "a pipeline of type V1 has no roll-back": target.declaration["pipelineType"] == "V1",
        "a source stage has no roll-back": target.declaration["stages"][0]["name"] == stage,
        "the pipeline has changed since": target.record["pipelineVersion"] != version,
        "that execution is a roll-back itself": target.is_rollback,
        "that execution has not succeeded in it": run is None or run.status != "Succeeded",
        "it is running": any(
            item.status in RUNNING and item.has_entered and item.stage["name"] == stage for item in executions
        ),
    }
    return next((why for why, is_so in found.items() if is_so), "")


def rolled_back(target: Execution, *, stage: str, trigger: str, detail: str) -> Execution:
    """Return a new execution that goes through a stage with what `target` had."""
    now, execution_id = utcnow(), str(uuid4())
    record = {
        **deepcopy(target.record),
        "pipelineExecutionId": execution_id,
        "executionType": ROLLBACK,
        "rollbackMetadata": {"rollbackTargetPipelineExecutionId": target.id},
        "status": "InProgress",
        "statusSummary": "",
        "trigger": {"triggerType": trigger, "triggerDetail": detail},
        "startTime": now,
        "lastUpdateTime": now,
    }
    names = [item["name"] for item in target.declaration["stages"]]
    return replace(
        target,
        record=record,
        position=names.index(stage),
        stages={},
        namespaces={**target.namespaces, "codepipeline": {"PipelineExecutionId": execution_id}},
        artifacts={**target.artifacts},
        history=[],
    )

"""One run of batch inference ends well."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.deployed import DeployedStack

MINUTES = float(os.environ.get("BATCH_MINUTES", "60"))
POLL_SECONDS = float(os.environ.get("BATCH_POLL_SECONDS", "15"))
RUNNING = ("Executing", "Stopping")


def test_a_run_of_batch_inference_succeeds(stack: DeployedStack) -> None:
    if "InferencePipelineName" not in stack.outputs:
        pytest.skip("config/dev.toml has no [batch]")
    sagemaker = stack.session.client("sagemaker")
    name = stack.outputs["InferencePipelineName"]
    run = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    status = ended(sagemaker, run)
    assert status == "Succeeded", failures(sagemaker, run)


def ended(sagemaker: Any, run: str) -> str:  # noqa: ANN401
    """Wait for the run's end, and return its status: the last one seen when the time is up."""
    deadline = time.monotonic() + MINUTES * 60
    while True:
        status: str = sagemaker.describe_pipeline_execution(PipelineExecutionArn=run)["PipelineExecutionStatus"]
        if status not in RUNNING or time.monotonic() > deadline:
            return status
        time.sleep(POLL_SECONDS)


def failures(sagemaker: Any, run: str) -> str:  # noqa: ANN401
    """Return each failed step with its reason."""
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=run)["PipelineExecutionSteps"]
    failed = [
        f"{step['StepName']}: {step.get('FailureReason', '')}" for step in steps if step["StepStatus"] == "Failed"
    ]
    return "\n".join(failed) or f"{run} did not end within {MINUTES} minutes"

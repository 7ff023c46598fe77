"""A build that starts a SageMaker pipeline: it may wait for it, and need not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.runner.team import build, stage

if TYPE_CHECKING:
    from tests.sandbox.runner.team import Team

REFUSING = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "as it should"}}
START = """
version: 0.2
phases:
  build:
    commands:
      - export RUN="$(aws sagemaker start-pipeline-execution --pipeline-name "$NAME"
          --query PipelineExecutionArn --output text)"
"""
AND_WAIT = """\
      - |
        describe() {
          aws sagemaker describe-pipeline-execution --pipeline-execution-arn "$RUN" \\
            --query PipelineExecutionStatus --output text
        }
        while [ "$(describe)" = Executing ]; do :; done
        echo "it has $(describe)"
"""


@pytest.fixture
def project(team: Team) -> str:
    """Make a SageMaker pipeline that fails at once, and return a build project that is to start it."""
    definition = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [REFUSING]})
    team.client("sagemaker").create_pipeline(
        PipelineName=team.id,
        PipelineDefinition=definition,
        RoleArn=team.roles["sagemaker"],
        ClientRequestToken="0" * 32,
    )
    return team.project(variables={"NAME": team.id})


def test_a_build_that_waits_for_its_pipeline_gets_its_end(team: Team, project: str) -> None:
    team.push({"buildspec.yml": START + AND_WAIT})
    team.make_pipeline(stage("Build", build(project)))
    steps = team.drain()
    assert "it has Failed" in team.log(project)
    assert [step.kind for step in steps] == ["action", "sagemaker-execution", "action"]


def test_a_pipeline_that_no_build_waits_for_runs_when_the_build_is_over(team: Team, project: str) -> None:
    team.push({"buildspec.yml": START})
    team.make_pipeline(stage("Build", build(project)))
    assert [step.kind for step in team.drain()] == ["action", "action", "sagemaker-execution"]

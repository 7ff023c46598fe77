"""What is declared for a stage that fails or succeeds: roll-back, retry, conditions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.runner.team import BUILDSPEC, approval, build, entered_when, stage

if TYPE_CHECKING:
    from tests.sandbox.runner.team import Record, Team

ROLLBACK = {"result": "ROLLBACK"}
AS_THE_SOURCE_SAYS = """
version: 0.2
env: {exported-variables: [VERSION]}
phases:
  build:
    commands:
      - export VERSION="$(cat version)"
      - test "$VERSION" != bad
"""
FAILING_ONCE = """
version: 0.2
phases:
  build:
    commands:
      - if [ ! -e {mark} ]; then touch {mark}; exit 3; fi
"""


@pytest.fixture
def deployed(team: Team) -> Team:
    """A team whose second version has failed in a stage that rolls back, after a first one that went through."""
    team.push({"version": "good"})
    project = team.project(buildspec=AS_THE_SOURCE_SAYS)
    team.make_pipeline(stage("Deploy", build(project), onFailure=ROLLBACK), stage("Later", approval()))
    team.drain()
    team.answer("Approved", stage="Later")
    team.drain()
    team.push({"version": "bad"})
    team.start()
    team.drain()
    return team


def told(team: Team) -> list[Record]:
    """Return what the API tells of the pipeline's executions, oldest first."""
    codepipeline = team.client("codepipeline")
    listed = codepipeline.list_pipeline_executions(pipelineName=team.pipeline)["pipelineExecutionSummaries"]
    named = [{"pipelineName": team.pipeline, "pipelineExecutionId": item["pipelineExecutionId"]} for item in listed]
    return [codepipeline.get_pipeline_execution(**name)["pipelineExecution"] for name in named[::-1]]


def state_of(team: Team, name: str) -> Record:
    stages: list[Record] = team.client("codepipeline").get_pipeline_state(name=team.pipeline)["stageStates"]
    return next(item for item in stages if item["stageName"] == name)


def roll_back(team: Team, target: Record, name: str = "Deploy") -> Any:  # noqa: ANN401
    return team.client("codepipeline").rollback_stage(
        pipelineName=team.pipeline, stageName=name, targetPipelineExecutionId=target["pipelineExecutionId"]
    )


def refusal(team: Team, target: Record, name: str = "Deploy") -> str:
    with pytest.raises(team.client("codepipeline").exceptions.UnableToRollbackStageException) as refused:
        roll_back(team, target, name)
    return str(refused.value)


def test_a_stage_that_fails_is_rolled_back_to_the_last_execution_that_succeeded_in_it(deployed: Team) -> None:
    first, second, third = told(deployed)
    assert [item["status"] for item in (first, second, third)] == ["Succeeded", "Failed", "Succeeded"]
    assert (third["executionType"], third["rollbackMetadata"]["rollbackTargetPipelineExecutionId"]) == (
        "ROLLBACK",
        first["pipelineExecutionId"],
    )


def test_a_roll_back_has_the_source_of_the_execution_that_it_goes_back_to(deployed: Team) -> None:
    first, _, third = told(deployed)
    assert deployed.build(f"{deployed.id}-build")["exportedEnvironmentVariables"] == [
        {"name": "VERSION", "value": "good"}
    ]
    assert third["artifactRevisions"] == first["artifactRevisions"]


def test_a_roll_back_says_which_execution_failed(deployed: Team) -> None:
    _, second, third = told(deployed)
    assert third["trigger"]["triggerType"] == "AutomatedRollback"
    assert json.loads(third["trigger"]["triggerDetail"]) == {"FailedPipelineExecutionId": second["pipelineExecutionId"]}
    assert third["pipelineExecutionId"] in second["statusSummary"]


def test_a_roll_back_ends_with_its_stage(deployed: Team) -> None:
    first, *_, third = told(deployed)
    assert state_of(deployed, "Deploy")["latestExecution"] == {
        "pipelineExecutionId": third["pipelineExecutionId"],
        "status": "Succeeded",
        "type": "ROLLBACK",
    }
    assert state_of(deployed, "Later")["latestExecution"]["pipelineExecutionId"] == first["pipelineExecutionId"]


def test_a_stage_in_which_nothing_has_succeeded_yet_fails_and_says_so(team: Team) -> None:
    team.push({"version": "bad"})
    team.make_pipeline(stage("Deploy", build(team.project(buildspec=AS_THE_SOURCE_SAYS)), onFailure=ROLLBACK))
    team.drain()
    [only] = told(team)
    assert (only["status"], only["statusSummary"]) == ("Failed", "There is no execution to roll stage Deploy back to")


def test_a_roll_back_that_fails_is_not_rolled_back(deployed: Team) -> None:
    failing = AS_THE_SOURCE_SAYS.replace("bad", "good")
    deployed.client("codebuild").update_project(
        name=f"{deployed.id}-build", source={"type": "CODEPIPELINE", "buildspec": failing}
    )
    roll_back(deployed, told(deployed)[0])
    deployed.drain()
    assert deployed.executions == ["Succeeded", "Failed", "Succeeded", "Failed"]


def test_a_person_rolls_a_stage_back(deployed: Team) -> None:
    first, *_ = told(deployed)
    made = roll_back(deployed, first)["pipelineExecutionId"]
    steps = deployed.drain()
    newest = told(deployed)[-1]
    assert (newest["pipelineExecutionId"], newest["trigger"]["triggerType"]) == (made, "ManualRollback")
    assert [step.place for step in steps] == [f"{deployed.pipeline}/Deploy/Build"]


def test_what_a_stage_cannot_be_rolled_back_to_is_refused_with_the_reason(deployed: Team) -> None:
    first, second, third = told(deployed)
    assert "has not succeeded in it" in refusal(deployed, second)
    assert "is a roll-back itself" in refusal(deployed, third)
    assert "a source stage has no roll-back" in refusal(deployed, first, "Source")


def test_a_stage_that_runs_is_not_rolled_back(deployed: Team) -> None:
    first, *_ = told(deployed)
    deployed.push({"version": "other"})
    deployed.start()
    deployed.drain()
    assert "it is running" in refusal(deployed, first, "Later")


def test_a_pipeline_that_has_changed_is_not_rolled_back_to_what_it_was(deployed: Team) -> None:
    first, *_ = told(deployed)
    codepipeline = deployed.client("codepipeline")
    codepipeline.update_pipeline(pipeline=codepipeline.get_pipeline(name=deployed.pipeline)["pipeline"])
    assert "the pipeline has changed since" in refusal(deployed, first)


def test_a_stage_that_fails_is_retried_once_by_itself(team: Team) -> None:
    team.push({"version": "good"})
    good = team.project("good", buildspec=BUILDSPEC)
    odd = team.project("odd", buildspec=FAILING_ONCE.format(mark=team.folder / "mark"))
    retry = {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}
    team.make_pipeline(stage("Build", build(good, name="Good"), build(odd, name="Odd"), onFailure=retry))
    steps = team.drain()
    assert [step.place.rpartition("/")[2] for step in steps] == ["Source", "Good", "Odd", "Odd"]
    assert state_of(team, "Build")["retryStageMetadata"] == {
        "autoStageRetryAttempt": 1,
        "latestRetryTrigger": "AutomatedStageRetry",
    }
    assert team.executions == ["Succeeded"]


def test_a_stage_that_fails_again_has_failed(team: Team) -> None:
    team.push({"version": "bad"})
    retry = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}
    team.make_pipeline(stage("Build", build(team.project(buildspec=AS_THE_SOURCE_SAYS)), onFailure=retry))
    steps = team.drain()
    assert [step.status for step in steps] == ["Succeeded", "Failed", "Failed"]
    assert team.executions == ["Failed"]


def test_a_stage_whose_condition_for_success_is_not_met_is_rolled_back(team: Team) -> None:
    team.push({"version": "good"})
    project = team.project(buildspec=AS_THE_SOURCE_SAYS)
    condition = entered_when("Built.VERSION", "EQ", "good", result="ROLLBACK")
    team.make_pipeline(stage("Build", build(project, namespace="Built"), onSuccess=condition))
    team.drain()
    team.push({"version": "other"})
    team.start()
    team.drain()
    assert team.executions == ["Succeeded", "Failed", "Succeeded"]
    assert "Rule Check: other is not EQ good" in told(team)[1]["statusSummary"]


def test_a_stage_whose_condition_for_success_is_not_met_fails(team: Team) -> None:
    team.push({"version": "other"})
    project = team.project(buildspec=AS_THE_SOURCE_SAYS)
    condition = entered_when("Built.VERSION", "EQ", "good", result="FAIL")
    later = stage("Later", approval())
    team.make_pipeline(stage("Build", build(project, namespace="Built"), onSuccess=condition), later)
    team.drain()
    assert (team.executions, team.stages) == (["Failed"], {"Source": "Succeeded", "Build": "Failed"})
    assert state_of(team, "Build")["onSuccessConditionState"]["latestExecution"]["status"] == "Failed"


def test_a_failure_whose_condition_is_met_is_not_rolled_back(team: Team) -> None:
    team.push({"version": "good"})
    project = team.project(buildspec=AS_THE_SOURCE_SAYS)
    condition = entered_when("SourceVariables.BranchName", "EQ", "main", result="ROLLBACK")
    team.make_pipeline(stage("Build", build(project), onFailure=condition))
    team.drain()
    team.push({"version": "bad"})
    team.start()
    team.drain()
    assert team.executions == ["Succeeded", "Failed"]

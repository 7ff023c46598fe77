"""How pipelines run: what starts them, their order, variables and conditions, and what a failure leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.runner.team import BUILDSPEC, DEV, REGION, approval, build, entered_when, stage

if TYPE_CHECKING:
    from tests.sandbox.runner.team import Team

FAILING = "version: 0.2\nphases:\n  build:\n    commands:\n      - echo the reason >&2; exit 3\n"
EXPORTING = """
version: 0.2
env: {exported-variables: [DEPLOY]}
phases:
  build:
    commands:
      - export DEPLOY="$(cat deploy)"
"""


def test_a_pipeline_runs_when_it_is_made(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    assert team.stages == {"Source": "Succeeded", "Build": "Succeeded"}


def test_nothing_runs_before_somebody_drains(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    assert (team.executions, team.stages) == (["InProgress"], {})


def test_a_push_to_its_branch_starts_the_pipeline_with_that_commit(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.start_on_push()
    commit_id = team.push({"more": "x"}, message="The second")
    team.drain()
    told = team.client("codepipeline").list_pipeline_executions(pipelineName=team.pipeline)
    newest = told["pipelineExecutionSummaries"][0]
    assert newest["trigger"]["triggerType"] == "CloudWatchEvent"
    assert newest["sourceRevisions"][0] == {
        "actionName": "Source",
        "revisionId": commit_id,
        "revisionSummary": "The second",
    }


def test_a_push_to_another_branch_starts_nothing(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    team.start_on_push()
    team.push({"more": "x"}, branch="feature")
    assert team.drain() == []


def test_a_failing_build_is_a_red_action_with_its_own_output_and_nothing_behind_it_runs(team: Team) -> None:
    team.push({"buildspec.yml": FAILING})
    project = team.project()
    team.make_pipeline(stage("Build", build(project)), stage("Prod", approval()))
    team.drain()
    assert team.stages == {"Source": "Succeeded", "Build": "Failed"}
    assert "BUILD: Error while executing command. Reason: exit status 3" in team.reason("Build")
    assert "the reason" in team.log(project)


def test_a_failed_stage_is_run_again_from_its_failed_actions(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    good, bad = team.project("good"), team.project("bad", buildspec=FAILING)
    team.make_pipeline(stage("Build", build(good, name="Good"), build(bad, name="Bad")))
    team.drain()
    (told,) = team.client("codepipeline").list_pipeline_executions(pipelineName=team.pipeline)[
        "pipelineExecutionSummaries"
    ]
    team.client("codebuild").update_project(name=bad, source={"type": "CODEPIPELINE", "buildspec": BUILDSPEC})
    team.client("codepipeline").retry_stage_execution(
        pipelineName=team.pipeline,
        stageName="Build",
        pipelineExecutionId=told["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    steps = team.drain()
    assert [step.place for step in steps] == [f"{team.pipeline}/Build/Bad"]
    assert team.executions == ["Succeeded"]


def test_actions_run_by_run_order_and_what_one_exports_reaches_the_next(team: Team) -> None:
    team.push({"deploy": "yes"})
    first, second = team.project("first", buildspec=EXPORTING), team.project("second", buildspec=BUILDSPEC)
    override = json.dumps([{"name": "ANSWER", "value": "#{First.DEPLOY} #{SourceVariables.BranchName}"}])
    late = build(second, name="Second", runOrder=2, configuration={"EnvironmentVariables": override})
    team.make_pipeline(stage("Build", late, build(first, name="First", namespace="First")))
    team.drain()
    variables = team.build(second)["environment"]["environmentVariables"]
    assert variables == [{"name": "ANSWER", "value": "yes main"}]


def test_a_variable_that_no_action_gave_fails_the_action(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    asking = approval(configuration={"CustomData": "#{Build.DEPLOY}"})
    team.make_pipeline(stage("Build", build(team.project(), namespace="Build")), stage("Prod", asking))
    team.drain()
    assert "#{Build.DEPLOY} has no value" in team.reason("Approve")


def test_variables_of_the_pipeline_have_their_default_or_what_it_was_started_with(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    asking = approval(configuration={"CustomData": "Deploy #{variables.MODEL}?"})
    team.make_pipeline(stage("Prod", asking), variables=[{"name": "MODEL", "defaultValue": "LATEST"}])
    steps = team.drain()
    team.answer("Rejected", stage="Prod")
    team.start(variables=[{"name": "MODEL", "value": "mine"}])
    steps += team.drain()
    asked = [step.summary for step in steps if step.status == "Waiting"]
    assert asked == ["Deploy LATEST?", "Deploy mine?"]


@pytest.mark.parametrize(
    ("operator", "value", "status"),
    [
        ("EQ", "true", "Skipped"),
        ("EQ", "false", "InProgress"),
        ("NE", "false", "Skipped"),
        ("NE", "true", "InProgress"),
        ("CONTAINS", "se", "InProgress"),
        ("MATCHES", "f.*", "InProgress"),
        ("MATCHES", "se", "Skipped"),
    ],
)
def test_a_stage_is_entered_when_its_rule_holds(team: Team, operator: str, value: str, status: str) -> None:
    team.push({"deploy": "false"})
    team.make_pipeline(
        stage("Build", build(team.project(buildspec=EXPORTING), namespace="Build")),
        stage("Prod", approval(), beforeEntry=entered_when("Build.DEPLOY", operator, value)),
    )
    team.drain()
    assert team.stages["Prod"] == status


def test_with_nothing_approved_four_stages_are_skipped_and_the_run_is_green(team: Team) -> None:
    team.push({"deploy": "false"})
    names = ["SecurityEvaluation", "Dev", "PreProd", "Prod"]
    skipping = entered_when("Build.DEPLOY", "EQ", "true")
    team.make_pipeline(
        stage("Build", build(team.project(buildspec=EXPORTING), namespace="Build")),
        *[stage(name, approval(f"Approve{name}"), beforeEntry=skipping) for name in names],
    )
    steps = team.drain()
    assert team.executions == ["Succeeded"]
    assert [team.stages[name] for name in names] == ["Skipped"] * 4
    assert [step.place.rpartition("/")[2] for step in steps] == ["Source", "Build"]


def test_a_stage_that_was_entered_and_whose_action_fails_ends_the_run(team: Team) -> None:
    team.push({"deploy": "true"})
    entering = entered_when("Build.DEPLOY", "EQ", "true")
    team.make_pipeline(
        stage("Build", build(team.project(buildspec=EXPORTING), namespace="Build")),
        stage("Prod", approval(), beforeEntry=entering),
    )
    team.drain()
    team.answer("Rejected", stage="Prod")
    team.drain()
    assert (team.executions, team.stages["Prod"]) == (["Failed"], "Failed")


def test_an_entry_condition_that_fails_the_stage_says_why(team: Team) -> None:
    team.push({"deploy": "false"})
    failing = entered_when("Build.DEPLOY", "EQ", "true", result="FAIL")
    team.make_pipeline(
        stage("Build", build(team.project(buildspec=EXPORTING), namespace="Build")),
        stage("Prod", approval(), beforeEntry=failing),
    )
    team.drain()
    state = team.client("codepipeline").get_pipeline_state(name=team.pipeline)["stageStates"][2]
    assert (team.executions, team.stages["Prod"]) == (["Failed"], "Failed")
    assert state["beforeEntryConditionState"]["latestExecution"]["summary"] == "Rule Check: false is not EQ true"


def test_a_run_that_waits_to_enter_a_stage_gives_way_to_a_newer_one(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Prod", approval()), stage("End", approval("Last")))
    team.drain()
    for _ in range(2):
        team.start()
        team.drain()
    assert team.executions == ["InProgress", "Superseded", "InProgress"]
    team.answer("Approved", stage="Prod")
    team.drain()
    assert team.stages == {"Source": "Succeeded", "Prod": "InProgress", "End": "InProgress"}


def test_queued_runs_wait_for_one_another(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Prod", approval()), executionMode="QUEUED")
    team.drain()
    for _ in range(2):
        team.start()
        team.drain()
    assert team.executions == ["InProgress"] * 3
    for _ in range(3):
        team.answer("Approved", stage="Prod")
        team.drain()
    assert team.executions == ["Succeeded"] * 3


def test_two_pushes_in_quick_succession_end_with_the_second(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    project = team.project()
    team.make_pipeline(stage("Build", build(project)))
    team.drain()
    team.start_on_push()
    team.push({"number": "2"})
    commit_id = team.push({"number": "3"})
    team.drain()
    assert team.build(project)["resolvedSourceVersion"] == commit_id
    assert team.executions == ["Succeeded"] * 3


def test_a_run_that_waits_for_an_approval_is_stopped(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Prod", approval()))
    team.drain()
    stop = team.client("codepipeline").stop_pipeline_execution
    (told,) = team.client("codepipeline").list_pipeline_executions(pipelineName=team.pipeline)[
        "pipelineExecutionSummaries"
    ]
    named = {"pipelineName": team.pipeline, "pipelineExecutionId": told["pipelineExecutionId"]}
    stop(**named)
    assert team.executions == ["Stopping"]  # the approval may still be answered
    stop(**named, abandon=True)
    assert (team.executions, team.action("Approve")["status"]) == (["Stopped"], "Abandoned")


def test_an_execution_can_be_started_with_a_commit(team: Team) -> None:
    commit_id = team.push({"buildspec.yml": BUILDSPEC})
    team.push({"number": "2"})
    project = team.project()
    team.make_pipeline(stage("Build", build(project)))
    team.start(sourceRevisions=[{"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": commit_id}])
    team.drain()
    assert team.build(project)["resolvedSourceVersion"] == commit_id


def test_artifacts_are_zips_in_the_pipelines_bucket_encrypted_with_its_key(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    (artifact,) = team.client("s3").list_objects_v2(Bucket=team.bucket)["Contents"]
    told = team.client("s3").head_object(Bucket=team.bucket, Key=artifact["Key"])
    pipeline, name, _ = artifact["Key"].split("/")
    assert (pipeline, name) == (team.pipeline[:20], "Source")
    assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", team.key_arn)


def test_every_run_of_an_action_is_told_with_what_it_took_and_made(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    told = team.client("codepipeline").list_action_executions(pipelineName=team.pipeline)["actionExecutionDetails"]
    newest, oldest = told
    assert (newest["actionName"], oldest["actionName"]) == ("Build", "Source")
    assert newest["input"]["inputArtifacts"] == oldest["output"]["outputArtifacts"]


def test_a_rule_with_an_input_transformer_gives_the_pipeline_its_variables(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    asking = approval(configuration={"CustomData": "#{variables.MODEL}"})
    team.make_pipeline(stage("Prod", asking), variables=[{"name": "MODEL", "defaultValue": "LATEST"}])
    team.drain()
    team.answer("Rejected", stage="Prod")
    target = {
        "Id": "pipeline",
        "Arn": f"arn:aws:codepipeline:{REGION}:{DEV}:{team.pipeline}",
        "RoleArn": team.roles["events"],
        "InputTransformer": {
            "InputPathsMap": {"model": "$.detail.model"},
            "InputTemplate": '{"variables": [{"name": "MODEL", "value": "<model>"}]}',
        },
    }
    team.rule("model", {"source": [team.id]}, target)
    event = {"Source": team.id, "DetailType": "Model", "Detail": json.dumps({"model": "seven"})}
    team.client("events").put_events(Entries=[event])
    assert [step.summary for step in team.drain()][-1] == "seven"


def test_a_rule_whose_role_does_not_trust_eventbridge_starts_nothing_and_the_drain_says_so(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    team.roles["events"] = team.roles["codebuild"]
    team.start_on_push()
    team.push({"number": "2"})
    (step,) = team.drain()
    assert (step.status, "not authorized to assume" in step.summary) == ("Failed", True)


def test_a_failed_run_is_published_to_a_topic_that_lets_the_rule_in(team: Team) -> None:
    team.push({"buildspec.yml": FAILING})
    team.make_pipeline(stage("Build", build(team.project())))
    mailbox = team.mailbox(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:*:rule/{team.id}-*"}})
    team.drain()
    (message,) = mailbox.messages()
    assert message == f'"{team.pipeline} has failed"'


def test_a_topic_that_does_not_let_the_rule_in_gets_nothing_and_the_drain_says_so(team: Team) -> None:
    team.push({"buildspec.yml": FAILING})
    team.make_pipeline(stage("Build", build(team.project())))
    mailbox = team.mailbox(condition={"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/other-*"}})
    steps = team.drain()
    assert mailbox.messages() == []
    assert "does not let events.amazonaws.com publish" in steps[-1].summary

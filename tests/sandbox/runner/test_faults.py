"""A fault of the sandbox fails the piece of work that met it, with its reason, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from sandbox.corrections import work
from sandbox.corrections.codepipeline.executions import Execution, next_work
from sandbox.keys import ROLE_NAME
from sandbox.runner.jobs import HANDLERS
from sandbox.server import SandboxError
from tests.sandbox.runner.team import BUILDSPEC, DEV, REGION, Team, approval, build, entered_when, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.runner.bench import Bench, Item
    from tests.sandbox.runner.team import Record
    from tests.sandbox.running_sandbox import RunningSandbox


@pytest.fixture
def other(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Team]:
    """Another team in the same account."""
    (tmp_path / "other").mkdir()
    other = Team(sandbox, tmp_path / "other")
    yield other
    other.leave()


def give_pipeline(*teams: Team) -> None:
    for team in teams:
        team.push({"buildspec.yml": BUILDSPEC})
        team.make_pipeline(stage("Build", build(team.project())), stage("Prod", approval()))


def plant(patch: pytest.MonkeyPatch, team: Team, action: str, do: Callable[[], Record]) -> None:
    """Have an action of a team's pipeline done in another way."""
    run = HANDLERS["action"]

    def run_or_fail(bench: Bench, item: Item) -> Record:
        return do() if (item["pipeline"], item["action"]) == (team.pipeline, action) else run(bench, item)

    patch.setitem(HANDLERS, "action", run_or_fail)


def fails(error: Exception) -> Callable[[], Record]:
    def do() -> Record:
        raise error

    return do


@pytest.mark.parametrize("error", [SandboxError("There is no account 9 in the sandbox."), KeyError("CommitId")])
def test_a_fault_in_an_action_fails_it_with_the_reason_and_the_other_project_runs_on(
    team: Team, other: Team, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    give_pipeline(team, other)
    plant(monkeypatch, team, "Build", fails(error))
    team.drain()
    assert str(error) in team.reason("Build")
    assert (team.executions, other.stages["Build"], other.stages["Prod"]) == (["Failed"], "Succeeded", "InProgress")


def test_the_next_drain_works_after_a_fault(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    give_pipeline(team)
    with monkeypatch.context() as patch:
        plant(patch, team, "Build", fails(KeyError("CommitId")))
        team.drain()
    team.start()
    team.drain()
    assert team.executions == ["Failed", "InProgress"]


def test_an_action_of_which_nothing_can_be_made_has_failed_and_its_step_says_so(
    team: Team, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_pipeline(team, other)
    plant(monkeypatch, team, "Build", dict)  # what is told has no status
    [step] = [step for step in team.drain() if step.place == f"{team.pipeline}/Build/Build"]
    assert (step.status, step.summary) == ("Failed", "The sandbox failed: KeyError: 'status'")
    assert team.reason("Build") == step.summary
    assert other.stages["Build"] == "Succeeded"


def test_a_fault_in_a_phase_of_a_build_is_that_phases_reason(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    give_pipeline(team)
    monkeypatch.setattr("sandbox.runner.artifacts.unpack", lambda *_: fails(KeyError("archive"))())
    team.drain()
    phase = team.build(f"{team.id}-build")["phases"][0]
    assert (phase["phaseStatus"], phase["contexts"][0]["message"]) == (
        "FAILED",
        "The sandbox failed: KeyError: 'archive'",
    )


def test_an_event_that_cannot_be_delivered_is_told_with_its_rule_and_keeps_no_other_back(team: Team) -> None:
    give_pipeline(team)
    team.drain()
    team.start_on_push()
    arn = f"arn:aws:codepipeline:{REGION}:{DEV}:{team.pipeline}"
    broken = {"InputPathsMap": {"commit": "$.detail.commitId"}, "InputTemplate": '{"variables": <commit>'}
    pushed = {"source": ["aws.codecommit"], "resources": [f"arn:aws:codecommit:{REGION}:{DEV}:{team.id}"]}
    target = {"Id": "pipeline", "Arn": arn, "RoleArn": team.roles["events"], "InputTransformer": broken}
    team.rule("broken", pushed, target)
    team.push({"number": "2"})
    deliveries = {step.place: step.status for step in team.drain() if step.kind == "delivery"}
    assert deliveries == {
        f"{team.id}-broken -> {team.pipeline}": "Failed",
        f"{team.id}-push -> {team.pipeline}": "Succeeded",
    }


def test_an_artifact_that_a_skipped_stage_would_have_made_is_missed_by_the_action(team: Team, other: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    give_pipeline(other)
    made = build(team.project(), outputs=["Built"])
    skipped = entered_when("SourceVariables.BranchName", "EQ", "other")
    taking = build(team.project("late"), name="Late", inputArtifacts=[{"name": "Built"}])
    team.make_pipeline(stage("Build", made, beforeEntry=skipped), stage("Prod", taking))
    team.drain()
    assert (team.executions, team.reason("Late")) == (["Failed"], "No action has made Built")
    assert other.stages["Build"] == "Succeeded"


def test_a_condition_that_cannot_be_read_fails_its_stage(team: Team, other: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    give_pipeline(other)
    unreadable = entered_when("SourceVariables.BranchName", "MATCHES", "(")
    team.make_pipeline(stage("Build", build(team.project()), beforeEntry=unreadable))
    team.drain()
    assert (team.executions, team.stages["Build"]) == (["Failed"], "Failed")
    assert other.stages["Build"] == "Succeeded"


def test_an_execution_that_cannot_go_on_fails_and_the_others_go_on() -> None:
    faulty, sound = execution([{"name": "Approve"}]), execution([approval(runOrder=1)])
    item = next_work([faulty, sound])
    assert (faulty.status, faulty.record["statusSummary"]) == ("Failed", "The sandbox failed: KeyError: 'runOrder'")
    assert item is not None
    assert item["execution_id"] == sound.id
    assert next_work([faulty, sound]) is None


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Record]:
    """Return what asks the server's part for work as the runner does, here in this process and with nothing waiting."""
    monkeypatch.setattr(work, "role_of", lambda **_: f":role/{ROLE_NAME}")
    monkeypatch.setattr(work, "SOURCES", [])
    who = {"key": "", "account_id": DEV, "region": REGION}

    def ask(operation: str, **request: Any) -> Record:  # noqa: ANN401
        answer: Record = json.loads(work.answer(json.dumps({"operation": operation, **who, **request}).encode()))
        return answer

    return ask


def test_work_whose_runner_went_away_keeps_no_later_runner_from_beginning(
    ask: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(work.RECEIVERS, "gone", lambda *_: fails(KeyError("execution"))())
    work.add_job("gone", account_id=DEV, region=REGION)
    ask("take", only_jobs=True)
    ask("begin")
    assert work.taken() == []


def test_work_whose_end_cannot_be_heard_is_told_to_have_failed(
    ask: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Record] = []

    def hear(_item: Record, told: Record) -> None:
        heard.append(told)
        if told["status"] == "Succeeded":
            raise KeyError(told["status"])

    monkeypatch.setitem(work.RECEIVERS, "odd", hear)
    taken = {"id": work.add_job("odd", account_id=DEV, region=REGION)}
    ask("take", only_jobs=True)
    answer = ask("tell", **taken, told={"status": "Succeeded"}, kind=None, done=True)
    assert answer == {"fault": "The sandbox failed: KeyError: 'Succeeded'"}
    assert heard[-1] == {"status": "Failed", "summary": answer["fault"]}
    assert work.taken() == []


def execution(actions: list[Record]) -> Execution:
    """Return an execution of a pipeline with one stage, which the sandbox is to go on with."""
    name = f"pipeline-{uuid4()}"
    record: Record = {"pipelineExecutionId": str(uuid4()), "executionMode": "SUPERSEDED", "executionType": "STANDARD"}
    record |= {"status": "InProgress", "statusSummary": "", "pipelineVersion": 1}
    whole = [{"configuration": {}, "inputArtifacts": [], "outputArtifacts": [], **action} for action in actions]
    return Execution(
        record=record,
        declaration={
            "name": name,
            "roleArn": "",
            "artifactStore": {"location": "bucket"},
            "stages": [{"name": "Prod", "actions": whole}],
        },
        announce=lambda *_: None,
        roll_back=lambda _: "",
    )

"""Deployments that fail, and what serves on: a right, a name, a model or an artifact is not what it has to be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from baseline.naming import Environment
from sandbox.journey.play import endpoint
from tests.journey.command import projects
from tests.journey.kept import MODEL
from tests.journey.projects import create
from tests.journey.state import NOTHING, State, scores_of, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.journey.team import Team
    from tests.journey.kept import Kept, Model
    from tests.journey.projects import Workplace
    from tests.sandbox.deploy.land import Land

    NewProject = Callable[[str], Workplace]

DEV, PREPROD, PROD = Environment.DEV, Environment.PREPROD, Environment.PROD


@pytest.fixture(scope="module")
def halted(team: Team, kept: Kept, land: Land, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A model that serves everywhere, and a second one whose archive PREPROD may not read any more."""
    folder = tmp_path_factory.mktemp("halted") / "project"
    place = create(team, kept, "HaltedInPreprod", folder=folder, variables=land.project.variables)
    place.deploy()
    withdraw_the_right_to_read(place, PREPROD)
    bring(place, kept.contrary, until=PROD)
    yield place
    place.leave()


def test_a_deployment_that_fails_in_preprod_leaves_preprod_and_prod_serving_what_they_served(halted: Workplace) -> None:
    former, new = scores_of(halted.kept.model), scores_of(halted.kept.contrary)
    assert state_of(halted) == State(
        stacks={DEV: "UPDATE_COMPLETE", PREPROD: "UPDATE_ROLLBACK_COMPLETE", PROD: "CREATE_COMPLETE"},
        answers={DEV: new, PREPROD: former, PROD: former},
    )


def test_a_deployment_that_fails_in_preprod_says_why(halted: Workplace) -> None:
    reason = reason_of_the_last_failure(halted)
    assert "Endpoint: " in reason, reason
    assert "AccessDenied" in reason, reason


def test_nobody_is_asked_about_prod_when_the_deployment_to_preprod_has_failed(halted: Workplace) -> None:
    assert halted.team.waiting(halted.project) == []


def test_a_failed_deployment_goes_on_where_it_failed_once_the_cause_is_mended(new_project: NewProject) -> None:
    place = new_project("MendedAndRetried")
    place.deploy(until=PREPROD)
    rights = withdraw_the_right_to_read(place, PREPROD)
    second = bring(place, place.kept.contrary, until=PREPROD)
    place.client("s3").put_bucket_policy(Bucket=artifact_bucket(place), Policy=rights)
    retry(place, "PreProd")
    place.approve_until(PROD)
    assert place.served() == {DEV: second, PREPROD: second, PROD: second}


def test_a_first_deployment_that_fails_in_dev_touches_no_other_account_and_serves_nothing(
    new_project: NewProject,
) -> None:
    place = new_project("NeverCreated")
    take_the_name_of_the_data_bucket(place)
    bring(place, place.kept.model, until=PROD)
    assert state_of(place) == replace(NOTHING, stacks={DEV: "ROLLBACK_COMPLETE"})
    assert "DataBucket" in reason_of_the_last_failure(place)


def test_a_stack_that_was_never_created_is_unblocked_and_the_next_run_succeeds(
    new_project: NewProject, land: Land
) -> None:
    place = new_project("Unblocked")
    bucket = take_the_name_of_the_data_bucket(place)
    arn = bring(place, place.kept.model, until=DEV)
    place.client("s3").delete_bucket(Bucket=bucket)
    release(place)
    place.run()
    assert "ROLLBACK_COMPLETE state and can not be updated" in reason_of_the_last_failure(place)
    printed = projects(land, "unblock", place.project.name, "--yes")
    assert f"Deleted {endpoint(place.project, DEV)}." in printed
    release(place)
    place.approve_until(PROD)
    assert place.served() == {DEV: arn, PREPROD: arn, PROD: arn}


def test_a_model_that_is_cut_off_takes_nobodys_place(new_project: NewProject) -> None:
    place = new_project("CutOff")
    place.deploy()
    bring(place, cut_off(place.kept.model), until=PROD)
    former = scores_of(place.kept.model)
    assert state_of(place) == State(
        stacks={DEV: "UPDATE_ROLLBACK_COMPLETE", PREPROD: "CREATE_COMPLETE", PROD: "CREATE_COMPLETE"},
        answers={DEV: former, PREPROD: former, PROD: former},
    )
    assert "cannot be unpacked" in reason_of_the_last_failure(place)


def test_an_artifact_of_the_pipeline_that_is_cut_off_is_deployed_nowhere(new_project: NewProject) -> None:
    place = new_project("CutOffArtifact")
    place.deploy(until=DEV)
    cut_off_the_templates(place)
    place.approve_until(PREPROD)
    assert state_of(place) == State(stacks={DEV: "CREATE_COMPLETE"}, answers={DEV: scores_of(place.kept.model)})
    assert "The artifact SynthOutput" in reason_of_the_last_failure(place)


def bring(place: Workplace, model: Model, *, until: Environment) -> str:
    """Register and approve a model, and approve its deployments as far as they are asked for. Returns its ARN."""
    arn = place.register(model)
    place.approve(arn)
    place.approve_until(until)
    return arn


def release(place: Workplace) -> None:
    place.client("codepipeline").start_pipeline_execution(name=place.project.deploy_pipeline)


def retry(place: Workplace, stage: str) -> None:
    codepipeline, name = place.client("codepipeline"), place.project.deploy_pipeline
    state = codepipeline.get_pipeline_state(name=name)["stageStates"]
    [execution] = [item["latestExecution"]["pipelineExecutionId"] for item in state if item["stageName"] == stage]
    codepipeline.retry_stage_execution(
        pipelineName=name, stageName=stage, pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
    )


def reason_of_the_last_failure(place: Workplace) -> str:
    return str(newest_action(place, status="Failed")["output"]["executionResult"]["errorDetails"]["message"])


def newest_action(place: Workplace, **wanted: str) -> dict[str, Any]:
    """The newest run of an action of the deployment pipeline that fits, as the pipeline's history tells of it."""
    told = place.client("codepipeline").list_action_executions(pipelineName=place.project.deploy_pipeline)
    return next(each for each in told["actionExecutionDetails"] if wanted.items() <= each.items())


def artifact_bucket(place: Workplace) -> str:
    return f"{place.project.prefix}-artifacts-{place.team.account.account_id}"


def withdraw_the_right_to_read(place: Workplace, environment: Environment) -> str:
    """Take an account's statement out of the policy of the artifact bucket. Returns the policy as it was."""
    s3, bucket = place.client("s3"), artifact_bucket(place)
    text = str(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy = json.loads(text)
    account_id = place.team.account_of(environment).account_id
    policy["Statement"] = [each for each in policy["Statement"] if account_id not in json.dumps(each["Principal"])]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    return text


def take_the_name_of_the_data_bucket(place: Workplace) -> str:
    """Let DEV have a bucket already that the project's stack will make: what an earlier project with the id left."""
    account = place.team.account
    name = f"{endpoint(place.project, DEV)}-capture-{account.account_id}"
    place.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": account.region})
    return name


def cut_off(model: Model) -> Model:
    """Return a model whose archive was not written to its end."""
    archive = model.files[MODEL]
    return replace(model, files={**model.files, MODEL: archive[: len(archive) // 2]})


def cut_off_the_templates(place: Workplace) -> None:
    """Leave half of what the synthesis has handed on."""
    [artifact] = newest_action(place, actionName="Synth")["output"]["outputArtifacts"]
    where = {"Bucket": artifact["s3location"]["bucket"], "Key": artifact["s3location"]["key"]}
    s3 = place.client("s3")
    body = s3.get_object(**where)["Body"].read()
    s3.put_object(**where, Body=body[: len(body) // 2])

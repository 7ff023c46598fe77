"""From "create project" to a model that answers in PROD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.naming import ENVIRONMENTS, Environment
from sandbox.clients import session_of
from sandbox.journey.play import endpoint

if TYPE_CHECKING:
    from sandbox.journey.team import Team
    from tests.journey.conftest import Journey

STAGES = (
    "build/Source/Source",
    "build/Build/Train",
    "training",
    "deploy/Source/Source",
    "deploy/Build/Synth",
    "deploy/SecurityEvaluation/CfnNag",
    "deploy/Dev/Deploy",
    "deploy/Dev/IntegrationTest",
    "deploy/PreProd/Deploy",
    "deploy/Prod/Deploy",
)


@pytest.mark.parametrize("place", STAGES)
def test_every_stage_succeeds(journey: Journey, place: str) -> None:
    assert journey.step(place).status == "Succeeded", journey.step(place)


def test_people_are_asked_for_the_model_and_for_both_deployments_beyond_dev(journey: Journey) -> None:
    stages = [question.approval.stage if question.approval else "registry" for question in journey.questions]
    assert stages == ["registry", "PreProd", "Prod"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_endpoint_answers_as_the_evaluated_model_does(journey: Journey, environment: Environment) -> None:
    assert journey.model.scores
    assert journey.played.answers[environment] == journey.model.scores


def test_different_rows_get_different_scores(journey: Journey) -> None:
    assert len(set(journey.model.scores)) > 1


def test_the_model_was_evaluated_before_it_was_registered(journey: Journey, team: Team) -> None:
    """The archive in the package is the one that the evaluation was given."""
    sagemaker = session_of(team.account).client("sagemaker", endpoint_url=team.sandbox.endpoint)
    package = sagemaker.describe_model_package(ModelPackageName=journey.model.model_package_arn)
    execution = package["MetadataProperties"]["GeneratedBy"]
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    [evaluation] = [step["Metadata"]["ProcessingJob"]["Arn"] for step in steps if step["StepName"] == "Evaluate"]
    job = sagemaker.describe_processing_job(ProcessingJobName=evaluation.rpartition("/")[2])
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] in [item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_account_serves_the_approved_model(journey: Journey, team: Team, environment: Environment) -> None:
    sagemaker = session_of(team.account_of(environment)).client("sagemaker", endpoint_url=team.sandbox.endpoint)
    described = sagemaker.describe_endpoint(EndpointName=endpoint(journey.played.project, environment))
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    [variant] = config["ProductionVariants"]
    [container] = sagemaker.describe_model(ModelName=variant["ModelName"])["Containers"]
    assert container["ModelPackageName"] == journey.model.model_package_arn


def test_the_first_run_of_the_deployment_pipeline_touches_no_account(journey: Journey) -> None:
    """Nothing is approved yet when a project is created: what was synthesised is not deployed."""
    before = [step.place for step in journey.steps[: journey.steps.index(journey.step("training"))]]
    assert not [place for place in before if place.endswith("/Deploy")]

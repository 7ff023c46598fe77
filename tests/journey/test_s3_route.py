"""A project created from the S3 template, as Studio now offers it, goes the same way as one from Service Catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.naming import ENVIRONMENTS
from sandbox.journey.team import CREATED, Project
from tests.journey.projects import enter
from tests.journey.state import State, scores_of, state_of
from tests.sandbox.deploy.test_templates import BUCKET, LAUNCH_ROLE, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baseline.naming import Environment
    from sandbox.journey.team import Team
    from tests.journey.conftest import Journey
    from tests.journey.kept import Kept
    from tests.journey.projects import Workplace
    from tests.sandbox.deploy.land import Land

NAME = "Built"


@pytest.fixture(scope="module")
def place(team: Team, kept: Kept, land: Land, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A project of the newest release in S3, whose model answers in PROD."""
    project, folder = created_from_s3(team, land), tmp_path_factory.mktemp("s3")
    place = enter(team, kept, project, folder=folder / "clones", variables=land.project.variables)
    place.deploy()
    yield place
    place.leave()


def created_from_s3(team: Team, land: Land) -> Project:
    """Create a project with the template that was uploaded last, by the role that CloudFormation assumes for it."""
    releases = (land.project.folder / "cfn_product" / "releases").glob("*.yaml")
    newest = max((path.stem for path in releases), key=lambda version: [int(part) for part in version.split(".")])
    provider = {
        "TemplateName": "mlops-project",
        "TemplateURL": f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/templates/mlops-project-{newest}.yaml",
        "RoleARN": LAUNCH_ROLE,
    }
    sagemaker = team.scientist.client("sagemaker")
    sagemaker.create_project(ProjectName=NAME, TemplateProviders=[{"CfnTemplateProvider": provider}])
    described = sagemaker.describe_project(ProjectName=NAME)
    assert described["ProjectStatus"] == CREATED, described
    [told] = described["TemplateProviderDetails"]
    stack = told["CfnTemplateProviderDetail"]["StackDetail"]["Name"]
    return Project(name=NAME, id=described["ProjectId"], stack=stack)


def test_the_model_answers_in_every_account(place: Workplace) -> None:
    assert state_of(place) == State(
        stacks=dict.fromkeys(ENVIRONMENTS, "CREATE_COMPLETE"),
        answers=dict.fromkeys(ENVIRONMENTS, scores_of(place.kept.model)),
    )


def test_the_project_has_the_resources_of_one_from_service_catalog(
    place: Workplace, journey: Journey, land: Land
) -> None:
    bought = journey.played.project
    assert made(land, place.project.stack, {"ProjectId": place.project.id}) == made(
        land, bought.stack, {"ProjectId": bought.id}
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_has_the_resources_of_one_from_service_catalog(
    place: Workplace, journey: Journey, environment: Environment
) -> None:
    assert types_of(place, place.project, environment) == types_of(place, journey.played.project, environment)


def types_of(place: Workplace, project: Project, environment: Environment) -> list[tuple[str, str]]:
    """Logical id and type of what an environment's stack of a project has."""
    cloudformation = place.client("cloudformation", environment)
    told = cloudformation.describe_stack_resources(StackName=f"{project.prefix}-{environment}")["StackResources"]
    return sorted((resource["LogicalResourceId"], resource["ResourceType"]) for resource in told)

"""A project with an image of its own: there is no Docker in the sandbox, which says so and goes no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.runner import drain

if TYPE_CHECKING:
    from sandbox.journey.team import Team
    from tests.sandbox.deploy.land import Land


def test_an_image_is_not_built_and_nothing_is_trained_or_registered(team: Team, land: Land) -> None:
    project_id = create_with_an_image_of_its_own(team)
    steps = [step for step in drain(team.sandbox) if project_id in step.place]
    [image] = [step for step in steps if step.place.endswith("/Build/Image")]
    assert "The sandbox does not imitate this: privileged mode" in image.summary
    assert not [step for step in steps if step.place.endswith(("/Build/Train", "-training"))]
    packages = land.client("demo-dev", "sagemaker").list_model_packages(ModelPackageGroupName=f"mlops-{project_id}")
    assert packages["ModelPackageSummaryList"] == []


def create_with_an_image_of_its_own(team: Team) -> str:
    """Create a project as the data scientist does who asks for an image. Returns its id."""
    [product] = team.scientist.client("servicecatalog").search_products()["ProductViewSummaries"]
    sagemaker = team.scientist.client("sagemaker")
    answers = [{"Key": "CustomImage", "Value": "true"}]
    details = {"ProductId": product["ProductId"], "ProvisioningParameters": answers}
    sagemaker.create_project(ProjectName="OwnImage", ServiceCatalogProvisioningDetails=details)
    return str(sagemaker.describe_project(ProjectName="OwnImage")["ProjectId"])

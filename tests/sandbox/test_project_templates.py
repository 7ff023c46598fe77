"""SageMaker projects from S3 templates: stacks that CloudFormation makes with the role that is handed over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.offered_product import (
    LAUNCH_ROLE,
    SCIENTIST,
    Offer,
    offer,
    put_template,
    small_template,
    template_url,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.running_sandbox import RunningSandbox

ROLE = "arn:aws:iam::111111111111:role/mlops/template-launch"
SUFFIXED = {"Fn::Sub": "${SageMakerProjectId}-${Suffix}"}


def suffixed_template(*, default: str = "data") -> dict[str, Any]:
    """A template with one bucket, called after the project's id and a parameter."""
    template = small_template()
    template["Parameters"] = {**template["Parameters"], "Suffix": {"Type": "String", "Default": default}}
    template["Resources"]["Data"]["Properties"]["BucketName"] = SUFFIXED
    return template


@pytest.fixture
def offered(sandbox: RunningSandbox) -> Iterator[Offer]:
    """A bucket with a template, and a role that CloudFormation may assume."""
    iam = sandbox.client("dev", "iam")
    principal = {"Service": "cloudformation.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with offer(sandbox, suffixed_template()) as opened:
        iam.create_role(RoleName="template-launch", Path="/mlops/", AssumeRolePolicyDocument=trust)
        try:
            yield opened
        finally:
            iam.delete_role(RoleName="template-launch")


def _provider(**changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    provider = {"TemplateName": "project", "TemplateURL": template_url("1.0.0.json"), **changes}
    return [{"CfnTemplateProvider": {key: value for key, value in provider.items() if value is not None}}]


def create(offered: Offer, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    sagemaker = offered.client("sagemaker", role_arn=SCIENTIST)
    sagemaker.create_project(ProjectName="Churn", TemplateProviders=_provider(**{"RoleARN": ROLE, **changes}))
    return offered.describe("Churn")


def update(offered: Offer, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    sagemaker = offered.client("sagemaker", role_arn=SCIENTIST)
    sagemaker.update_project(ProjectName="Churn", TemplateProvidersToUpdate=_provider(**changes))
    return offered.describe("Churn")


def detail(project: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    return found


def suffix(value: str) -> list[dict[str, str]]:
    return [{"Key": "Suffix", "Value": value}]


def test_a_project_is_a_stack_made_with_the_role_that_is_handed_over(offered: Offer) -> None:
    project = create(offered)
    assert project["ProjectStatus"] == "CreateCompleted"
    [stack] = offered.client("cloudformation").describe_stacks(StackName=detail(project)["StackDetail"]["Id"])["Stacks"]
    assert stack["StackName"].startswith("SP-")
    assert stack["RoleARN"] == ROLE


def test_the_stack_gets_name_and_id_of_the_project_and_the_parameters_given(offered: Offer) -> None:
    project = create(offered, Parameters=suffix("models"))
    assert offered.left() == {f"{project['ProjectId']}-models"}


def test_a_role_that_does_not_trust_cloudformation_fails_the_project_with_its_name(offered: Offer) -> None:
    project = create(offered, RoleARN=LAUNCH_ROLE)  # Service Catalog's
    assert project["ProjectStatus"] == "CreateFailed"
    assert f"{LAUNCH_ROLE} is invalid or cannot be assumed" in detail(project)["StackDetail"]["StatusMessage"]


def test_a_failed_project_can_be_deleted(offered: Offer) -> None:
    create(offered, RoleARN="arn:aws:iam::111111111111:role/nobody")
    assert offered.delete("Churn")["ProjectStatus"] == "DeleteCompleted"


def test_a_resource_that_cannot_be_made_fails_the_project_and_leaves_nothing(
    offered: Offer, sandbox: RunningSandbox
) -> None:
    put_template(sandbox, "2.0.0", suffixed_template(default="IN CAPITALS"))
    project = create(offered, TemplateURL=template_url("2.0.0.json"))
    assert project["ProjectStatus"] == "CreateFailed"
    assert "Data:" in detail(project)["StackDetail"]["StatusMessage"]
    assert offered.left() == set()


def test_a_template_that_is_not_there_is_refused_with_its_url(offered: Offer) -> None:
    with pytest.raises(ClientError, match=r"No valid template at https://.*/gone\.json"):
        create(offered, TemplateURL=template_url("gone.json"))


def test_a_project_without_a_role_is_refused_by_name(offered: Offer) -> None:
    with pytest.raises(ClientError, match="with no RoleARN"):
        create(offered, RoleARN=None)


def test_a_project_comes_from_one_place(offered: Offer) -> None:
    sagemaker, details = offered.client("sagemaker", role_arn=SCIENTIST), {"ProductId": offered.product}
    with pytest.raises(ClientError, match="exactly one of ServiceCatalogProvisioningDetails and TemplateProviders"):
        sagemaker.create_project(
            ProjectName="Churn", TemplateProviders=_provider(RoleARN=ROLE), ServiceCatalogProvisioningDetails=details
        )


def test_an_update_keeps_the_parameters_that_it_does_not_name(offered: Offer, sandbox: RunningSandbox) -> None:
    create(offered, Parameters=suffix("models"))
    put_template(sandbox, "2.0.0", suffixed_template(default="other"))
    project = update(offered, TemplateURL=template_url("2.0.0.json"))
    assert project["ProjectStatus"] == "UpdateCompleted"
    assert offered.left() == {f"{project['ProjectId']}-models"}


def test_an_update_changes_a_parameter(offered: Offer) -> None:
    create(offered, Parameters=suffix("models"))
    project = update(offered, Parameters=suffix("reports"))
    assert offered.left() == {f"{project['ProjectId']}-reports"}


def test_a_parameter_that_the_new_template_lacks_is_dropped(offered: Offer, sandbox: RunningSandbox) -> None:
    create(offered, Parameters=suffix("models"))
    put_template(sandbox, "2.0.0", small_template())
    project = update(offered, TemplateURL=template_url("2.0.0.json"))
    assert (project["ProjectStatus"], detail(project)["Parameters"]) == ("UpdateCompleted", [])


def test_an_update_that_changes_nothing_succeeds(offered: Offer) -> None:
    create(offered)
    assert update(offered)["ProjectStatus"] == "UpdateCompleted"


def test_a_failed_update_leaves_the_project_at_its_template(offered: Offer) -> None:
    create(offered)
    project = update(offered, Parameters=suffix("IN CAPITALS"))
    assert project["ProjectStatus"] == "UpdateFailed"
    assert "Parameters" not in detail(project)


def test_an_update_of_another_template_is_refused_with_its_name(offered: Offer) -> None:
    create(offered)
    with pytest.raises(ClientError, match="has no template called another"):
        update(offered, TemplateName="another")


def test_a_project_does_not_change_over_to_service_catalog(offered: Offer) -> None:
    create(offered)
    details = {"ProvisioningArtifactId": offered.release}
    with pytest.raises(ClientError, match="was not made from ServiceCatalogProvisioningDetails"):
        offered.client("sagemaker", role_arn=SCIENTIST).update_project(
            ProjectName="Churn", ServiceCatalogProvisioningUpdateDetails=details
        )


def test_a_bucket_with_objects_fails_the_deletion_with_its_name(offered: Offer) -> None:
    bucket, s3 = f"{create(offered)['ProjectId']}-data", offered.client("s3")
    s3.put_object(Bucket=bucket, Key="object", Body=b"1")
    project = offered.delete("Churn")
    s3.delete_object(Bucket=bucket, Key="object")
    assert project["ProjectStatus"] == "DeleteFailed"
    assert "BucketNotEmpty" in detail(project)["StackDetail"]["StatusMessage"]

"""SageMaker projects: made from the released product template, through Service Catalog, with the launch role."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from cfnlint.decode import decode

from sandbox.permissions import calls
from tests.sandbox.offered_product import LAUNCH_ROLE, RELEASE, SCIENTIST, Offer, assumed, offer, small_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox

LOUD_NAME = "A-PROJECT-NAME-OF-32-CAPITALS-XY"
STRANGER = "arn:aws:iam::111111111111:role/studio/stranger"


@pytest.fixture
def released(sandbox: RunningSandbox) -> Iterator[Offer]:
    """The released product template on offer."""
    with offer(sandbox, RELEASE.read_text()) as offered:
        yield offered


@pytest.fixture
def small(sandbox: RunningSandbox) -> Iterator[Offer]:
    """A template with one bucket on offer."""
    with offer(sandbox, small_template()) as offered:
        yield offered


def test_the_released_template_makes_a_project(released: Offer) -> None:
    project = released.create("Churn")
    made = released.client("cloudformation").list_stack_resources(StackName=released.stack_of(project)["StackId"])
    statuses = {item["LogicalResourceId"]: item["ResourceStatus"] for item in made["StackResourceSummaries"]}
    template, _ = decode(str(RELEASE))
    assert statuses == dict.fromkeys(template["Resources"], "CREATE_COMPLETE")


def test_a_deleted_project_leaves_exactly_what_is_retained(released: Offer) -> None:
    project = released.create("Churn")
    released.delete("Churn")
    name = f"mlops-{project['ProjectId']}"
    assert released.left() == {
        f"{name}-artifacts-111111111111",
        f"{name}-pipeline-111111111111",
        "Models and step outputs of project Churn.",
        "Pipeline artifacts of project Churn.",
        f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/{name}",
        f"arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/{name}",
    }


def test_a_missing_parameter_fails_the_project_with_its_name(released: Offer) -> None:
    released.client("ssm").delete_parameter(Name="/mlops/prod/deploy_role_arn")
    details = released.create("Churn")["ServiceCatalogProvisionedProductDetails"]
    assert "[ssm:/mlops/prod/deploy_role_arn] cannot be found" in details["ProvisionedProductStatusMessage"]


def test_a_missing_parameter_leaves_nothing(released: Offer) -> None:
    released.client("ssm").delete_parameter(Name="/mlops/prod/deploy_role_arn")
    released.create("Churn")
    assert released.left() == set()


def test_only_the_model_role_of_preprod_reads_artifacts_from_there(released: Offer) -> None:
    project_id = released.create("Churn")["ProjectId"]
    bucket = f"mlops-{project_id}-artifacts-111111111111"
    released.client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=b"model")
    read = [
        role
        for role in (f"mlops/project/mlops-{project_id}-preprod-model", "mlops/project/another", "admin")
        if _may_read(released, f"arn:aws:iam::222222222222:role/{role}", bucket)
    ]
    assert read == [f"mlops/project/mlops-{project_id}-preprod-model"]


def _may_read(offered: Offer, role_arn: str, bucket: str) -> bool:
    s3 = assumed(offered.running, "preprod", role_arn).client("s3", endpoint_url=offered.running.endpoint)
    try:
        return bool(s3.get_object(Bucket=bucket, Key="model.tar.gz")["Body"].read())
    except ClientError:
        return False


def test_two_projects_are_made_at_once(released: Offer) -> None:
    with ThreadPoolExecutor() as pool:
        statuses = [project["ProjectStatus"] for project in pool.map(released.create, ("One", "Two"))]
    assert statuses == ["CreateCompleted", "CreateCompleted"]


def test_a_project_name_of_32_capitals_is_taken(released: Offer) -> None:
    assert released.create(LOUD_NAME)["ProjectStatus"] == "CreateCompleted"


def test_a_name_of_33_characters_is_refused(small: Offer) -> None:
    with pytest.raises(ClientError, match="length between 1 and 32"):
        small.create(LOUD_NAME + "Z")


def test_a_name_with_an_underscore_is_refused(small: Offer) -> None:
    with pytest.raises(ClientError, match="regular expression pattern"):
        small.create("my_project")


def test_the_stack_gets_name_and_id_of_the_project(small: Offer) -> None:
    project = small.create("Churn")
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in small.stack_of(project)["Parameters"]}
    assert parameters == {"SageMakerProjectName": "Churn", "SageMakerProjectId": project["ProjectId"]}


def test_the_stack_is_made_with_the_launch_role(small: Offer) -> None:
    before = calls.mark(small.running.sandbox)
    small.create("Churn")
    made = calls.read(small.running.sandbox, since=before).calls
    assert {call.role_arn for call in made if call.operation in {"CreateStack", "CreateBucket"}} == {LAUNCH_ROLE}


def test_the_resources_carry_the_stack_tags_of_the_project(small: Offer) -> None:
    project = small.create("Churn")
    tags = small.client("s3").get_bucket_tagging(Bucket=f"{project['ProjectId']}-data")["TagSet"]
    found = {tag["Key"]: tag["Value"] for tag in tags}
    assert found == {"sagemaker:project-name": "Churn", "sagemaker:project-id": project["ProjectId"]}


def test_a_principal_that_the_portfolio_is_closed_to_is_refused(small: Offer) -> None:
    with pytest.raises(ClientError, match=rf"No launch paths found for resource: {small.product}.*{STRANGER}"):
        small.create("Churn", role_arn=STRANGER)


def test_a_second_project_of_the_same_name_is_refused(small: Offer) -> None:
    small.create("Churn")
    with pytest.raises(ClientError, match="Project already exists: Churn"):
        small.create("Churn")


def test_a_name_is_free_again_after_deletion(small: Offer) -> None:
    small.create("Churn")
    small.delete("Churn")
    assert small.create("Churn")["ProjectStatus"] == "CreateCompleted"


def test_without_service_catalog_no_project_is_made(small: Offer) -> None:
    small.client("sagemaker").disable_sagemaker_servicecatalog_portfolio()
    with pytest.raises(ClientError, match="EnableSagemakerServicecatalogPortfolio"):
        small.create("Churn")


def test_a_type_that_is_not_imitated_fails_the_project_by_name(small: Offer) -> None:
    small.publish("2.0.0", small_template(type_name="AWS::RoboMaker::Robot"))
    details = small.create("Churn")["ServiceCatalogProvisionedProductDetails"]
    assert "type AWS::RoboMaker::Robot" in details["ProvisionedProductStatusMessage"]


def test_a_type_that_is_not_imitated_leaves_nothing(small: Offer) -> None:
    small.publish("2.0.0", small_template(type_name="AWS::RoboMaker::Robot"))
    small.create("Churn")
    assert small.left() == set()


def test_a_failed_project_can_be_deleted(small: Offer) -> None:
    small.publish("2.0.0", small_template(type_name="AWS::RoboMaker::Robot"))
    small.create("Churn")
    assert small.delete("Churn")["ProjectStatus"] == "DeleteCompleted"


def test_the_newest_release_is_the_default(small: Offer) -> None:
    newest = small.publish("2.0.0", small_template(suffix="newer"))
    assert small.create("Churn")["ServiceCatalogProvisioningDetails"]["ProvisioningArtifactId"] == newest


def test_an_older_release_still_launches(small: Offer) -> None:
    small.publish("2.0.0", small_template(suffix="newer"))
    small.create("Churn", ProvisioningArtifactId=small.release)
    assert {name.partition("-data")[1] for name in small.left()} == {"-data"}


def test_a_project_is_updated_to_a_newer_release(small: Offer) -> None:
    project_id = small.create("Churn")["ProjectId"]
    newer = small.publish("2.0.0", small_template(suffix="newer"))
    _update(small, newer)
    assert small.left() == {f"{project_id}-newer"}


def test_a_deprecated_release_launches_nothing(small: Offer) -> None:
    _change(small, small.release, Guidance="DEPRECATED")
    with pytest.raises(ClientError, match="is deprecated"):
        small.create("Churn", ProvisioningArtifactId=small.release)


def test_a_project_is_updated_to_a_deprecated_release(small: Offer) -> None:
    small.create("Churn")
    newer = small.publish("2.0.0", small_template(suffix="newer"))
    _change(small, newer, Guidance="DEPRECATED")
    assert _update(small, newer) == "UpdateCompleted"


def test_no_project_is_updated_to_an_inactive_release(small: Offer) -> None:
    small.create("Churn")
    newer = small.publish("2.0.0", small_template(suffix="newer"))
    _change(small, newer, Active=False)
    with pytest.raises(ClientError, match="is not active"):
        _update(small, newer)


def test_a_failed_update_leaves_the_project_at_its_release(small: Offer) -> None:
    small.create("Churn")
    _update(small, small.publish("2.0.0", small_template(type_name="AWS::RoboMaker::Robot")))
    project = small.describe("Churn")
    release = project["ServiceCatalogProvisioningDetails"]["ProvisioningArtifactId"]
    assert (project["ProjectStatus"], release) == ("UpdateFailed", small.release)


def test_a_project_that_is_not_there_is_named(small: Offer) -> None:
    with pytest.raises(ClientError, match="Project Nobody does not exist"):
        small.describe("Nobody")


def test_a_bucket_with_objects_fails_the_deletion_with_its_name(small: Offer) -> None:
    bucket = f"{small.create('Churn')['ProjectId']}-data"
    s3 = small.client("s3")
    s3.put_object(Bucket=bucket, Key="object", Body=b"1")
    project = small.delete("Churn")
    s3.delete_object(Bucket=bucket, Key="object")
    message = project["ServiceCatalogProvisionedProductDetails"]["ProvisionedProductStatusMessage"]
    assert (project["ProjectStatus"], "BucketNotEmpty" in message) == ("DeleteFailed", True)


def _update(offered: Offer, artifact_id: str) -> str:
    sagemaker = offered.client("sagemaker", role_arn=SCIENTIST)
    details = {"ProvisioningArtifactId": artifact_id}
    sagemaker.update_project(ProjectName="Churn", ServiceCatalogProvisioningUpdateDetails=details)
    return str(offered.describe("Churn")["ProjectStatus"])


def _change(offered: Offer, artifact_id: str, **changes: object) -> None:
    catalog = offered.client("servicecatalog")
    catalog.update_provisioning_artifact(ProductId=offered.product, ProvisioningArtifactId=artifact_id, **changes)

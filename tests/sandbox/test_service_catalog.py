"""Service Catalog in the sandbox: what an administrator sets up, and what somebody with access launches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.offered_product import (
    BUCKET,
    LAUNCH_ROLE,
    PROJECT_PARAMETERS,
    SCIENTIST,
    Offer,
    artifact,
    offer,
    put_template,
    small_template,
    template_url,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient

    from tests.sandbox.running_sandbox import RunningSandbox

VALUES = [{"Key": "SageMakerProjectName", "Value": "Churn"}, {"Key": "SageMakerProjectId", "Value": "p-churn"}]


@pytest.fixture
def offered(sandbox: RunningSandbox) -> Iterator[Offer]:
    with offer(sandbox, small_template()) as made:
        yield made


@pytest.fixture
def catalog(offered: Offer) -> BaseClient:
    return offered.client("servicecatalog")


def launch(offered: Offer, *, role_arn: str = SCIENTIST, artifact_id: str = "") -> dict[str, Any]:
    """Provision the product and return the record as DescribeRecord has it."""
    catalog = offered.client("servicecatalog", role_arn=role_arn)
    made = catalog.provision_product(
        ProductId=offered.product,
        ProvisioningArtifactId=artifact_id or offered.release,
        ProvisionedProductName="churn",
        ProvisioningParameters=VALUES,
    )
    return dict(catalog.describe_record(Id=made["RecordDetail"]["RecordId"]))


def status(offered: Offer) -> str:
    described = offered.client("servicecatalog").describe_provisioned_product(Name="churn")
    return str(described["ProvisionedProductDetail"]["Status"])


def test_a_portfolio_is_described_as_it_was_created(catalog: BaseClient) -> None:
    tags = [{"Key": "mlops:set", "Value": "demo"}]
    made = catalog.create_portfolio(DisplayName="Other", ProviderName="MLOps", Description="Words.", Tags=tags)
    found = catalog.describe_portfolio(Id=made["PortfolioDetail"]["Id"])
    catalog.delete_portfolio(Id=made["PortfolioDetail"]["Id"])
    detail = found["PortfolioDetail"]
    assert (detail["DisplayName"], detail["Description"], found["Tags"]) == ("Other", "Words.", tags)


def test_a_portfolio_is_updated_with_its_tags(offered: Offer, catalog: BaseClient) -> None:
    catalog.update_portfolio(Id=offered.portfolio, AddTags=[{"Key": key, "Value": "1"} for key in ("a", "b")])
    found = catalog.update_portfolio(Id=offered.portfolio, DisplayName="New", RemoveTags=["a"])
    names = [tag["Key"] for tag in found["Tags"]]
    assert (found["PortfolioDetail"]["DisplayName"], names) == ("New", ["b"])


def test_a_portfolio_with_products_is_not_deleted(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match="ResourceInUse"):
        catalog.delete_portfolio(Id=offered.portfolio)


def test_a_portfolio_name_longer_than_aws_allows_is_refused(catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match="'DisplayName' failed to satisfy constraint"):
        catalog.create_portfolio(DisplayName="x" * 101, ProviderName="MLOps")


def test_a_repeated_request_makes_nothing_twice(catalog: BaseClient) -> None:
    wanted = {"DisplayName": "Other", "ProviderName": "MLOps", "IdempotencyToken": "once"}
    ids = {catalog.create_portfolio(**wanted)["PortfolioDetail"]["Id"] for _ in range(2)}
    for portfolio_id in ids:
        catalog.delete_portfolio(Id=portfolio_id)
    assert len(ids) == 1


def test_a_product_is_described_as_it_was_created(offered: Offer, catalog: BaseClient) -> None:
    detail = catalog.describe_product_as_admin(Id=offered.product)["ProductViewDetail"]
    summary = detail["ProductViewSummary"]
    assert (summary["Name"], summary["Owner"], detail["Status"]) == ("Project", "MLOps", "AVAILABLE")


def test_a_product_is_updated_in_place(offered: Offer, catalog: BaseClient) -> None:
    catalog.update_product(Id=offered.product, Description="Words.")
    detail = catalog.describe_product_as_admin(Id=offered.product)["ProductViewDetail"]
    assert detail["ProductViewSummary"]["ShortDescription"] == "Words."


def test_a_product_in_a_portfolio_is_not_deleted(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match=rf"ResourceInUse.*still in {offered.portfolio}"):
        catalog.delete_product(Id=offered.product)


def test_an_administrator_finds_the_products_of_a_portfolio(offered: Offer, catalog: BaseClient) -> None:
    found = catalog.search_products_as_admin(PortfolioId=offered.portfolio)["ProductViewDetails"]
    assert [item["ProductViewSummary"]["ProductId"] for item in found] == [offered.product]


def test_a_new_release_adds_one_artifact(offered: Offer, catalog: BaseClient) -> None:
    newer = offered.publish("1.1.0", small_template())
    found = catalog.list_provisioning_artifacts(ProductId=offered.product)["ProvisioningArtifactDetails"]
    assert [item["Id"] for item in found] == [offered.release, newer]


def test_an_artifact_is_described_with_its_template(offered: Offer, catalog: BaseClient) -> None:
    wanted = {"ProductId": offered.product, "ProvisioningArtifactId": offered.release}
    found = catalog.describe_provisioning_artifact(**wanted)
    assert found["Info"] == {"TemplateUrl": template_url("1.0.0.json")}


def test_the_template_is_copied_when_the_artifact_is_created(offered: Offer) -> None:
    put_template(offered.running, "1.0.0", small_template(suffix="overwritten"))
    launch(offered)
    assert offered.left() == {"p-churn-data"}


@pytest.mark.parametrize(
    ("name", "template", "problem"),
    [
        ("absent", None, "NoSuchKey"),
        ("empty", {"Resources": []}, "it has no Resources"),
        ("prose", "Dear reader: : [", "No valid template"),
    ],
)
def test_an_artifact_without_a_valid_template_is_refused(
    offered: Offer, catalog: BaseClient, name: str, template: dict[str, Any] | str | None, problem: str
) -> None:
    if template is not None:
        put_template(offered.running, name, template)
    with pytest.raises(ClientError, match=problem):
        catalog.create_provisioning_artifact(ProductId=offered.product, Parameters=artifact(name))


@pytest.mark.parametrize(
    "url",
    [
        f"http://{BUCKET}.s3.eu-west-1.amazonaws.com/1.0.0.json",
        f"https://{BUCKET}.s3.us-east-1.amazonaws.com/1.0.0.json",
    ],
)
def test_an_address_that_is_not_in_the_region_is_refused(offered: Offer, catalog: BaseClient, url: str) -> None:
    parameters = artifact("1.0.0") | {"Info": {"LoadTemplateFromURL": url}}
    with pytest.raises(ClientError, match="not the https URL of an object in eu-west-1"):
        catalog.create_provisioning_artifact(ProductId=offered.product, Parameters=parameters)


def test_the_last_artifact_of_a_product_is_not_deleted(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match="is the last artifact"):
        catalog.delete_provisioning_artifact(ProductId=offered.product, ProvisioningArtifactId=offered.release)


def test_an_artifact_is_deleted(offered: Offer, catalog: BaseClient) -> None:
    newer = offered.publish("1.1.0", small_template())
    catalog.delete_provisioning_artifact(ProductId=offered.product, ProvisioningArtifactId=newer)
    found = catalog.list_provisioning_artifacts(ProductId=offered.product)["ProvisioningArtifactDetails"]
    assert [item["Id"] for item in found] == [offered.release]


def test_a_product_knows_its_portfolios(offered: Offer, catalog: BaseClient) -> None:
    found = catalog.list_portfolios_for_product(ProductId=offered.product)["PortfolioDetails"]
    assert [item["Id"] for item in found] == [offered.portfolio]


def test_a_product_with_a_constraint_stays_in_its_portfolio(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match=r"ResourceInUse.*Constraint cons-"):
        catalog.disassociate_product_from_portfolio(PortfolioId=offered.portfolio, ProductId=offered.product)


def constrain(offered: Offer, *, parameters: dict[str, str], type_: str = "LAUNCH") -> dict[str, Any]:
    """Put a constraint in place of the one that is there."""
    catalog = offered.client("servicecatalog")
    for item in catalog.list_constraints_for_portfolio(PortfolioId=offered.portfolio)["ConstraintDetails"]:
        catalog.delete_constraint(Id=item["ConstraintId"])
    made = catalog.create_constraint(
        PortfolioId=offered.portfolio, ProductId=offered.product, Type=type_, Parameters=json.dumps(parameters)
    )
    return dict(catalog.describe_constraint(Id=made["ConstraintDetail"]["ConstraintId"]))


def test_a_constraint_is_described_as_it_was_created(offered: Offer) -> None:
    found = constrain(offered, parameters={"LocalRoleName": "offered-launch"})
    assert json.loads(found["ConstraintParameters"]) == {"LocalRoleName": "offered-launch"}


def test_a_constraint_is_updated_in_place(offered: Offer, catalog: BaseClient) -> None:
    constraint_id = constrain(offered, parameters={"RoleArn": LAUNCH_ROLE})["ConstraintDetail"]["ConstraintId"]
    catalog.update_constraint(Id=constraint_id, Description="Words.")
    assert catalog.describe_constraint(Id=constraint_id)["ConstraintDetail"]["Description"] == "Words."


def test_a_second_launch_constraint_is_refused(offered: Offer, catalog: BaseClient) -> None:
    parameters = json.dumps({"RoleArn": LAUNCH_ROLE})
    with pytest.raises(ClientError, match="DuplicateResource"):
        catalog.create_constraint(
            PortfolioId=offered.portfolio, ProductId=offered.product, Type="LAUNCH", Parameters=parameters
        )


def test_a_constraint_that_names_two_roles_is_refused(offered: Offer) -> None:
    with pytest.raises(ClientError, match="either a RoleArn or a LocalRoleName"):
        constrain(offered, parameters={"RoleArn": LAUNCH_ROLE, "LocalRoleName": "offered-launch"})


def test_another_kind_of_constraint_is_refused_by_name(offered: Offer) -> None:
    with pytest.raises(ClientError, match=r"does not imitate.*NOTIFICATION"):
        constrain(offered, parameters={}, type_="NOTIFICATION")


def test_a_constraint_on_a_product_outside_the_portfolio_is_refused(offered: Offer, catalog: BaseClient) -> None:
    for item in catalog.list_constraints_for_portfolio(PortfolioId=offered.portfolio)["ConstraintDetails"]:
        catalog.delete_constraint(Id=item["ConstraintId"])
    catalog.disassociate_product_from_portfolio(PortfolioId=offered.portfolio, ProductId=offered.product)
    with pytest.raises(ClientError, match="does not hold product"):
        constrain(offered, parameters={"RoleArn": LAUNCH_ROLE})


def test_another_kind_of_principal_is_refused_by_name(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match=r"does not imitate.*IAM_PATTERN"):
        catalog.associate_principal_with_portfolio(
            PortfolioId=offered.portfolio, PrincipalARN="arn:aws:iam:::role/*", PrincipalType="IAM_PATTERN"
        )


def test_a_principal_finds_what_is_open_to_it(offered: Offer) -> None:
    found = offered.client("servicecatalog", role_arn=SCIENTIST).search_products()["ProductViewSummaries"]
    assert [item["ProductId"] for item in found] == [offered.product]


def test_another_principal_finds_nothing(catalog: BaseClient) -> None:
    assert catalog.search_products()["ProductViewSummaries"] == []


def test_another_principal_has_no_launch_path(offered: Offer, catalog: BaseClient) -> None:
    with pytest.raises(ClientError, match="No launch paths found for resource"):
        catalog.list_launch_paths(ProductId=offered.product)


def test_the_parameters_of_a_product_are_those_of_its_template(offered: Offer) -> None:
    catalog = offered.client("servicecatalog", role_arn=SCIENTIST)
    wanted = {"ProductId": offered.product, "ProvisioningArtifactId": offered.release}
    found = catalog.describe_provisioning_parameters(**wanted)["ProvisioningArtifactParameters"]
    assert [item["ParameterKey"] for item in found] == ["SageMakerProjectName", "SageMakerProjectId"]


def test_a_launch_ends_in_a_record_with_the_stack(offered: Offer) -> None:
    record = launch(offered)
    outputs = {item["OutputKey"]: item["OutputValue"] for item in record["RecordOutputs"]}
    assert (record["RecordDetail"]["Status"], "stack/SC-111111111111-pp-" in outputs["CloudformationStackARN"]) == (
        "SUCCEEDED",
        True,
    )


def test_a_launched_product_is_available(offered: Offer) -> None:
    launch(offered)
    assert status(offered) == "AVAILABLE"


def test_a_launched_product_carries_where_it_came_from(offered: Offer) -> None:
    launch(offered)
    (stack,) = offered.client("cloudformation").describe_stacks()["Stacks"]
    tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
    assert tags["aws:servicecatalog:provisioningPrincipalArn"] == SCIENTIST


def test_a_second_product_of_the_same_name_is_refused(offered: Offer) -> None:
    launch(offered)
    with pytest.raises(ClientError, match="DuplicateResource"):
        launch(offered)


def test_each_finds_only_what_they_launched(offered: Offer, catalog: BaseClient) -> None:
    launch(offered)
    assert catalog.search_provisioned_products()["ProvisionedProducts"] == []


def test_a_failed_launch_leaves_the_product_in_error(offered: Offer) -> None:
    launch(offered, artifact_id=offered.publish("bad", small_template(type_name="AWS::RoboMaker::Robot")))
    assert status(offered) == "ERROR"


def test_a_failed_update_leaves_the_product_tainted(offered: Offer) -> None:
    launch(offered)
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}
    bad = offered.publish("bad", {"Parameters": PROJECT_PARAMETERS, "Resources": {"Other": taken}})
    catalog = offered.client("servicecatalog", role_arn=SCIENTIST)
    catalog.update_provisioned_product(ProvisionedProductName="churn", ProvisioningArtifactId=bad)
    assert status(offered) == "TAINTED"


def test_an_update_without_a_change_succeeds(offered: Offer) -> None:
    launch(offered)
    catalog = offered.client("servicecatalog", role_arn=SCIENTIST)
    record = catalog.update_provisioned_product(ProvisionedProductName="churn")["RecordDetail"]
    assert record["Status"] == "SUCCEEDED"


def test_a_terminated_product_is_gone_with_its_resources(offered: Offer, catalog: BaseClient) -> None:
    launch(offered)
    catalog.terminate_provisioned_product(ProvisionedProductName="churn")
    everybody = {"Key": "Account", "Value": "self"}
    found = catalog.search_provisioned_products(AccessLevelFilter=everybody)["ProvisionedProducts"]
    assert (found, offered.left()) == ([], set())


@pytest.mark.parametrize(
    ("principal", "problem"),
    [
        ({"Service": "lambda.amazonaws.com"}, "does not trust servicecatalog.amazonaws.com"),
        (None, "NoSuchEntity"),
    ],
)
def test_a_launch_role_that_service_catalog_cannot_assume_is_named(
    offered: Offer, principal: dict[str, str] | None, problem: str
) -> None:
    iam = offered.client("iam")
    if principal is None:
        iam.delete_role(RoleName="offered-launch")
    else:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.update_assume_role_policy(RoleName="offered-launch", PolicyDocument=trust)
    (error,) = launch(offered)["RecordDetail"]["RecordErrors"]
    assert problem in error["Description"]


@pytest.mark.parametrize(
    ("operation", "arguments", "refused"),
    [
        ("list_portfolios", {"PageSize": 3}, "PageSize of ListPortfolios"),
        ("create_tag_option", {"Key": "a", "Value": "b"}, "create_tag_option"),
        ("list_portfolio_access", {"PortfolioId": "port-1"}, "list_portfolio_access"),
    ],
)
def test_what_is_not_imitated_is_refused_by_name(
    catalog: BaseClient, operation: str, arguments: dict[str, Any], refused: str
) -> None:
    with pytest.raises(ClientError, match=f"does not imitate.*{refused}"):
        getattr(catalog, operation)(**arguments)

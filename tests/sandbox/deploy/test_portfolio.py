"""The project portfolio as deployed: what Studio offers, who may launch it, and what a new release changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from baseline.releases import published
from sandbox.journey.team import assemble, person
from tests.conftest import ROOT
from tests.sandbox.deploy.land import succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

RELEASES = [str(release.version) for release in published(ROOT / "cfn_product" / "releases")]
OLDEST, NEWEST = RELEASES[0], RELEASES[-1]
NEXT = "99.0.0"
STUDIO_ROLE = "arn:aws:iam::111111111111:role/service-role/AmazonSageMaker-ExecutionRole-demo"
AWS_CLI = Path(sys.executable).with_name("aws")


def product(land: Land) -> dict[str, Any]:
    """The product as an administrator sees it, with its provisioning artifacts."""
    catalog = land.client("demo-dev", "servicecatalog")
    [found] = catalog.search_products_as_admin()["ProductViewDetails"]
    described: dict[str, Any] = catalog.describe_product_as_admin(Id=found["ProductViewSummary"]["ProductId"])
    return described


def aws(land: Land, *arguments: str) -> dict[str, Any]:
    """Run the AWS CLI as it is, with DEV's credentials."""
    answer = subprocess.run(
        [AWS_CLI, *arguments, "--output", "json"],
        env={**land.project.variables, "AWS_PROFILE": "demo-dev"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    document: dict[str, Any] = json.loads(answer.stdout or "{}")
    return document


def publish_the_next(land: Land) -> None:
    """Put one release more beside the others, as `make release` does. It is the newest one but for its number."""
    releases = land.project.folder / "cfn_product" / "releases"
    text = (releases / f"{NEWEST}.yaml").read_text().replace(f'Value: "{NEWEST}"', f'Value: "{NEXT}"')
    (releases / f"{NEXT}.yaml").write_text(text)


def test_studio_offers_the_product(deployed: Land) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in product(deployed)["Tags"]}
    assert tags["sagemaker:studio-visibility"] == "true"


def test_sagemaker_may_use_service_catalog(deployed: Land) -> None:
    sagemaker = deployed.client("demo-dev", "sagemaker")
    assert sagemaker.get_sagemaker_servicecatalog_portfolio_status()["Status"] == "Enabled"


def test_projects_are_made_with_the_launch_role(deployed: Land) -> None:
    catalog = deployed.client("demo-dev", "servicecatalog")
    [portfolio] = catalog.list_portfolios()["PortfolioDetails"]
    [constraint] = catalog.list_constraints_for_portfolio(PortfolioId=portfolio["Id"])["ConstraintDetails"]
    assert constraint["Type"] == "LAUNCH"
    parameters = json.loads(catalog.describe_constraint(Id=constraint["ConstraintId"])["ConstraintParameters"])
    assert parameters == {"RoleArn": "arn:aws:iam::111111111111:role/mlops/mlops-demo-dev-launch"}


def test_only_service_catalog_may_assume_the_launch_role(deployed: Land) -> None:
    role = deployed.client("demo-dev", "iam").get_role(RoleName="mlops-demo-dev-launch")["Role"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "servicecatalog.amazonaws.com"}


def test_the_studio_role_carries_the_data_scientist_policy_and_is_a_principal_of_the_portfolio(deployed: Land) -> None:
    iam = deployed.client("demo-dev", "iam")
    attached = iam.list_attached_role_policies(RoleName=STUDIO_ROLE.rpartition("/")[2])["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["mlops-demo-dev-data-scientist"]
    catalog = deployed.client("demo-dev", "servicecatalog")
    [portfolio] = catalog.list_portfolios()["PortfolioDetails"]
    principals = catalog.list_principals_for_portfolio(PortfolioId=portfolio["Id"])["Principals"]
    assert [principal["PrincipalARN"] for principal in principals] == [STUDIO_ROLE]


def test_a_project_before_preprod_and_prod_exist_is_created(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        project = assemble(land.sandbox, dev="demo-dev", studio_role_arn=STUDIO_ROLE).create_project("Early")
        resources = land.client("demo-dev", "cloudformation").describe_stack_resources(StackName=project.stack)
        types = {resource["ResourceType"] for resource in resources["StackResources"]}
        assert {"AWS::KMS::Key", "AWS::S3::Bucket", "AWS::ECR::Repository"} <= types
        assert land.client("demo-prod", "iam").list_roles(PathPrefix="/mlops/")["Roles"] == []


def test_a_new_release_is_one_new_artifact_the_old_one_still_launches_and_its_projects_can_be_updated(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        before = product(land)
        publish_the_next(land)
        land.project.synth()
        assert land.project.changes("demo-dev") == {
            f'module.seed_bucket.aws_s3_object.this["{NEXT}"]': ["create"],
            f'module.project_portfolio.aws_servicecatalog_provisioning_artifact.this["{NEXT}"]': ["create"],
        }
        succeeded(land.project.deploy("demo-dev"))
        after = product(land)
        names = {artifact["Name"]: artifact["Id"] for artifact in after["ProvisioningArtifactSummaries"]}
        assert set(names) == {*RELEASES, NEXT}
        product_id = after["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
        assert product_id == before["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
        scientist = person(land.sandbox, land.sandbox.find("demo-dev"), role_arn=STUDIO_ROLE).client("sagemaker")
        asked: dict[str, dict[str, str]] = {"Default": {}, "Older": {"ProvisioningArtifactId": names[OLDEST]}}
        got = {}
        for name, artifact in asked.items():
            details = {"ProductId": product_id, **artifact}
            scientist.create_project(ProjectName=name, ServiceCatalogProvisioningDetails=details)
            project = scientist.describe_project(ProjectName=name)
            assert project["ProjectStatus"] == "CreateCompleted"
            got[name] = project["ServiceCatalogProvisioningDetails"]["ProvisioningArtifactId"]
        assert got == {"Default": names[NEXT], "Older": names[OLDEST]}

        newest = {"ProvisioningArtifactId": names[NEXT]}
        scientist.update_project(ProjectName="Older", ServiceCatalogProvisioningUpdateDetails=newest)
        assert scientist.describe_project(ProjectName="Older")["ProjectStatus"] == "UpdateCompleted"
        stacks = land.client("demo-dev", "cloudformation").describe_stacks()["Stacks"]
        outputs = [
            output for stack in stacks for output in stack["Outputs"] if output["OutputKey"] == "TemplateVersion"
        ]
        assert [output["OutputValue"] for output in outputs] == [NEXT, NEXT]


def test_a_release_that_the_accounts_file_deprecates_launches_no_new_project(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        publish_the_next(land)
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        accounts_file = land.project.folder / "accounts.toml"
        studio = "[demo.dev.studio]\n"
        accounts_file.write_text(
            accounts_file.read_text().replace(studio, f'{studio}deprecated_releases = ["{NEXT}"]\n', 1)
        )
        land.project.synth()
        address = f'module.project_portfolio.aws_servicecatalog_provisioning_artifact.this["{NEXT}"]'
        assert land.project.changes("demo-dev") == {address: ["update"]}
        succeeded(land.project.deploy("demo-dev"))
        product_id = product(land)["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
        listed = land.client("demo-dev", "servicecatalog").list_provisioning_artifacts(ProductId=product_id)
        offers = {artifact["Name"]: artifact["Guidance"] for artifact in listed["ProvisioningArtifactDetails"]}
        assert offers == dict.fromkeys(RELEASES, "DEFAULT") | {NEXT: "DEPRECATED"}


def test_the_aws_cli_finds_the_product_creates_a_project_and_describes_it(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        # The administrator of the sandbox stands for Studio's role: it is made a principal first.
        [found] = aws(land, "servicecatalog", "search-products-as-admin")["ProductViewDetails"]
        product_id = found["ProductViewSummary"]["ProductId"]
        [portfolio] = aws(land, "servicecatalog", "list-portfolios")["PortfolioDetails"]
        me = aws(land, "sts", "get-caller-identity")["Arn"].split("/")[1]
        aws(
            land,
            *("servicecatalog", "associate-principal-with-portfolio", "--portfolio-id", portfolio["Id"]),
            *("--principal-arn", f"arn:aws:iam::111111111111:role/{me}", "--principal-type", "IAM"),
        )
        details = f"ProductId={product_id}"
        aws(
            land,
            *("sagemaker", "create-project", "--project-name", "Churn"),
            *("--service-catalog-provisioning-details", details),
        )
        project = aws(land, "sagemaker", "describe-project", "--project-name", "Churn")
        assert project["ProjectStatus"] == "CreateCompleted"

"""The S3 templates as deployed: the second way in which Studio offers a project."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from baseline import accounts, naming
from baseline.releases import published
from sandbox.journey.team import person
from tests.conftest import ROOT
from tests.sandbox.deploy.land import opened_land, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

RELEASES = [str(release.version) for release in published(ROOT / "cfn_product" / "releases")]
NEWEST = RELEASES[-1]
STUDIO_ROLE = "arn:aws:iam::111111111111:role/service-role/AmazonSageMaker-ExecutionRole-demo"
LAUNCH_ROLE = "arn:aws:iam::111111111111:role/mlops/mlops-demo-dev-s3-launch"
BUCKET = "mlops-demo-dev-seed-eu-west-1-111111111111"
BOTH = 'offered_by = ["service-catalog", "s3"]'
STUDIO = "[demo.dev.studio]\n"


def offer(land: Land, line: str) -> None:
    """Say in the project's accounts file where Studio finds the product."""
    file = land.project.folder / "accounts.toml"
    text = re.sub(r"^offered_by = .*\n", "", file.read_text(), flags=re.MULTILINE)
    file.write_text(text.replace(STUDIO, f"{STUDIO}{line}\n", 1))


def url(version: str) -> str:
    return f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/templates/mlops-project-{version}.yaml"


def scientist(land: Land) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """SageMaker as a data scientist in Studio calls it."""
    return person(land.sandbox, land.sandbox.find("demo-dev"), role_arn=STUDIO_ROLE).client("sagemaker")


def create(land: Land, name: str, version: str = NEWEST, **parameters: str) -> dict[str, Any]:
    """Create a project from an S3 template, and return how SageMaker describes it."""
    provider = {
        "TemplateName": "mlops-project",
        "TemplateURL": url(version),
        "RoleARN": LAUNCH_ROLE,
        "Parameters": [{"Key": key, "Value": value} for key, value in parameters.items()],
    }
    scientist(land).create_project(ProjectName=name, TemplateProviders=[{"CfnTemplateProvider": provider}])
    return describe(land, name)


def describe(land: Land, name: str) -> dict[str, Any]:
    described: dict[str, Any] = scientist(land).describe_project(ProjectName=name)
    return described


def stack(land: Land, project: dict[str, Any]) -> dict[str, Any]:
    """The stack of a project that was made from an S3 template."""
    name = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]["StackDetail"]["Name"]
    described: dict[str, Any] = land.client("demo-dev", "cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return described


def made(land: Land, stack_name: str, project: dict[str, Any]) -> set[tuple[str, str, str]]:
    """The resources of a project: logical id, type and, without what is drawn at random, what they are called."""
    resources = land.client("demo-dev", "cloudformation").describe_stack_resources(StackName=stack_name)
    drawn = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    return {
        (
            resource["LogicalResourceId"],
            resource["ResourceType"],
            drawn.sub("...", resource["PhysicalResourceId"].replace(project["ProjectId"], "<id>")),
        )
        for resource in resources["StackResources"]
    }


def visible(land: Land) -> list[str]:
    """Keys of the templates that Studio shows."""
    s3 = land.client("demo-dev", "s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="templates/")["Contents"]]
    tags = {key: s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"] for key in keys}
    return [key for key in keys if {"Key": "sagemaker:studio-visibility", "Value": "true"} in tags[key]]


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """DEV with both offers, deployed. Each test makes projects of its own."""
    with opened_land(tmp_path_factory.mktemp("templates")) as land:
        offer(land, BOTH)
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        yield land


def test_both_ways_make_the_same_resources(offered: Land) -> None:
    [product] = offered.client("demo-dev", "servicecatalog").search_products_as_admin()["ProductViewDetails"]
    details = {"ProductId": product["ProductViewSummary"]["ProductId"]}
    scientist(offered).create_project(ProjectName="Bought", ServiceCatalogProvisioningDetails=details)
    bought = describe(offered, "Bought")
    built = create(offered, "Built")
    assert built["ProjectStatus"] == bought["ProjectStatus"] == "CreateCompleted"
    provisioned = bought["ServiceCatalogProvisionedProductDetails"]["ProvisionedProductId"]
    by_catalog = made(offered, f"SC-111111111111-{provisioned}", bought)
    assert made(offered, stack(offered, built)["StackName"], built) == by_catalog


def test_the_launch_role_makes_the_project(offered: Land) -> None:
    assert stack(offered, create(offered, "ByTheRole"))["RoleARN"] == LAUNCH_ROLE


def test_the_stack_carries_the_tags_of_the_project(offered: Land) -> None:
    project = create(offered, "Tagged")
    tags = {tag["Key"]: tag["Value"] for tag in stack(offered, project)["Tags"]}
    assert tags == {"sagemaker:project-name": "Tagged", "sagemaker:project-id": project["ProjectId"]}


def test_a_project_changes_to_another_release(offered: Land) -> None:
    create(offered, "Older", RELEASES[0])
    provider = {"TemplateName": "mlops-project", "TemplateURL": url(NEWEST)}
    scientist(offered).update_project(
        ProjectName="Older", TemplateProvidersToUpdate=[{"CfnTemplateProvider": provider}]
    )
    project = describe(offered, "Older")
    assert project["ProjectStatus"] == "UpdateCompleted"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack(offered, project)["Outputs"]}
    assert outputs["TemplateVersion"] == NEWEST


def test_a_deleted_project_leaves_what_the_template_retains(offered: Land) -> None:
    project = create(offered, "Gone")
    scientist(offered).delete_project(ProjectName="Gone")
    assert describe(offered, "Gone")["ProjectStatus"] == "DeleteCompleted"
    buckets = {item["Name"] for item in offered.client("demo-dev", "s3").list_buckets()["Buckets"]}
    names = {f"mlops-{project['ProjectId']}-{kind}-111111111111" for kind in ("artifacts", "pipeline")}
    assert names <= buckets
    roles = offered.client("demo-dev", "iam").list_roles(PathPrefix="/mlops/project/")["Roles"]
    assert [role["RoleName"] for role in roles if project["ProjectId"] in role["RoleName"]] == []


def test_studio_shows_every_release(offered: Land) -> None:
    assert visible(offered) == [f"templates/mlops-project-{version}.yaml" for version in sorted(RELEASES)]


def test_studio_reads_the_bucket_from_the_browser(offered: Land) -> None:
    [rule] = offered.client("demo-dev", "s3").get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://*.sagemaker.aws"]
    assert {"GET", "HEAD"} <= set(rule["AllowedMethods"])


def test_only_cloudformation_assumes_the_launch_role(offered: Land) -> None:
    role = offered.client("demo-dev", "iam").get_role(RoleName="mlops-demo-dev-s3-launch")["Role"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudformation.amazonaws.com"}


def test_the_command_that_is_left_tells_studio_where_the_templates_are(offered: Land) -> None:
    sagemaker = offered.client("demo-dev", "sagemaker")
    # The emulator calls a domain after its name.
    made = sagemaker.create_domain(
        DomainName="examplexxxxx",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": STUDIO_ROLE},
        SubnetIds=["subnet-12345678"],
        VpcId="vpc-12345678",
    )
    output = offered.project.terraform("demo-dev", "output", "-json", "next_step")
    program, *arguments = shlex.split(json.loads(output.stdout))
    answer = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        env={**offered.project.variables, "AWS_PROFILE": "demo-dev"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    [demo] = accounts.load(offered.project.folder / "accounts.toml")
    tags = sagemaker.list_tags(ResourceArn=made["DomainArn"])["Tags"]
    assert {"Key": naming.S3_TEMPLATES_TAG, "Value": naming.s3_templates_location(demo.dev)} in tags


def test_whoever_changes_the_offer_replaces_and_loses_nothing(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        offer(land, BOTH)
        land.project.synth()
        succeeded(land.project.terraform("demo-dev", "get"))  # there is a module more
        changes = land.project.changes("demo-dev")
        assert {address.split(".")[1] for address in changes} == {"project_templates"}
        assert set(map(tuple, changes.values())) == {("create",)}
        succeeded(land.project.deploy("demo-dev"))

        offer(land, 'offered_by = ["s3"]')
        land.project.synth()
        changes = land.project.changes("demo-dev")
        assert "module.project_portfolio.aws_servicecatalog_product.this" in changes
        assert set(map(tuple, changes.values())) == {("update",)}
        succeeded(land.project.deploy("demo-dev"))
        [product] = land.client("demo-dev", "servicecatalog").search_products_as_admin()["ProductViewDetails"]
        product_id = product["ProductViewSummary"]["ProductId"]
        described = land.client("demo-dev", "servicecatalog").describe_product_as_admin(Id=product_id)
        assert "sagemaker:studio-visibility" not in {tag["Key"] for tag in described["Tags"]}


def test_a_deprecated_release_is_not_shown_and_projects_can_still_change_to_it(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        offer(land, f'{BOTH}\ndeprecated_releases = ["{NEWEST}"]')
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy("demo-dev"))
        assert visible(land) == [f"templates/mlops-project-{version}.yaml" for version in sorted(RELEASES[:-1])]
        create(land, "Old", RELEASES[0])
        provider = {"TemplateName": "mlops-project", "TemplateURL": url(NEWEST)}
        scientist(land).update_project(ProjectName="Old", TemplateProvidersToUpdate=[{"CfnTemplateProvider": provider}])
        assert describe(land, "Old")["ProjectStatus"] == "UpdateCompleted"

"""The accounts that the permission table is held against: deployed, with two projects and the roles of their models."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from sandbox.journey.team import person
from tests.permissions.names import ACCOUNTS, APPROVER, CHURN_ID, DEV, FRAUD_ID, REGION, SET, STUDIO_ROLE, Project
from tests.sandbox.deploy.land import succeeded
from tests.template.product_template import RELEASES, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.deploy.land import Land

NEXT_RELEASE = "99.0.0"
REPOSITORY = "octo-org/mlops"  # whose workflows plan and deploy
PROJECTS = {"churn": CHURN_ID, "fraud": FRAUD_ID}
ENVIRONMENTS = ("dev", "preprod", "prod")


def deploy_with_two_projects(land: Land) -> None:
    """Deploy the baseline with the template as it stands, and create what the table speaks of.

    Every option of the template is taken, so that all that it can make is there.
    """
    publish_the_template(land)
    offer_both_ways(land)
    bootstrap = ("-m", "bootstrap", *land.project.stacks, "--ci", REPOSITORY, "--yes")
    succeeded(land.project.run(sys.executable, *bootstrap))
    succeeded(land.project.deploy())
    for name, project_id in PROJECTS.items():
        _create(land, name, project_id)
        for environment in ENVIRONMENTS:
            _make_model_role(land, project_id, environment)
    _make_approver(land)


def publish_the_template(land: Land) -> None:
    """Offer the template as it stands, if it is not what was released last."""
    if TEMPLATE.read_bytes() != RELEASES[-1].read_bytes():
        folder = land.project.folder / "cfn_product" / "releases"
        (folder / f"{NEXT_RELEASE}.yaml").write_bytes(TEMPLATE.read_bytes())


def offer_both_ways(land: Land) -> None:
    """Let Studio find the product in Service Catalog and among the S3 templates."""
    file = land.project.folder / "accounts.toml"
    studio = f"[{SET}.dev.studio]\n"
    file.write_text(file.read_text().replace(studio, f'{studio}offered_by = ["service-catalog", "s3"]\n', 1))


def projects(land: Land) -> Mapping[str, Project]:
    """The two projects, with the keys that were drawn for them."""
    aliases = {
        alias["AliasName"]: alias["TargetKeyId"]
        for alias in land.client(f"{SET}-dev", "kms").list_aliases()["Aliases"]
        if "TargetKeyId" in alias
    }

    def key(project_id: str, use: str) -> str:
        key_id = aliases[f"alias/mlops-{project_id}-{use}"].rpartition("/")[2]
        return f"arn:aws:kms:{REGION}:{DEV}:key/{key_id}"

    return {
        name: Project(
            id=project_id, artifact_key=key(project_id, "artifacts"), pipeline_key=key(project_id, "pipeline")
        )
        for name, project_id in PROJECTS.items()
    }


def portfolio(land: Land) -> str:
    """ARN of the portfolio that the product is in, in the form that Service Catalog's policies want."""
    [found] = land.client(f"{SET}-dev", "servicecatalog").list_portfolios()["PortfolioDetails"]
    return f"arn:aws:catalog:{REGION}:{DEV}:portfolio/{found['Id']}"


def product(land: Land) -> str:
    """ARN of the product that Studio offers, in the form that Service Catalog's policies want."""
    [found] = land.client(f"{SET}-dev", "servicecatalog").search_products_as_admin()["ProductViewDetails"]
    return f"arn:aws:catalog:{REGION}:{DEV}:product/{found['ProductViewSummary']['ProductId']}"


def _create(land: Land, name: str, project_id: str) -> None:
    """Provision the product as a data scientist, with an id of our choice: SageMaker would draw one."""
    scientist = person(land.sandbox, land.sandbox.find(f"{SET}-dev"), role_arn=STUDIO_ROLE).client("servicecatalog")
    [product] = scientist.search_products()["ProductViewSummaries"]
    catalog = land.client(f"{SET}-dev", "servicecatalog")
    artifacts = catalog.list_provisioning_artifacts(ProductId=product["ProductId"])["ProvisioningArtifactDetails"]
    newest = max(artifacts, key=lambda artifact: [int(part) for part in artifact["Name"].split(".")])
    parameters = {
        "SageMakerProjectName": name.capitalize(),
        "SageMakerProjectId": project_id,
        "CustomImage": "true",
        "NotificationEmail": f"{name}@example.com",
    }
    record = scientist.provision_product(
        ProductId=product["ProductId"],
        ProvisioningArtifactId=newest["Id"],
        ProvisionedProductName=name,
        ProvisioningParameters=[{"Key": key, "Value": value} for key, value in parameters.items()],
    )["RecordDetail"]
    assert record["Status"] == "SUCCEEDED", record


def _make_model_role(land: Land, project_id: str, environment: str) -> None:
    """Make the role of an endpoint as the deploy application's template makes it."""
    account, name = ACCOUNTS[environment], f"mlops-{project_id}-{environment}-model"
    iam = land.client(f"{SET}-{environment}", "iam")
    iam.create_role(
        RoleName=name,
        Path="/mlops/project/",
        AssumeRolePolicyDocument=json.dumps(_document(_trust("sagemaker.amazonaws.com"))),
        PermissionsBoundary=f"arn:aws:iam::{account}:policy/mlops/mlops-{SET}-{environment}-boundary",
    )
    iam.put_role_policy(RoleName=name, PolicyName="model", PolicyDocument=json.dumps(_model_policy(project_id)))


def _model_policy(project_id: str) -> dict[str, Any]:
    bucket = f"arn:aws:s3:::mlops-{project_id}-artifacts-{DEV}"
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    return _document(
        _allow("ReadModels", ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"], [bucket, f"{bucket}/*"]),
        _allow("DecryptModels", ["kms:Decrypt"], [f"arn:aws:kms:{REGION}:{DEV}:key/*"]) | {"Condition": via_s3},
        _allow(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:{REGION}:{DEV}:repository/mlops-{project_id}"],
        ),
    )


def _make_approver(land: Land) -> None:
    """Give somebody the approver policy, which the baseline leaves to the platform team."""
    iam = land.client(f"{SET}-dev", "iam")
    name = APPROVER.rpartition("/")[2]
    iam.create_role(RoleName=name, Path="/people/", AssumeRolePolicyDocument=json.dumps(_document(_trust("x"))))
    policy = f"arn:aws:iam::{DEV}:policy/mlops/mlops-{SET}-dev-approver"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _trust(service: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}

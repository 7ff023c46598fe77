"""DEV's account as a data scientist finds it: a product in Service Catalog that projects are made from."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.clients import session_of_role
from tests.sandbox.running_sandbox import clear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from tests.sandbox.running_sandbox import RunningSandbox

RELEASE = Path(__file__).parents[2] / "cfn_product" / "releases" / "1.0.0.yaml"
BUCKET = "offered-templates"
LAUNCH_ROLE = "arn:aws:iam::111111111111:role/mlops/offered-launch"
SCIENTIST = "arn:aws:iam::111111111111:role/studio/offered-scientist"
PARAMETERS = {
    f"/mlops/{environment}/{name}": value
    for environment, account_id in (("preprod", "222222222222"), ("prod", "333333333333"))
    for name, value in (
        ("account_id", account_id),
        ("deploy_role_arn", f"arn:aws:iam::{account_id}:role/mlops/mlops-demo-{environment}-deploy"),
    )
}
PARAMETER = {"Type": "String"}
PROJECT_PARAMETERS = {"SageMakerProjectName": PARAMETER, "SageMakerProjectId": PARAMETER}


def small_template(*, suffix: str = "data", type_name: str = "AWS::S3::Bucket") -> dict[str, Any]:
    """Return a product template with one bucket, called after the project's id."""
    name = {"Fn::Sub": f"${{SageMakerProjectId}}-{suffix}"}
    return {
        "Parameters": PROJECT_PARAMETERS,
        "Resources": {"Data": {"Type": type_name, "Properties": {"BucketName": name}}},
    }


def template_url(key: str) -> str:
    return f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/{key}"


def artifact(name: str) -> dict[str, Any]:
    """Return what CreateProduct and CreateProvisioningArtifact ask for, of a template called ``<name>.json``."""
    info = {"LoadTemplateFromURL": template_url(f"{name}.json")}
    return {"Name": name, "Info": info, "Type": "CLOUD_FORMATION_TEMPLATE"}


def assumed(running: RunningSandbox, account: str, role_arn: str) -> boto3.Session:
    """Return a session of a role, which need not exist."""
    return session_of_role(running.sandbox.find(account), endpoint=running.endpoint, role_arn=role_arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product with the release 1.0.0, in a portfolio that is open to the scientist, launched with the launch role."""

    running: RunningSandbox
    portfolio: str
    product: str
    release: str

    def client(self, service: str, *, role_arn: str | None = None) -> Any:  # noqa: ANN401  (boto3)
        if role_arn is None:
            return self.running.client("dev", service)
        return assumed(self.running, "dev", role_arn).client(service, endpoint_url=self.running.endpoint)

    def publish(self, name: str, template: Mapping[str, Any] | str) -> str:
        """Add a provisioning artifact, and return its id."""
        put_template(self.running, name, template)
        catalog = self.client("servicecatalog")
        made = catalog.create_provisioning_artifact(ProductId=self.product, Parameters=artifact(name))
        return str(made["ProvisioningArtifactDetail"]["Id"])

    def create(self, name: str, *, role_arn: str = SCIENTIST, **details: str) -> dict[str, Any]:
        """Create a project and return how SageMaker describes it."""
        sagemaker = self.client("sagemaker", role_arn=role_arn)
        details = {"ProductId": self.product} | details
        sagemaker.create_project(ProjectName=name, ServiceCatalogProvisioningDetails=details)
        return self.describe(name)

    def describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.client("sagemaker").describe_project(ProjectName=name)
        return described

    def delete(self, name: str) -> dict[str, Any]:
        self.client("sagemaker", role_arn=SCIENTIST).delete_project(ProjectName=name)
        return self.describe(name)

    def stack_of(self, project: Mapping[str, Any]) -> dict[str, Any]:
        provisioned = project["ServiceCatalogProvisionedProductDetails"]["ProvisionedProductId"]
        stacks = self.client("cloudformation").describe_stacks(StackName=f"SC-111111111111-{provisioned}")
        return dict(stacks["Stacks"][0])

    def left(self) -> set[str]:
        """Return what of projects there is in the account: buckets, keys in use, aliases, repositories, groups."""
        buckets = {item["Name"] for item in self.client("s3").list_buckets()["Buckets"]} - {BUCKET}
        kms = self.client("kms")
        aliases = {item["AliasName"] for item in kms.list_aliases()["Aliases"]}
        described = [kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"] for item in kms.list_keys()["Keys"]]
        keys = {item["Description"] for item in described if item["KeyState"] == "Enabled"}
        repositories = {item["repositoryUri"] for item in self.client("ecr").describe_repositories()["repositories"]}
        groups = self.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
        ours = {name for name in aliases if not name.startswith("alias/aws/")}
        own_keys = {name for name in keys if "project" in name}
        return buckets | ours | own_keys | repositories | {item["ModelPackageGroupArn"] for item in groups}


def put_template(running: RunningSandbox, name: str, template: Mapping[str, Any] | str) -> None:
    body = template if isinstance(template, str) else json.dumps(template)
    running.client("dev", "s3").put_object(Bucket=BUCKET, Key=f"{name}.json", Body=body)


@contextlib.contextmanager
def offer(running: RunningSandbox, template: Mapping[str, Any] | str) -> Iterator[Offer]:
    """Offer a template; at the end the account is as it was."""
    s3, iam, ssm = (running.client("dev", service) for service in ("s3", "iam", "ssm"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    put_template(running, "1.0.0", template)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "servicecatalog.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="offered-launch", Path="/mlops/", AssumeRolePolicyDocument=trust)
    for name, value in PARAMETERS.items():
        ssm.put_parameter(Name=name, Value=value, Type="String")
    running.client("dev", "sagemaker").enable_sagemaker_servicecatalog_portfolio()
    offered = _offered(running)
    try:
        yield offered
    finally:
        _withdraw(offered)


def _offered(running: RunningSandbox) -> Offer:
    catalog = running.client("dev", "servicecatalog")
    made = catalog.create_portfolio(DisplayName="Projects", ProviderName="MLOps")
    portfolio = made["PortfolioDetail"]["Id"]
    made = catalog.create_product(
        Name="Project",
        Owner="MLOps",
        ProductType="CLOUD_FORMATION_TEMPLATE",
        ProvisioningArtifactParameters=artifact("1.0.0"),
    )
    product = made["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
    catalog.associate_product_with_portfolio(PortfolioId=portfolio, ProductId=product)
    parameters = json.dumps({"RoleArn": LAUNCH_ROLE})
    catalog.create_constraint(PortfolioId=portfolio, ProductId=product, Type="LAUNCH", Parameters=parameters)
    catalog.associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=SCIENTIST, PrincipalType="IAM")
    release = made["ProvisioningArtifactDetail"]["Id"]
    return Offer(running=running, portfolio=portfolio, product=product, release=release)


def _withdraw(offered: Offer) -> None:
    catalog, sagemaker = offered.client("servicecatalog"), offered.client("sagemaker")
    for project in sagemaker.list_projects()["ProjectSummaryList"]:
        if project["ProjectStatus"] != "DeleteCompleted":
            offered.delete(project["ProjectName"])
    everybody = {"Key": "Account", "Value": "self"}
    for item in catalog.search_provisioned_products(AccessLevelFilter=everybody)["ProvisionedProducts"]:
        catalog.terminate_provisioned_product(ProvisionedProductId=item["Id"])
    for item in catalog.list_constraints_for_portfolio(PortfolioId=offered.portfolio)["ConstraintDetails"]:
        catalog.delete_constraint(Id=item["ConstraintId"])
    with contextlib.suppress(ClientError):  # a test may have done it
        catalog.disassociate_product_from_portfolio(PortfolioId=offered.portfolio, ProductId=offered.product)
    for item in catalog.list_principals_for_portfolio(PortfolioId=offered.portfolio)["Principals"]:
        catalog.disassociate_principal_from_portfolio(
            PortfolioId=offered.portfolio, PrincipalARN=item["PrincipalARN"], PrincipalType="IAM"
        )
    catalog.delete_product(Id=offered.product)
    catalog.delete_portfolio(Id=offered.portfolio)
    sagemaker.disable_sagemaker_servicecatalog_portfolio()
    with contextlib.suppress(ClientError):  # a test may have done it
        offered.client("iam").delete_role(RoleName="offered-launch")
    offered.client("ssm").delete_parameters(Names=[*PARAMETERS])
    clear_registries(offered.running)
    clear(offered.running, "dev")


def clear_registries(running: RunningSandbox) -> None:
    """Take away what of retained project resources is no bucket."""
    sagemaker, ecr, kms = (running.client("dev", service) for service in ("sagemaker", "ecr", "kms"))
    for group in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
        sagemaker.delete_model_package_group(ModelPackageGroupName=group["ModelPackageGroupName"])
    for repository in ecr.describe_repositories()["repositories"]:
        ecr.delete_repository(repositoryName=repository["repositoryName"])
    for key in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if "project" in metadata["Description"] and metadata["KeyState"] == "Enabled":
            kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)

"""Projects by way of Service Catalog: a product whose artifacts are the releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from baseline import naming
from projects.errors import ProjectsError
from projects.releases import Made, Release, Source, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projects.access import Access

EVERYBODYS = {"Key": "Account", "Value": "self"}
NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog(Source):
    """The product of an account set. `provisioned` is all that was launched in DEV, by id."""

    product_id: str
    provisioned: Mapping[str, Mapping[str, Any]]

    def made(self, described: Mapping[str, Any]) -> Made | None:
        """Return what a project was made into; None for one of another product."""
        if described.get("ServiceCatalogProvisioningDetails", {}).get("ProductId") != self.product_id:
            return None
        details = described.get("ServiceCatalogProvisionedProductDetails", {})
        launched = self.provisioned.get(details.get("ProvisionedProductId", ""), {})
        artifact_id = launched.get("ProvisioningArtifactId")
        release = next((release.name for release in self.releases if release.reference == artifact_id), None)
        return Made(release=release, stack=launched.get("PhysicalId"))

    def problems(self) -> list[str]:
        """Return that whoever asks may not launch the product: Service Catalog then refuses updates, too."""
        catalog = self.access.in_dev("servicecatalog")
        try:
            if catalog.list_launch_paths(ProductId=self.product_id)["LaunchPathSummaries"]:
                return []
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_FOUND:
                raise
        portfolios = catalog.list_portfolios_for_product(ProductId=self.product_id)["PortfolioDetails"]
        role_arn = _role_arn(self.access)
        commands = [
            f"  aws servicecatalog associate-principal-with-portfolio --portfolio-id {portfolio['Id']}"
            f" --principal-type IAM --principal-arn {role_arn}"
            for portfolio in portfolios
        ]
        problem = (
            f"{self.access.account_set.dev.name}: no portfolio with {self.name} is open to {role_arn}, and Service "
            "Catalog updates a project only for who may launch it. Open it, with the credentials of that account:"
        )
        return ["\n".join([problem, *commands])]

    def template_url(self, release: Release) -> str:
        """Return the address that the artifact's template was given with."""
        described = self.access.in_dev("servicecatalog").describe_provisioning_artifact(
            ProductId=self.product_id, ProvisioningArtifactId=release.reference
        )
        return str(described["Info"]["TemplateUrl"])

    def update(self, project: str, release: Release, parameters: Mapping[str, str]) -> None:
        """Ask SageMaker to update the provisioned product."""
        self.access.in_dev("sagemaker").update_project(
            ProjectName=project,
            ServiceCatalogProvisioningUpdateDetails={
                "ProvisioningArtifactId": release.reference,
                "ProvisioningParameters": [{"Key": name, "Value": value} for name, value in parameters.items()],
            },
        )


def find_catalog(access: Access) -> Catalog:
    """Return the set's product. Raises `ProjectsError` when DEV was not deployed yet."""
    dev, catalog = access.account_set.dev, access.in_dev("servicecatalog")
    name = f"{naming.prefix(dev)}-project"
    try:
        described = catalog.describe_product_as_admin(Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_FOUND:
            raise
        raise ProjectsError(
            f"{dev.name}: Service Catalog has no product {name} in {dev.account_id}, {dev.region}. "
            f"Deploy DEV first: make deploy ACCOUNT={dev.name}"
        ) from error
    product_id = described["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
    artifacts = catalog.list_provisioning_artifacts(ProductId=product_id)["ProvisioningArtifactDetails"]
    releases = [
        Release(name=artifact["Name"], reference=artifact["Id"], is_deprecated=artifact.get("Guidance") == "DEPRECATED")
        for artifact in artifacts
        if artifact["Active"]
    ]
    return Catalog(
        access=access,
        name=f"Product {name}",
        releases=ordered(releases),
        product_id=product_id,
        provisioned=_provisioned(catalog),
    )


def _provisioned(catalog: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401  (boto3)
    found: dict[str, dict[str, Any]] = {}
    page = catalog.search_provisioned_products(AccessLevelFilter=EVERYBODYS)
    while True:
        found.update({item["Id"]: item for item in page["ProvisionedProducts"]})
        if not page.get("NextPageToken"):
            return found
        page = catalog.search_provisioned_products(AccessLevelFilter=EVERYBODYS, PageToken=page["NextPageToken"])


def _role_arn(access: Access) -> str:
    """Return the ARN of the caller's role. A session's ARN leaves the role's path out, which IAM knows."""
    arn = str(access.in_dev("sts").get_caller_identity()["Arn"])
    if ":assumed-role/" not in arn:
        return arn
    name = arn.split("/")[1]
    try:
        return str(access.in_dev("iam").get_role(RoleName=name)["Role"]["Arn"])
    except ClientError:  # not permitted to ask
        return f"arn:{arn.split(':')[1]}:iam::{arn.split(':')[4]}:role/{name}"

"""Service Catalog, in place of the little that moto has of it.

Stock moto keeps portfolios and products and nothing else: no provisioning artifacts, no constraints, no principals, and
what is launched makes no stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.servicecatalog.models import ServiceCatalogBackend
from moto.servicecatalog.responses import ServiceCatalogResponse

from sandbox.corrections.graft import keep
from sandbox.corrections.operations import serve
from sandbox.corrections.servicecatalog import access, catalog, provisioning
from sandbox.corrections.servicecatalog.catalog import Catalog, describing, updating

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

PORTFOLIO = "DisplayName ProviderName Description"
PRODUCT = "Name Owner Description Distributor SupportDescription SupportEmail SupportUrl"
ARTIFACT = "ProductId ProvisioningArtifactId"
PLACEMENT = "PortfolioId ProductId"
PROVISIONED = "ProvisionedProductId ProvisionedProductName"

OPERATIONS: Operations = {
    "AssociatePrincipalWithPortfolio": (
        access.associate_principal_with_portfolio,
        "PortfolioId PrincipalARN PrincipalType",
    ),
    "AssociateProductWithPortfolio": (access.associate_product_with_portfolio, PLACEMENT),
    "CreateConstraint": (access.create_constraint, f"{PLACEMENT} Parameters Type Description"),
    "CreatePortfolio": (catalog.create_portfolio, f"{PORTFOLIO} Tags"),
    "CreateProduct": (catalog.create_product, f"{PRODUCT} ProductType ProvisioningArtifactParameters Tags"),
    "CreateProvisioningArtifact": (catalog.create_provisioning_artifact, "ProductId Parameters"),
    "DeleteConstraint": (access.delete_constraint, "Id"),
    "DeletePortfolio": (catalog.delete_portfolio, "Id"),
    "DeleteProduct": (catalog.delete_product, "Id"),
    "DeleteProvisioningArtifact": (catalog.delete_provisioning_artifact, ARTIFACT),
    "DescribeConstraint": (describing("cons", access.constraint_view), "Id"),
    "DescribePortfolio": (describing("port", catalog.portfolio_view), "Id"),
    "DescribeProductAsAdmin": (catalog.describe_product_as_admin, "Id Name"),
    "DescribeProvisionedProduct": (provisioning.describe_provisioned_product, "Id Name"),
    "DescribeProvisioningArtifact": (catalog.describe_provisioning_artifact, ARTIFACT),
    "DescribeProvisioningParameters": (provisioning.describe_provisioning_parameters, f"{ARTIFACT} PathId"),
    "DescribeRecord": (describing("rec", provisioning.record_view), "Id"),
    "DisassociatePrincipalFromPortfolio": (
        access.disassociate_principal_from_portfolio,
        "PortfolioId PrincipalARN PrincipalType",
    ),
    "DisassociateProductFromPortfolio": (access.disassociate_product_from_portfolio, PLACEMENT),
    "ListConstraintsForPortfolio": (access.list_constraints_for_portfolio, PLACEMENT),
    "ListLaunchPaths": (access.list_launch_paths, "ProductId"),
    "ListPortfolios": (catalog.list_portfolios, ""),
    "ListPortfoliosForProduct": (access.list_portfolios_for_product, "ProductId"),
    "ListPrincipalsForPortfolio": (access.list_principals_for_portfolio, "PortfolioId"),
    "ListProvisioningArtifacts": (catalog.list_provisioning_artifacts, "ProductId"),
    "ProvisionProduct": (
        provisioning.provision_product,
        f"{ARTIFACT} PathId ProvisionedProductName ProvisioningParameters Tags",
    ),
    "SearchProducts": (access.search_products, ""),
    "SearchProductsAsAdmin": (catalog.search_products_as_admin, "PortfolioId"),
    "SearchProvisionedProducts": (provisioning.search_provisioned_products, "AccessLevelFilter"),
    "TerminateProvisionedProduct": (provisioning.terminate_provisioned_product, PROVISIONED),
    "UpdateConstraint": (access.update_constraint, "Id Description Parameters"),
    "UpdatePortfolio": (updating("port", catalog.portfolio_view), f"Id {PORTFOLIO} AddTags RemoveTags"),
    "UpdateProduct": (updating("prod", catalog.product_view), f"Id {PRODUCT} AddTags RemoveTags"),
    "UpdateProvisionedProduct": (
        provisioning.update_provisioned_product,
        f"{PROVISIONED} {ARTIFACT} PathId ProvisioningParameters",
    ),
    "UpdateProvisioningArtifact": (
        updating("pa", catalog.artifact_view),
        f"{ARTIFACT} Name Description Active Guidance",
    ),
}


def apply() -> None:
    """Put the correction in force."""
    keep(ServiceCatalogBackend, "catalog", Catalog)
    serve(ServiceCatalogResponse, "servicecatalog", OPERATIONS, alone=True)

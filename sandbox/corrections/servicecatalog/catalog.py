"""Portfolios, products and their provisioning artifacts, kept as they were given and shown as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moto.core.utils import utcnow
from moto.servicecatalog.models import servicecatalog_backends

from sandbox.corrections.graft import kept
from sandbox.corrections.operations import ApiError, Caller, Function, Record, new_id
from sandbox.corrections.servicecatalog.template_source import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {
    "cons": "Constraint",
    "pa": "Provisioning artifact",
    "port": "Portfolio",
    "pp": "Provisioned product",
    "prod": "Product",
    "rec": "Record",
}
TEMPLATE_TYPE = "CLOUD_FORMATION_TEMPLATE"
_NO_FIELDS = {"Id", "ProductId", "ProvisioningArtifactId", "AddTags", "RemoveTags"}


@dataclass(slots=True, kw_only=True)
class Catalog:
    """What Service Catalog keeps in one account and Region."""

    items: dict[str, Record] = field(default_factory=dict)
    """Everything that has an id, by it."""
    placements: list[tuple[str, str]] = field(default_factory=list)
    """Which portfolio holds which product."""
    principals: list[tuple[str, str]] = field(default_factory=list)
    """Which portfolio is open to which ARN."""

    def add(self, prefix: str, fields: Record) -> Record:
        """Keep something new. Its id and time are drawn here."""
        item = {"Tags": [], **fields, "Id": new_id(prefix), "CreatedTime": utcnow()}
        self.items[item["Id"]] = item
        return item

    def all(self, prefix: str) -> list[Record]:
        """Return everything of a kind, oldest first."""
        return [item for key, item in self.items.items() if key.startswith(f"{prefix}-")]

    def find(self, prefix: str, id_: str) -> Record:
        """Return what has an id. Raises `ApiError` when nothing of that kind has."""
        if id_ not in self.items or not id_.startswith(f"{prefix}-"):
            raise ApiError("ResourceNotFoundException", f"{KINDS[prefix]} {id_} not found.")
        return self.items[id_]

    def find_by(self, prefix: str, id_: str | None, name: str | None) -> Record:
        """Return what has an id or else a name."""
        by_name = {item["Name"]: item["Id"] for item in self.all(prefix)}
        return self.find(prefix, id_ or by_name.get(name, str(name)))

    def artifact(self, given: Record) -> Record:
        """Return the artifact of a product that a request names."""
        artifact = self.find("pa", given["ProvisioningArtifactId"])
        if artifact["ProductId"] != given["ProductId"]:
            raise ApiError("ResourceNotFoundException", f"{artifact['Id']} is no artifact of {given['ProductId']}.")
        return artifact

    def artifacts(self, product_id: str) -> list[Record]:
        """Return a product's artifacts, oldest first."""
        self.find("prod", product_id)
        return [artifact for artifact in self.all("pa") if artifact["ProductId"] == product_id]

    def holders(self, product_id: str) -> list[Record]:
        """Return the portfolios that hold a product."""
        self.find("prod", product_id)
        return [self.find("port", portfolio) for portfolio, product in self.placements if product == product_id]


def catalog_of(caller: Caller) -> Catalog:
    """Return the catalog of the caller's account and Region, which moto's backend keeps."""
    catalog: Catalog = kept(servicecatalog_backends[caller.account_id][caller.region], "catalog")
    return catalog


def describing(prefix: str, view: Callable[[Caller, Record], Record]) -> Function:
    """Return the operation that shows something."""
    return lambda caller, given: view(caller, catalog_of(caller).find(prefix, given["Id"]))


def updating(prefix: str, view: Callable[[Caller, Record], Record]) -> Function:
    """Return the operation that changes what is given of something, and its tags."""

    def update(caller: Caller, given: Record) -> Record:
        catalog = catalog_of(caller)
        item = catalog.artifact(given) if prefix == "pa" else catalog.find(prefix, given["Id"])
        item |= {key: value for key, value in given.items() if key not in _NO_FIELDS}
        tags = {tag["Key"]: tag for tag in [*item["Tags"], *given.get("AddTags", [])]}
        item["Tags"] = [tag for key, tag in tags.items() if key not in given.get("RemoveTags", [])]
        return view(caller, item)

    return update


def create_portfolio(caller: Caller, given: Record) -> Record:
    return portfolio_view(caller, catalog_of(caller).add("port", given))


def delete_portfolio(caller: Caller, given: Record) -> None:
    catalog = catalog_of(caller)
    portfolio_id = catalog.find("port", given["Id"])["Id"]
    if any(portfolio_id == holder for holder, _ in [*catalog.placements, *catalog.principals]):
        raise ApiError("ResourceInUseException", f"Portfolio {portfolio_id} still has products or principals.")
    del catalog.items[portfolio_id]


def list_portfolios(caller: Caller, _given: Record) -> Record:
    return portfolio_list(caller, catalog_of(caller).all("port"))


def create_product(caller: Caller, given: Record) -> Record:
    artifact = _checked_artifact(caller, given.pop("ProvisioningArtifactParameters"))
    if given["ProductType"] != TEMPLATE_TYPE:
        raise NotImplementedError(f"products of type {given['ProductType']}")
    product = catalog_of(caller).add("prod", given)
    made = catalog_of(caller).add("pa", {**artifact, "ProductId": product["Id"]})
    return {**product_view(caller, product), "ProvisioningArtifactDetail": made}


def describe_product_as_admin(caller: Caller, given: Record) -> Record:
    product = catalog_of(caller).find_by("prod", given.get("Id"), given.get("Name"))
    artifacts = catalog_of(caller).artifacts(product["Id"])
    return {**product_view(caller, product), "ProvisioningArtifactSummaries": artifacts}


def delete_product(caller: Caller, given: Record) -> None:
    catalog = catalog_of(caller)
    holders = [portfolio["Id"] for portfolio in catalog.holders(given["Id"])]
    if holders:
        raise ApiError("ResourceInUseException", f"Product {given['Id']} is still in {', '.join(holders)}.")
    for item in [catalog.find("prod", given["Id"]), *catalog.artifacts(given["Id"])]:
        del catalog.items[item["Id"]]


def search_products_as_admin(caller: Caller, given: Record) -> Record:
    catalog, portfolio_id = catalog_of(caller), given.get("PortfolioId")
    held = {product for portfolio, product in catalog.placements if portfolio == portfolio_id}
    products = [product for product in catalog.all("prod") if portfolio_id is None or product["Id"] in held]
    return {"ProductViewDetails": [product_view(caller, product)["ProductViewDetail"] for product in products]}


def create_provisioning_artifact(caller: Caller, given: Record) -> Record:
    product = catalog_of(caller).find("prod", given["ProductId"])
    artifact = _checked_artifact(caller, given["Parameters"])
    return artifact_view(caller, catalog_of(caller).add("pa", {**artifact, "ProductId": product["Id"]}))


def describe_provisioning_artifact(caller: Caller, given: Record) -> Record:
    return artifact_view(caller, catalog_of(caller).artifact(given))


def delete_provisioning_artifact(caller: Caller, given: Record) -> None:
    artifact = catalog_of(caller).artifact(given)
    if catalog_of(caller).artifacts(given["ProductId"]) == [artifact]:
        raise ApiError("ResourceInUseException", f"{artifact['Id']} is the last artifact of {given['ProductId']}.")
    del catalog_of(caller).items[artifact["Id"]]


def list_provisioning_artifacts(caller: Caller, given: Record) -> Record:
    return {"ProvisioningArtifactDetails": catalog_of(caller).artifacts(given["ProductId"])}


def portfolio_view(caller: Caller, portfolio: Record) -> Record:
    arn = caller.arn("catalog", f"portfolio/{portfolio['Id']}")
    return {"PortfolioDetail": {**portfolio, "ARN": arn}, "Tags": portfolio["Tags"]}


def portfolio_list(caller: Caller, portfolios: list[Record]) -> Record:
    return {"PortfolioDetails": [portfolio_view(caller, portfolio)["PortfolioDetail"] for portfolio in portfolios]}


def product_view(caller: Caller, product: Record) -> Record:
    shown = {**product, "ProductId": product["Id"], "Type": product["ProductType"], "HasDefaultPath": False}
    shown |= {"Id": product["Id"].replace("prod", "prodview"), "ShortDescription": product.get("Description")}
    shown |= {"ProductARN": caller.arn("catalog", f"product/{product['Id']}"), "Status": "AVAILABLE"}
    return {"ProductViewDetail": {**shown, "ProductViewSummary": shown}, "Tags": product["Tags"]}


def artifact_view(_caller: Caller, artifact: Record) -> Record:
    info = {"TemplateUrl": artifact["TemplateUrl"]}
    return {"ProvisioningArtifactDetail": artifact, "Info": info, "Status": "AVAILABLE"}


def _checked_artifact(caller: Caller, parameters: Record) -> Record:
    if parameters.setdefault("Type", TEMPLATE_TYPE) != TEMPLATE_TYPE:
        raise NotImplementedError(f"provisioning artifacts of type {parameters['Type']}")
    validate = not parameters.get("DisableTemplateValidation", False)
    url, template = load_template(caller, parameters.get("Info", {}), validate=validate)
    return {**parameters, "Active": True, "Guidance": "DEFAULT", "TemplateUrl": url, "Template": template}

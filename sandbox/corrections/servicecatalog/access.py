"""Which product is in which portfolio, who may launch it from there, and with which role."""

from __future__ import annotations

import json
import re

from sandbox.corrections.operations import ApiError, Caller, Record
from sandbox.corrections.servicecatalog.catalog import Catalog, catalog_of, portfolio_list, portfolio_view, product_view

LAUNCH = "LAUNCH"
_PRINCIPAL = re.compile(r"arn:[a-z-]+:iam::\d{12}:(role|user|group)/.+")


def associate_product_with_portfolio(caller: Caller, given: Record) -> None:
    catalog = catalog_of(caller)
    placement = (catalog.find("port", given["PortfolioId"])["Id"], catalog.find("prod", given["ProductId"])["Id"])
    if placement not in catalog.placements:
        catalog.placements.append(placement)


def disassociate_product_from_portfolio(caller: Caller, given: Record) -> None:
    catalog = catalog_of(caller)
    placement = _placement(catalog, given)
    constraints = ", ".join(item["Id"] for item in _constraints(catalog, given))
    if constraints:
        raise ApiError("ResourceInUseException", f"Constraint {constraints} holds for {' and '.join(placement)}.")
    catalog.placements.remove(placement)


def list_portfolios_for_product(caller: Caller, given: Record) -> Record:
    return portfolio_list(caller, catalog_of(caller).holders(given["ProductId"]))


def create_constraint(caller: Caller, given: Record) -> Record:
    if given["Type"] != LAUNCH:
        raise NotImplementedError(f"constraints of type {given['Type']}")
    catalog = catalog_of(caller)
    placement = _placement(catalog, given)
    if _constraints(catalog, given):
        raise ApiError("DuplicateResourceException", f"{' and '.join(placement)} have a LAUNCH constraint already.")
    _check_parameters(given["Parameters"])
    return constraint_view(caller, catalog.add("cons", given))


def update_constraint(caller: Caller, given: Record) -> Record:
    constraint = catalog_of(caller).find("cons", given["Id"])
    changed = constraint | given
    _check_parameters(changed["Parameters"])
    constraint |= changed
    return constraint_view(caller, constraint)


def delete_constraint(caller: Caller, given: Record) -> None:
    del catalog_of(caller).items[catalog_of(caller).find("cons", given["Id"])["Id"]]


def list_constraints_for_portfolio(caller: Caller, given: Record) -> Record:
    constraints = _constraints(catalog_of(caller), given)
    return {"ConstraintDetails": [constraint_view(caller, item)["ConstraintDetail"] for item in constraints]}


def associate_principal_with_portfolio(caller: Caller, given: Record) -> None:
    catalog, arn = catalog_of(caller), given["PrincipalARN"]
    if given["PrincipalType"] != "IAM":
        raise NotImplementedError(f"principals of type {given['PrincipalType']}")
    if not _PRINCIPAL.fullmatch(arn):
        raise ApiError("InvalidParametersException", f"{arn} is no ARN of a role, a user or a group.")
    opened = (catalog.find("port", given["PortfolioId"])["Id"], arn)
    if opened not in catalog.principals:
        catalog.principals.append(opened)


def disassociate_principal_from_portfolio(caller: Caller, given: Record) -> None:
    opened = (given["PortfolioId"], given["PrincipalARN"])
    if opened not in catalog_of(caller).principals:
        raise ApiError("ResourceNotFoundException", f"Portfolio {opened[0]} is not open to {opened[1]}.")
    catalog_of(caller).principals.remove(opened)


def list_principals_for_portfolio(caller: Caller, given: Record) -> Record:
    portfolio_id = catalog_of(caller).find("port", given["PortfolioId"])["Id"]
    arns = [arn for portfolio, arn in catalog_of(caller).principals if portfolio == portfolio_id]
    return {"Principals": [{"PrincipalARN": arn, "PrincipalType": "IAM"} for arn in arns]}


def search_products(caller: Caller, _given: Record) -> Record:
    products = [product for product in catalog_of(caller).all("prod") if _open_portfolios(caller, product["Id"])]
    return {"ProductViewSummaries": [product_view(caller, item)["ProductViewDetail"] for item in products]}


def list_launch_paths(caller: Caller, given: Record) -> Record:
    return {"LaunchPathSummaries": launch_paths(caller, given["ProductId"])}


def launch_paths(caller: Caller, product_id: str) -> list[Record]:
    """Return the ways to a product that are open to the caller: one for each portfolio that holds it.

    Raises `ApiError` when there is none.
    """
    portfolios = _open_portfolios(caller, product_id)
    if not portfolios:
        raise ApiError(
            "ResourceNotFoundException",
            f"No launch paths found for resource: {product_id}. No portfolio with it is open to {caller.role_arn}.",
        )
    return [
        {
            "Id": portfolio["Id"].replace("port", "lpv3"),
            "Name": portfolio["DisplayName"],
            "Tags": portfolio["Tags"],
            "ConstraintSummaries": _constraints(
                catalog_of(caller), {"PortfolioId": portfolio["Id"], "ProductId": product_id}
            ),
            "Portfolio": portfolio_view(caller, portfolio)["PortfolioDetail"],
        }
        for portfolio in portfolios
    ]


def constraint_view(caller: Caller, constraint: Record) -> Record:
    shown = {**constraint, "ConstraintId": constraint["Id"], "Owner": caller.account_id}
    return {"ConstraintDetail": shown, "ConstraintParameters": constraint["Parameters"], "Status": "AVAILABLE"}


def _open_portfolios(caller: Caller, product_id: str) -> list[Record]:
    catalog = catalog_of(caller)
    return [item for item in catalog.holders(product_id) if (item["Id"], caller.role_arn) in catalog.principals]


def _constraints(catalog: Catalog, given: Record) -> list[Record]:
    """Return the constraints of a portfolio or, where it is given, of one product there."""
    portfolio_id, product_id = catalog.find("port", given["PortfolioId"])["Id"], given.get("ProductId")
    constraints = [item for item in catalog.all("cons") if item["PortfolioId"] == portfolio_id]
    return [item for item in constraints if product_id in (None, item["ProductId"])]


def _placement(catalog: Catalog, given: Record) -> tuple[str, str]:
    placement = (given["PortfolioId"], given["ProductId"])
    if placement not in catalog.placements:
        raise ApiError("ResourceNotFoundException", f"Portfolio {placement[0]} does not hold product {placement[1]}.")
    return placement


def _check_parameters(parameters: str) -> None:
    """Raise `ApiError` when a LAUNCH constraint's parameters do not name exactly one role."""
    try:
        names = set(json.loads(parameters))
    except (TypeError, ValueError) as error:
        raise ApiError("InvalidParametersException", f"The constraint's parameters are no JSON: {error}") from error
    if names not in ({"RoleArn"}, {"LocalRoleName"}):
        raise ApiError("InvalidParametersException", "A LAUNCH constraint has either a RoleArn or a LocalRoleName.")

"""The product: Studio offers the releases that this folder has published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baseline import releases
from preflight.findings import IN_DEV, Check, failed, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from preflight.findings import Finding
    from preflight.target import Target

PRODUCT = "module.project_portfolio.aws_servicecatalog_product.this"


def product_is_offered(target: Target) -> Iterator[Finding]:
    """The product exists, with one version for each release, deprecated as the accounts file says."""
    if target.account.studio is None:
        yield ok("none: nobody may create projects")
        return
    deploy = f"make deploy ACCOUNT={target.account.name}"
    try:
        published = releases.published(target.root / "cfn_product" / "releases")
        offered = releases.offered(published, dev=target.account)
    except releases.ReleaseError as error:
        yield failed(str(error), "Mend it, as the message says.")
        return
    product = target.state.resources.get(PRODUCT)
    if product is None:
        yield failed("the product was never made", deploy)
        return
    artifacts = target.client("servicecatalog").list_provisioning_artifacts(ProductId=product["id"])
    versions = {artifact["Name"]: artifact for artifact in artifacts["ProvisioningArtifactDetails"]}
    wanted = {str(release.version): is_deprecated for release, is_deprecated in offered.items()}
    problems = list(_differences(wanted, versions, deploy))
    yield from problems or [ok(f"on offer: {', '.join(versions)}")]


def _differences(wanted: Mapping[str, bool], found: Mapping[str, Mapping[str, Any]], deploy: str) -> Iterator[Finding]:
    for version, is_deprecated in wanted.items():
        if version not in found:
            yield warning(f"release {version} is published here and not on offer", deploy)
        elif not found[version]["Active"]:
            yield warning(f"release {version} is switched off", deploy)
        elif (found[version]["Guidance"] == "DEPRECATED") != is_deprecated:
            says = "deprecated" if is_deprecated else "not deprecated"
            yield warning(f"release {version} should be {says}, as the accounts file has it", deploy)
    for version in found.keys() - wanted.keys():
        yield warning(
            f"release {version} is on offer and not published here",
            "Update this folder: a newer one was deployed.",
        )


OFFER = Check(
    name="product",
    environments=IN_DEV,
    actions=("servicecatalog:ListProvisioningArtifacts", "s3:GetObject"),
    run=product_is_offered,
    only_deployed=True,
)

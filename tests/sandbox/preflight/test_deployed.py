"""The checks of what was deployed, with what makes each fail. That they pass else, test_command.py holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from preflight.checks.contract import CONTRACT
from preflight.checks.product import OFFER
from preflight.checks.roles import DEPLOYMENT_ROLES
from preflight.findings import Status
from tests.sandbox.preflight.looking import only, trusting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.preflight.looking import Looking

pytestmark = pytest.mark.slow

DEV, PROD = "111111111111", "333333333333"
DOMAIN_ID = "d-examplexxxxx"
DEPLOY_ROLE = "mlops-demo-prod-deploy"


# --- the deployment roles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "condition", "status"),
    [
        ("444444444444", {}, Status.FAILED),
        (DEV, {}, Status.WARNING),
        (DEV, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{DEV}:role/theirs/*"}}, Status.FAILED),
        (DEV, {"StringEquals": {"sts:ExternalId": "secret"}}, Status.UNKNOWN),
    ],
    ids=["another account", "the whole account", "other roles", "what only AWS knows"],
)
def test_a_deploy_role_has_to_trust_the_deployment_pipelines_alone(
    looking: Looking, trusted: str, condition: dict[str, Any], status: Status
) -> None:
    with trusting(looking.land.client("demo-prod", "iam"), DEPLOY_ROLE, {"AWS": trusted}, Condition=condition):
        assert only(looking.at(DEPLOYMENT_ROLES, account="demo-prod")).status is status


def test_a_cloudformation_role_has_to_trust_cloudformation(looking: Looking) -> None:
    iam = looking.land.client("demo-prod", "iam")
    with trusting(iam, "mlops-demo-prod-cloudformation", {"Service": "ec2.amazonaws.com"}):
        finding = only(looking.at(DEPLOYMENT_ROLES, account="demo-prod"))
    assert (finding.status, finding.cure) == (Status.FAILED, "make deploy ACCOUNT=demo-prod")


def test_roles_that_the_accounts_file_names_have_to_exist(looking: Looking) -> None:
    named = (
        f'[demo.prod.deployment_roles]\ndeploy = "arn:aws:iam::{PROD}:role/a"\n'
        f'cloudformation = "arn:aws:iam::{PROD}:role/b"\nboundary = "arn:aws:iam::{PROD}:policy/c"\n\n[demo.prod]'
    )
    findings = looking.at(DEPLOYMENT_ROLES, account="demo-prod", file={"[demo.prod]": named})
    assert [finding.status for finding in findings] == [Status.FAILED] * 3


def test_a_role_that_was_deleted_by_hand_fails(looking: Looking) -> None:
    looking.answer("GetPolicy", "NoSuchEntity")
    finding = only(looking.at(DEPLOYMENT_ROLES, account="demo-prod"))
    assert (finding.status, "should have been deployed" in finding.what) == (Status.FAILED, True)


# --- the SSM contract -------------------------------------------------------------------------------------------------


@contextmanager
def parameter(looking: Looking, path: str, value: str | None) -> Iterator[None]:
    """Let a parameter of DEV have another value for a while, or be away."""
    ssm = looking.land.client("demo-dev", "ssm")
    before = ssm.get_parameters(Names=[path])["Parameters"]
    if value is None:
        ssm.delete_parameter(Name=path)
    else:
        ssm.put_parameter(Name=path, Value=value, Type="String", Overwrite=True)
    try:
        yield
    finally:
        for old in before:
            ssm.put_parameter(Name=path, Value=old["Value"], Type="String", Overwrite=True)
        if not before:
            ssm.delete_parameter(Name=path)


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("/mlops/prod/region", "eu-central-1", Status.FAILED),
        ("/mlops/prod/region", None, Status.FAILED),
        ("/mlops/code/build", "build_app/0123456789abcdef.zip", Status.WARNING),
        ("/mlops/prod/subnet_ids", "subnet-0123456789abcdef0", Status.WARNING),
    ],
    ids=["another value", "missing", "an older seed", "left over"],
)
def test_the_parameters_have_to_be_those_of_the_accounts_file(
    looking: Looking, path: str, value: str | None, status: Status
) -> None:
    with parameter(looking, path, value):
        finding = only(looking.at(CONTRACT))
    assert (finding.status, path in finding.what) == (status, True)


# --- the product ------------------------------------------------------------------------------------------------------


def test_a_release_that_is_not_on_offer_is_a_warning(looking: Looking) -> None:
    releases = looking.land.project.folder / "cfn_product" / "releases"
    newer = releases / "99.0.0.yaml"
    newer.write_text(max(releases.glob("*.yaml")).read_text())
    try:
        finding = only(looking.at(OFFER))
    finally:
        newer.unlink()
    assert (finding.status, "99.0.0 is published here and not on offer" in finding.what) == (Status.WARNING, True)


def test_a_release_that_this_folder_does_not_have_is_a_warning(looking: Looking) -> None:
    releases = looking.land.project.folder / "cfn_product" / "releases"
    newest = max(releases.glob("*.yaml"))
    text = newest.read_text()
    newest.unlink()
    try:
        finding = only(looking.at(OFFER))
    finally:
        newest.write_text(text)
    assert (finding.status, "not published here" in finding.what) == (Status.WARNING, True)


def test_a_release_that_should_be_deprecated_is_a_warning(looking: Looking) -> None:
    newest = max((looking.land.project.folder / "cfn_product" / "releases").glob("*.yaml")).stem
    deprecated = {f'domain_id = "{DOMAIN_ID}"': f'deprecated_releases = ["{newest}"]'}
    assert "should be deprecated" in only(looking.at(OFFER, file=deprecated)).what


def test_a_release_that_was_switched_off_is_a_warning(looking: Looking) -> None:
    product = looking.target("demo-dev").state.resources["module.project_portfolio.aws_servicecatalog_product.this"]
    catalog = looking.land.client("demo-dev", "servicecatalog")
    [*_, artifact] = catalog.list_provisioning_artifacts(ProductId=product["id"])["ProvisioningArtifactDetails"]
    place = {"ProductId": product["id"], "ProvisioningArtifactId": artifact["Id"]}
    catalog.update_provisioning_artifact(**place, Active=False)
    try:
        finding = only(looking.at(OFFER))
    finally:
        catalog.update_provisioning_artifact(**place, Active=True)
    assert finding.what == f"release {artifact['Name']} is switched off"


def test_a_release_that_the_accounts_file_deprecates_in_vain_fails(looking: Looking) -> None:
    deprecated = {f'domain_id = "{DOMAIN_ID}"': 'deprecated_releases = ["98.0.0"]'}
    assert only(looking.at(OFFER, file=deprecated)).status is Status.FAILED

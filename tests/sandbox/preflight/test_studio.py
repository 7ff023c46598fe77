"""The checks of Studio, with what makes each fail. That they pass else, test_command.py holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preflight.checks.studio import DATA_BUCKETS, DOMAIN, PROJECTS, S3_TEMPLATES, STUDIO_ROLES
from preflight.findings import Status
from tests.sandbox.preflight.looking import ANOTHER_SET, OFFERED_IN_S3, only, trusting

if TYPE_CHECKING:
    from tests.sandbox.preflight.looking import Looking

pytestmark = pytest.mark.slow

DEV = "111111111111"
DOMAIN_ID = "d-examplexxxxx"
STUDIO_ROLE = "AmazonSageMaker-ExecutionRole-demo"


def test_a_domain_that_does_not_exist_fails(looking: Looking) -> None:
    finding = only(looking.at(DOMAIN, file={DOMAIN_ID: "d-other"}))
    assert (finding.status, "d-other" in finding.what) == (Status.FAILED, True)


def test_a_domain_that_is_not_in_service_fails_with_sagemakers_reason(looking: Looking) -> None:
    looking.answer("DescribeDomain", {"Status": "Failed", "FailureReason": "no subnet"})
    assert only(looking.at(DOMAIN)).what == f"domain {DOMAIN_ID} is Failed: no subnet"


def test_a_domain_whose_users_may_not_launch_projects_is_a_warning(looking: Looking) -> None:
    other = f"arn:aws:iam::{DEV}:role/other"
    looking.answer("DescribeDomain", {"Status": "InService", "DefaultUserSettings": {"ExecutionRole": other}})
    finding = only(looking.at(DOMAIN))
    assert (finding.status, other in finding.what) == (Status.WARNING, True)


def test_without_studio_nobody_may_create_projects(looking: Looking) -> None:
    studio = {"[demo.dev.studio]": "", "roles     = [": "#", f'domain_id = "{DOMAIN_ID}"': ""}
    assert only(looking.at(DOMAIN, file=studio)).status is Status.WARNING


def test_a_domain_that_is_not_named_is_found(looking: Looking) -> None:
    [finding] = looking.at(DOMAIN, file={f'domain_id = "{DOMAIN_ID}"': ""})
    assert (finding.status, DOMAIN_ID in finding.what) == (Status.OK, True)


def test_a_region_without_a_domain_is_a_warning(looking: Looking) -> None:
    looking.answer("ListDomains", {"Domains": []})
    assert only(looking.at(DOMAIN, file={f'domain_id = "{DOMAIN_ID}"': ""})).status is Status.WARNING


def test_projects_that_were_disabled_after_the_deployment_fail_and_are_cured(looking: Looking) -> None:
    looking.land.client("demo-dev", "sagemaker").disable_sagemaker_servicecatalog_portfolio()
    finding = only(looking.at(PROJECTS))
    looking.follow(finding.cure)
    assert (finding.status, looking.statuses(PROJECTS)) == (Status.FAILED, [Status.OK])


def test_projects_that_the_deployment_will_enable_are_no_failure(looking: Looking) -> None:
    sagemaker = looking.land.client("demo-dev", "sagemaker")
    sagemaker.disable_sagemaker_servicecatalog_portfolio()
    try:
        statuses = looking.statuses(PROJECTS, account="other-dev", file=ANOTHER_SET)
    finally:
        sagemaker.enable_sagemaker_servicecatalog_portfolio()
    assert statuses == [Status.NOT_YET]


def test_a_studio_role_that_does_not_exist_fails(looking: Looking) -> None:
    finding = only(looking.at(STUDIO_ROLES, file={STUDIO_ROLE: "NobodysRole"}))
    assert (finding.status, "NobodysRole" in finding.what) == (Status.FAILED, True)


def test_a_studio_role_with_another_path_fails(looking: Looking) -> None:
    finding = only(looking.at(STUDIO_ROLES, file={"role/service-role/": "role/"}))
    assert (finding.status, "role/service-role/" in finding.what) == (Status.FAILED, True)


def test_a_studio_role_that_sagemaker_may_not_assume_is_a_warning(looking: Looking) -> None:
    iam = looking.land.client("demo-dev", "iam")
    with trusting(iam, STUDIO_ROLE, {"Service": "ec2.amazonaws.com"}):
        assert only(looking.at(STUDIO_ROLES)).status is Status.WARNING


def test_a_studio_role_that_can_carry_no_more_policies_is_told(looking: Looking) -> None:
    looking.answer("ListAttachedRolePolicies", {"AttachedPolicies": [{"PolicyName": f"p{n}"} for n in range(10)]})
    assert "carries 10 policies" in only(looking.at(STUDIO_ROLES)).what


def test_a_data_bucket_that_is_not_the_accounts_fails(looking: Looking) -> None:
    named = {f'domain_id = "{DOMAIN_ID}"': 'data_buckets = ["not-there"]'}
    assert only(looking.at(DATA_BUCKETS, file=named)).status is Status.FAILED


def test_a_data_bucket_of_the_account_passes(looking: Looking) -> None:
    named = {f'domain_id = "{DOMAIN_ID}"': f'data_buckets = ["mlops-demo-dev-seed-eu-west-1-{DEV}"]'}
    assert looking.statuses(DATA_BUCKETS, file=named) == [Status.OK]


def test_a_domain_that_is_not_told_of_the_s3_templates_is_a_warning_and_is_cured(looking: Looking) -> None:
    finding = only(looking.at(S3_TEMPLATES, file=OFFERED_IN_S3))
    looking.follow(finding.cure)
    assert (finding.status, looking.statuses(S3_TEMPLATES, file=OFFERED_IN_S3)) == (Status.WARNING, [Status.OK])

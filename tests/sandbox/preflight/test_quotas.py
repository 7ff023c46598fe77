"""Quotas: what one project needs, and for how many more the rest is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.naming import Environment
from preflight.checks.quotas import INSTANCES, RESOURCES, Need, judged
from preflight.demand import Fleet, demand_of_a_project
from preflight.findings import Status

if TYPE_CHECKING:
    from pathlib import Path

    from preflight.findings import Finding
    from tests.sandbox.preflight.looking import Looking

ENDPOINTS = "ml.m5.large for endpoint usage"
ML_M5_LARGE_FOR_ENDPOINTS = "L-2BD5F1F6"
RULES = "L-244521F2"


def finding_of(findings: tuple[Finding, ...], quota: str) -> Finding:
    [found] = [finding for finding in findings if finding.room and finding.room.quota == quota]
    return found


def need(**given: int | bool) -> Need:
    numbers = {"value": 10, "used": 0, "per_project": 3, **given}
    return Need(quota="rules", service="events", code=RULES, **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "projects"),
    [
        ({}, 3),
        ({"used": 1}, 3),
        ({"used": 2}, 2),
        ({"used": 8}, 0),
        ({"used": 11}, 0),
        ({"once": 2}, 2),
        ({"used": 1, "once": 3}, 2),
    ],
)
def test_room_is_what_is_left_by_what_a_project_needs(given: dict[str, int], projects: int) -> None:
    assert need(**given).projects == projects


@pytest.mark.parametrize(
    ("given", "wanted", "status"),
    [
        ({}, 3, Status.OK),
        ({}, 4, Status.WARNING),
        ({"used": 8}, 4, Status.FAILED),
        ({"is_of_jobs": True}, 4, Status.OK),
        ({"is_of_jobs": True, "value": 2}, 4, Status.FAILED),
    ],
)
def test_too_little_room_is_a_warning_and_none_a_failure(given: dict[str, int], wanted: int, status: Status) -> None:
    assert judged(need(**given), wanted_projects=wanted, options="").status is status


def test_the_cure_asks_for_exactly_as_much_as_is_needed() -> None:
    assert "--desired-value 19 " in judged(need(used=4), wanted_projects=5, options="").cure


def test_a_project_needs_in_dev_what_the_newest_release_makes_with_every_option(root: Path) -> None:
    resources = demand_of_a_project(root, [Environment.DEV]).resources
    assert [resources[f"AWS::{kind}"] for kind in ("Events::Rule", "IAM::Role", "S3::Bucket")] == [5, 9 + 1, 2 + 1]


def test_a_project_needs_a_role_and_a_bucket_in_a_target_account(root: Path) -> None:
    resources = demand_of_a_project(root, [Environment.PROD]).resources
    assert dict(resources) == {"AWS::IAM::Role": 1, "AWS::S3::Bucket": 1}


def test_an_endpoint_needs_as_many_instances_as_it_may_scale_to(root: Path) -> None:
    demand = demand_of_a_project(root, [Environment.DEV, Environment.PREPROD])
    assert demand.endpoints == (
        Fleet(instance_type="ml.m5.large", count=1),
        Fleet(instance_type="ml.m5.large", count=3),
    )


def test_jobs_run_in_dev_with_the_build_applications_defaults(root: Path) -> None:
    jobs = demand_of_a_project(root, [Environment.DEV]).jobs
    assert jobs == dict.fromkeys(("training", "processing"), Fleet(instance_type="ml.m5.large", count=1))


@pytest.mark.slow
def test_a_quota_that_is_too_low_is_cured_by_its_cure(looking: Looking) -> None:
    quotas = looking.land.client("demo-prod", "service-quotas")
    wish = {"ServiceCode": "sagemaker", "QuotaCode": ML_M5_LARGE_FOR_ENDPOINTS}
    before = quotas.get_service_quota(**wish)["Quota"]["Value"]
    quotas.request_service_quota_increase(**wish, DesiredValue=11)
    try:
        low = finding_of(looking.at(INSTANCES, account="demo-prod"), ENDPOINTS)
        looking.follow(low.cure)
        [cured] = looking.at(INSTANCES, account="demo-prod")
    finally:
        quotas.request_service_quota_increase(**wish, DesiredValue=before)
    assert (low.status, cured.status) == (Status.FAILED, Status.OK)


@pytest.mark.slow
def test_a_new_model_needs_instances_beside_those_that_serve(looking: Looking) -> None:
    room = finding_of(looking.at(INSTANCES, account="demo-prod"), ENDPOINTS).room
    assert room is not None
    assert (room.value, room.per_project, room.projects) == (60, 6, (60 - 6) // 6)


@pytest.mark.slow
def test_what_exists_is_counted(looking: Looking) -> None:
    events = looking.land.client("demo-dev", "events")
    for number in range(290):
        events.put_rule(Name=f"rule-{number}", EventPattern='{"source": ["test"]}')
    try:
        rules = finding_of(looking.at(RESOURCES), "EventBridge rules")
    finally:
        for number in range(290):
            events.delete_rule(Name=f"rule-{number}")
    assert (rules.status, "300, 290 used: enough for 2 more projects" in rules.what) == (Status.WARNING, True)


@pytest.mark.slow
def test_instances_of_endpoints_that_serve_are_counted(looking: Looking) -> None:
    looking.answer("ListEndpoints", {"Endpoints": [{"EndpointName": "one"}, {"EndpointName": "serverless"}]})
    looking.answer(
        "DescribeEndpoint",
        {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "v", "CurrentInstanceCount": 4}]},
    )
    looking.answer(
        "DescribeEndpointConfig", {"ProductionVariants": [{"VariantName": "v", "InstanceType": "ml.m5.large"}]}
    )
    room = finding_of(looking.at(INSTANCES, account="demo-prod"), ENDPOINTS).room
    assert room is not None
    assert room.used == 2 * 4


@pytest.mark.slow
def test_a_quota_that_was_never_raised_has_its_default(looking: Looking) -> None:
    looking.answer("GetServiceQuota", "NoSuchResourceException")
    looking.answer("GetAWSDefaultServiceQuota", {"Quota": {"Value": 100.0}})
    room = finding_of(looking.at(RESOURCES), "EventBridge rules").room
    assert room is not None
    assert room.value == 100


@pytest.mark.slow
def test_a_quota_that_nobody_tells_is_unknown(looking: Looking) -> None:
    looking.answer("GetServiceQuota", "NoSuchResourceException")
    looking.answer("GetAWSDefaultServiceQuota", "NoSuchResourceException")
    unknown = [finding.what for finding in looking.at(RESOURCES) if finding.status is Status.UNKNOWN]
    assert "Service Quotas tells no EventBridge rules (events L-244521F2)" in unknown


@pytest.mark.slow
def test_an_instance_type_that_service_quotas_does_not_know_is_unknown(looking: Looking) -> None:
    looking.answer("ListServiceQuotas", {"Quotas": []})
    assert looking.statuses(INSTANCES, account="demo-prod") == [Status.UNKNOWN]


@pytest.mark.slow
def test_one_account_for_all_environments_needs_the_sum(looking: Looking) -> None:
    same = {'"222222222222"': '"111111111111"', '"333333333333"': '"111111111111"'}
    room = finding_of(looking.at(RESOURCES, file=same), "S3 buckets").room
    assert room is not None
    assert room.per_project == 2 + 3

"""Service Quotas in the sandbox, and what stock moto lacks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from preflight.checks.quotas import COUNTED, IAM_ROLES
from sandbox.corrections.service_quotas import QUOTAS

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import RunningSandbox

RULES = {"ServiceCode": "events", "QuotaCode": "L-244521F2"}


def test_stock_moto_knows_no_quota_of_eventbridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws(), pytest.raises(ClientError, match="NoSuchResourceException"):
        boto3.client("service-quotas", "eu-west-1").get_service_quota(**RULES)


def test_the_sandbox_has_every_quota_that_preflight_asks_for_by_code() -> None:
    asked = {(quota.service, quota.code) for quota in COUNTED} | {("iam", IAM_ROLES)}
    assert asked <= {(service, code) for service, code, _, _ in QUOTAS}


def test_what_is_asked_for_is_granted_in_that_account_and_region_alone(sandbox: RunningSandbox) -> None:
    dev, prod = (sandbox.client(name, "service-quotas") for name in ("dev", "prod"))
    dev.request_service_quota_increase(**RULES, DesiredValue=400)
    try:
        assert [client.get_service_quota(**RULES)["Quota"]["Value"] for client in (dev, prod)] == [400, 300]
    finally:
        dev.request_service_quota_increase(**RULES, DesiredValue=300)


def test_a_quota_that_is_not_kept_is_not_told(sandbox: RunningSandbox) -> None:
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        sandbox.client("dev", "service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")

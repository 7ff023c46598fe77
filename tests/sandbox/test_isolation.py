"""Each account of the sandbox is alone, and nobody gets in by mistake."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox

BUCKET = "isolated-bucket"
PARAMETER = "/isolated/parameter"
ROLE = "isolated-role"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def furnished(sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    """A sandbox with an object, a parameter and a role in PROD."""
    s3, ssm, iam = (sandbox.client("prod", service) for service in ("s3", "ssm", "iam"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="object", Body=b"1")
    ssm.put_parameter(Name=PARAMETER, Value="1", Type="String")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=TRUST)
    yield sandbox
    iam.delete_role(RoleName=ROLE)
    ssm.delete_parameter(Name=PARAMETER)
    s3.delete_object(Bucket=BUCKET, Key="object")
    s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("name", ["demo-dev", "demo-preprod", "demo-prod"])
def test_credentials_reach_the_account_of_their_name(sandbox: RunningSandbox, name: str) -> None:
    found = sandbox.client(name, "sts").get_caller_identity()["Account"]
    assert found == sandbox.accounts[name].account_id


@pytest.mark.parametrize(
    ("service", "listing", "key"),
    [
        ("iam", "list_roles", "Roles"),
        ("iam", "list_users", "Users"),
        ("s3", "list_buckets", "Buckets"),
        ("ssm", "describe_parameters", "Parameters"),
        ("cloudformation", "describe_stacks", "Stacks"),
    ],
)
def test_a_new_account_is_empty(sandbox: RunningSandbox, service: str, listing: str, key: str) -> None:
    assert getattr(sandbox.client("preprod", service), listing)()[key] == []


def test_an_object_is_not_read_from_another_account(furnished: RunningSandbox) -> None:
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        furnished.client("dev", "s3").get_object(Bucket=BUCKET, Key="object")


def test_an_object_is_not_written_from_another_account(furnished: RunningSandbox) -> None:
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        furnished.client("dev", "s3").put_object(Bucket=BUCKET, Key="object", Body=b"2")


def test_a_parameter_is_not_read_from_another_account(furnished: RunningSandbox) -> None:
    with pytest.raises(ClientError, match="ParameterNotFound"):
        furnished.client("dev", "ssm").get_parameter(Name=PARAMETER)


def test_a_role_is_not_seen_from_another_account(furnished: RunningSandbox) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        furnished.client("dev", "iam").get_role(RoleName=ROLE)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("ssm", "describe_parameters", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_a_key_that_no_account_issued_is_refused(
    sandbox: RunningSandbox, service: str, operation: str, code: str
) -> None:
    stranger = boto3.Session(
        region_name="eu-west-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="secret"
    )
    with pytest.raises(ClientError) as refused:
        getattr(stranger.client(service, endpoint_url=sandbox.endpoint), operation)()
    assert refused.value.response["Error"]["Code"] == code


def test_a_request_without_signature_is_refused(sandbox: RunningSandbox) -> None:
    anonymous = boto3.Session(region_name="eu-west-1").client(
        "s3", endpoint_url=sandbox.endpoint, config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        anonymous.list_buckets()


def test_a_presigned_address_works(furnished: RunningSandbox) -> None:
    s3 = furnished.client("prod", "s3", config=Config(signature_version="s3v4"))
    address = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "object"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as response:
        assert response.read() == b"1"


@pytest.mark.parametrize(
    ("service", "operation", "message"),
    [
        ("codecommit", "list_approval_rule_templates", "does not imitate this: codecommit: The list_approval_rule_t"),
        ("accessanalyzer", "list_analyzers", "does not imitate this: the service access-analyzer"),
    ],
)
def test_what_moto_lacks_is_refused_by_name(
    sandbox: RunningSandbox, service: str, operation: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        getattr(sandbox.client("dev", service), operation)()


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudwatch", "list_metrics"),
        ("elbv2", "describe_load_balancers"),
        ("resourcegroupstaggingapi", "get_resources"),
        ("stepfunctions", "list_state_machines"),
    ],
)
def test_a_service_that_signs_under_another_name_is_let_in(
    sandbox: RunningSandbox, service: str, operation: str
) -> None:
    answer = getattr(sandbox.client("preprod", service), operation)()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

"""The checks of an account itself, with what makes each fail. That they pass else, test_command.py holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from preflight.checks import names
from preflight.checks.names import NAMES
from preflight.checks.network import NETWORK
from preflight.checks.region import CODECOMMIT, REGION
from preflight.checks.state_bucket import STATE_BUCKET
from preflight.findings import Status
from tests.sandbox.preflight.looking import ANOTHER_SET, only

if TYPE_CHECKING:
    from tests.sandbox.preflight.looking import Looking

pytestmark = pytest.mark.slow

DEV, PROD = "111111111111", "333333333333"
STATE = f"mlops-state-eu-west-1-{PROD}"
ELSEWHERE = {'region     = "eu-west-1"': 'region     = "eu-south-2"'}
NETWORK_TABLE = '[demo.prod.network]\nsubnet_ids = ["{}"]\nsecurity_group_ids = ["{}"]\n\n[demo.prod]'


# --- the Region -------------------------------------------------------------------------------------------------------


def test_a_region_that_is_not_enabled_fails(looking: Looking) -> None:
    finding = only(looking.at(REGION, file=ELSEWHERE))
    assert (finding.status, "enable-region --region-name eu-south-2" in finding.cure) == (Status.FAILED, True)


def test_a_region_that_knows_no_credentials_of_the_account_is_not_enabled(looking: Looking) -> None:
    looking.answer("DescribeRegions", "AuthFailure")
    assert "is not enabled" in only(looking.at(REGION)).what


def test_a_region_that_aws_does_not_have_fails(looking: Looking) -> None:
    looking.answer("DescribeRegions", "InvalidParameterValue")
    assert only(looking.at(REGION)).what == "AWS has no Region eu-west-1"


def test_a_region_without_codecommit_fails_and_those_that_have_it_are_told(looking: Looking) -> None:
    without = set(boto3.Session().get_available_regions("ec2")) - set(
        boto3.Session().get_available_regions("codecommit")
    )
    region = {'region     = "eu-west-1"': f'region     = "{min(without)}"'}
    finding = only(looking.at(CODECOMMIT, file=region))
    assert (finding.status, "eu-west-1" in finding.cure) == (Status.FAILED, True)


# --- the state bucket -------------------------------------------------------------------------------------------------


@pytest.fixture
def s3(looking: Looking) -> Any:  # noqa: ANN401
    return looking.land.client("demo-prod", "s3")


def cured_by_its_cure(looking: Looking) -> str:
    """What is wrong with PROD's state bucket, after holding that the cure mends it."""
    finding = only(looking.at(STATE_BUCKET, account="demo-prod"))
    looking.follow(finding.cure)
    assert looking.statuses(STATE_BUCKET, account="demo-prod") == [Status.OK]
    assert finding.status is Status.FAILED
    return finding.what


def test_a_state_bucket_without_versions_fails_and_is_cured(looking: Looking, s3: Any) -> None:  # noqa: ANN401
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Suspended"})
    assert "keeps no versions" in cured_by_its_cure(looking)


def test_a_state_bucket_without_encryption_fails_and_is_cured(looking: Looking, s3: Any) -> None:  # noqa: ANN401
    s3.delete_bucket_encryption(Bucket=STATE)
    assert "is not encrypted" in cured_by_its_cure(looking)


def test_a_state_bucket_that_may_be_opened_fails_and_is_cured(looking: Looking, s3: Any) -> None:  # noqa: ANN401
    s3.delete_public_access_block(Bucket=STATE)
    assert "may be opened to the public" in cured_by_its_cure(looking)


def test_a_state_that_is_locked_is_a_warning(looking: Looking, s3: Any) -> None:  # noqa: ANN401
    lock = {"Bucket": STATE, "Key": "demo-prod/terraform.tfstate.tflock"}
    s3.put_object(**lock, Body=b"{}")
    try:
        finding = only(looking.at(STATE_BUCKET, account="demo-prod"))
    finally:
        s3.delete_object(**lock)
    assert (finding.status, "terraform force-unlock" in finding.cure) == (Status.WARNING, True)


def test_a_state_bucket_that_is_yet_to_be_made_is_no_failure(looking: Looking) -> None:
    finding = only(looking.at(STATE_BUCKET, file=ELSEWHERE))
    assert (finding.status, finding.cure) == (Status.NOT_YET, "make bootstrap ACCOUNT=demo-dev")


def test_a_state_bucket_name_that_another_account_has_taken_fails(looking: Looking) -> None:
    s3, bucket = looking.land.client("demo-prod", "s3"), f"mlops-state-eu-south-2-{DEV}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    try:
        finding = only(looking.at(STATE_BUCKET, file=ELSEWHERE))
    finally:
        s3.delete_bucket(Bucket=bucket)
    assert (finding.status, "belongs to another account" in finding.what) == (Status.FAILED, True)


def test_a_state_bucket_of_ones_own_has_to_exist(looking: Looking) -> None:
    named = {"[demo.preprod]": '[demo.dev.state]\nbucket = "not-there"\n\n[demo.preprod]'}
    finding = only(looking.at(STATE_BUCKET, file=named))
    assert (finding.status, finding.what) == (Status.FAILED, "there is no bucket not-there")


# --- names ------------------------------------------------------------------------------------------------------------


def test_the_names_are_those_of_everything_that_terraform_made_with_a_name(looking: Looking) -> None:
    unique = ("aws_iam_role.", "aws_iam_policy.", "aws_s3_bucket.", "aws_ssm_parameter.")
    target = looking.target("demo-dev")
    made = {address for address in target.state.resources if address.split(".", 2)[2].startswith(unique)}
    assert {name.address for name in names.names_of(target)} == made


def test_each_name_is_that_of_what_terraform_made(looking: Looking) -> None:
    target = looking.target("demo-dev")
    made = target.state.resources
    assert [name.name for name in names.names_of(target)] == [
        made[name.address].get("name", made[name.address].get("bucket")) for name in names.names_of(target)
    ]


def test_a_role_that_exists_already_fails_with_the_command_that_adopts_it(looking: Looking) -> None:
    iam, name = looking.land.client("demo-prod", "iam"), "mlops-other-prod-deploy"
    iam.create_role(RoleName=name, Path="/theirs/", AssumeRolePolicyDocument="{}")
    try:
        finding = only(looking.at(NAMES, account="other-prod", file=ANOTHER_SET))
    finally:
        iam.delete_role(RoleName=name)
    assert finding.status is Status.FAILED
    assert f"terraform import 'module.deployment_roles.aws_iam_role.deploy' '{name}'" in finding.cure


def test_a_policy_is_adopted_by_its_arn(looking: Looking) -> None:
    iam = looking.land.client("demo-prod", "iam")
    arn = iam.create_policy(
        PolicyName="mlops-other-prod-boundary",
        Path="/mlops/",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
        ),
    )["Policy"]["Arn"]
    try:
        finding = only(looking.at(NAMES, account="other-prod", file=ANOTHER_SET))
    finally:
        iam.delete_policy(PolicyArn=arn)
    assert f"'{arn}'" in finding.cure


def test_parameters_of_another_deployment_in_the_account_collide(looking: Looking) -> None:
    findings = looking.at(NAMES, account="other-dev", file=ANOTHER_SET)
    assert "parameter /mlops/code/seed_bucket exists" in " ".join(finding.what for finding in findings)


def test_a_seed_bucket_that_another_account_has_taken_fails(looking: Looking) -> None:
    s3, bucket = looking.land.client("demo-prod", "s3"), f"mlops-other-dev-seed-eu-west-1-{DEV}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    try:
        found = [finding.what for finding in looking.at(NAMES, account="other-dev", file=ANOTHER_SET)]
    finally:
        s3.delete_bucket(Bucket=bucket)
    assert f"bucket {bucket} belongs to another account" in found


# --- the network ------------------------------------------------------------------------------------------------------


def test_a_subnet_that_does_not_exist_fails(looking: Looking) -> None:
    named = {"[demo.prod]": NETWORK_TABLE.format("subnet-0123456789abcdef0", "sg-0123456789abcdef0")}
    finding = only(looking.at(NETWORK, account="demo-prod", file=named))
    assert (finding.status, "subnet-0123456789abcdef0" in finding.what) == (Status.FAILED, True)


def test_a_network_in_one_vpc_passes(looking: Looking) -> None:
    ec2 = looking.land.client("demo-prod", "ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    [group] = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])["SecurityGroups"]
    named = {"[demo.prod]": NETWORK_TABLE.format(subnet["SubnetId"], group["GroupId"])}
    assert looking.statuses(NETWORK, account="demo-prod", file=named) == [Status.OK]


def test_a_network_of_two_vpcs_fails(looking: Looking) -> None:
    ec2 = looking.land.client("demo-prod", "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    named = {"[demo.prod]": NETWORK_TABLE.format(ec2.describe_subnets()["Subnets"][0]["SubnetId"], group)}
    try:
        finding = only(looking.at(NETWORK, account="demo-prod", file=named))
    finally:
        ec2.delete_security_group(GroupId=group)
        ec2.delete_vpc(VpcId=vpc)
    assert "several VPCs" in finding.what

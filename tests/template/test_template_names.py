"""Names that the template builds, with the longest values that AWS allows against AWS's own limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.product_template import ACCOUNT_ID, PROJECT_ID, TEMPLATE, as_text, aws_limits, filled

if TYPE_CHECKING:
    from tests.template.product_template import Template

LONGEST_ID = "p-" + "i" * (aws_limits("sagemaker", "ProjectId")["max"] - 2)

# S3's API model says nothing of bucket names: the rules are those of the user guide's page "bucketnamingrules".
BUCKET_NAME = {"max": 63, "pattern": r"[a-z0-9][a-z0-9-]*[a-z0-9]"}
NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "AWS::ECR::Repository": ("RepositoryName", dict(aws_limits("ecr", "RepositoryName"))),
    "AWS::KMS::Alias": ("AliasName", dict(aws_limits("kms", "AliasNameType"))),
    "AWS::S3::Bucket": ("BucketName", BUCKET_NAME),
    "AWS::SageMaker::ModelPackageGroup": ("ModelPackageGroupName", dict(aws_limits("sagemaker", "EntityName"))),
}
ROLE_NAME_LIMIT = aws_limits("iam", "roleNameType")["max"]

# `Name: !Sub mlops-${X} # 6 + 20 = 26 <= 63`, or with the sum on the line before.
SUM = r"# (?P<terms>\d+(?: \+ \d+)+) = (?P<total>\d+) <= (?P<limit>\d+)$"
BESIDE = re.compile(r"^ +(?P<key>[\w:]+): !Sub (?P<name>\S+) " + SUM, re.MULTILINE)
ABOVE = re.compile(r"^ +" + SUM[:-1] + r"\n +(?P<key>[\w:]+): !Sub (?P<name>\S+)$", re.MULTILINE)
SUMS = [match for pattern in (BESIDE, ABOVE) for match in pattern.finditer(TEMPLATE.read_text())]
every_sum = pytest.mark.parametrize("found", SUMS, ids=lambda found: found["name"].rpartition("/")[2])


def names(template: Template) -> list[tuple[str, dict[str, Any]]]:
    """Every name that the template gives, with what AWS allows for it."""
    return [
        (as_text(resource["Properties"][NAMES[resource["Type"]][0]]), NAMES[resource["Type"]][1])
        for resource in template["Resources"].values()
        if resource["Type"] in NAMES
    ]


def name_of(found: re.Match[str]) -> str:
    """The name alone, of a role's ARN the part behind its path."""
    return found["name"].rpartition("/")[2] if found["name"].startswith("arn:") else found["name"]


@pytest.mark.parametrize("project_id", [LONGEST_ID, PROJECT_ID, "1"])
def test_every_name_is_one_that_aws_accepts(template: Template, project_id: str) -> None:
    refused = [
        name
        for name, limits in names(template)
        if len(filled(name, project_id=project_id)) > limits["max"]
        or not re.fullmatch(limits["pattern"], filled(name, project_id=project_id))
    ]
    assert refused == []


def test_names_are_built_from_the_id_never_from_the_name_with_its_capitals(template: Template) -> None:
    assert [name for name, _ in names(template) if "${SageMakerProjectId}" not in name] == []


def test_every_name_has_its_sum_beside_it(template: Template) -> None:
    assert {name for name, _ in names(template)} <= {name_of(found) for found in SUMS}


def test_every_role_name_has_its_sum_beside_it() -> None:
    assert len(re.findall(r":role/mlops/", TEMPLATE.read_text())) == len(ABOVE.findall(TEMPLATE.read_text()))


@every_sum
def test_a_sum_adds_up(found: re.Match[str]) -> None:
    assert sum(map(int, found["terms"].split(" + "))) == int(found["total"])


@every_sum
def test_a_sum_is_the_length_of_the_longest_name(found: re.Match[str]) -> None:
    assert len(filled(name_of(found), project_id=LONGEST_ID)) == int(found["total"])


@every_sum
def test_a_sum_stays_within_the_limit_that_it_states(found: re.Match[str]) -> None:
    assert int(found["total"]) <= int(found["limit"])


@every_sum
def test_a_sum_states_the_limit_of_aws(found: re.Match[str]) -> None:
    limits = {property_name: limits["max"] for property_name, limits in NAMES.values()}
    assert int(found["limit"]) == {**limits, "aws:PrincipalArn": ROLE_NAME_LIMIT}[found["key"]]


def test_buckets_of_two_accounts_never_share_a_name(template: Template) -> None:
    buckets = [name for name, limits in names(template) if limits is BUCKET_NAME]
    assert all(filled(name).endswith(f"-{ACCOUNT_ID}") for name in buckets)

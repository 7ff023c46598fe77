"""Names that the template builds, with the longest values that AWS allows against AWS's own limits."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.product_template import ACCOUNT_ID, PROJECT_ID, TEMPLATE, as_text, aws_limits, filled

if TYPE_CHECKING:
    from tests.template.product_template import Template

LONGEST_ID = "p-" + "i" * (aws_limits("sagemaker", "ProjectId")["max"] - 2)
SHORTEST_ID = "1-2"

# Where the API model says nothing: the user guide of S3, "bucketnamingrules", and the API references of SNS CreateTopic
# and CloudFormation CreateStack.
BUCKET_NAME = {"max": 63, "pattern": r"[a-z0-9][a-z0-9-]*[a-z0-9]"}
TOPIC_NAME = {"max": 256, "pattern": r"[A-Za-z0-9_-]+"}
STACK_NAME = {"max": 128, "pattern": r"[A-Za-z][A-Za-z0-9-]*"}
NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "AWS::CodeBuild::Project": ("Name", dict(aws_limits("codebuild", "ProjectName"))),
    "AWS::CodeCommit::Repository": ("RepositoryName", dict(aws_limits("codecommit", "RepositoryName"))),
    "AWS::CodePipeline::Pipeline": ("Name", dict(aws_limits("codepipeline", "PipelineName"))),
    "AWS::ECR::Repository": ("RepositoryName", dict(aws_limits("ecr", "RepositoryName"))),
    "AWS::Events::Rule": ("Name", dict(aws_limits("events", "RuleName"))),
    "AWS::IAM::Role": ("RoleName", dict(aws_limits("iam", "roleNameType"))),
    "AWS::KMS::Alias": ("AliasName", dict(aws_limits("kms", "AliasNameType"))),
    "AWS::Logs::LogGroup": ("LogGroupName", dict(aws_limits("logs", "LogGroupName"))),
    "AWS::S3::Bucket": ("BucketName", BUCKET_NAME),
    "AWS::SNS::Topic": ("TopicName", TOPIC_NAME),
    "AWS::SageMaker::ModelPackageGroup": ("ModelPackageGroupName", dict(aws_limits("sagemaker", "EntityName"))),
}
# What the template names without making it: roles in other accounts, and the stacks of the deployment.
NAMED_ELSEWHERE = {"aws:PrincipalArn": aws_limits("iam", "roleNameType")["max"], "StackName": STACK_NAME["max"]}

# `Name: !Sub mlops-${X} # 6 + 20 = 26 <= 63`, or with the sum on the line before.
TEXT = TEMPLATE.read_text()
SUM = r"# (?P<terms>\d+(?: \+ \d+)+) = (?P<total>\d+) <= (?P<limit>\d+)$"
BESIDE = re.compile(r"^ +(?P<key>[\w:]+): !Sub (?P<name>\S+) " + SUM, re.MULTILINE)
ABOVE = re.compile(r"^ +" + SUM[:-1] + r"\n +(?P<key>[\w:]+): !Sub (?P<name>\S+)$", re.MULTILINE)
SUMS = [match for pattern in (BESIDE, ABOVE) for match in pattern.finditer(TEXT)]
every_sum = pytest.mark.parametrize("found", SUMS, ids=lambda found: f"{found['key']} {name_of(found)}")


def names(template: Template) -> list[tuple[str, dict[str, Any]]]:
    """Every name that the template gives, with what AWS allows for it."""
    return [
        (as_text(resource["Properties"][NAMES[resource["Type"]][0]]), NAMES[resource["Type"]][1])
        for resource in template["Resources"].values()
        if resource["Type"] in NAMES
    ]


def name_of(found: re.Match[str]) -> str:
    """The name alone, of a role's ARN the part behind its path."""
    return str(found["name"].rpartition("/")[2] if found["name"].startswith("arn:") else found["name"])


def type_around(found: re.Match[str]) -> str:
    """Type of the resource in whose declaration a sum stands."""
    return str(re.findall(r"^    Type: (\S+)$", TEXT[: found.start()], re.MULTILINE)[-1])


@pytest.mark.parametrize("project_id", [LONGEST_ID, PROJECT_ID, SHORTEST_ID])
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
    assert len(re.findall(r":role/mlops/", TEXT)) == len(ABOVE.findall(TEXT))


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
    limit = NAMED_ELSEWHERE.get(found["key"]) or NAMES[type_around(found)][1]["max"]
    assert int(found["limit"]) == limit


def test_every_stack_of_a_deployment_has_its_sum_beside_it() -> None:
    assert len(re.findall(r"^ +StackName: ", TEXT, re.MULTILINE)) == [s["key"] for s in SUMS].count("StackName")


@pytest.mark.parametrize("project_id", [LONGEST_ID, PROJECT_ID, SHORTEST_ID])
def test_the_ids_that_the_names_are_tried_with_are_allowed(template: Template, project_id: str) -> None:
    assert re.fullmatch(template["Parameters"]["SageMakerProjectId"]["AllowedPattern"], project_id)


@pytest.mark.parametrize("variable", ["SAGEMAKER_PIPELINE_NAME", "SAGEMAKER_INFERENCE_PIPELINE_NAME"])
def test_a_build_is_told_a_pipeline_name_that_sagemaker_accepts(template: Template, variable: str) -> None:
    told = template["Resources"]["BuildProject"]["Properties"]["Environment"]["EnvironmentVariables"]
    [name] = [filled(as_text(pair["Value"]), project_id=LONGEST_ID) for pair in told if pair["Name"] == variable]
    limits = aws_limits("sagemaker", "PipelineName")
    assert len(name) <= limits["max"]
    assert re.fullmatch(limits["pattern"], name)


def test_buckets_of_two_accounts_never_share_a_name(template: Template) -> None:
    buckets = [name for name, limits in names(template) if limits is BUCKET_NAME]
    assert all(filled(name).endswith(f"-{ACCOUNT_ID}") for name in buckets)


# --- two projects -----------------------------------------------------------------------------------------------------

LETTERS = "a1-"  # a letter, a digit and the hyphen stand for all that an id may have
LONGEST_TRIED = 6


def ids_up_to(length: int, pattern: str) -> list[str]:
    """Every id of at most that many characters that the template allows."""
    tried = ("".join(letters) for size in range(1, length + 1) for letters in product(LETTERS, repeat=size))
    return [text for text in tried if re.fullmatch(pattern, text)]


def fits(name: str, project_id: str) -> bool:
    """Whether a policy for that project means the name."""
    return name == f"mlops-{project_id}" or name.startswith(f"mlops-{project_id}-")


def test_no_name_of_a_project_fits_a_policy_for_another(template: Template) -> None:
    # A policy means mlops-<id> and mlops-<id>-*. An id has exactly one hyphen: a longer one that begins with <id>-
    # would have two, and a name of a shorter one that fits would give <id> two. Tried on every id that is short.
    ids = ids_up_to(LONGEST_TRIED, template["Parameters"]["SageMakerProjectId"]["AllowedPattern"])
    names = [(other, f"mlops-{other}{thing}") for other in ids for thing in ("", "-1", "-a")]
    reaches = [(mine, name) for mine in ids for other, name in names if mine != other and fits(name, mine)]
    assert len(ids) > len(LETTERS)
    assert reaches == []

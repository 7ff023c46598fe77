"""The product template as a document, and what each of its resources has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint_file
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.template.product_template import RELEASES, TEMPLATE, aws_limits, of_type, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Template

# What cfn-lint would rather have otherwise, by the resource that it is about.
ACCEPTED = {("I3011", "BuildLogs"): "logs go with the project, as they go with time: nobody's work is in them"}
LARGEST_TEMPLATE = 51_200  # bytes, where it is passed by value: cloudformation validate-template, create-stack
PROJECT_TAGS = {"sagemaker:project-name": "SageMakerProjectName", "sagemaker:project-id": "SageMakerProjectId"}
KEEPS_WORK = (
    "AWS::CodeCommit::Repository",
    "AWS::ECR::Repository",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SageMaker::ModelPackageGroup",
)
BUILD = "AWS::CodeBuild::Project"
COSTS = (
    "AWS::CodeBuild::Project",
    "AWS::CodeCommit::Repository",
    "AWS::CodePipeline::Pipeline",
    "AWS::ECR::Repository",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
)
PREDICATE = re.compile(r"(Has|Is|Makes)([A-Z][a-z]+)+")
BANNER = re.compile(r"^  # =+\n  # (.+)\n  #\n(?:  # .*\n|  #\n)+?  # =+$", re.MULTILINE)
every_template = pytest.mark.parametrize("file", [TEMPLATE, *RELEASES], ids=lambda file: file.name)


def properties(template: Template, resource_type: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in of_type(template, resource_type).values()]


def tags(resource: Template, tag_property: str) -> dict[str, object]:
    """Tag key -> value; some types take a list of pairs, others a mapping."""
    found = resource["Properties"].get(tag_property, [])
    return dict(found) if isinstance(found, dict) else {tag["Key"]: tag["Value"] for tag in found}


def tag_properties(template: Template) -> dict[str, str]:
    """Logical id -> the property that takes tags, of every resource that AWS can tag."""
    found = {}
    for name, resource in template["Resources"].items():
        tagging = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema.get("tagging", {})
        if tagging.get("taggable", True):
            found[name] = tagging.get("tagProperty", "/properties/Tags").removeprefix("/properties/")
    return found


# --- the document -----------------------------------------------------------------------------------------------------


def test_cfn_lint_finds_nothing() -> None:
    found = [(match.rule.id, str(match.path[1])) for match in lint_file(TEMPLATE, {"include_checks": ["I"]})]
    assert set(found) == set(ACCEPTED)


@pytest.mark.parametrize("release", RELEASES, ids=lambda file: file.name)
def test_cfn_lint_finds_no_error_in_a_release(release: Path) -> None:
    # Warnings are let pass: a release never changes, and a newer cfn-lint knows more of them.
    assert [str(match) for match in lint_file(release) if match.rule.id.startswith("E")] == []


@every_template
def test_the_template_is_small_enough_to_be_passed_by_value(file: Path) -> None:
    assert file.stat().st_size < LARGEST_TEMPLATE


@every_template
def test_the_format_version_is_quoted(file: Path) -> None:
    # Unquoted it is a date, on which cfn-nag stops under Ruby 3 (cfn_nag#617).
    assert file.read_text().splitlines()[0] == 'AWSTemplateFormatVersion: "2010-09-09"'


@pytest.mark.parametrize("release", RELEASES, ids=lambda file: file.name)
def test_a_release_says_which_it_is(release: Path) -> None:
    assert read(release)["Outputs"]["TemplateVersion"]["Value"] == release.stem


def test_it_has_three_parts_each_under_a_banner_that_says_what_it_is_for() -> None:
    titles = [title.partition(":")[0] for title in BANNER.findall(TEMPLATE.read_text())]
    assert titles == ["Shared", "Build app", "Deploy app"]


def test_a_condition_reads_as_what_is_so(template: Template) -> None:
    assert [name for name in template["Conditions"] if not PREDICATE.fullmatch(name)] == []


# --- its parameters ---------------------------------------------------------------------------------------------------


@every_template
def test_sagemakers_two_parameters_are_all_that_must_be_given(file: Path) -> None:
    parameters = read(file)["Parameters"]
    assert {name for name, body in parameters.items() if "Default" not in body} == set(PROJECT_TAGS.values())


@pytest.mark.parametrize(
    ("parameter", "shape"), [("SageMakerProjectName", "ProjectEntityName"), ("SageMakerProjectId", "ProjectId")]
)
def test_a_parameter_is_as_long_as_sagemaker_allows(template: Template, parameter: str, shape: str) -> None:
    limits = aws_limits("sagemaker", shape)
    body = template["Parameters"][parameter]
    assert (body["MinLength"], body["MaxLength"]) == (limits["min"], limits["max"])


def test_every_project_name_that_sagemaker_allows_is_allowed(template: Template) -> None:
    pattern = aws_limits("sagemaker", "ProjectEntityName")["pattern"]
    assert template["Parameters"]["SageMakerProjectName"]["AllowedPattern"] == f"^{pattern}$"


@pytest.mark.parametrize("name", ["A", "Churn-Model", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"])
def test_a_project_name_may_have_capitals(template: Template, name: str) -> None:
    assert re.fullmatch(template["Parameters"]["SageMakerProjectName"]["AllowedPattern"], name)


@pytest.mark.parametrize("project_id", ["P-IDY6C3E1FIQJ", "-p", "p-", "p_1", ""])
def test_an_id_that_is_no_part_of_a_bucket_name_is_refused(template: Template, project_id: str) -> None:
    assert not re.fullmatch(template["Parameters"]["SageMakerProjectId"]["AllowedPattern"], project_id)


# --- its resources ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PROJECT_TAGS)
def test_whatever_can_be_tagged_carries_the_projects_tag(template: Template, key: str) -> None:
    taggable = tag_properties(template)
    tagged = {
        name
        for name, tag_property in taggable.items()
        if tags(template["Resources"][name], tag_property).get(key) == {"Ref": PROJECT_TAGS[key]}
    }
    assert tagged == set(taggable)


def test_what_costs_money_says_whose_money_it_is(template: Template) -> None:
    tagged = {
        name
        for name, resource in of_type(template, *COSTS).items()
        if tags(resource, "Tags").get("cost-centre") == {"Ref": "CostCentre"}
    }
    assert tagged == set(of_type(template, *COSTS))


def test_every_build_says_what_it_does_to_the_projects_log_for_as_long_as_was_asked(template: Template) -> None:
    [(logs, group)] = of_type(template, "AWS::Logs::LogGroup").items()
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    written = {build["LogsConfig"]["CloudWatchLogs"]["GroupName"]["Ref"] for build in properties(template, BUILD)}
    streams = [build["LogsConfig"]["CloudWatchLogs"]["StreamName"] for build in properties(template, BUILD)]
    assert written == {logs}
    assert len(streams) == len(set(streams))


def test_only_the_build_of_the_image_is_privileged(template: Template) -> None:
    builds = of_type(template, BUILD)
    privileged = {name for name, body in builds.items() if body["Properties"]["Environment"].get("PrivilegedMode")}
    assert privileged == {"BuildImageProject"}


def test_images_are_scanned_when_they_are_pushed(template: Template) -> None:
    found = [repository["ImageScanningConfiguration"] for repository in properties(template, "AWS::ECR::Repository")]
    assert found == [{"ScanOnPush": True}]


def test_what_keeps_work_outlives_the_project_but_not_a_failed_creation(template: Template) -> None:
    retained = {
        name
        for name, resource in template["Resources"].items()
        if (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == ("RetainExceptOnCreate", "Retain")
    }
    assert retained >= set(of_type(template, *KEEPS_WORK))


def test_buckets_keep_old_versions(template: Template) -> None:
    found = [bucket["VersioningConfiguration"] for bucket in properties(template, "AWS::S3::Bucket")]
    assert found == [{"Status": "Enabled"}] * len(found)


def test_buckets_are_closed_to_the_public(template: Template) -> None:
    found = [bucket["PublicAccessBlockConfiguration"] for bucket in properties(template, "AWS::S3::Bucket")]
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert found == [dict.fromkeys(closed, True)] * len(found)


def test_buckets_know_no_access_lists(template: Template) -> None:
    found = [bucket["OwnershipControls"]["Rules"] for bucket in properties(template, "AWS::S3::Bucket")]
    assert found == [[{"ObjectOwnership": "BucketOwnerEnforced"}]] * len(found)


def test_each_bucket_is_encrypted_with_a_key_of_its_own(template: Template) -> None:
    key_of = {
        name: bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        for name, bucket in of_type(template, "AWS::S3::Bucket").items()
    }
    assert key_of == {
        name: [
            {
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": {"Fn::GetAtt": [name.replace("Bucket", "Key"), "Arn"]},
                },
                "BucketKeyEnabled": True,
            }
        ]
        for name in key_of
    }


@pytest.mark.parametrize("expiry", ["ExpirationInDays", "ExpirationDate", "Transitions"])
def test_no_model_in_use_ever_expires(template: Template, expiry: str) -> None:
    rules = template["Resources"]["ArtifactBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["Id"] for rule in rules if expiry in rule] == []


def test_of_the_pipelines_bucket_only_caches_expire(template: Template) -> None:
    rules = template["Resources"]["PipelineBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule] == ["cache/"]


@pytest.mark.parametrize("tidied", ["NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"])
def test_every_bucket_is_tidied(template: Template, tidied: str) -> None:
    buckets = properties(template, "AWS::S3::Bucket")
    assert all(any(tidied in rule for rule in bucket["LifecycleConfiguration"]["Rules"]) for bucket in buckets)


def test_keys_rotate(template: Template) -> None:
    assert {key["EnableKeyRotation"] for key in properties(template, "AWS::KMS::Key")} == {True}


def test_an_image_tag_never_comes_to_mean_another_image(template: Template) -> None:
    assert {found["ImageTagMutability"] for found in properties(template, "AWS::ECR::Repository")} == {"IMMUTABLE"}


def test_an_edit_of_the_text_never_replaces_the_model_group(template: Template) -> None:
    assert [
        group
        for group in properties(template, "AWS::SageMaker::ModelPackageGroup")
        if "ModelPackageGroupDescription" in group
    ] == []

"""`projects upgrade`: a project to another release, with and without losing what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.projects.estate import NEWEST, OLDEST, SEED_BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.projects.estate import Estate, Project

pytestmark = pytest.mark.slow

RENAMED, WITHOUT_IMAGES, ASKING, IMPOSSIBLE, TAKEN = "99.0.0", "99.0.1", "99.0.2", "99.0.3", "99.0.4"

Template = dict[str, Any]


def rename_the_artifact_bucket(template: Template) -> None:
    properties = template["Resources"]["ArtifactBucket"]["Properties"]
    properties["BucketName"] = {"Fn::Sub": "mlops-${SageMakerProjectId}-models-${AWS::AccountId}"}


def leave_the_images_out(template: Template) -> None:
    del template["Resources"]["ImageRepository"]
    del template["Outputs"]["ImageRepositoryUri"]
    text = "mlops-images"
    for resource in template["Resources"].values():
        _replace(resource, {"Fn::GetAtt": ["ImageRepository", "Arn"]}, text)
        _replace(resource, {"Fn::GetAtt": ["ImageRepository", "RepositoryUri"]}, text)
        _replace(resource, {"Ref": "ImageRepository"}, text)


def ask_for_an_owner(template: Template) -> None:
    template["Parameters"]["Owner"] = {"Type": "String", "Description": "Who answers for the project."}


def read_what_is_not_there(template: Template) -> None:
    template["Resources"]["BuildLogs"]["Properties"]["LogGroupName"] = "{{resolve:ssm:/mlops/not/there}}"


def take_a_name_that_is_taken(template: Template) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": SEED_BUCKET}}
    template["Resources"]["Reports"] = bucket


def _replace(value: Any, old: object, new: object) -> None:  # noqa: ANN401  (a template)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in [*items]:
        if item == old:
            value[key] = new
        else:
            _replace(item, old, new)


CHANGES: dict[str, Callable[[Template], None]] = {
    RENAMED: rename_the_artifact_bucket,
    WITHOUT_IMAGES: leave_the_images_out,
    ASKING: ask_for_an_owner,
    IMPOSSIBLE: read_what_is_not_there,
    TAKEN: take_a_name_that_is_taken,
}


@pytest.fixture
def offered(estate: Estate) -> Iterator[Callable[[str], None]]:
    """Offers a release, which is taken from the offer again at the end."""
    published = []

    def offer(version: str) -> None:
        published.append(version)
        estate.publish(version, CHANGES[version])

    yield offer
    for version in published:
        estate.withdraw(version)


@pytest.fixture(scope="module")
def upgraded(estate: Estate) -> tuple[Project, str]:
    """A project of the oldest release that was upgraded, and what the command said."""
    project = estate.create("Upgraded", release=OLDEST)
    status, output = estate.run("upgrade", "Upgraded", answer="yes")
    assert status == 0, output
    return project, output


def test_the_project_has_the_newest_release(upgraded: tuple[Project, str]) -> None:
    project, _ = upgraded
    assert (project.release, project.sagemaker_status) == (NEWEST, "UpdateCompleted")


def test_it_shows_what_the_release_changes_for_the_project(upgraded: tuple[Project, str]) -> None:
    _, output = upgraded
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines() if "│" in line]
    assert {row[0]: row[2] for row in rows}.items() >= {"BuildRepository": "added", "PipelineBucket": "changed"}.items()


def test_an_upgraded_project_has_nothing_to_upgrade(upgraded: tuple[Project, str], estate: Estate) -> None:
    project, _ = upgraded
    assert estate.run("upgrade", project.id) == (0, f"Project Upgraded has release {NEWEST} already.\n")


@pytest.fixture(scope="module")
def living(estate: Estate) -> Project:
    """A project of the newest release, which answered what the template asks."""
    return estate.create("Living", CostCentre="4711")


def test_a_dry_run_changes_nothing(estate: Estate) -> None:
    project = estate.create("Dry", release=OLDEST)
    status, output = estate.run("upgrade", "Dry", "--dry-run")
    assert (status, "dry run" in output, project.release) == (0, True, OLDEST)


def test_a_release_that_is_not_there_is_answered_with_those_that_are(living: Project) -> None:
    status, output = living.estate.run("upgrade", "Living", "--to", "7.0.0")
    assert (status, f"It has: {OLDEST}, {NEWEST}" in output) == (1, True)


def test_a_release_that_replaces_what_holds_work_is_refused_by_name(
    living: Project, offered: Callable[[str], None]
) -> None:
    offered(RENAMED)
    status, output = living.estate.run("upgrade", "Living", "--yes")
    named = f"ArtifactBucket ({living.prefix}-artifacts-111111111111) would be lost to the project: it is replaced"
    assert (status, named in output, living.release) == (1, True, NEWEST)


def test_a_release_that_removes_what_holds_work_is_refused_by_name(
    living: Project, offered: Callable[[str], None]
) -> None:
    offered(WITHOUT_IMAGES)
    status, output = living.estate.run("upgrade", "Living", "--yes")
    named = f"ImageRepository ({living.prefix}) would be lost to the project: it is removed"
    assert (status, named in output, living.release) == (1, True, NEWEST)


def test_with_the_flag_the_bucket_is_replaced_and_the_old_one_stays(
    estate: Estate, offered: Callable[[str], None]
) -> None:
    project = estate.create("Moving")
    offered(RENAMED)
    status, output = estate.run("upgrade", "Moving", "--yes", "--allow-replacement")
    buckets = {name for name in project.left() if name.endswith(("-models-111111111111", "-artifacts-111111111111"))}
    assert (status, len(buckets)) == (0, 2), output


def test_a_parameter_without_default_has_to_be_given(living: Project, offered: Callable[[str], None]) -> None:
    offered(ASKING)
    status, output = living.estate.run("upgrade", "Living", "--yes")
    assert (status, "Give it: --parameter Owner=..." in output) == (1, True)


def test_what_the_project_answered_is_kept(estate: Estate, offered: Callable[[str], None]) -> None:
    project = estate.create("Answering", CostCentre="4711", LogRetentionDays="30")
    offered(ASKING)
    status, output = estate.run("upgrade", "Answering", "--yes", "--parameter", "Owner=me")
    values = {one["ParameterKey"]: one["ParameterValue"] for one in project.stack["Parameters"]}
    expected = {"CostCentre": "4711", "LogRetentionDays": "30", "Owner": "me"}
    assert (status, values.items() >= expected.items()) == (0, True), output


def test_a_parameter_that_the_release_does_not_have_is_refused(living: Project) -> None:
    status, output = living.estate.run("upgrade", "Living", "--parameter", "Holder=me")
    assert (status, "The release has no parameter Holder. It has: SageMakerProjectName" in output) == (1, True)


def test_a_release_that_cloudformation_would_refuse_is_told_so(living: Project, offered: Callable[[str], None]) -> None:
    offered(IMPOSSIBLE)
    status, output = living.estate.run("upgrade", "Living", "--yes")
    assert (status, "CloudFormation would refuse" in output, "/mlops/not/there" in output) == (1, True, True)


def test_an_upgrade_that_fails_leaves_the_project_as_it_was_and_says_why(
    estate: Estate, offered: Callable[[str], None]
) -> None:
    project = estate.create("Failing")
    offered(TAKEN)
    status, output = estate.run("upgrade", "Failing", "--yes")
    assert (status, "Reports" in output.partition("it is as it was")[2], project.release) == (1, True, NEWEST), output


def test_who_may_not_launch_projects_is_told_how_to_be_let_in(living: Project) -> None:
    living.estate.shut_out()
    status, output = living.estate.run("upgrade", "Living", "--to", OLDEST, "--yes")
    living.estate.let_in()
    cure = f"associate-principal-with-portfolio --portfolio-id {living.estate.portfolio_id} --principal-type IAM"
    assert (status, cure in output) == (1, True)

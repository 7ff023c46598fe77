"""`projects delete`: deployments first, then the project; and `--purge`, which leaves nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.projects.aws_answers import denying, stack_in

if TYPE_CHECKING:
    from tests.sandbox.projects.estate import Estate, Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bystander(estate: Estate) -> Project:
    """Another project, with a deployment of its own."""
    project = estate.create("Bystander")
    project.deploy("prod")
    return project


@pytest.fixture(scope="module")
def deleted(estate: Estate, bystander: Project) -> tuple[Project, str]:
    """A project that served everywhere and was deleted, and what the command said. Its name was typed."""
    project = estate.create("Deleted")
    for environment in ("dev", "preprod", "prod"):
        project.deploy(environment)
    status, output = estate.run("delete", "Deleted", answer="Deleted")
    assert (status, bystander.sagemaker_status) == (0, "CreateCompleted"), output
    return project, output


def test_the_stacks_go_prod_first(deleted: tuple[Project, str]) -> None:
    project, output = deleted
    said = re.findall(r"Deleted (mlops-\S+)\.$", output, re.MULTILINE)
    assert said == [f"{project.prefix}-{environment}" for environment in ("prod", "preprod", "dev")]


def test_no_stack_of_the_project_is_left(deleted: tuple[Project, str]) -> None:
    project, _ = deleted
    assert [project.status(environment) for environment in ("dev", "preprod", "prod")] == [None, None, None]


def test_sagemaker_has_done_with_the_project(deleted: tuple[Project, str]) -> None:
    project, _ = deleted
    assert project.sagemaker_status == "DeleteCompleted"


def test_runs_of_its_pipelines_are_stopped_first(deleted: tuple[Project, str]) -> None:
    project, output = deleted
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines() if "stopped" in line]
    assert [row[2].split(" ")[0] for row in rows] == [f"{project.prefix}-build", f"{project.prefix}-deploy"]


def test_what_holds_work_stays(deleted: tuple[Project, str]) -> None:
    project, _ = deleted
    assert project.left() == {
        f"{project.prefix}-artifacts-111111111111",
        f"{project.prefix}-pipeline-111111111111",
        f"{project.prefix}-dev-capture-111111111111",
        f"{project.prefix}-preprod-capture-222222222222",
        f"{project.prefix}-prod-capture-333333333333",
        f"{project.prefix}-build",
        f"{project.prefix}-deploy",
        f"images {project.prefix}",
        f"models {project.prefix}",
        "key of dev",
        "key of preprod",
        "key of prod",
    }


def test_it_tells_what_stays_and_how_it_goes(deleted: tuple[Project, str]) -> None:
    project, output = deleted
    told = output.partition("What holds work is kept:")[2]
    assert f"{project.prefix}-prod-capture-333333333333" in told
    assert f"pipenv run projects delete {project.id} --purge" in told


def test_another_project_stays_as_it_is(deleted: tuple[Project, str], bystander: Project) -> None:
    assert deleted
    assert bystander.status("prod") == "CREATE_COMPLETE"


def test_a_dry_run_changes_nothing(bystander: Project) -> None:
    status, output = bystander.estate.run("delete", "Bystander", "--purge", "--dry-run")
    assert (status, "dry run" in output, bystander.status("prod")) == (0, True, "CREATE_COMPLETE")


def test_only_the_projects_name_is_an_answer(bystander: Project) -> None:
    status, output = bystander.estate.run("delete", "Bystander", answer="yes")
    assert (status, "Nothing was changed" in output, bystander.status("prod")) == (0, True, "CREATE_COMPLETE")


def test_while_a_stack_is_worked_on_nothing_is_deleted(bystander: Project) -> None:
    with stack_in("UPDATE_IN_PROGRESS", stack=f"{bystander.prefix}-prod"):
        status, output = bystander.estate.run("delete", "Bystander", "--yes")
    assert (status, "Try again when that is done" in output) == (1, True)
    assert (bystander.status("prod"), bystander.sagemaker_status) == ("CREATE_COMPLETE", "CreateCompleted")


def test_what_cannot_be_asked_is_told_before_anything_is_deleted(bystander: Project) -> None:
    with denying("ecr", "DescribeRepositories"), denying("kms", "DescribeKey"):
        status, output = bystander.estate.run("delete", "Bystander", "--purge", "--yes")
    assert (status, "ecr:DescribeRepositories" in output, "kms:DescribeKey" in output) == (1, True, True)
    assert bystander.status("prod") == "CREATE_COMPLETE"


def test_a_denied_deletion_can_be_run_again(estate: Estate) -> None:
    project = estate.create("Denied")
    project.deploy("dev")
    with denying("sagemaker", "DeleteProject"):
        first, _ = estate.run("delete", "Denied", "--yes")
    assert (first, project.status("dev"), project.sagemaker_status) == (1, None, "CreateCompleted")
    assert (estate.run("delete", "Denied", "--yes")[0], project.sagemaker_status) == (0, "DeleteCompleted")


@pytest.fixture(scope="module")
def purged(estate: Estate) -> tuple[Project, str]:
    """A project full of work that was deleted with all of it, and what the command said."""
    project = estate.create("Purged")
    for environment in ("dev", "preprod", "prod"):
        project.deploy(environment)
    project.work()
    status, output = estate.run("delete", "Purged", "--purge", answer="Purged")
    assert status == 0, output
    return project, output


def test_a_purge_leaves_nothing(purged: tuple[Project, str]) -> None:
    project, output = purged
    assert project.left() == set(), output


def test_what_the_builds_made_goes_too(purged: tuple[Project, str]) -> None:
    project, _ = purged
    client = project.estate.client
    pipelines = client("sagemaker").list_pipelines(PipelineNamePrefix=project.prefix)["PipelineSummaries"]
    logs = client("logs", "prod").describe_log_groups(logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{project.prefix}")
    assert (pipelines, logs["logGroups"]) == ([], [])


def test_keys_can_be_had_back_for_a_week(purged: tuple[Project, str]) -> None:
    _, output = purged
    scheduled = [line for line in output.splitlines() if line.startswith("Scheduled for deletion in 7 days: key ")]
    assert len(scheduled) == 5  # two of the project in DEV, and one of each deployment


def test_a_second_purge_finds_nothing(purged: tuple[Project, str]) -> None:
    project, _ = purged
    by_name = project.estate.run("delete", "Purged", "--purge", "--yes")
    by_id = project.estate.run("delete", project.id, "--purge", "--yes")
    assert {by_name[0], by_id[0]} == {0}
    assert "Nothing of project Purged is left." in by_name[1]


def test_what_was_kept_can_be_purged_later_by_id(estate: Estate) -> None:
    project = estate.create("Later")
    estate.run("delete", "Later", "--yes")
    status, output = estate.run("delete", project.id, "--purge", "--yes")
    assert (status, project.left()) == (0, set()), output


def test_what_cannot_be_removed_is_told_and_the_rest_goes(estate: Estate) -> None:
    project = estate.create("Partly")
    with denying("ecr", "DeleteRepository"), denying("codecommit", "DeleteRepository"):
        status, output = estate.run("delete", "Partly", "--purge", "--yes")
    assert (status, project.left()) == (
        1,
        {f"images {project.prefix}", f"{project.prefix}-build", f"{project.prefix}-deploy"},
    )
    assert ("ecr:DeleteRepository" in output, "codecommit:DeleteRepository" in output) == (True, True)
    assert (estate.run("delete", project.id, "--purge", "--yes")[0], project.left()) == (0, set())


def test_an_id_that_nothing_is_left_of_is_no_failure(estate: Estate) -> None:
    assert estate.run("delete", "p-longgone1234", "--purge", "--yes")[0] == 0


def test_an_unknown_project_is_answered_with_those_there_are(bystander: Project) -> None:
    status, output = bystander.estate.run("delete", "Bystandr", "--yes")
    assert (status, 'Did you mean "Bystander"?' in output) == (1, True)

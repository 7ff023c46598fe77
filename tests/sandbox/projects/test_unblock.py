"""`projects unblock`: a first deployment that failed leaves a stack that CloudFormation never updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.projects.aws_answers import denying, stack_in

if TYPE_CHECKING:
    from tests.sandbox.projects.estate import Estate, Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def blocked(estate: Estate) -> Project:
    """A project that serves in DEV and whose first deployment to PREPROD failed. Whoever mends it, breaks it again."""
    project = estate.create("Blocked")
    project.deploy("dev")
    project.fail_to_deploy("preprod")
    return project


def test_it_tells_why_the_deployment_failed(blocked: Project) -> None:
    _, output = blocked.estate.run("unblock", "Blocked", "--dry-run")
    assert "/mlops/not/there" in output


def test_a_dry_run_changes_nothing(blocked: Project) -> None:
    status, _ = blocked.estate.run("unblock", "Blocked", "--dry-run")
    assert (status, blocked.status("preprod")) == (0, "ROLLBACK_COMPLETE")


def test_without_an_answer_it_changes_nothing(blocked: Project) -> None:
    status, output = blocked.estate.run("unblock", "Blocked")
    assert (status, "--yes" in output, blocked.status("preprod")) == (1, True, "ROLLBACK_COMPLETE")


def test_another_answer_than_yes_changes_nothing(blocked: Project) -> None:
    status, output = blocked.estate.run("unblock", "Blocked", answer="no")
    assert (status, "Nothing was changed" in output, blocked.status("preprod")) == (0, True, "ROLLBACK_COMPLETE")


def test_the_failed_stack_goes_and_nothing_else(blocked: Project) -> None:
    blocked.estate.run("unblock", "Blocked", answer="yes")
    left = blocked.status("dev"), blocked.status("preprod"), blocked.sagemaker_status
    blocked.fail_to_deploy("preprod")
    assert left == ("CREATE_COMPLETE", None, "CreateCompleted")


def test_it_tells_how_to_start_the_deployment(blocked: Project) -> None:
    _, output = blocked.estate.run("unblock", blocked.id, "--yes")
    blocked.fail_to_deploy("preprod")
    assert f"start-pipeline-execution --region eu-west-1 --name {blocked.prefix}-deploy" in output


def test_a_denial_is_told_in_the_words_of_aws(blocked: Project) -> None:
    with denying("cloudformation", "DeleteStack"):
        status, output = blocked.estate.run("unblock", "Blocked", "--yes")
    assert (status, "not authorized to perform: cloudformation:DeleteStack" in output) == (1, True)


def test_a_stack_that_is_worked_on_is_left_alone(blocked: Project) -> None:
    with stack_in("ROLLBACK_IN_PROGRESS", stack=f"{blocked.prefix}-preprod"):
        status, output = blocked.estate.run("unblock", "Blocked", "--yes")
    assert (status, "Try again when that is done" in output, blocked.status("preprod")) == (
        1,
        True,
        "ROLLBACK_COMPLETE",
    )


def test_a_stuck_update_still_serves_and_has_another_cure(blocked: Project) -> None:
    with stack_in("UPDATE_ROLLBACK_FAILED", stack=f"{blocked.prefix}-dev"):
        status, output = blocked.estate.run("unblock", "Blocked", "--yes")
    assert (status, f"continue-update-rollback --stack-name {blocked.prefix}-dev" in output) == (1, True)


def test_a_project_that_is_not_blocked_is_told_so(estate: Estate) -> None:
    project = estate.create("Sound")
    project.deploy("dev")
    status, output = estate.run("unblock", "Sound", "--yes")
    assert (status, "dev CREATE_COMPLETE, preprod has no stack" in output) == (1, True)


def test_an_unknown_project_is_answered_with_the_nearest(blocked: Project) -> None:
    status, output = blocked.estate.run("unblock", "Blokced")
    assert (status, 'Did you mean "Blocked"?' in output) == (1, True)

"""A project that was made from an S3 template is looked after like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.projects.estate import NEWEST, OLDEST, SEED_BUCKET

if TYPE_CHECKING:
    from tests.sandbox.projects.estate import Estate

pytestmark = pytest.mark.slow


def test_it_is_listed_with_the_release_of_its_template(estate: Estate) -> None:
    project = estate.create_from_s3("FromS3", release=OLDEST)
    _, output = estate.run("list")
    [row] = [line for line in output.splitlines() if project.id in line]
    assert f"{OLDEST} ({NEWEST} on offer)" in row


def test_it_is_upgraded_to_the_newest_template(estate: Estate) -> None:
    project = estate.create_from_s3("Upgraded-from-S3", release=OLDEST)
    status, output = estate.run("upgrade", "Upgraded-from-S3", "--yes")
    assert (status, project.release, project.sagemaker_status) == (0, NEWEST, "UpdateCompleted"), output


def test_a_parameter_is_changed_and_the_others_are_kept(estate: Estate) -> None:
    project = estate.create_from_s3("Paying", release=NEWEST)
    estate.run("upgrade", "Paying", "--yes", "--parameter", "CostCentre=4711")
    estate.run("upgrade", "Paying", "--yes", "--parameter", "LogRetentionDays=30")
    values = {one["ParameterKey"]: one["ParameterValue"] for one in project.stack["Parameters"]}
    assert (values["CostCentre"], values["LogRetentionDays"]) == ("4711", "30")


def test_it_is_deleted_with_its_deployments(estate: Estate) -> None:
    project = estate.create_from_s3("Deleted-from-S3", release=NEWEST)
    project.deploy("prod")
    status, output = estate.run("delete", project.id, "--purge", "--yes")
    assert (status, project.status("prod"), project.sagemaker_status) == (0, None, "DeleteCompleted"), output


def test_a_deprecated_template_is_not_on_offer_and_may_still_be_asked_for(estate: Estate) -> None:
    project = estate.create_from_s3("Behind", release=OLDEST)
    tagged = {"Bucket": SEED_BUCKET, "Key": f"templates/mlops-project-{NEWEST}.yaml"}
    tags = estate.client("s3").get_object_tagging(**tagged)["TagSet"]
    estate.client("s3").delete_object_tagging(**tagged)
    unasked, _ = estate.run("upgrade", "Behind", "--yes")
    before = project.release
    estate.run("upgrade", "Behind", "--to", NEWEST, "--yes")
    estate.client("s3").put_object_tagging(**tagged, Tagging={"TagSet": tags})
    assert (unasked, before, project.release) == (0, OLDEST, NEWEST)

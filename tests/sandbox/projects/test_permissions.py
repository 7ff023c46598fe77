"""projects/README.md tells which actions each command needs: those are the operations that it calls."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

import projects
from projects.access import Access
from tests.sandbox.projects.estate import NEWEST, OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

    from baseline.naming import Environment
    from tests.sandbox.projects.estate import Estate

pytestmark = pytest.mark.slow

README = Path(projects.__file__).with_name("README.md")
# IAM's names where they are not the operation's (Service Authorization Reference).
ACTIONS: dict[str, set[str]] = {
    "resourcegroupstaggingapi:GetResources": {"tag:GetResources"},
    "s3:DeleteObjects": {"s3:DeleteObjectVersion"},
    "s3:HeadBucket": {"s3:ListBucket"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "sts:GetCallerIdentity": set(),  # which nobody can be denied
}
# What another service does in the name of whoever calls the first.
IN_ONES_NAME = {
    "cloudformation:CreateChangeSet": {"s3:GetObject", "ssm:GetParameters"},
    "cloudformation:DeleteStack": {"iam:PassRole"},
    "sagemaker:DeleteProject": {"servicecatalog:TerminateProvisionedProduct"},
    "sagemaker:UpdateProject": {"servicecatalog:UpdateProvisionedProduct"},
}


@contextmanager
def noting() -> Iterator[set[str]]:
    """Collect the actions that a command needs."""
    made, needed = Access.client, set[str]()

    def note(*, model: OperationModel, **_: object) -> None:
        called = f"{model.service_model.service_name}:{model.name}"
        needed.update(ACTIONS.get(called, {called}) | IN_ONES_NAME.get(called, set()))

    def client(access: Access, environment: Environment, service: str) -> Any:  # noqa: ANN401  (boto3)
        found = made(access, environment, service)
        found.meta.events.register("before-call", note, unique_id="note")
        return found

    with patch.object(Access, "client", client):
        yield needed


def told(command: str) -> set[str]:
    """The actions in the table's row of a command, and in the first row, which is every command's."""
    rows = {cells[1].strip(): cells[2] for line in README.read_text().splitlines() if len(cells := line.split("|")) > 3}
    return set(re.findall(r"`([a-z0-9]+:\w+)`", rows["each"] + rows[f"`{command}`"]))


@pytest.fixture
def needed() -> Iterator[set[str]]:
    with noting() as found:
        yield found


def test_of_list(estate: Estate, needed: set[str]) -> None:
    project = estate.create("Listed")
    project.deploy("dev", endpoint="Nobodys")
    estate.run("list")
    assert needed == told("list")


def test_of_unblock(estate: Estate, needed: set[str]) -> None:
    project = estate.create("Unblocked")
    project.fail_to_deploy("dev")
    estate.run("unblock", "Unblocked", "--yes")
    assert needed == told("unblock")


def test_of_upgrade(estate: Estate, needed: set[str]) -> None:
    project = estate.create("Stepping", release=OLDEST)
    estate.shut_out()
    estate.run("upgrade", "Stepping", "--yes")
    estate.let_in()
    estate.run("upgrade", "Stepping", "--yes")
    assert project.release == NEWEST
    assert needed == told("upgrade")


def test_of_delete_and_purge(estate: Estate, needed: set[str]) -> None:
    project = estate.create("Going")
    project.deploy("dev")
    project.work()
    estate.run("delete", "Going", "--yes")
    kept = set(needed)
    estate.run("delete", project.id, "--purge", "--yes")
    assert (kept, needed) == (told("delete"), told("delete") | told("delete --purge"))

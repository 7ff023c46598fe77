"""The roles of GitHub Actions hold what Terraform calls for the modules, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import snapshot as snapshots
from tests.permissions import provider_calls
from tests.permissions.deployment import ENVIRONMENTS
from tests.permissions.table import listing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.permissions.simulator import Request, Verdict
    from sandbox.permissions.snapshot import Snapshot
    from tests.permissions.provider_calls import Calls
    from tests.permissions.table import Row

pytestmark = pytest.mark.slow

STUDIO_POLICIES = {"data-scientist", "s3-templates"}


@pytest.fixture(scope="module")
def calls() -> dict[str, Calls]:
    return provider_calls.load()


def test_the_file_has_the_types_that_the_modules_have(calls: dict[str, Calls], root: Path) -> None:
    assert {name for name in calls if name.startswith("aws_")} == provider_calls.declared(root / "modules")


def test_the_roles_may_do_all_that_terraform_calls(
    provider_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in provider_rows if row.allowed and not verdicts[row.request].allowed) == ""


def test_a_plan_writes_nothing_and_neither_role_reaches_another_set(
    provider_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in provider_rows if not row.allowed and verdicts[row.request].allowed) == ""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("role", ["ci_plan", "ci_deploy"])
def test_a_role_holds_nothing_that_terraform_does_not_call(
    snapshot: Snapshot, vocabulary: Mapping[str, Any], calls: dict[str, Calls], role: str, environment: str
) -> None:
    policies = snapshot.identities[vocabulary[role][environment]].policies
    held = snapshots.actions({name: snapshot.documents[name] for name in policies})
    entries = provider_calls.here(calls, environment).values()
    assert held == {action for entry in entries for action in entry.actions(of_deploy=role == "ci_deploy")}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_deploy_role_may_manage_every_role_of_the_baseline(
    deployed_policies: Snapshot, vocabulary: Mapping[str, Any], environment: str
) -> None:
    account, deploy = vocabulary["account_of"][environment], vocabulary["ci_deploy"][environment]
    [document] = [d for name, d in deployed_policies.documents.items() if name == f"{deploy} inline write-roles"]
    [manage] = [s for s in snapshots.statements(document) if s["Sid"] == "ManageRoles"]
    made = {arn for arn in deployed_policies.identities if arn.startswith(f"arn:aws:iam::{account}:role/mlops/mlops-")}
    assert made <= set(manage["Resource"])


def test_the_file_is_read_for_both_roles(calls: dict[str, Calls]) -> None:
    lock = calls["lock"]
    assert (lock.actions(of_deploy=False), len(lock.actions(of_deploy=True))) == ((), 3)

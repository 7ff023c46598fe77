"""Drift, as Terraform's plan tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preflight.checks import DRIFT
from preflight.checks.drift import synthesise
from preflight.findings import Status
from tests.sandbox.preflight.looking import ANOTHER_SET

if TYPE_CHECKING:
    from tests.sandbox.preflight.looking import Looking

pytestmark = pytest.mark.slow

ROLE = "mlops-demo-preprod-deploy"


def test_a_plan_that_would_change_nothing_passes(looking: Looking) -> None:
    status, said = looking.run("demo-preprod", "--plan")
    assert (status, "drift" in said) == (0, True)


def test_what_somebody_changed_by_hand_is_a_warning(looking: Looking) -> None:
    iam = looking.land.client("demo-preprod", "iam")
    before = iam.get_role(RoleName=ROLE)["Role"]["Description"]
    iam.update_role(RoleName=ROLE, Description="changed by hand")
    try:
        [finding] = looking.at(DRIFT, account="demo-preprod")
    finally:
        iam.update_role(RoleName=ROLE, Description=before)
    assert (finding.status, "0 to add, 1 to change, 0 to destroy" in finding.what) == (Status.WARNING, True)


def test_what_is_not_deployed_cannot_drift(looking: Looking) -> None:
    assert looking.statuses(DRIFT, account="other-preprod", file=ANOTHER_SET) == [Status.NOT_YET]


def test_a_plan_that_fails_is_told_with_terraforms_words(looking: Looking) -> None:
    synthesise(looking.land.project.folder)
    stack = looking.land.project.folder / "cdktf.out" / "stacks" / "demo-preprod" / "cdk.tf.json"
    good = stack.read_text()
    stack.write_text(good.replace('"demo-preprod"', '"demo-preprod', 1))
    try:
        [finding] = looking.at(DRIFT, account="demo-preprod")
    finally:
        stack.write_text(good)
    assert (finding.status, finding.what.startswith("Terraform cannot plan: ")) == (Status.FAILED, True)


def test_without_terraform_drift_is_unknown(looking: Looking) -> None:
    looking.patch.setenv("PATH", "")
    assert looking.statuses(DRIFT, account="demo-preprod") == [Status.UNKNOWN]


def test_a_synthesis_that_fails_is_told_and_nothing_is_looked_at(looking: Looking) -> None:
    release = looking.land.project.folder / "cfn_product" / "releases" / "draft.yaml"
    release.write_text("")
    try:
        status, said = looking.run("demo-preprod", "--plan")
    finally:
        release.unlink()
    assert (status, "is no release" in said, "demo-preprod" in said) == (1, True, False)

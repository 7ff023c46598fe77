"""What stands in the policies of the projects' roles, as deployed. What follows from them, tests/permissions holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.deploy.test_roles_and_policies import listed, managed, statement

if TYPE_CHECKING:
    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

KINDS = [
    "build",
    "build-pipeline",
    "deploy-pipeline",
    "deploy-scan",
    "deploy-synth",
    "deploy-test",
    "events",
    "image",
    "sagemaker",
]
every_kind = pytest.mark.parametrize("kind", KINDS)


def policy(land: Land, kind: str) -> dict[str, Any]:
    return managed(land, "dev", f"project-{kind}")


def actions(document: dict[str, Any]) -> set[str]:
    return {action for item in document["Statement"] for action in listed(item["Action"])}


def test_there_is_one_policy_for_each_kind_of_role_and_the_boundary(deployed: Land) -> None:
    found = deployed.client("demo-dev", "iam").list_policies(Scope="Local", PathPrefix="/mlops/")["Policies"]
    prefix = "mlops-demo-dev-project-"
    names = {item["PolicyName"].removeprefix(prefix) for item in found if item["PolicyName"].startswith(prefix)}
    assert names == {*KINDS, "boundary"}


def test_the_template_finds_them_where_parameter_store_says(deployed: Land) -> None:
    ssm = deployed.client("demo-dev", "ssm")
    prefix = ssm.get_parameter(Name="/mlops/dev/project_policies")["Parameter"]["Value"]
    found = deployed.client("demo-dev", "iam").list_policies(Scope="Local", PathPrefix="/mlops/")["Policies"]
    assert {f"{prefix}-{kind}" for kind in KINDS} <= {item["Arn"] for item in found}


def test_a_job_registers_only_models_that_wait_for_approval(deployed: Land) -> None:
    registering = statement(policy(deployed, "sagemaker"), "RegisterModelsThatWaitForApproval")
    assert registering["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}
    everywhere = [
        item["Sid"]
        for item in policy(deployed, "sagemaker")["Statement"]
        if "sagemaker:CreateModelPackage" in str(item)
    ]
    assert everywhere == [registering["Sid"]]


@pytest.mark.parametrize("kind", [*KINDS, "boundary"])
def test_no_role_of_a_project_approves_a_model_or_a_stage(deployed: Land, kind: str) -> None:
    approving = {"sagemaker:UpdateModelPackage", "codepipeline:PutApprovalResult"}
    assert actions(policy(deployed, kind)) & approving == set()


@every_kind
def test_what_a_role_may_do_is_inside_the_boundary(deployed: Land, kind: str) -> None:
    assert actions(policy(deployed, kind)) - actions(policy(deployed, "boundary")) == set()


def test_the_boundary_holds_nothing_that_no_role_may_do(deployed: Land) -> None:
    union = {action for kind in KINDS for action in actions(policy(deployed, kind))}
    assert actions(policy(deployed, "boundary")) - union == set()


@every_kind
def test_a_role_hands_on_no_rights_but_those_of_the_jobs(deployed: Land, kind: str) -> None:
    passed = {
        resource
        for item in policy(deployed, kind)["Statement"]
        if "iam:PassRole" in listed(item["Action"])
        for resource in listed(item["Resource"])
    }
    own_jobs = "arn:aws:iam::111111111111:role/mlops/project/mlops-${aws:PrincipalTag/mlops-project-id}-sagemaker"
    assert passed <= {own_jobs}


@pytest.mark.parametrize("kind", ["deploy-scan", "deploy-test"])
def test_what_was_evaluated_is_what_is_deployed(deployed: Land, kind: str) -> None:
    # The scan and the tests run after the evaluation, or are it: neither writes where the templates lie.
    assert "s3:PutObject" not in actions(policy(deployed, kind))

"""The roles, policies and boundaries as they stand in the deployed accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

ENVIRONMENTS = ["dev", "preprod", "prod"]
IDS = {"dev": "111111111111", "preprod": "222222222222", "prod": "333333333333"}


def trust(land: Land, environment: str, role: str) -> dict[str, Any]:
    name = f"mlops-demo-{environment}-{role}"
    document: dict[str, Any] = land.client(f"demo-{environment}", "iam").get_role(RoleName=name)["Role"][
        "AssumeRolePolicyDocument"
    ]
    return document


def inline(land: Land, environment: str, role: str) -> dict[str, Any]:
    name = f"mlops-demo-{environment}-{role}"
    document: dict[str, Any] = land.client(f"demo-{environment}", "iam").get_role_policy(
        RoleName=name, PolicyName=role
    )["PolicyDocument"]
    return document


def managed(land: Land, environment: str, name: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{IDS[environment]}:policy/mlops/mlops-demo-{environment}-{name}"
    iam = land.client(f"demo-{environment}", "iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: dict[str, Any] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document


def statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    [found] = [statement for statement in policy["Statement"] if statement["Sid"] == sid]
    return dict(found)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def inline_policies(land: Land) -> Iterator[dict[str, Any]]:
    yield inline(land, "dev", "launch")
    for environment in ENVIRONMENTS:
        yield inline(land, environment, "deploy")
        yield inline(land, environment, "cloudformation")


def managed_policies(land: Land) -> Iterator[dict[str, Any]]:
    for environment in ENVIRONMENTS:
        prefix = f"mlops-demo-{environment}-"
        found = land.client(f"demo-{environment}", "iam").list_policies(Scope="Local", PathPrefix="/mlops/")
        for policy in found["Policies"]:
            yield managed(land, environment, policy["PolicyName"].removeprefix(prefix))


def policies(land: Land) -> Iterator[dict[str, Any]]:
    yield from inline_policies(land)
    yield from managed_policies(land)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_devs_deployment_pipelines_may_assume_the_deploy_role(deployed: Land, environment: str) -> None:
    [only] = trust(deployed, environment, "deploy")["Statement"]
    assert only["Action"] == "sts:AssumeRole"
    assert only["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert only["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/mlops/project/mlops-*-deploy-pipeline"}
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_cloudformation_may_assume_the_cloudformation_role(deployed: Land, environment: str) -> None:
    [only] = trust(deployed, environment, "cloudformation")["Statement"]
    assert only["Principal"] == {"Service": "cloudformation.amazonaws.com"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_cloudformation_role_makes_roles_of_models_and_schedules_only_and_only_inside_the_boundary(
    deployed: Land, environment: str
) -> None:
    account = IDS[environment]
    policy = inline(deployed, environment, "cloudformation")
    making = statement(policy, "MakeModelRolesOnlyInsideTheBoundary")
    assert set(listed(making["Resource"])) == {
        f"arn:aws:iam::{account}:role/mlops/project/mlops-*-{environment}-{kind}" for kind in ("model", "schedule")
    }
    assert making["Condition"] == {
        "StringEquals": {
            "iam:PermissionsBoundary": f"arn:aws:iam::{account}:policy/mlops/mlops-demo-{environment}-boundary"
        }
    }
    elsewhere = {
        action
        for other in policy["Statement"]
        if other["Sid"] != making["Sid"]
        for action in listed(other["Action"])
        if action in {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"}
    }
    assert elsewhere == set()


def test_a_role_that_the_cloudformation_role_makes_is_never_trusted_by_a_deploy_role(deployed: Land) -> None:
    # In DEV a data scientist writes the template that this role deploys.
    policy = inline(deployed, "dev", "cloudformation")
    made = listed(statement(policy, "MakeModelRolesOnlyInsideTheBoundary")["Resource"])
    trusted = trust(deployed, "prod", "deploy")["Statement"][0]["Condition"]["ArnLike"]["aws:PrincipalArn"]
    endings = [pattern.rpartition("*")[2] for pattern in (*made, trusted)]
    assert all(endings)
    assert not {ending for ending in endings[:-1] if ending.endswith(endings[-1]) or endings[-1].endswith(ending)}


def test_the_deploy_role_passes_the_cloudformation_role_and_only_to_cloudformation(deployed: Land) -> None:
    passing = statement(inline(deployed, "prod", "deploy"), "PassTheCloudFormationRole")
    assert passing["Resource"] == "arn:aws:iam::333333333333:role/mlops/mlops-demo-prod-cloudformation"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}


def test_no_role_or_boundary_holds_an_action_with_a_wildcard(deployed: Land) -> None:
    actions = {action for policy in policies(deployed) for s in policy["Statement"] for action in listed(s["Action"])}
    assert {action for action in actions if "*" in action} == set()


def test_every_statement_on_all_resources_has_its_reason_in_its_modules_readme(deployed: Land, root: Path) -> None:
    readmes = [readme.read_text() for readme in sorted((root / "modules").glob("*/README.md"))]
    reasons = {sid for readme in readmes for sid in re.findall(r"`(\w+)`", readme.partition("## Why `*`")[2])}
    wide = {s["Sid"] for policy in policies(deployed) for s in policy["Statement"] if "*" in listed(s["Resource"])}
    assert wide - reasons == set()


def test_the_data_scientist_neither_approves_a_stage_nor_touches_roles(deployed: Land) -> None:
    policy = managed(deployed, "dev", "data-scientist")
    services = {action.partition(":")[0] for s in policy["Statement"] for action in listed(s["Action"])}
    assert services & {"iam", "codepipeline", "sts", "cloudformation"} == set()


def test_the_approver_approves_deployments_and_sees_them_and_does_nothing_else(deployed: Land) -> None:
    policy = managed(deployed, "dev", "approver")
    actions = {action for s in policy["Statement"] for action in listed(s["Action"])}
    assert {action for action in actions if not action.startswith("codepipeline:Get")} == {
        "codepipeline:PutApprovalResult"
    }

"""The roles of a project: which service has which, and that what they may do stands in modules/project_policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hcl2
import pytest

from baseline import naming
from tests.template.evaluation import references
from tests.template.product_template import as_text, of_type

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Template

ROLE = "AWS::IAM::Role"
POLICIES = "{{resolve:ssm:/mlops/dev/project_policies}}-"
NAME = "mlops-${SageMakerProjectId}-"
PASSED_ON_BY_BUILDS = {"BuildExecutionRole": "sagemaker.amazonaws.com"}  # in SAGEMAKER_PIPELINE_ROLE_ARN
ROLE_PROPERTY = {
    "AWS::CodeBuild::Project": ("ServiceRole", "codebuild.amazonaws.com"),
    "AWS::CodePipeline::Pipeline": ("RoleArn", "codepipeline.amazonaws.com"),
    "AWS::Events::Rule": ("Targets", "events.amazonaws.com"),
}


@pytest.fixture(scope="module")
def policies(root: Path) -> dict[str, Any]:
    """The locals of the module that writes the policies."""
    found: dict[str, Any] = hcl2.loads((root / "modules" / "project_policies" / "main.tf").read_text())["locals"][0]
    return found


def roles(template: Template) -> dict[str, dict[str, Any]]:
    return {name: body["Properties"] for name, body in of_type(template, ROLE).items()}


def used_by(template: Template) -> dict[str, set[str]]:
    """Logical id of a role -> the services that the template gives it to."""
    found: dict[str, set[str]] = {name: set() for name in roles(template)}
    for resource_type, (holder, service) in ROLE_PROPERTY.items():
        for body in of_type(template, resource_type).values():
            for name in set(references(body["Properties"].get(holder, []))) & set(found):
                found[name].add(service)
    return found


def trusted(role: dict[str, Any]) -> set[str]:
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    [(kind, service)] = statement["Principal"].items()
    assert kind == "Service"
    return {service}


def test_a_role_is_for_the_service_that_uses_it_and_no_other(template: Template) -> None:
    users = used_by(template) | {name: {service} for name, service in PASSED_ON_BY_BUILDS.items()}
    assert {name: trusted(role) for name, role in roles(template).items()} == users


def test_a_role_is_called_after_the_policy_that_it_carries(template: Template) -> None:
    carried = {as_text(role["RoleName"]): role["ManagedPolicyArns"] for role in roles(template).values()}
    assert carried == {name: [POLICIES + name.removeprefix(NAME)] for name in carried}


def test_every_kind_of_role_has_its_policy_and_every_policy_its_role(
    template: Template, policies: dict[str, Any]
) -> None:
    kinds = {as_text(role["RoleName"]).removeprefix(NAME) for role in roles(template).values()}
    written = {name.strip('"') for name in policies["policies"]} - {"__is_block__"}
    assert written == kinds | {"boundary"}


def test_no_role_ever_leaves_the_boundary(template: Template) -> None:
    assert {role["PermissionsBoundary"] for role in roles(template).values()} == {f"{POLICIES}boundary"}


def test_no_role_has_rights_of_its_own_beside_the_baselines(template: Template) -> None:
    assert [name for name, role in roles(template).items() if "Policies" in role] == []
    assert of_type(template, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy") == {}


def test_a_role_says_whose_it_is_as_the_policies_read_it(template: Template, policies: dict[str, Any]) -> None:
    tag = "mlops-project-id"
    assert policies["project"].strip('"') == f"mlops-&{{aws:PrincipalTag/{tag}}}"
    said = [{pair["Key"]: pair["Value"] for pair in role["Tags"]}.get(tag) for role in roles(template).values()]
    assert said == [{"Ref": "SageMakerProjectId"}] * len(said)


def test_every_role_stands_under_the_path_of_the_projects(template: Template) -> None:
    assert {role["Path"] for role in roles(template).values()} == {naming.PROJECT_IAM_PATH}


def test_the_deployments_role_is_the_only_one_that_the_deploy_roles_trust(template: Template) -> None:
    trusted_suffix = naming.DEPLOY_PIPELINE_ROLE_PATTERN.rpartition("*")[2]
    ending = [name for name, role in roles(template).items() if as_text(role["RoleName"]).endswith(trusted_suffix)]
    assert ending == ["DeployPipelineRole"]


@pytest.mark.parametrize(
    ("local", "resource_id", "name"),
    [
        ("artifact_bucket", "ArtifactBucket", "BucketName"),
        ("pipeline_bucket", "PipelineBucket", "BucketName"),
        ("execution_role", "BuildExecutionRole", "RoleName"),
    ],
)
def test_the_policies_mean_the_names_that_the_template_gives(
    template: Template, policies: dict[str, Any], local: str, resource_id: str, name: str
) -> None:
    given = as_text(template["Resources"][resource_id]["Properties"][name])
    meant = policies[local].strip('"').replace("${local.project}", NAME.removesuffix("-"))
    assert meant.replace("${local.account_id}", "${AWS::AccountId}").endswith(given)


def test_a_topic_of_others_has_a_name_that_no_project_has(template: Template, policies: dict[str, Any]) -> None:
    own, shared = (text.strip('"').rpartition(":")[2] for text in policies["notification_topics"])
    assert own == "${local.project}-notifications"
    assert f":{shared.removesuffix('*')}[" in template["Parameters"]["NotificationTopicArn"]["AllowedPattern"]
    assert "_" in shared

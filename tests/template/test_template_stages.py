"""What the deployment's stages and the builds do: approvals, deployments, the security evaluation, images."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.template.pipelines import actions, of_provider, stages
from tests.template.product_template import TEMPLATE, as_text, of_type

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Template

ENVIRONMENT_OF = {"Dev": "dev", "PreProd": "preprod", "Prod": "prod"}
APPROVED = ("PreProd", "Prod")
CFN_NAG = "0.8.10"


# --- what is approved -------------------------------------------------------------------------------------------------


def test_preprod_and_prod_are_approved_by_a_person_first_and_dev_is_not(template: Template) -> None:
    first = {name: stage["Actions"][0] for name, stage in stages(template, "DeployPipeline").items()}
    assert [name for name, action in first.items() if action["ActionTypeId"]["Category"] == "Approval"] == [*APPROVED]


@pytest.mark.parametrize("stage", APPROVED)
def test_nothing_of_a_stage_runs_beside_its_approval(template: Template, stage: str) -> None:
    approval, *others = (action for action in actions(template, "DeployPipeline") if action.stage == stage)
    assert others
    assert all(other.order > approval.order for other in others)


@pytest.mark.parametrize("stage", APPROVED)
def test_whoever_approves_is_told_the_model_the_project_and_the_environment(template: Template, stage: str) -> None:
    [approval] = [action for action in of_provider(template, "Manual") if action.stage == stage]
    message = as_text(approval.configuration["CustomData"])
    told = ("#{BuildVariables.MODEL_PACKAGE_ARN}", "${SageMakerProjectName}", stage.upper())
    assert [item for item in told if item not in message] == []


@pytest.mark.parametrize("stage", APPROVED)
def test_whoever_approves_has_a_link_to_the_commit(template: Template, stage: str) -> None:
    [approval] = [action for action in of_provider(template, "Manual") if action.stage == stage]
    address, _ = approval.configuration["ExternalEntityLink"]["Fn::Sub"]
    assert re.fullmatch(
        r"https://\S+/repositories/\$\{DeployRepository\.Name\}/commit/#\{SourceVariables\.CommitId\}", address
    )


# --- what is deployed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ENVIRONMENT_OF)
def test_each_environment_gets_its_own_template_with_its_own_roles(template: Template, stage: str) -> None:
    environment = ENVIRONMENT_OF[stage]
    [action] = [action for action in of_provider(template, "CloudFormation") if action.stage == stage]
    assert action.body["RoleArn"] == f"{{{{resolve:ssm:/mlops/{environment}/deploy_role_arn}}}}"
    assert action.configuration == {
        "ActionMode": "CREATE_UPDATE",
        "StackName": {"Fn::Sub": f"mlops-${{SageMakerProjectId}}-{environment}"},
        "TemplatePath": f"SynthOutput::{environment}.template.json",
        "TemplateConfiguration": f"SynthOutput::{environment}.configuration.json",
        "Capabilities": "CAPABILITY_NAMED_IAM",
        "RoleArn": f"{{{{resolve:ssm:/mlops/{environment}/cloudformation_role_arn}}}}",
    }
    assert action.body["InputArtifacts"] == [{"Name": "SynthOutput"}]


def test_the_build_deploys_nothing(template: Template) -> None:
    assert {action.provider for action in actions(template, "BuildPipeline")} == {"CodeCommit", "CodeBuild"}


def test_a_stack_that_cannot_be_updated_is_never_deleted_to_make_another() -> None:
    # With it goes the endpoint that serves.
    assert "REPLACE_ON_FAILURE" not in TEMPLATE.read_text()


def test_dev_is_tested_once_it_is_deployed(template: Template) -> None:
    deploy, test = (action for action in actions(template, "DeployPipeline") if action.stage == "Dev")
    assert test.configuration["ProjectName"] == {"Ref": "DeployTestProject"}
    assert test.order > deploy.order


# --- the security evaluation ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gate(template: Template) -> dict[str, Any]:
    """The buildspec of the security evaluation, which has to stand in the template to be read here."""
    text = template["Resources"]["DeployScanProject"]["Properties"]["Source"]["BuildSpec"]
    assert "\n" in text, f"{text} is a file of the repository, which could switch its own gate off"
    buildspec: dict[str, Any] = yaml.safe_load(text)
    return buildspec


def test_the_evaluation_scans_every_template_that_is_deployed(template: Template, gate: dict[str, Any]) -> None:
    deployed = {a.configuration["TemplatePath"].partition("::")[2] for a in of_provider(template, "CloudFormation")}
    scanned = {command.split()[-1] for command in gate["phases"]["build"]["commands"]}
    assert scanned == deployed


def test_the_evaluation_fails_on_warnings_too_and_at_once(gate: dict[str, Any]) -> None:
    build = gate["phases"]["build"]
    assert {command.rpartition(" ")[0] for command in build["commands"]} == {
        "cfn_nag_scan --fail-on-warnings --input-path"
    }
    assert build["on-failure"] == "ABORT"


def test_the_evaluation_is_by_one_release_of_cfn_nag(gate: dict[str, Any]) -> None:
    [command] = gate["phases"]["install"]["commands"]
    assert re.findall(r"\d+\.\d+\.\d+", command) == [CFN_NAG, CFN_NAG]


def test_the_evaluation_reads_what_was_synthesised_and_nothing_of_the_repository(template: Template) -> None:
    [scan] = [action for action in actions(template) if action.stage == "SecurityEvaluation"]
    assert scan.configuration == {"ProjectName": {"Ref": "DeployScanProject"}}
    assert scan.body["InputArtifacts"] == [{"Name": "SynthOutput"}]


# --- the builds -------------------------------------------------------------------------------------------------------


def test_a_buildspec_that_is_a_file_is_in_the_repositorys_first_content(template: Template, root: Path) -> None:
    missing = [
        f"{app}/{build['Source']['BuildSpec']}"
        for name, build in ((n, b["Properties"]) for n, b in of_type(template, "AWS::CodeBuild::Project").items())
        for app in ["deploy_app" if name.startswith("Deploy") else "build_app"]
        if "\n" not in build["Source"]["BuildSpec"]
        and not (root / "seed_code" / app / build["Source"]["BuildSpec"]).is_file()
    ]
    assert missing == []


def test_the_image_is_built_before_it_is_trained_with(template: Template) -> None:
    image, train = (action for action in actions(template, "BuildPipeline") if action.stage == "Build")
    assert (image.configuration["ProjectName"], train.configuration["ProjectName"]) == (
        {"Ref": "BuildImageProject"},
        {"Ref": "BuildProject"},
    )
    assert image.order < train.order


def test_an_image_is_called_after_its_commit(template: Template) -> None:
    text = template["Resources"]["BuildImageProject"]["Properties"]["Source"]["BuildSpec"]
    assert 'IMAGE_URI="$REPOSITORY_URI:$CODEBUILD_RESOLVED_SOURCE_VERSION"' in text
    assert yaml.safe_load(text)["env"]["exported-variables"] == ["IMAGE_URI"]

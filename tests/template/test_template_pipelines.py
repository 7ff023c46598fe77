"""The two pipelines: their shape, key by key where no linter looks, what starts them, and what they skip."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.template.pipelines import PIPELINES, SKIPPED_WITHOUT_A_MODEL, actions, of_provider, stages
from tests.template.product_template import as_text, strings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Template

VARIABLE = re.compile(r"#\{(\w+)\.(\w+)\}")

# CodePipeline user guide, "action-reference-<provider>" and, of Manual, "approvals-action-add". cfn-lint takes any key.
# Provider -> (keys that it needs, keys that it takes beside them).
CONFIGURATION = {
    "CodeCommit": ({"RepositoryName", "BranchName"}, {"PollForSourceChanges", "OutputArtifactFormat"}),
    "CodeBuild": (
        {"ProjectName"},
        {"BatchEnabled", "BuildspecOverride", "CombineArtifacts", "EnvironmentVariables", "PrimarySource"},
    ),
    "CloudFormation": (
        {"ActionMode", "RoleArn", "StackName", "TemplatePath"},
        {"Capabilities", "ChangeSetName", "OutputFileName", "ParameterOverrides", "TemplateConfiguration"},
    ),
    "Manual": (set(), {"CustomData", "ExternalEntityLink", "NotificationArn"}),
}


def target(template: Template, rule: str) -> dict[str, Any]:
    [only] = template["Resources"][rule]["Properties"]["Targets"]
    return dict(only)


def pattern(template: Template, rule: str) -> dict[str, Any]:
    return dict(template["Resources"][rule]["Properties"]["EventPattern"])


# --- both -------------------------------------------------------------------------------------------------------------


def test_the_build_is_trained_as_it_is_pushed(template: Template) -> None:
    assert list(stages(template, "BuildPipeline")) == ["Source", "Build"]


def test_a_deployment_goes_through_its_stages_in_order(template: Template) -> None:
    assert list(stages(template, "DeployPipeline")) == ["Source", "Build", *SKIPPED_WITHOUT_A_MODEL]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_pipeline_is_of_the_kind_that_has_conditions_and_variables(template: Template, pipeline: str) -> None:
    assert template["Resources"][pipeline]["Properties"]["PipelineType"] == "V2"


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_what_waits_gives_way_to_what_is_newer(template: Template, pipeline: str) -> None:
    assert template["Resources"][pipeline]["Properties"]["ExecutionMode"] == "SUPERSEDED"


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_artifacts_are_encrypted_with_the_key_itself_never_an_alias(template: Template, pipeline: str) -> None:
    # An alias means nothing to the deploy roles of other accounts.
    assert template["Resources"][pipeline]["Properties"]["ArtifactStore"] == {
        "Type": "S3",
        "Location": {"Ref": "PipelineBucket"},
        "EncryptionKey": {"Type": "KMS", "Id": {"Fn::GetAtt": ["PipelineKey", "Arn"]}},
    }


def test_every_action_has_the_configuration_that_aws_documents(template: Template) -> None:
    wrong = {
        action.where: sorted(action.configuration)
        for action in actions(template)
        for needed, taken in [CONFIGURATION[action.provider]]
        if not needed <= set(action.configuration) <= needed | taken
    }
    assert wrong == {}


def test_every_value_of_a_configuration_is_a_text(template: Template) -> None:
    # CodePipeline takes nothing else: a YAML false would reach it as a boolean.
    wrong = [
        (action.where, key)
        for action in actions(template)
        for key, value in action.configuration.items()
        if not isinstance(value, str | dict)
    ]
    assert wrong == []


def test_the_variables_that_an_action_is_given_are_json(template: Template) -> None:
    given = [
        json.loads(text)
        for action in of_provider(template, "CodeBuild")
        for text in strings(action.configuration.get("EnvironmentVariables", []))
        if text.startswith("[")
    ]
    assert {frozenset(variable) for variables in given for variable in variables} == {
        frozenset({"name", "value", "type"})
    }


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_variable_is_one_of_an_action_that_has_run_before(template: Template, pipeline: str) -> None:
    known = {"variables"}
    unknown = []
    for stage in stages(template, pipeline):
        told = [action for action in actions(template, pipeline) if action.stage == stage]
        for action in sorted(told, key=lambda one: one.order):
            read = {space for text in strings(action.configuration) for space, _ in VARIABLE.findall(text)}
            unknown += [(action.where, space) for space in read - known]
            known |= {action.body["Namespace"]} if "Namespace" in action.body else set()
    assert unknown == []


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_an_action_gets_what_an_earlier_one_has_put_out(template: Template, pipeline: str) -> None:
    put_out: set[str] = set()
    missing = []
    for action in actions(template, pipeline):
        inputs = {item["Name"] for item in action.body.get("InputArtifacts", [])}
        missing += [(action.where, name) for name in inputs - put_out]
        put_out |= {item["Name"] for item in action.body.get("OutputArtifacts", [])}
    assert missing == []


def test_of_several_inputs_one_has_the_buildspec(template: Template) -> None:
    unclear = [
        action.where
        for action in of_provider(template, "CodeBuild")
        if len(action.body["InputArtifacts"]) > 1
        and {"Name": action.configuration.get("PrimarySource")} not in action.body["InputArtifacts"]
    ]
    assert unclear == []


# --- what starts them -------------------------------------------------------------------------------------------------


def test_no_pipeline_asks_its_repository_all_the_time(template: Template) -> None:
    asking = [action.configuration.get("PollForSourceChanges") for action in of_provider(template, "CodeCommit")]
    assert asking == ["false"] * len(PIPELINES)


@pytest.mark.parametrize(("rule", "app"), [("BuildPushRule", "Build"), ("DeployPushRule", "Deploy")])
def test_a_push_to_main_starts_the_pipeline_of_its_repository(template: Template, rule: str, app: str) -> None:
    assert pattern(template, rule) == {
        "source": ["aws.codecommit"],
        "detail-type": ["CodeCommit Repository State Change"],
        "resources": [{"Fn::GetAtt": [f"{app}Repository", "Arn"]}],
        "detail": {
            "event": ["referenceCreated", "referenceUpdated"],
            "referenceType": ["branch"],
            "referenceName": ["main"],
        },
    }
    assert as_text(target(template, rule)["Arn"]).endswith(f":${{{app}Pipeline}}")


def test_the_pipelines_read_the_branch_whose_pushes_start_them(template: Template) -> None:
    assert {action.configuration["BranchName"] for action in of_provider(template, "CodeCommit")} == {"main"}


def test_a_model_that_is_approved_or_rejected_starts_the_deployment(template: Template) -> None:
    assert pattern(template, "ModelStateRule") == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [{"Fn::Sub": "mlops-${SageMakerProjectId}"}],
            "ModelApprovalStatus": ["Approved", "Rejected"],
        },
    }
    assert as_text(target(template, "ModelStateRule")["Arn"]).endswith(":${DeployPipeline}")


@pytest.mark.parametrize("rule", ["BuildPushRule", "DeployPushRule", "ModelStateRule"])
def test_an_event_only_starts_a_pipeline_and_hands_it_nothing(template: Template, rule: str) -> None:
    # A rejection would hand over the model that was rejected, and an event that comes twice an old one.
    assert set(target(template, rule)) == {"Id", "Arn", "RoleArn"}


def test_a_person_may_say_which_model_and_need_not(template: Template) -> None:
    [variable] = template["Resources"]["DeployPipeline"]["Properties"]["Variables"]
    assert (variable["Name"], variable["DefaultValue"]) == ("MODEL_PACKAGE_ARN", "LATEST")


# --- what is skipped --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", SKIPPED_WITHOUT_A_MODEL)
def test_a_stage_is_entered_when_there_is_a_model_and_skipped_otherwise(template: Template, stage: str) -> None:
    # The rule says when to enter; its failure brings the result about. cfn-lint takes any result, operator and key.
    [condition] = stages(template, "DeployPipeline")[stage]["BeforeEntry"]["Conditions"]
    [rule] = condition["Rules"]
    assert set(condition) == {"Result", "Rules"}
    assert condition["Result"] == "SKIP"
    assert {**rule, "Name": "any"} == {
        "Name": "any",
        "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "VariableCheck", "Version": "1"},
        "Configuration": {"Variable": "#{BuildVariables.DEPLOY}", "Operator": "EQ", "Value": "true"},
    }


def test_nothing_else_is_ever_skipped(template: Template) -> None:
    conditional = {
        (pipeline, name)
        for pipeline in PIPELINES
        for name, stage in stages(template, pipeline).items()
        if stage.keys() & {"BeforeEntry", "OnSuccess"}
    }
    assert conditional == {("DeployPipeline", stage) for stage in SKIPPED_WITHOUT_A_MODEL}


def test_whether_there_is_a_model_is_what_the_synthesis_says(template: Template, root: Path) -> None:
    [synth] = [action for action in actions(template) if action.body.get("Namespace") == "BuildVariables"]
    assert synth.configuration["ProjectName"] == {"Ref": "DeploySynthProject"}
    buildspec = template["Resources"]["DeploySynthProject"]["Properties"]["Source"]["BuildSpec"]
    exported = yaml.safe_load((root / "seed_code" / "deploy_app" / buildspec).read_text())["env"]["exported-variables"]
    read = {
        name
        for text in strings(template["Resources"]["DeployPipeline"])
        for space, name in VARIABLE.findall(text)
        if space == "BuildVariables"
    }
    assert read == {"DEPLOY", "MODEL_PACKAGE_ARN"}
    assert read <= set(exported)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_stage_that_fails_is_never_rolled_back_by_the_pipeline(template: Template, pipeline: str) -> None:
    # A rejected approval fails its stage too, and would start a run that nobody asked for.
    assert [name for name, stage in stages(template, pipeline).items() if "OnFailure" in stage] == []

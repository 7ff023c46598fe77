"""Batch inference: the build repository's pipeline, in another account."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment.problems import Problems
from deployment.promotion import Destination, promoted
from tests.unit.conftest import ACCOUNTS, KEY, VARIABLES, model
from tests.unit.templates import joined, kinds, statements, template_of, the
from tests.unit.variants import DEFINITION, DEV_ROLE, variants

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    from deployment.project import Project
    from deployment.target import Target

DESTINATION = Destination(
    name_prefix="mlops-p-0123456789ab-prod",
    role_arn="arn:aws:iam::333333333333:role/model",
    key_arn="arn:aws:kms:eu-west-1:333333333333:key/1",
    output_uri="s3://data/batch-output",
    parameters={"ModelPackageArn": model().arn, "InputDataUri": "s3://in/"},
)


@pytest.fixture
def definition() -> dict[str, Any]:
    """The definition as DEV has it, to be changed."""
    return copy.deepcopy(DEFINITION)


@pytest.fixture(scope="module")
def prod(shipped_targets: dict[str, Target]) -> Template:
    """PROD with batch inference beside its endpoint."""
    return template_of(variants(shipped_targets)["endpoint_and_batch"])


def pipeline_of(template: Template) -> dict[str, Any]:
    """Return the definition that the template deploys."""
    body = the(template, "SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    return dict(json.loads(joined(body)))


def test_steps_run_with_the_accounts_own_role(definition: dict[str, Any], project: Project) -> None:
    steps = promoted(definition, project=project, destination=DESTINATION)["Steps"]
    assert steps[0]["Arguments"]["ExecutionRoleArn"] == DESTINATION.role_arn


def test_output_is_encrypted_with_the_accounts_own_key(definition: dict[str, Any], project: Project) -> None:
    steps = promoted(definition, project=project, destination=DESTINATION)["Steps"]
    assert steps[1]["Arguments"]["TransformOutput"]["KmsKeyId"] == DESTINATION.key_arn


def test_scripts_stay_where_they_were_built(definition: dict[str, Any], project: Project) -> None:
    script = f"s3://{VARIABLES['ARTIFACT_BUCKET']}/code/0123456789abcdef.tar.gz"
    definition["Steps"][1]["Arguments"]["Environment"] = {"SCRIPT": script}
    steps = promoted(definition, project=project, destination=DESTINATION)["Steps"]
    assert steps[1]["Arguments"]["Environment"] == {"SCRIPT": script}


def test_jobs_and_models_are_named_after_the_stack(definition: dict[str, Any], project: Project) -> None:
    steps = promoted(definition, project=project, destination=DESTINATION)["Steps"]
    assert steps[0]["Arguments"]["ModelName"] == "mlops-p-0123456789ab-prod-CreateModel"
    assert steps[1]["Arguments"]["TransformJobName"] == "mlops-p-0123456789ab-prod-Score-new-data"


def test_parameters_say_what_is_read_and_written(definition: dict[str, Any], project: Project) -> None:
    parameters = promoted(definition, project=project, destination=DESTINATION)["Parameters"]
    defaults = {parameter["Name"]: parameter["DefaultValue"] for parameter in parameters}
    assert defaults == {**DESTINATION.parameters, "InstanceType": "ml.m5.large"}


def test_the_definition_of_dev_is_left_as_it_was(definition: dict[str, Any], project: Project) -> None:
    promoted(definition, project=project, destination=DESTINATION)
    assert definition == DEFINITION


def test_output_goes_to_the_accounts_own_bucket(definition: dict[str, Any], project: Project) -> None:
    output = definition["Steps"][1]["Arguments"]["TransformOutput"]
    output["S3OutputPath"] = f"s3://{VARIABLES['ARTIFACT_BUCKET']}/runs/1"
    steps = promoted(definition, project=project, destination=DESTINATION)["Steps"]
    assert steps[1]["Arguments"]["TransformOutput"]["S3OutputPath"] == "s3://data/batch-output/runs/1"


def test_a_network_of_dev_is_told(definition: dict[str, Any], project: Project) -> None:
    definition["Steps"][0]["Arguments"]["VpcConfig"] = {"Subnets": ["subnet-dev"]}
    with pytest.raises(Problems, match=r"Steps.0.Arguments.VpcConfig is DEV's network"):
        promoted(definition, project=project, destination=DESTINATION)


def test_a_network_of_dev_becomes_the_accounts_own(definition: dict[str, Any], project: Project) -> None:
    definition["Steps"][0]["Arguments"]["VpcConfig"] = {"Subnets": ["subnet-dev"]}
    inside = replace(DESTINATION, vpc={"Subnets": ["subnet-own"]})
    steps = promoted(definition, project=project, destination=inside)["Steps"]
    assert steps[0]["Arguments"]["VpcConfig"] == {"Subnets": ["subnet-own"]}


def test_a_parameter_that_is_not_there_is_told(definition: dict[str, Any], project: Project) -> None:
    definition["Parameters"] = definition["Parameters"][1:]
    with pytest.raises(Problems, match="the inference pipeline of DEV: has no parameter ModelPackageArn"):
        promoted(definition, project=project, destination=DESTINATION)


def test_a_step_that_cannot_be_named_is_told(definition: dict[str, Any], project: Project) -> None:
    definition["Steps"].append({"Name": "Ask", "Type": "Lambda", "Arguments": {}})
    with pytest.raises(Problems, match="step Ask is of type Lambda"):
        promoted(definition, project=project, destination=DESTINATION)


def test_the_pipeline_and_its_schedule_stand_beside_the_endpoint(prod: Template) -> None:
    assert {"SageMaker::Endpoint", "SageMaker::Pipeline", "Scheduler::Schedule"} <= kinds(prod)


def test_the_deployed_pipeline_reads_and_writes_the_accounts_bucket(prod: Template) -> None:
    defaults = {one["Name"]: one.get("DefaultValue") for one in pipeline_of(prod)["Parameters"]}
    bucket = f"mlops-p-0123456789ab-prod-capture-{ACCOUNTS['prod']}"
    assert defaults["ModelPackageArn"] == model().arn
    assert defaults["InputDataUri"] == f"s3://{bucket}/batch-input/"
    assert f"s3://{bucket}/batch-output/runs" in json.dumps(pipeline_of(prod))


def test_the_deployed_pipeline_holds_nothing_of_devs_role_and_key(prod: Template) -> None:
    text = json.dumps(pipeline_of(prod))
    assert DEV_ROLE not in text
    assert KEY not in text


def test_the_schedule_starts_this_pipeline_only(prod: Template) -> None:
    arn = f"arn:{{AWS::Partition}}:sagemaker:eu-west-1:{ACCOUNTS['prod']}:pipeline/mlops-p-0123456789ab-prod-inference"
    (statement,) = statements(prod, "ScheduleRole").values()
    assert joined(the(prod, "Scheduler::Schedule")["Target"]["Arn"]) == arn
    assert (statement["Action"], joined(statement["Resource"])) == (["sagemaker:StartPipelineExecution"], arn)


def test_jobs_are_limited_to_the_stacks_names(prod: Template) -> None:
    resources = [joined(resource) for resource in statements(prod)["RunJobs"]["Resource"]]
    assert all(resource.endswith("/mlops-p-0123456789ab-prod-*") for resource in resources)


def test_the_model_role_is_passed_to_sagemaker_only(prod: Template) -> None:
    statement = statements(prod)["GiveJobsThisRole"]
    assert joined(statement["Resource"]).endswith(":role/mlops/project/mlops-p-0123456789ab-prod-model")
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}

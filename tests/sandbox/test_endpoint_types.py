"""The types of the deployment application's templates: made, changed, replaced, taken back and taken away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox import registered_models as models
from tests.sandbox.registered_models import DEPLOYING, DEV, ENDPOINT, PROD, REGION, Land, resource, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.registered_models import Resource
    from tests.sandbox.running_sandbox import RunningSandbox

TAGS = [{"Key": "project", "Value": "p1"}]
DEFINITION = {"Version": "2020-12-01", "Parameters": [], "Steps": []}


@pytest.fixture
def land(sandbox: RunningSandbox) -> Iterator[Land]:
    land = Land(running=sandbox)
    land.make()
    yield land
    land.clear()
    assert land.made() == set()


def pipeline(**properties: object) -> Resource:
    given = {
        "PipelineName": "models-inference",
        "RoleArn": f"arn:aws:iam::{PROD}:role/{models.ROLE}",
        "PipelineDefinition": {"PipelineDefinitionBody": json.dumps(DEFINITION)},
    }
    return resource("SageMaker::Pipeline", **given | properties)


def schedule(**properties: object) -> Resource:
    target = {
        "Arn": f"arn:aws:sagemaker:{REGION}:{PROD}:pipeline/models-inference",
        "RoleArn": f"arn:aws:iam::{PROD}:role/{models.SCHEDULE_ROLE}",
    }
    given = {
        "Name": "models-nightly",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Dublin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    return resource("Scheduler::Schedule", **given | properties)


def batch(**properties: object) -> dict[str, Resource]:
    return {"Resources": {"Pipeline": pipeline(), "Schedule": schedule(**properties) | {"DependsOn": "Pipeline"}}}


def test_a_model_of_another_account_is_deployed(land: Land) -> None:
    assert land.deploy(serving(land.register())) == "CREATE_COMPLETE", land.reasons()


def test_the_endpoint_keeps_how_a_new_model_takes_over(land: Land) -> None:
    land.deploy(serving(land.register()))
    policy = land.endpoint()["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "CANARY"


def test_a_deleted_stack_leaves_nothing(land: Land) -> None:
    land.deploy(serving(land.register()))
    land.client("prod", "cloudformation").delete_stack(StackName="models-prod")
    assert land.made() == set()


def test_a_new_model_takes_the_place_of_the_former_one(land: Land) -> None:
    land.deploy(serving(land.register()))
    assert land.deploy(serving(land.register(), number=2)) == "UPDATE_COMPLETE", land.reasons()
    assert {name for name in land.made() if "-model-" in name or "-config-" in name} == {
        "models-model-2",
        "models-config-2",
    }


def test_tags_are_changed_in_place(land: Land) -> None:
    template = serving(land.register())
    land.deploy(template)
    for name in ("Model", "Config", "Endpoint", "Alarm", "ScalableTarget"):
        template["Resources"][name]["Properties"]["Tags"] = TAGS
    assert land.deploy(template) == "UPDATE_COMPLETE", land.reasons()
    assert land.client("prod", "sagemaker").list_tags(ResourceArn=land.endpoint()["EndpointArn"])["Tags"] == TAGS


def test_a_failed_update_leaves_the_former_endpoint(land: Land) -> None:
    template = serving(land.register())
    land.deploy(template)
    before = land.made(), land.endpoint()["EndpointConfigName"]
    failing = serving(land.register(), number=2)
    failing["Resources"]["Last"] = models.alarm(AlarmName="") | {"DependsOn": [*failing["Resources"]]}
    failing["Resources"]["Last"]["Properties"]["Period"] = "often"
    assert land.deploy(failing) == "UPDATE_ROLLBACK_COMPLETE"
    assert (land.made(), land.endpoint()["EndpointConfigName"]) == before


@pytest.mark.parametrize("withheld", DEPLOYING)
def test_a_group_whose_policy_withholds_something_keeps_its_models(land: Land, withheld: str) -> None:
    package = land.register()
    land.let_deploy(f"arn:aws:iam::{PROD}:root", [action for action in DEPLOYING if action != withheld])
    assert land.deploy(serving(package)) == "ROLLBACK_COMPLETE"
    assert f"not authorized to perform: {withheld} on resource: {package}" in land.reasons()


def test_another_account_is_not_let_in(land: Land) -> None:
    package = land.register()
    land.let_deploy("arn:aws:iam::222222222222:root", DEPLOYING)
    assert land.deploy(serving(package)) == "ROLLBACK_COMPLETE"


def test_a_package_that_is_not_there_is_named(land: Land) -> None:
    package = f"arn:aws:sagemaker:{REGION}:{DEV}:model-package/{models.GROUP}/7"
    land.deploy(serving(package))
    assert f"ModelPackage {package} does not exist" in land.reasons()


def test_a_role_that_sagemaker_may_not_assume_is_named(land: Land) -> None:
    template, role = serving(land.register()), f"arn:aws:iam::{PROD}:role/{models.SCHEDULE_ROLE}"
    template["Resources"]["Model"]["Properties"]["ExecutionRoleArn"] = role
    land.deploy(template)
    assert f"Could not assume role {role}" in land.reasons()


def test_an_endpoint_is_not_taken_over_by_another_stack(land: Land) -> None:
    land.deploy(serving(land.register()))
    land.deploy(serving(land.register(), number=2), name="other")
    assert f'Cannot create already existing endpoint "arn:aws:sagemaker:{REGION}:{PROD}:endpoint/{ENDPOINT}"' in (
        land.reasons(name="other")
    )


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"AsyncInferenceConfig": {}}, "Resources.Config.Properties.AsyncInferenceConfig"),
        ({"ProductionVariants": [{"CoreDumpConfig": {}}]}, "Resources.Config.Properties.ProductionVariants[0]"),
    ],
)
def test_what_is_not_imitated_is_refused_by_name(land: Land, change: dict[str, object], refused: str) -> None:
    template = serving("arn")
    template["Resources"]["Config"]["Properties"].update(change)
    with pytest.raises(Exception, match="does not imitate") as error:
        land.deploy(template)
    assert refused in str(error.value)


def test_serverless_captures_nothing(land: Land) -> None:
    template = serving(land.register())
    variant = {"ServerlessConfig": {"MaxConcurrency": 5, "MemorySizeInMB": 2048}, "VariantName": "AllTraffic"}
    variant["ModelName"] = models.attribute("ModelName", "Model")
    capture = {"EnableCapture": True, "InitialSamplingPercentage": 20, "CaptureOptions": [{"CaptureMode": "Input"}]}
    properties = {"ProductionVariants": [variant], "DataCaptureConfig": {**capture, "DestinationS3Uri": "s3://b/c"}}
    template["Resources"]["Config"]["Properties"] |= properties
    land.deploy(template)
    assert "Serverless endpoints do not support DataCaptureConfig" in land.reasons()


def test_a_variant_that_is_not_there_is_not_scaled(land: Land) -> None:
    template = serving(land.register())
    where = f"endpoint/{ENDPOINT}/variant/Other"
    template["Resources"]["ScalableTarget"]["Properties"]["ResourceId"] = where
    land.deploy(template)
    assert f"SageMaker endpoint variant not found: {where}" in land.reasons()


def test_a_schedule_is_made_and_changed_and_goes(land: Land) -> None:
    assert land.deploy(batch()) == "CREATE_COMPLETE", land.reasons()
    assert land.deploy(batch(State="DISABLED")) == "UPDATE_COMPLETE", land.reasons()
    assert land.client("prod", "scheduler").get_schedule(Name="models-nightly")["State"] == "DISABLED"


def test_a_schedule_needs_a_role_that_it_may_assume(land: Land) -> None:
    target = schedule()["Properties"]["Target"] | {"RoleArn": f"arn:aws:iam::{PROD}:role/{models.ROLE}"}
    land.deploy(batch(Target=target))
    assert "must allow AWS EventBridge Scheduler to assume the role" in land.reasons()


def test_a_pipeline_is_changed_in_place(land: Land) -> None:
    land.deploy(batch())
    template = batch()
    other = json.dumps({**DEFINITION, "Parameters": [{"Name": "Rows", "Type": "Integer"}]})
    template["Resources"]["Pipeline"]["Properties"]["PipelineDefinition"] = {"PipelineDefinitionBody": other}
    land.deploy(template)
    described = land.client("prod", "sagemaker").describe_pipeline(PipelineName="models-inference")
    assert described["PipelineDefinition"] == other


def test_a_definition_that_is_none_is_refused(land: Land) -> None:
    template = batch()
    template["Resources"]["Pipeline"]["Properties"]["PipelineDefinition"] = {"PipelineDefinitionBody": "{}"}
    land.deploy(template)
    assert "Unable to parse pipeline definition: Version, Steps is missing" in land.reasons()

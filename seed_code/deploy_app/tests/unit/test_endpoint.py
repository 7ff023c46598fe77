"""The endpoint of an environment, by its template."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment.settings import Alarms, Instance, Network, Rollout, Scaling, Serverless
from tests.unit.conftest import AWS_IMAGE, model, with_endpoint
from tests.unit.templates import joined, kinds, statements, template_of, the

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    from deployment.target import Target

PROJECT_TAGS = {"sagemaker:project-name": "Churn", "sagemaker:project-id": "p-0123456789ab", "cost-centre": "4711"}


@pytest.fixture(scope="module")
def prod(shipped_targets: dict[str, Target]) -> Template:
    """PROD as shipped: two instances, scaling, a canary, capture."""
    return template_of(shipped_targets["prod"])


@pytest.fixture(scope="module")
def serverless(shipped_targets: dict[str, Target]) -> Template:
    """A serverless endpoint."""
    return template_of(
        with_endpoint(
            shipped_targets["dev"],
            instance=None,
            rollout=None,
            capture=None,
            serverless=Serverless(memory_mb=2048, maximum_concurrency=5),
            network=Network(isolation=False, vpc=False),
        )
    )


def variant(template: Template) -> dict[str, Any]:
    """Return the endpoint's only variant."""
    (only,) = the(template, "SageMaker::EndpointConfig")["ProductionVariants"]
    return dict(only)


def test_the_model_is_the_package_that_was_approved_in_dev(prod: Template) -> None:
    assert the(prod, "SageMaker::Model")["Containers"] == [{"ModelPackageName": model().arn}]


def test_the_container_reaches_no_network(prod: Template) -> None:
    assert the(prod, "SageMaker::Model")["EnableNetworkIsolation"] is True


def test_the_endpoint_has_the_name_that_its_clients_know(prod: Template) -> None:
    assert the(prod, "SageMaker::Endpoint")["EndpointName"] == "mlops-p-0123456789ab-prod"


def test_volumes_and_captured_data_use_the_key_of_the_account(prod: Template) -> None:
    configuration = the(prod, "SageMaker::EndpointConfig")
    keys = [configuration["KmsKeyId"], configuration["DataCaptureConfig"]["KmsKeyId"]]
    assert [joined(key) for key in keys] == ["{DataKey.Arn}"] * 2


def test_requests_and_answers_are_captured(prod: Template) -> None:
    capture = the(prod, "SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 20
    assert joined(capture["DestinationS3Uri"]) == "s3://{DataBucket}/endpoint-capture"
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]


def test_a_new_model_begins_with_a_canary(prod: Template) -> None:
    update = the(prod, "SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert update["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 600,
    }
    assert update["TerminationWaitInSeconds"] == 600


def test_alarms_put_the_former_model_back(prod: Template) -> None:
    rollback = the(prod, "SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert [joined(alarm["AlarmName"]) for alarm in rollback["Alarms"]] == ["{ErrorAlarm}", "{LatencyAlarm}"]


@pytest.mark.parametrize(
    ("alarm", "metric", "threshold"),
    [("ErrorAlarm", "Invocation5XXErrors", 5), ("LatencyAlarm", "ModelLatency", 500_000)],
)
def test_alarms_watch_this_endpoint(prod: Template, alarm: str, metric: str, threshold: int) -> None:
    properties = prod.to_json()["Resources"][alarm]["Properties"]
    assert (properties["MetricName"], properties["Threshold"]) == (metric, threshold)
    assert {"Name": "EndpointName", "Value": "mlops-p-0123456789ab-prod"} in properties["Dimensions"]


def test_instances_are_added_up_to_the_maximum(prod: Template) -> None:
    scalable = the(prod, "ApplicationAutoScaling::ScalableTarget")
    assert (scalable["MinCapacity"], scalable["MaxCapacity"]) == (2, 6)
    assert scalable["ResourceId"] == "endpoint/mlops-p-0123456789ab-prod/variant/AllTraffic"


def test_a_new_model_keeps_the_number_of_instances_that_scaling_made(prod: Template) -> None:
    assert the(prod, "SageMaker::Endpoint")["RetainAllVariantProperties"] is True


def test_without_scaling_nothing_is_scaled(shipped_targets: dict[str, Target]) -> None:
    dev = template_of(shipped_targets["dev"])
    assert not {kind for kind in kinds(dev) if kind.startswith("ApplicationAutoScaling")}
    assert "RetainAllVariantProperties" not in the(dev, "SageMaker::Endpoint")


def test_without_canary_all_traffic_moves_at_once(shipped_targets: dict[str, Target]) -> None:
    dev = the(template_of(shipped_targets["dev"]), "SageMaker::Endpoint")["DeploymentConfig"]
    routing = dev["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def test_everything_carries_the_projects_tags(prod: Template) -> None:
    untagged = {"S3::BucketPolicy", "ApplicationAutoScaling::ScalingPolicy"}  # AWS has no tags for them
    for name, resource in prod.to_json()["Resources"].items():
        if resource["Type"].removeprefix("AWS::") not in untagged:
            tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
            assert tags.items() >= PROJECT_TAGS.items(), name


def test_the_outputs_say_what_serves(prod: Template) -> None:
    outputs = {name: output["Value"] for name, output in prod.to_json()["Outputs"].items()}
    assert outputs["ModelPackageArn"] == model().arn
    assert outputs["EndpointName"] == "mlops-p-0123456789ab-prod"


def test_a_template_needs_no_bootstrapped_account(prod: Template) -> None:
    assert set(prod.to_json()) == {"Description", "Resources", "Outputs"}


def test_a_serverless_endpoint_has_a_name_of_its_own(serverless: Template) -> None:
    assert the(serverless, "SageMaker::Endpoint")["EndpointName"] == "mlops-p-0123456789ab-dev-serverless"


def test_a_serverless_endpoint_has_no_instances(serverless: Template) -> None:
    assert variant(serverless)["ServerlessConfig"] == {"MaxConcurrency": 5, "MemorySizeInMB": 2048}
    assert not {"InstanceType", "InitialInstanceCount"} & set(variant(serverless))


def test_a_serverless_endpoint_shifts_nothing_and_captures_nothing(serverless: Template) -> None:
    assert "DeploymentConfig" not in the(serverless, "SageMaker::Endpoint")
    assert "DataCaptureConfig" not in the(serverless, "SageMaker::EndpointConfig")


def test_in_a_vpc_the_platforms_network_is_used(shipped_targets: dict[str, Target]) -> None:
    inside = template_of(with_endpoint(shipped_targets["prod"], network=Network(isolation=True, vpc=True)))
    assert the(inside, "SageMaker::Model")["VpcConfig"] == {
        "SecurityGroupIds": ["sg-11111111"],
        "Subnets": ["subnet-11111111", "subnet-22222222"],
    }
    assert "JoinTheNetwork" in statements(inside)


def test_outside_a_vpc_the_role_makes_no_network_interfaces(prod: Template) -> None:
    assert "JoinTheNetwork" not in statements(prod)


def test_instances_that_encrypt_their_own_storage_are_given_no_key(shipped_targets: dict[str, Target]) -> None:
    gpu = template_of(with_endpoint(shipped_targets["prod"], instance=Instance(type="ml.g5.xlarge", count=2)))
    (configuration,) = gpu.find_resources("AWS::SageMaker::EndpointConfig").values()
    assert "KmsKeyId" not in configuration["Properties"]
    assert [rule["id"] for rule in configuration["Metadata"]["cfn_nag"]["rules_to_suppress"]] == ["W1200"]


def names(template: Template) -> tuple[str, str]:
    """Return the names of model and endpoint configuration."""
    return (
        the(template, "SageMaker::Model")["ModelName"],
        the(template, "SageMaker::EndpointConfig")["EndpointConfigName"],
    )


def test_the_same_model_keeps_every_name(shipped_targets: dict[str, Target], prod: Template) -> None:
    assert template_of(shipped_targets["prod"]).to_json() == prod.to_json()


def test_another_model_gets_names_of_its_own(shipped_targets: dict[str, Target], prod: Template) -> None:
    other = template_of(replace(shipped_targets["prod"], model=model(8, AWS_IMAGE)))
    assert all(before != after for before, after in zip(names(prod), names(other), strict=True))


def test_other_instances_replace_the_configuration_only(shipped_targets: dict[str, Target], prod: Template) -> None:
    larger = template_of(with_endpoint(shipped_targets["prod"], instance=Instance(type="ml.m5.xlarge", count=2)))
    before, after = names(prod), names(larger)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_what_changes_the_endpoint_has_a_new_configuration(shipped_targets: dict[str, Target], prod: Template) -> None:
    patient = Rollout(canary_percent=50, canary_minutes=20, watch_minutes=20)
    for changed in ({"rollout": patient}, {"scaling": None}):
        after = names(template_of(with_endpoint(shipped_targets["prod"], **changed)))
        assert after[0] == names(prod)[0]
        assert after[1] != names(prod)[1]


def test_other_alarms_and_limits_of_scaling_roll_out_nothing(
    shipped_targets: dict[str, Target], prod: Template
) -> None:
    alarms = Alarms(errors_per_minute=1, latency_ms=100)
    scaling = Scaling(maximum_count=9, requests_per_instance_per_minute=10)
    changed = template_of(with_endpoint(shipped_targets["prod"], alarms=alarms, scaling=scaling))
    assert the(changed, "SageMaker::Endpoint") == the(prod, "SageMaker::Endpoint")
    assert names(changed) == names(prod)


def test_another_commit_changes_nothing(shipped_targets: dict[str, Target], prod: Template) -> None:
    target = shipped_targets["prod"]
    later = replace(target, project=replace(target.project, commit="f" * 40))
    assert template_of(later).to_json() == prod.to_json()

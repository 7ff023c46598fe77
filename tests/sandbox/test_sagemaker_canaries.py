"""Canaries of sandbox/corrections/sagemaker_*.py: stock moto still has the faults that they correct.

When one of these fails after an upgrade of moto, its correction has become needless: take it out, with its canary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "arn:aws:iam::123456789012:role/nobody"
VARIANT = {"ModelName": "m", "VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ResourceId": "endpoint/e/variant/v",
}


@pytest.fixture(autouse=True)
def _stock_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


def client(service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
    return boto3.Session(region_name="eu-west-1").client(service)


def serve_nothing() -> Any:  # noqa: ANN401
    """Make an endpoint of a model that is nowhere, with a role that is nobody's."""
    sagemaker = client("sagemaker")
    container = {"Image": "nowhere", "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[VARIANT])
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    return sagemaker


def register(group: str = "g") -> str:
    container = {"Image": "image", "ModelDataUrl": "s3://b/k"}
    arn: str = client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        CustomerMetadataProperties={"Commit": "0123abcd"},
    )["ModelPackageArn"]
    return arn


def test_moto_serves_a_model_that_is_nowhere() -> None:
    assert serve_nothing().describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"


def test_moto_answers_every_request_alike() -> None:
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName="nowhere", Body=b"1")
    assert answer["Body"].read() == b"body"


def test_moto_updates_no_endpoint() -> None:
    sagemaker = serve_nothing()
    sagemaker.create_endpoint_config(EndpointConfigName="d", ProductionVariants=[VARIANT])
    with pytest.raises(NotImplementedError):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")


def test_moto_forgets_what_a_package_was_registered_with() -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="g")
    package = register()
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    assert "CustomerMetadataProperties" not in sagemaker.describe_model_package(ModelPackageName=package)


def test_moto_keeps_two_tags_of_one_key() -> None:
    sagemaker = serve_nothing()
    arn = sagemaker.describe_endpoint(EndpointName="e")["EndpointArn"]
    for value in ("1", "2"):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "k", "Value": value}])
    assert [tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]] == ["1", "2"]


def test_moto_says_that_a_pipeline_succeeded_that_it_has_not_run() -> None:
    sagemaker = client("sagemaker")
    token = "0" * 32
    sagemaker.create_pipeline(PipelineName="p", ClientRequestToken=token, RoleArn=ROLE, PipelineDefinition="no JSON")
    arn = sagemaker.start_pipeline_execution(PipelineName="p", ClientRequestToken=token)["PipelineExecutionArn"]
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    with pytest.raises(NotImplementedError):
        sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)


def test_moto_scales_what_is_not_there() -> None:
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**RESOURCE, MinCapacity=1, MaxCapacity=2, Tags={"k": "v"})
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert target["ResourceId"] == RESOURCE["ResourceId"]
    with pytest.raises((ClientError, NotImplementedError)):
        scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])


def test_moto_lets_nobody_start_what_a_schedule_names() -> None:
    target = {"Arn": "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p", "RoleArn": ROLE}
    client("scheduler").create_schedule(
        Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    assert client("scheduler").get_schedule(Name="s")["Target"]["RoleArn"] == ROLE

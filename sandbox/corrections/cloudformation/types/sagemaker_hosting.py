"""AWS::SageMaker::Model, AWS::SageMaker::EndpointConfig and AWS::SageMaker::Endpoint."""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.cloudformation.resource_type import ANYTHING, TAGS, VALUE, Call, ResourceType, gone, one_of

LARGEST_NAME = 63
NOT_FOUND = "ValidationException"  # SageMaker's code for what is not there
FAILED = "Failed"
CONTAINER = {"Image": VALUE, "ModelDataUrl": VALUE, "Environment": ANYTHING, "ModelPackageName": VALUE}
CAPACITY = {"Type": one_of("CAPACITY_PERCENT", "INSTANCE_COUNT"), "Value": VALUE}


def _create_model(call: Call) -> str:
    name = call.name("ModelName", max_length=LARGEST_NAME)
    given = _given(call, "CreateModel", ModelName=name, Tags=call.tag_list)
    return str(call.client("sagemaker").create_model(**given)["ModelArn"])


def _delete_model(call: Call, arn: str) -> None:
    with gone(NOT_FOUND):
        call.client("sagemaker").delete_model(ModelName=_name(call, arn))


def _create_config(call: Call) -> str:
    name = call.name("EndpointConfigName", max_length=LARGEST_NAME)
    given = _given(call, "CreateEndpointConfig", EndpointConfigName=name, Tags=call.tag_list)
    return str(call.client("sagemaker").create_endpoint_config(**given)["EndpointConfigArn"])


def _delete_config(call: Call, arn: str) -> None:
    with gone(NOT_FOUND):
        call.client("sagemaker").delete_endpoint_config(EndpointConfigName=_name(call, arn))


def _create_endpoint(call: Call) -> str:
    name = call.name("EndpointName", max_length=LARGEST_NAME)
    sagemaker = call.client("sagemaker")
    arn = str(
        sagemaker.create_endpoint(**_given(call, "CreateEndpoint", EndpointName=name, Tags=call.tag_list))[
            "EndpointArn"
        ]
    )
    with call.taking_back(_delete_endpoint, arn):
        made = sagemaker.describe_endpoint(EndpointName=name)
        if made["EndpointStatus"] == FAILED:
            raise ValueError(f"Endpoint {name} failed. Reason: {made['FailureReason']}")
    return arn


def _update_endpoint(call: Call, arn: str, old: Call) -> None:
    sagemaker, name = call.client("sagemaker"), _name(call, arn)
    given = _given(call, "UpdateEndpoint", EndpointName=name)
    now = sagemaker.describe_endpoint(EndpointName=name)
    serves, deployment = now["EndpointConfigName"], now.get("LastDeploymentConfig")
    # What failed, or was never reached, needs no way back.
    if serves != given["EndpointConfigName"] or deployment != given.get("DeploymentConfig"):
        sagemaker.update_endpoint(**given)
        now = sagemaker.describe_endpoint(EndpointName=name)
        if now["EndpointConfigName"] != given["EndpointConfigName"]:
            raise ValueError(f"Endpoint {name} still serves {serves}. Reason: {now['FailureReason']}")
    update_tags(call, arn, old)


def _delete_endpoint(call: Call, arn: str) -> None:
    with gone(NOT_FOUND):
        call.client("sagemaker").delete_endpoint(EndpointName=_name(call, arn))


def update_tags(call: Call, arn: str, old: Call) -> None:
    """Bring the tags of a SageMaker resource up to date."""
    sagemaker = call.client("sagemaker")
    call.change_tags(
        old,
        tag=lambda: sagemaker.add_tags(ResourceArn=arn, Tags=call.tag_list),
        untag=lambda keys: sagemaker.delete_tags(ResourceArn=arn, TagKeys=keys),
    )


def _given(call: Call, operation: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  (JSON)
    """Return the properties that an operation takes, as it takes them."""
    api = input_of("sagemaker", operation)
    given = {key: value for key, value in call.properties.items() if key in api.members and key != "Tags"}
    return dict(as_member(api, given)) | more


def _name(_call: Call, arn: str) -> str:
    return arn.rpartition("/")[2]


MODEL = ResourceType(
    name="AWS::SageMaker::Model",
    required=frozenset({"ExecutionRoleArn"}),  # not of AWS's, but no model can be fetched without one
    replaced_by=frozenset(
        {"ModelName", "ExecutionRoleArn", "PrimaryContainer", "Containers", "EnableNetworkIsolation", "VpcConfig"}
    ),
    properties={
        "ModelName": VALUE,
        "ExecutionRoleArn": VALUE,
        "PrimaryContainer": CONTAINER,
        "Containers": [CONTAINER],
        "EnableNetworkIsolation": one_of("False", "True", "false", "true"),
        "VpcConfig": {"SecurityGroupIds": [VALUE], "Subnets": [VALUE]},
        "Tags": TAGS,
    },
    attributes={"ModelName": _name},
    create=_create_model,
    update=update_tags,
    delete=_delete_model,
)

ENDPOINT_CONFIG = ResourceType(
    name="AWS::SageMaker::EndpointConfig",
    required=frozenset({"ProductionVariants"}),
    replaced_by=frozenset({"EndpointConfigName", "ProductionVariants", "DataCaptureConfig", "KmsKeyId"}),
    properties={
        "EndpointConfigName": VALUE,
        "ProductionVariants": [
            {
                "VariantName": VALUE,
                "ModelName": VALUE,
                "InstanceType": VALUE,
                "InitialInstanceCount": VALUE,
                "InitialVariantWeight": VALUE,
                "ServerlessConfig": {"MaxConcurrency": VALUE, "MemorySizeInMB": VALUE},
            }
        ],
        "DataCaptureConfig": {
            "EnableCapture": VALUE,
            "InitialSamplingPercentage": VALUE,
            "DestinationS3Uri": VALUE,
            "KmsKeyId": VALUE,
            "CaptureOptions": [{"CaptureMode": one_of("Input", "InputAndOutput", "Output")}],
            "CaptureContentTypeHeader": {"CsvContentTypes": [VALUE], "JsonContentTypes": [VALUE]},
        },
        "KmsKeyId": VALUE,
        "Tags": TAGS,
    },
    attributes={"EndpointConfigName": _name},
    create=_create_config,
    update=update_tags,
    delete=_delete_config,
)

ENDPOINT = ResourceType(
    name="AWS::SageMaker::Endpoint",
    required=frozenset({"EndpointConfigName"}),
    replaced_by=frozenset({"EndpointName"}),
    properties={
        "EndpointName": VALUE,
        "EndpointConfigName": VALUE,
        "DeploymentConfig": {
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": VALUE}]},
            "BlueGreenUpdatePolicy": {
                "MaximumExecutionTimeoutInSeconds": VALUE,
                "TerminationWaitInSeconds": VALUE,
                "TrafficRoutingConfiguration": {
                    "Type": one_of("ALL_AT_ONCE", "CANARY", "LINEAR"),
                    "WaitIntervalInSeconds": VALUE,
                    "CanarySize": CAPACITY,
                    "LinearStepSize": CAPACITY,
                },
            },
        },
        "RetainAllVariantProperties": VALUE,
        "Tags": TAGS,
    },
    attributes={"EndpointName": _name},
    create=_create_endpoint,
    update=_update_endpoint,
    delete=_delete_endpoint,
)

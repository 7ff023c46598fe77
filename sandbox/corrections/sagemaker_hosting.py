"""Models, endpoint configurations and endpoints that answer.

Stock moto says of every endpoint that it is in service, and answers every request with ``body``. Here an endpoint is
made when its model could be fetched with the model's role and has answered; one that could not is Failed, with the
reason, and one that was to get such a model serves the former one on.
"""

from __future__ import annotations

from http.client import OK
from typing import TYPE_CHECKING

from moto.core.utils import utcnow
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from sandbox.corrections.callers import HEADER
from sandbox.corrections.graft import graft
from sandbox.corrections.operations import ApiError, Caller, Record, serve
from sandbox.corrections.sagemaker_packages import described_package
from sandbox.corrections.sagemaker_records import (
    add,
    check_role,
    describing,
    find,
    invalid,
    listing,
    records_of,
)
from sandbox.runner import endpoints
from sandbox.runner.endpoints import Hosted, Unservable

if TYPE_CHECKING:
    from sandbox.corrections.operations import Function, Operations

DEPLOYING_A_PACKAGE = ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage")
SERVERLESS_HAS_NO = ("VpcConfig", "EnableNetworkIsolation")
IN_SERVICE, FAILED = "InService", "Failed"


def create_model(caller: Caller, given: Record) -> Record:
    containers = given.get("Containers", []) + [each for each in [given.get("PrimaryContainer")] if each]
    if len(containers) != 1:
        raise NotImplementedError(f"a model of {len(containers)} containers") if containers else invalid("No container")
    check_role(caller, given["ExecutionRoleArn"])
    container = containers[0]
    if "ModelPackageName" in container:
        package = described_package(caller, container["ModelPackageName"], *DEPLOYING_A_PACKAGE)
        container = package["InferenceSpecification"]["Containers"][0]
    return add(caller, "model", given["ModelName"], {**given, "_container": container})


def create_config(caller: Caller, given: Record) -> Record:
    for variant in given["ProductionVariants"]:
        model = find(caller, "model", variant["ModelName"])
        if "ServerlessConfig" in variant:
            kept_out = [name for name in SERVERLESS_HAS_NO if model.get(name)]
            kept_out += ["DataCaptureConfig"] if "DataCaptureConfig" in given else []
            if kept_out:
                raise invalid(f"Serverless endpoints do not support {', '.join(kept_out)}.")
        elif not {"InstanceType", "InitialInstanceCount"} <= variant.keys():
            raise invalid(f"Variant {variant['VariantName']} has no instance type and count, and is not serverless.")
    if len(given["ProductionVariants"]) != 1:
        raise NotImplementedError("several production variants")
    return add(caller, "endpoint-config", given["EndpointConfigName"], given)


def create_endpoint(caller: Caller, given: Record) -> Record:
    find(caller, "endpoint-config", given["EndpointConfigName"])
    endpoint = add(caller, "endpoint", given["EndpointName"], {**given, "_hosted": None})
    if "DeploymentConfig" in endpoint:
        endpoint["LastDeploymentConfig"] = endpoint.pop("DeploymentConfig")
    try:
        _bring_into_service(caller, endpoint, given["EndpointConfigName"])
    except Unservable as unservable:
        endpoint |= {"EndpointStatus": FAILED, "FailureReason": str(unservable)}
    return endpoint


def update_endpoint(caller: Caller, given: Record) -> Record:
    endpoint = find(caller, "endpoint", given["EndpointName"])
    config = find(caller, "endpoint-config", given["EndpointConfigName"])
    now = find(caller, "endpoint-config", endpoint["EndpointConfigName"])
    if endpoint["EndpointStatus"] != IN_SERVICE:
        raise invalid(f'Cannot update endpoint "{endpoint["EndpointArn"]}": it is {endpoint["EndpointStatus"]}.')
    if config is now:
        raise invalid("Cannot update an endpoint to the configuration that it has: create a new EndpointConfig.")
    if "ServerlessConfig" in config["ProductionVariants"][0] and "ServerlessConfig" not in now["ProductionVariants"][0]:
        raise invalid("Cannot update an instance-based endpoint to a serverless one.")
    try:
        _bring_into_service(caller, endpoint, given["EndpointConfigName"])
        endpoint.pop("FailureReason", None)
        endpoint["LastDeploymentConfig"] = given.get("DeploymentConfig")
    except Unservable as unservable:  # blue/green: what served serves on
        endpoint["FailureReason"] = str(unservable)
    return {"EndpointArn": endpoint["EndpointArn"]}


def delete_endpoint(caller: Caller, given: Record) -> None:
    endpoint = find(caller, "endpoint", given["EndpointName"])
    if endpoint["_hosted"]:
        endpoint["_hosted"].forget()
    del records_of(caller).of("endpoint")[given["EndpointName"]]


def _deleting(kind: str, member: str) -> Function:
    def delete(caller: Caller, given: Record) -> None:
        find(caller, kind, given[member])
        del records_of(caller).of(kind)[given[member]]

    return delete


OPERATIONS: Operations = {
    "CreateModel": (
        create_model,
        "ModelName PrimaryContainer Containers ExecutionRoleArn Tags VpcConfig EnableNetworkIsolation",
    ),
    "DescribeModel": (describing("model", "ModelName"), "ModelName"),
    "ListModels": (listing("model", "Models"), "NameContains"),
    "DeleteModel": (_deleting("model", "ModelName"), "ModelName"),
    "CreateEndpointConfig": (
        create_config,
        "EndpointConfigName ProductionVariants DataCaptureConfig KmsKeyId Tags",
    ),
    "DescribeEndpointConfig": (describing("endpoint-config", "EndpointConfigName"), "EndpointConfigName"),
    "ListEndpointConfigs": (listing("endpoint-config", "EndpointConfigs"), "NameContains"),
    "DeleteEndpointConfig": (_deleting("endpoint-config", "EndpointConfigName"), "EndpointConfigName"),
    "CreateEndpoint": (create_endpoint, "EndpointName EndpointConfigName DeploymentConfig Tags"),
    "DescribeEndpoint": (describing("endpoint", "EndpointName"), "EndpointName"),
    "ListEndpoints": (listing("endpoint", "Endpoints"), "NameContains"),
    "UpdateEndpoint": (
        update_endpoint,
        "EndpointName EndpointConfigName DeploymentConfig RetainAllVariantProperties",
    ),
    "DeleteEndpoint": (delete_endpoint, "EndpointName"),
}


def invoke(response: SageMakerRuntimeResponse) -> tuple[int, dict[str, str], bytes]:
    """Answer InvokeEndpoint with the model's answer."""
    caller = Caller(account_id=response.current_account, region=response.region, role_arn=response.headers[HEADER])
    name = response.path.split("/")[2]
    endpoint = records_of(caller).of("endpoint").get(name)
    if endpoint is None or not endpoint["_hosted"]:
        raise ApiError("ValidationError", f"Endpoint {name} of account {caller.account_id} not found.")
    hosted: Hosted = endpoint["_hosted"]
    content_type, accept = response.headers.get("Content-Type", ""), response.headers.get("Accept", "*/*")
    try:
        status, kind, answer = hosted.ask(response.raw_body, content_type=content_type, accept=accept)
    except Unservable as unservable:
        raise ApiError("ModelNotReadyException", str(unservable)) from unservable
    if status != OK:
        said = answer.decode(errors="replace")
        raise ApiError("ModelError", f'Received server error ({status}) from primary with message "{said}".')
    variant = endpoint["ProductionVariants"][0]["VariantName"]
    return OK, {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": variant}, answer


def apply() -> None:
    """Put the correction in force."""
    serve(SageMakerResponse, "sagemaker", OPERATIONS, alone=False)
    graft(SageMakerRuntimeResponse, "invoke_endpoint", invoke)
    graft(SageMakerRuntimeResponse, "use_raw_body", True)  # noqa: FBT003  (a payload need not be text)


def _bring_into_service(caller: Caller, endpoint: Record, config_name: str) -> None:
    """Let an endpoint serve what a configuration names. Raises `Unservable`, and then all is as it was."""
    config = find(caller, "endpoint-config", config_name)
    variant = config["ProductionVariants"][0]
    model = find(caller, "model", variant["ModelName"])
    hosted = endpoints.host(
        account_id=caller.account_id,
        region=caller.region,
        name=endpoint["EndpointName"],
        variant=variant["VariantName"],
        role_arn=model["ExecutionRoleArn"],
        container=model["_container"],
        capture=_capture(config),
    )
    if endpoint["_hosted"]:
        endpoint["_hosted"].forget()
    count = variant.get("InitialInstanceCount")
    serverless = variant.get("ServerlessConfig")
    described = {"VariantName": variant["VariantName"]}
    described |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count} if count else {}
    described |= {"CurrentServerlessConfig": serverless} if serverless else {}
    endpoint |= {
        "_hosted": hosted,
        "EndpointConfigName": config_name,
        "EndpointStatus": IN_SERVICE,
        "ProductionVariants": [described],
        "LastModifiedTime": utcnow(),
    }
    if "DataCaptureConfig" in config:
        given = config["DataCaptureConfig"]
        summary = {"EnableCapture": given["EnableCapture"], "CaptureStatus": "Started"}
        summary |= {"CurrentSamplingPercentage": given["InitialSamplingPercentage"]}
        told = ("DestinationS3Uri", "KmsKeyId")
        endpoint["DataCaptureConfig"] = summary | {key: given[key] for key in told if key in given}
    else:
        endpoint.pop("DataCaptureConfig", None)


def _capture(config: Record) -> Record | None:
    given: Record = config.get("DataCaptureConfig", {})
    return given if given.get("EnableCapture") else None

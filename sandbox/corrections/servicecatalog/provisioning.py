"""What is launched from the catalog: a stack for each provisioned product, made with the launch role.

All is done when the call returns. On AWS a record is followed until it has an end; here it has one from the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.cloudformation.models import Stack

from sandbox.corrections.operations import ApiError, Caller, Record
from sandbox.corrections.servicecatalog.access import launch_paths
from sandbox.corrections.servicecatalog.catalog import catalog_of
from sandbox.corrections.servicecatalog.launch_role import launch_role

if TYPE_CHECKING:
    from collections.abc import Mapping

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
STATUSES = {"CREATE_COMPLETE": "AVAILABLE", "UPDATE_COMPLETE": "AVAILABLE", "UPDATE_ROLLBACK_COMPLETE": "TAINTED"}
NO_CHANGE = "No updates are to be performed."


def provision_product(caller: Caller, given: Record) -> Record:
    catalog, name = catalog_of(caller), given["ProvisionedProductName"]
    path = _path(caller, given)
    artifact = _launchable(catalog.artifact(given))
    if any(item["Name"] == name for item in catalog.all("pp")):
        raise ApiError("DuplicateResourceException", f"A provisioned product called {name} exists already.")
    provisioned = catalog.add("pp", {"Name": name, "Type": "CFN_STACK", "UserArn": caller.role_arn})
    provisioned |= {
        "Arn": caller.arn("servicecatalog", f"stack/{name}/{provisioned['Id']}"),
        "ProductId": given["ProductId"],
        "Tags": [*given.get("Tags", []), *_origin(caller, path, given, provisioned["Id"])],
        "Parameters": {item["Key"]: item["Value"] for item in given.get("ProvisioningParameters", [])},
    }
    return _settle(caller, provisioned, path, artifact, creates=True)


def update_provisioned_product(caller: Caller, given: Record) -> Record:
    provisioned = _provisioned(caller, given)
    wanted = {key: provisioned[key] for key in ("ProductId", "ProvisioningArtifactId")} | given
    path, artifact = _path(caller, wanted), catalog_of(caller).artifact(wanted)
    if not artifact["Active"]:
        raise ApiError("InvalidParametersException", f"Provisioning artifact {artifact['Id']} is not active.")
    before = dict(provisioned)
    changed = [item for item in given.get("ProvisioningParameters", []) if not item.get("UsePreviousValue")]
    values = provisioned["Parameters"] | {item["Key"]: item["Value"] for item in changed}
    provisioned["Parameters"] = {key: value for key, value in values.items() if key in _declared(artifact)}
    answer = _settle(caller, provisioned, path, artifact, creates=False)
    if answer["RecordDetail"]["RecordErrors"]:  # the stack is as it was
        provisioned |= {key: before[key] for key in ("Parameters", "ProvisioningArtifactId")}
    return answer


def terminate_provisioned_product(caller: Caller, given: Record) -> Record:
    provisioned, reason = _provisioned(caller, given), ""
    stack_id = provisioned.get("PhysicalId")
    if stack_id:
        cloudformation = _cloudformation(caller, provisioned)
        cloudformation.delete_stack(StackName=stack_id)
        status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
        reason = "" if status == "DELETE_COMPLETE" else failures(cloudformation, stack_id)
    if not reason:
        del catalog_of(caller).items[provisioned["Id"]]
    return _record(caller, provisioned, "TERMINATE_PROVISIONED_PRODUCT", status="TAINTED", reason=reason)


def describe_provisioned_product(caller: Caller, given: Record) -> Record:
    return {"ProvisionedProductDetail": catalog_of(caller).find_by("pp", given.get("Id"), given.get("Name"))}


def search_provisioned_products(caller: Caller, given: Record) -> Record:
    level = given.get("AccessLevelFilter", {"Key": "User"})["Key"]
    if level not in ("Account", "User"):
        raise NotImplementedError(f"access level {level} of SearchProvisionedProducts")
    provisioned = catalog_of(caller).all("pp")
    found = [item for item in provisioned if level == "Account" or item["UserArn"] == caller.role_arn]
    return {"ProvisionedProducts": found, "TotalResultsCount": len(found)}


def describe_provisioning_parameters(caller: Caller, given: Record) -> Record:
    path, artifact = _path(caller, given), _launchable(catalog_of(caller).artifact(given))
    parameters = [
        {
            "ParameterKey": name,
            "ParameterType": parameter["Type"],
            "DefaultValue": parameter.get("Default"),
            "Description": parameter.get("Description"),
            "ParameterConstraints": parameter,
        }
        for name, parameter in _declared(artifact).items()
    ]
    return {"ProvisioningArtifactParameters": parameters, "ConstraintSummaries": path["ConstraintSummaries"]}


def record_view(_caller: Caller, record: Record) -> Record:
    detail = {**record, "RecordId": record["Id"], "UpdatedTime": record["CreatedTime"]}
    return {"RecordDetail": detail, "RecordOutputs": record["Outputs"]}


def is_launchable(artifact: Record) -> bool:
    """Whether new products may be made from an artifact. Older ones may be updated to a deprecated one."""
    return bool(artifact["Active"]) and artifact["Guidance"] != "DEPRECATED"


def _launchable(artifact: Record) -> Record:
    if not is_launchable(artifact):
        state = "deprecated" if artifact["Active"] else "not active"
        raise ApiError("InvalidParametersException", f"Provisioning artifact {artifact['Id']} is {state}.")
    return artifact


def _path(caller: Caller, given: Record) -> Record:
    wanted = given.get("PathId")
    paths = [path for path in launch_paths(caller, given["ProductId"]) if wanted in (None, path["Id"])]
    if len(paths) != 1:
        ids = ", ".join(path["Id"] for path in paths)
        raise ApiError("InvalidParametersException", f"PathId: {wanted} of {given['ProductId']} is not one of: {ids}")
    return paths[0]


def _provisioned(caller: Caller, given: Record) -> Record:
    return catalog_of(caller).find_by("pp", given.get("ProvisionedProductId"), given.get("ProvisionedProductName"))


def _declared(artifact: Record) -> Mapping[str, Any]:
    declared: Mapping[str, Any] = Stack.parse_template(artifact["Template"]).get("Parameters") or {}
    return declared


def _origin(caller: Caller, path: Record, given: Record, provisioned_id: str) -> list[Record]:
    """Return the tags that Service Catalog itself gives ("AutoTags" in its administrator guide)."""
    origin = {
        "portfolioArn": path["Portfolio"]["ARN"],
        "productArn": caller.arn("catalog", f"product/{given['ProductId']}"),
        "provisioningArtifactIdentifier": given["ProvisioningArtifactId"],
        "provisioningPrincipalArn": caller.role_arn,
        "provisionedProductArn": caller.arn("servicecatalog", f"stack/{provisioned_id}"),
    }
    return [{"Key": f"aws:servicecatalog:{key}", "Value": value} for key, value in origin.items()]


def _settle(caller: Caller, provisioned: Record, path: Record, artifact: Record, *, creates: bool) -> Record:
    """Create or update the stack of a provisioned product, and write down how it went."""
    provisioned |= {"ProvisioningArtifactId": artifact["Id"], "PathId": path["Id"]}
    template = {"TemplateBody": artifact["Template"]}
    try:
        arguments = template | ({"Tags": provisioned["Tags"]} if creates else {})
        status, reason = _deploy(caller, provisioned, path, "create_stack" if creates else "update_stack", arguments)
    except (ApiError, ClientError) as error:
        changes = NO_CHANGE not in str(error)
        status, reason = ("ERROR" if creates else "TAINTED", str(error)) if changes else ("AVAILABLE", "")
    kind = "PROVISION_PRODUCT" if creates else "UPDATE_PROVISIONED_PRODUCT"
    return _record(caller, provisioned, kind, status=status, reason=reason)


def _deploy(caller: Caller, provisioned: Record, path: Record, operation: str, arguments: Record) -> tuple[str, str]:
    """Bring the stack about with the launch role. Returns the product's status and, unless all is well, the reason."""
    roles = [launch_role(caller, constraint["Parameters"]) for constraint in path["ConstraintSummaries"]]
    provisioned["LaunchRoleArn"] = roles[0] if roles else None
    cloudformation = _cloudformation(caller, provisioned)
    values = provisioned["Parameters"].items()
    stack_id = getattr(cloudformation, operation)(
        StackName=f"SC-{caller.account_id}-{provisioned['Id']}",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values],
        Capabilities=CAPABILITIES,
        **arguments,
    )["StackId"]
    provisioned["PhysicalId"] = stack_id
    stack_status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
    status = STATUSES.get(stack_status, "ERROR")
    return status, "" if status == "AVAILABLE" else failures(cloudformation, stack_id)


def _cloudformation(caller: Caller, provisioned: Record) -> Any:  # noqa: ANN401  (boto3)
    """Return the client that reaches a product's stack: with the launch role, as long as there is one."""
    return caller.client("cloudformation", by="servicecatalog", role_arn=provisioned.get("LaunchRoleArn"))


def failures(cloudformation: Any, stack_id: str) -> str:  # noqa: ANN401  (boto3)
    """Return what failed in a stack, and why."""
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    failed = (event for event in events if event["ResourceStatus"].endswith("_FAILED"))
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)


def _record(caller: Caller, provisioned: Record, kind: str, *, status: str, reason: str) -> Record:
    outputs: list[Record] = []
    if provisioned.get("PhysicalId"):
        name = {"StackName": provisioned["PhysicalId"]}
        outputs = _cloudformation(caller, provisioned).describe_stacks(**name)["Stacks"][0].get("Outputs", [])
        outputs += [{"OutputKey": "CloudformationStackARN", "OutputValue": provisioned["PhysicalId"]}]
    fields = {
        "RecordType": kind,
        "Status": "FAILED" if reason else "SUCCEEDED",
        "ProvisionedProductId": provisioned["Id"],
        "ProvisionedProductName": provisioned["Name"],
        "ProvisionedProductType": provisioned["Type"],
        "RecordErrors": [{"Code": "StackFailed", "Description": reason}] if reason else [],
        "Outputs": outputs,
    }
    record = catalog_of(caller).add("rec", {**provisioned, **fields})
    provisioned |= {"Status": status, "StatusMessage": reason, "LastRecordId": record["Id"]}
    return record_view(caller, record)

"""SageMaker projects from S3 templates: CloudFormation makes a stack in the name of whoever creates the project.

The person hands the launch role over to CloudFormation, which makes what is in the stack with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from moto.cloudformation.models import Stack

from sandbox.corrections.operations import ApiError, Caller, Record
from sandbox.corrections.servicecatalog.provisioning import CAPABILITIES, NO_CHANGE, failures
from sandbox.corrections.servicecatalog.template_source import load_template
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOUDFORMATION = "cloudformation.amazonaws.com"
DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}


def create(caller: Caller, project: Record, *, own: Mapping[str, str], tags: list[Record]) -> str:
    """Make the stack of a new project. Returns why it failed, or nothing.

    `own`: the parameters that every project has. Raises `ApiError` for a template that cannot be read.
    """
    detail = project["TemplateProviders"][0]["CfnTemplateProvider"]
    if "RoleARN" not in detail:
        raise NotImplementedError("a project from a template that is made with no RoleARN")
    _declared(caller, detail["TemplateURL"])
    # AWS documents no more of the name than how it begins.
    detail["StackDetail"] = {"Name": f"SP-{caller.account_id}-{project['ProjectId']}", "StatusMessage": "Pending"}
    project["TemplateProviderDetails"] = [{"CfnTemplateProviderDetail": detail}]
    role = detail["RoleARN"]
    if not is_trusting(caller, role, CLOUDFORMATION):
        return _told(detail, f"Role {role} is invalid or cannot be assumed: it does not trust {CLOUDFORMATION}")
    return _bring_about(caller, detail, "create_stack", own, RoleARN=role, Tags=tags)


def update(caller: Caller, project: Record, wanted: Record, *, own: Mapping[str, str]) -> str:
    """Change a project to other parameters or another template. Returns why it failed, or nothing."""
    before = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    if wanted["TemplateName"] != before["TemplateName"]:
        raise ApiError("ValidationException", f"The project has no template called {wanted['TemplateName']}.")
    declared = _declared(caller, wanted["TemplateURL"])
    chosen = {item["Key"]: item for item in wanted.get("Parameters", [])}
    kept = [item for item in before.get("Parameters", []) if item["Key"] in declared.keys() - chosen.keys()]
    after = {**before, "TemplateURL": wanted["TemplateURL"], "Parameters": [*kept, *chosen.values()]}
    reason = _bring_about(caller, after, "update_stack", own)
    # A stack that could not be changed is as it was.
    before |= {"StackDetail": after["StackDetail"]} if reason else after
    return reason


def delete(caller: Caller, project: Record) -> str:
    """Take a project's stack away. Returns why that failed, or nothing."""
    detail = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    if "Id" not in detail["StackDetail"]:
        return ""
    caller.client("cloudformation", by="sagemaker").delete_stack(StackName=detail["StackDetail"]["Id"])
    return _settled(caller, detail)


def _bring_about(caller: Caller, detail: Record, operation: str, own: Mapping[str, str], **arguments: object) -> str:
    values = {**own, **{item["Key"]: item.get("Value", "") for item in detail.get("Parameters", [])}}
    detail["StackDetail"] = dict(detail["StackDetail"])
    try:
        made = getattr(caller.client("cloudformation", by="sagemaker"), operation)(
            StackName=detail["StackDetail"]["Name"],
            TemplateURL=detail["TemplateURL"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=CAPABILITIES,
            **arguments,
        )
    except ClientError as error:
        return "" if NO_CHANGE in str(error) else _told(detail, str(error))
    detail["StackDetail"]["Id"] = made["StackId"]
    return _settled(caller, detail)


def _declared(caller: Caller, url: str) -> Record:
    """Return the parameters of a template. Raises `ApiError` for one that the caller cannot read."""
    _, template = load_template(caller, {"LoadTemplateFromURL": url}, validate=True, by="cloudformation")
    declared: Record = Stack.parse_template(template).get("Parameters") or {}
    return declared


def _settled(caller: Caller, detail: Record) -> str:
    cloudformation, stack_id = caller.client("cloudformation", by="sagemaker"), detail["StackDetail"]["Id"]
    status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
    reason = "" if status in DONE else failures(cloudformation, stack_id)
    _told(detail, reason or status)
    return reason


def _told(detail: Record, message: str) -> str:
    detail["StackDetail"]["StatusMessage"] = message[:4096]  # as long as the API lets it be
    return message

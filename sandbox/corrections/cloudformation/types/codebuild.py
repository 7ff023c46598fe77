"""AWS::CodeBuild::Project."""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, one_of
from sandbox.corrections.codebuild import DEFAULTS, NO_LIMIT

LARGEST_NAME = 150
# What a project has when a property is left out: UpdateProject alone would keep what it had.
WITHOUT = DEFAULTS | {"description": "", "concurrentBuildLimit": NO_LIMIT}


def _create(call: Call) -> str:
    name = call.name("Name", max_length=LARGEST_NAME)
    call.client("codebuild").create_project(**_arguments(call, name))
    return name


def _update(call: Call, name: str, _old: Call) -> None:
    default_key = {"encryptionKey": call.arn("kms", "alias/aws/s3")}
    call.client("codebuild").update_project(**WITHOUT | default_key | _arguments(call, name))


def _delete(call: Call, name: str) -> None:
    call.client("codebuild").delete_project(name=name)


def _arguments(call: Call, name: str) -> dict[str, Any]:
    given = {key: value for key, value in call.properties.items() if key != "Tags"}
    members: dict[str, Any] = as_member(input_of("codebuild", "CreateProject"), given)
    return members | {"name": name, "tags": call.small_tag_list}


PROJECT = ResourceType(
    name="AWS::CodeBuild::Project",
    required=frozenset({"Artifacts", "Environment", "ServiceRole", "Source"}),
    replaced_by=frozenset({"Name"}),
    properties={
        "Name": VALUE,
        "Description": VALUE,
        "ServiceRole": VALUE,
        "Artifacts": {"Type": one_of("CODEPIPELINE")},
        "Source": {"Type": one_of("CODEPIPELINE"), "BuildSpec": VALUE},
        "Environment": {
            "Type": one_of("LINUX_CONTAINER"),
            "ComputeType": VALUE,
            "Image": VALUE,
            "PrivilegedMode": VALUE,
            "EnvironmentVariables": [
                {"Name": VALUE, "Value": VALUE, "Type": one_of("PARAMETER_STORE", "PLAINTEXT", "SECRETS_MANAGER")}
            ],
        },
        "EncryptionKey": VALUE,
        "LogsConfig": {
            "CloudWatchLogs": {"Status": one_of("DISABLED", "ENABLED"), "GroupName": VALUE, "StreamName": VALUE}
        },
        "Cache": {"Type": one_of("LOCAL", "NO_CACHE", "S3"), "Location": VALUE, "Modes": [VALUE]},
        "TimeoutInMinutes": VALUE,
        "QueuedTimeoutInMinutes": VALUE,
        "ConcurrentBuildLimit": VALUE,
        "Tags": TAGS,
    },
    attributes={"Arn": lambda call, name: call.arn("codebuild", f"project/{name}")},
    create=_create,
    update=_update,
    delete=_delete,
)

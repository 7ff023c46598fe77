"""AWS::SageMaker::Pipeline."""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, gone
from sandbox.corrections.cloudformation.types.sagemaker_hosting import update_tags


def _create(call: Call) -> str:
    name = str(call.properties["PipelineName"])
    call.client("sagemaker").create_pipeline(**_given(call), ClientRequestToken=_token(call), Tags=call.tag_list)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    if _given(call) != _given(old):
        call.client("sagemaker").update_pipeline(**_given(call))
    update_tags(call, _arn(call, name), old)


def _delete(call: Call, name: str) -> None:
    with gone("ResourceNotFound"):
        call.client("sagemaker").delete_pipeline(PipelineName=name, ClientRequestToken=_token(call))


def _given(call: Call) -> dict[str, Any]:
    names = ("PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn")
    given = {name: call.properties[name] for name in names if name in call.properties}
    return given | {"PipelineDefinition": call.properties["PipelineDefinition"]["PipelineDefinitionBody"]}


def _token(call: Call) -> str:
    return call.generated_name(max_length=45).rjust(32, "0")


def _arn(call: Call, name: str) -> str:
    return call.arn("sagemaker", f"pipeline/{name}")


PIPELINE = ResourceType(
    name="AWS::SageMaker::Pipeline",
    required=frozenset({"PipelineDefinition", "PipelineName", "RoleArn"}),
    replaced_by=frozenset({"PipelineName"}),
    properties={
        "PipelineName": VALUE,
        "PipelineDisplayName": VALUE,
        "PipelineDescription": VALUE,
        "PipelineDefinition": {"PipelineDefinitionBody": VALUE},
        "RoleArn": VALUE,
        "Tags": TAGS,
    },
    create=_create,
    update=_update,
    delete=_delete,
)

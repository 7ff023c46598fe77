"""AWS::CodePipeline::Pipeline."""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.api_members import as_member, input_of, shape_of
from sandbox.corrections.cloudformation.resource_type import TAGS, Call, ResourceType
from sandbox.corrections.codepipeline.structure import NOT_IMITATED

LARGEST_NAME = 100
DECLARATION = input_of("codepipeline", "CreatePipeline").members["pipeline"]
PROPERTIES: dict[str, Any] = shape_of(DECLARATION, without=NOT_IMITATED)  # type: ignore[assignment]


def _create(call: Call) -> str:
    name = call.name("Name", max_length=LARGEST_NAME)
    call.client("codepipeline").create_pipeline(pipeline=_declaration(call, name), tags=call.small_tag_list)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    client, arn = call.client("codepipeline"), call.arn("codepipeline", name)
    if _declaration(call, name) != _declaration(old, name):
        client.update_pipeline(pipeline=_declaration(call, name))
    call.change_tags(
        old,
        tag=lambda: client.tag_resource(resourceArn=arn, tags=call.small_tag_list),
        untag=lambda keys: client.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def _delete(call: Call, name: str) -> None:
    call.client("codepipeline").delete_pipeline(name=name)


def _declaration(call: Call, name: str) -> dict[str, Any]:
    given = {key: value for key, value in call.properties.items() if key != "Tags"}
    declaration: dict[str, Any] = as_member(DECLARATION, given)
    return declaration | {"name": name}


PIPELINE = ResourceType(
    name="AWS::CodePipeline::Pipeline",
    required=frozenset({"RoleArn", "Stages"}),
    replaced_by=frozenset({"Name"}),
    properties={name: shape for name, shape in PROPERTIES.items() if name != "Version"} | {"Tags": TAGS},
    attributes={"Arn": lambda call, name: call.arn("codepipeline", name)},
    create=_create,
    update=_update,
    delete=_delete,
)

"""AWS::Scheduler::Schedule. Nothing here keeps time: a schedule is kept and told, and never starts anything."""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.cloudformation.resource_type import VALUE, Call, ResourceType, gone, one_of

LARGEST_NAME = 64


def _create(call: Call) -> str:
    name = call.name("Name", max_length=LARGEST_NAME)
    call.client("scheduler").create_schedule(**_given(call, name))
    return name


def _update(call: Call, name: str, _old: Call) -> None:
    call.client("scheduler").update_schedule(**_given(call, name))


def _delete(call: Call, name: str) -> None:
    with gone("ResourceNotFoundException"):
        call.client("scheduler").delete_schedule(Name=name, GroupName="default")


def _given(call: Call, name: str) -> dict[str, Any]:
    given: dict[str, Any] = as_member(input_of("scheduler", "CreateSchedule"), call.properties)
    return {"State": "ENABLED", "GroupName": "default"} | given | {"Name": name}


SCHEDULE = ResourceType(
    name="AWS::Scheduler::Schedule",
    required=frozenset({"FlexibleTimeWindow", "ScheduleExpression", "Target"}),
    replaced_by=frozenset({"Name"}),
    properties={
        "Name": VALUE,
        "Description": VALUE,
        "ScheduleExpression": VALUE,
        "ScheduleExpressionTimezone": VALUE,
        "State": one_of("DISABLED", "ENABLED"),
        "FlexibleTimeWindow": {"Mode": one_of("OFF")},
        "Target": {
            "Arn": VALUE,
            "RoleArn": VALUE,
            "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": VALUE, "Value": VALUE}]},
        },
    },
    attributes={"Arn": lambda call, name: call.arn("scheduler", f"schedule/default/{name}")},
    create=_create,
    update=_update,
    delete=_delete,
)

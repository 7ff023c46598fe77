"""AWS::CloudWatch::Alarm."""

from __future__ import annotations

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, one_of

LARGEST_NAME = 255


def _create(call: Call) -> str:
    name, cloudwatch = call.name("AlarmName", max_length=LARGEST_NAME), call.client("cloudwatch")
    if cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:  # PutMetricAlarm would take it over
        raise ValueError(f"{name} already exists")
    _put(call, name)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    cloudwatch = call.client("cloudwatch")
    _put(call, name)
    call.change_tags(
        old,
        tag=lambda: cloudwatch.tag_resource(ResourceARN=_arn(call, name), Tags=call.tag_list),
        untag=lambda keys: cloudwatch.untag_resource(ResourceARN=_arn(call, name), TagKeys=keys),
    )


def _put(call: Call, name: str) -> None:
    given = {key: value for key, value in call.properties.items() if key != "Tags"}
    arguments = as_member(input_of("cloudwatch", "PutMetricAlarm"), given)
    call.client("cloudwatch").put_metric_alarm(**arguments | {"AlarmName": name, "Tags": call.tag_list})


def _delete(call: Call, name: str) -> None:
    call.client("cloudwatch").delete_alarms(AlarmNames=[name])


def _arn(call: Call, name: str) -> str:
    return call.arn("cloudwatch", f"alarm:{name}")


ALARM = ResourceType(
    name="AWS::CloudWatch::Alarm",
    required=frozenset({"ComparisonOperator", "EvaluationPeriods"}),
    replaced_by=frozenset({"AlarmName"}),
    properties={
        "AlarmName": VALUE,
        "AlarmDescription": VALUE,
        "AlarmActions": [VALUE],
        "Namespace": VALUE,
        "MetricName": VALUE,
        "Dimensions": [{"Name": VALUE, "Value": VALUE}],
        "Statistic": one_of("Average", "Maximum", "Minimum", "SampleCount", "Sum"),
        "ExtendedStatistic": VALUE,
        "Threshold": VALUE,
        "ComparisonOperator": one_of(
            *(f"{than}Threshold" for than in ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"))
        ),
        "Period": VALUE,
        "EvaluationPeriods": VALUE,
        "DatapointsToAlarm": VALUE,
        "TreatMissingData": one_of("breaching", "ignore", "missing", "notBreaching"),
        "Tags": TAGS,
    },
    attributes={"Arn": _arn},
    create=_create,
    update=_update,
    delete=_delete,
)

"""AWS::ApplicationAutoScaling::ScalableTarget and AWS::ApplicationAutoScaling::ScalingPolicy, of SageMaker's variants.

The id of a target is CloudFormation's: ``endpoint/<name>/variant/<variant>|<dimension>|<namespace>``.
"""

from __future__ import annotations

from typing import Any

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, gone, one_of

SERVICE = "application-autoscaling"
WHERE = ("ResourceId", "ScalableDimension", "ServiceNamespace")
NOT_FOUND = ("ObjectNotFoundException", "ValidationException")  # AWS's code, and moto's
TRACKING = "TargetTrackingScalingPolicyConfiguration"


def _register(call: Call) -> str:
    call.client(SERVICE).register_scalable_target(**_given(call, "RegisterScalableTarget"), Tags=call.tags)
    return "|".join(call.properties[key] for key in WHERE)


def _update_target(call: Call, target_id: str, old: Call) -> None:
    client, where = call.client(SERVICE), _where(target_id)
    client.register_scalable_target(**_given(call, "RegisterScalableTarget"))
    (target,) = client.describe_scalable_targets(
        ServiceNamespace=where["ServiceNamespace"], ResourceIds=[where["ResourceId"]]
    )["ScalableTargets"]
    arn = target["ScalableTargetARN"]
    call.change_tags(
        old,
        tag=lambda: client.tag_resource(ResourceARN=arn, Tags=call.tags),
        untag=lambda keys: client.untag_resource(ResourceARN=arn, TagKeys=keys),
    )


def _deregister(call: Call, target_id: str) -> None:
    with gone(*NOT_FOUND):
        call.client(SERVICE).deregister_scalable_target(**_where(target_id))


def _put_policy(call: Call) -> str:
    where = _where(call.properties["ScalingTargetId"])
    given = _given(call, "PutScalingPolicy")
    return str(call.client(SERVICE).put_scaling_policy(**where | given)["PolicyARN"])


def _update_policy(call: Call, _arn: str, _old: Call) -> None:
    _put_policy(call)


def _delete_policy(call: Call, _arn: str) -> None:
    where, name = _where(call.properties["ScalingTargetId"]), call.properties["PolicyName"]
    with gone(*NOT_FOUND):
        call.client(SERVICE).delete_scaling_policy(PolicyName=name, **where)


def _given(call: Call, operation: str) -> dict[str, Any]:
    api = input_of(SERVICE, operation)
    given = {key: value for key, value in call.properties.items() if key in api.members and key != "Tags"}
    return dict(as_member(api, given))


def _where(target_id: str) -> dict[str, str]:
    return dict(zip(WHERE, target_id.split("|"), strict=True))


SCALABLE_TARGET = ResourceType(
    name="AWS::ApplicationAutoScaling::ScalableTarget",
    required=frozenset({"MaxCapacity", "MinCapacity", *WHERE}),
    replaced_by=frozenset(WHERE),
    properties={
        "MaxCapacity": VALUE,
        "MinCapacity": VALUE,
        "ResourceId": VALUE,
        "ScalableDimension": one_of("sagemaker:variant:DesiredInstanceCount"),
        "ServiceNamespace": one_of("sagemaker"),
        "Tags": TAGS,
    },
    create=_register,
    update=_update_target,
    delete=_deregister,
)

SCALING_POLICY = ResourceType(
    name="AWS::ApplicationAutoScaling::ScalingPolicy",
    required=frozenset({"PolicyName", "PolicyType", "ScalingTargetId"}),
    replaced_by=frozenset({"PolicyName", "ScalingTargetId"}),
    properties={
        "PolicyName": VALUE,
        "PolicyType": one_of("TargetTrackingScaling"),
        "ScalingTargetId": VALUE,
        TRACKING: {
            "TargetValue": VALUE,
            "ScaleInCooldown": VALUE,
            "ScaleOutCooldown": VALUE,
            "PredefinedMetricSpecification": {"PredefinedMetricType": VALUE},
        },
    },
    create=_put_policy,
    update=_update_policy,
    delete=_delete_policy,
)

"""AWS::SageMaker::ModelPackageGroup."""

from __future__ import annotations

import json

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Call, ResourceType, gone

POLICY = "ModelPackageGroupPolicy"


def _create(call: Call) -> str:
    arn: str = call.client("sagemaker").create_model_package_group(
        ModelPackageGroupName=_name(call), Tags=call.tag_list
    )["ModelPackageGroupArn"]
    with call.taking_back(_delete, arn):
        _put_policy(call)
    return arn


def _update(call: Call, arn: str, old: Call) -> None:
    sagemaker = call.client("sagemaker")
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=list(old.tags))
    sagemaker.add_tags(ResourceArn=arn, Tags=call.tag_list)
    if POLICY in old.properties and POLICY not in call.properties:
        sagemaker.delete_model_package_group_policy(ModelPackageGroupName=_name(call))
    _put_policy(call)


def _put_policy(call: Call) -> None:
    if POLICY in call.properties:
        call.client("sagemaker").put_model_package_group_policy(
            ModelPackageGroupName=_name(call), ResourcePolicy=json.dumps(call.properties[POLICY])
        )


def _delete(call: Call, _arn: str) -> None:
    with gone("ValidationException"):
        call.client("sagemaker").delete_model_package_group(ModelPackageGroupName=_name(call))


def _name(call: Call) -> str:
    name: str = call.properties["ModelPackageGroupName"]
    return name


MODEL_PACKAGE_GROUP = ResourceType(
    name="AWS::SageMaker::ModelPackageGroup",
    required=frozenset({"ModelPackageGroupName"}),
    replaced_by=frozenset({"ModelPackageGroupName"}),
    properties={
        "ModelPackageGroupName": VALUE,
        "ModelPackageGroupPolicy": ANYTHING,
        "Tags": [{"Key": VALUE, "Value": VALUE}],
    },
    attributes={"ModelPackageGroupArn": lambda _call, arn: arn},
    create=_create,
    update=_update,
    delete=_delete,
)

"""AWS::ECR::Repository."""

from __future__ import annotations

import json

from sandbox.corrections.cloudformation.resource_type import ANYTHING, VALUE, Call, ResourceType, gone, one_of

POLICY = "RepositoryPolicyText"


def _create(call: Call) -> str:
    name: str = call.properties["RepositoryName"]
    call.client("ecr").create_repository(
        repositoryName=name,
        tags=call.tag_list,
        imageTagMutability=_mutability(call),
        imageScanningConfiguration=_scanning(call),
    )
    with call.taking_back(_delete, name):
        _put_policy(call, name)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    ecr, arn = call.client("ecr"), _arn(call, name)
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability=_mutability(call))
    ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=_scanning(call))
    ecr.untag_resource(resourceArn=arn, tagKeys=[*(old.tags.keys() - call.tags.keys())])
    ecr.tag_resource(resourceArn=arn, tags=call.tag_list)
    if POLICY in old.properties and POLICY not in call.properties:
        ecr.delete_repository_policy(repositoryName=name)
    _put_policy(call, name)


def _put_policy(call: Call, name: str) -> None:
    if POLICY in call.properties:
        call.client("ecr").set_repository_policy(repositoryName=name, policyText=json.dumps(call.properties[POLICY]))


def _delete(call: Call, name: str) -> None:
    with gone("RepositoryNotFoundException"):
        call.client("ecr").delete_repository(repositoryName=name)


def _mutability(call: Call) -> str:
    return str(call.properties.get("ImageTagMutability", "MUTABLE"))


def _scanning(call: Call) -> dict[str, bool]:
    scanning = call.properties.get("ImageScanningConfiguration", {})
    return {"scanOnPush": str(scanning.get("ScanOnPush", False)).lower() == "true"}


def _arn(call: Call, name: str) -> str:
    return call.arn("ecr", f"repository/{name}")


REPOSITORY = ResourceType(
    name="AWS::ECR::Repository",
    required=frozenset({"RepositoryName"}),
    replaced_by=frozenset({"RepositoryName"}),
    properties={
        "RepositoryName": VALUE,
        "ImageScanningConfiguration": {"ScanOnPush": VALUE},
        "ImageTagMutability": one_of("IMMUTABLE", "MUTABLE"),
        "RepositoryPolicyText": ANYTHING,
        "Tags": [{"Key": VALUE, "Value": VALUE}],
    },
    attributes={
        "Arn": _arn,
        "RepositoryUri": lambda call, name: f"{call.account_id}.dkr.ecr.{call.region}.amazonaws.com/{name}",
    },
    create=_create,
    update=_update,
    delete=_delete,
)

"""AWS::Logs::LogGroup."""

from __future__ import annotations

from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, gone, one_of

LARGEST_NAME = 512
DAYS = (  # those that PutRetentionPolicy's page lists
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
KEY, RETENTION = "KmsKeyId", "RetentionInDays"


def _create(call: Call) -> str:
    name = call.name("LogGroupName", max_length=LARGEST_NAME)
    key = {"kmsKeyId": call.properties[KEY]} if KEY in call.properties else {}
    call.client("logs").create_log_group(logGroupName=name, **key, **({"tags": call.tags} if call.tags else {}))
    with call.taking_back(_delete, name):
        _put_retention(call, name)
    return name


def _update(call: Call, name: str, old: Call) -> None:
    logs, arn = call.client("logs"), call.arn("logs", f"log-group:{name}")
    if RETENTION in old.properties and RETENTION not in call.properties:
        logs.delete_retention_policy(logGroupName=name)
    _put_retention(call, name)
    if KEY in call.properties:
        logs.associate_kms_key(logGroupName=name, kmsKeyId=call.properties[KEY])
    elif KEY in old.properties:
        logs.disassociate_kms_key(logGroupName=name)
    call.change_tags(
        old,
        tag=lambda: logs.tag_resource(resourceArn=arn, tags=call.tags),
        untag=lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def _put_retention(call: Call, name: str) -> None:
    if RETENTION in call.properties:
        call.client("logs").put_retention_policy(logGroupName=name, retentionInDays=int(call.properties[RETENTION]))


def _delete(call: Call, name: str) -> None:
    with gone("ResourceNotFoundException"):
        call.client("logs").delete_log_group(logGroupName=name)


LOG_GROUP = ResourceType(
    name="AWS::Logs::LogGroup",
    replaced_by=frozenset({"LogGroupName"}),
    properties={"LogGroupName": VALUE, RETENTION: one_of(*map(str, DAYS)), KEY: VALUE, "Tags": TAGS},
    attributes={"Arn": lambda call, name: call.arn("logs", f"log-group:{name}:*")},
    create=_create,
    update=_update,
    delete=_delete,
)

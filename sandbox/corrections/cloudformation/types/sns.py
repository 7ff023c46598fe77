"""AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy."""

from __future__ import annotations

import json
from typing import Any

from sandbox.corrections.cloudformation.resource_type import (
    ANYTHING,
    TAGS,
    VALUE,
    Call,
    ResourceType,
    gone,
    one_of,
)

LARGEST_NAME = 256
LARGEST_ID = 255
ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")
OWNER_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"),
    *("ListSubscriptionsByTopic", "Publish"),
)


def _create_topic(call: Call) -> str:
    sns, name = call.client("sns"), call.name("TopicName", max_length=LARGEST_NAME)
    with gone("NotFound"):  # CreateTopic would answer with the topic that there is
        sns.get_topic_attributes(TopicArn=call.arn("sns", name))
        raise ValueError(f"{call.arn('sns', name)} already exists")
    attributes = {key: str(call.properties[key]) for key in ATTRIBUTES if key in call.properties}
    return str(sns.create_topic(Name=name, Attributes=attributes, Tags=call.tag_list)["TopicArn"])


def _update_topic(call: Call, arn: str, old: Call) -> None:
    sns = call.client("sns")
    for key in ATTRIBUTES:
        if call.properties.get(key, "") != old.properties.get(key, ""):
            value = str(call.properties.get(key, ""))
            sns.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=value)
    call.change_tags(
        old,
        tag=lambda: sns.tag_resource(ResourceArn=arn, Tags=call.tag_list),
        untag=lambda keys: sns.untag_resource(ResourceArn=arn, TagKeys=keys),
    )


def _subscribe(call: Call) -> str:
    arn: str = call.client("sns").subscribe(**call.properties, ReturnSubscriptionArn=True)["SubscriptionArn"]
    return arn


def _create_policy(call: Call) -> str:
    policy_id = call.generated_name(max_length=LARGEST_ID)
    with call.taking_back(_delete_policy, policy_id):
        _put_policy(call)
    return policy_id


def _update_policy(call: Call, _policy_id: str, old: Call) -> None:
    _put_policy(call)
    _reset(call, set(old.properties["Topics"]) - set(call.properties["Topics"]))


def _put_policy(call: Call) -> None:
    for topic in call.properties["Topics"]:
        _set_policy(call, topic, call.properties["PolicyDocument"])


def _delete_policy(call: Call, _policy_id: str) -> None:
    _reset(call, set(call.properties["Topics"]))


def _reset(call: Call, topics: set[str]) -> None:
    """Give topics the policy that every new one has: there is no call that takes a topic's policy away."""
    for topic in sorted(topics):
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{action}" for action in OWNER_ACTIONS],
            "Resource": topic,
            "Condition": {"StringEquals": {"AWS:SourceOwner": call.account_id}},
        }
        with gone("NotFound"):
            _set_policy(call, topic, {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


def _set_policy(call: Call, topic: str, document: dict[str, Any]) -> None:
    sns, value = call.client("sns"), json.dumps(document)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=value)


TOPIC = ResourceType(
    name="AWS::SNS::Topic",
    replaced_by=frozenset({"TopicName"}),
    properties={"TopicName": VALUE, "DisplayName": VALUE, "KmsMasterKeyId": VALUE, "Tags": TAGS},
    attributes={"TopicArn": lambda _call, arn: arn, "TopicName": lambda _call, arn: arn.rpartition(":")[2]},
    create=_create_topic,
    update=_update_topic,
    delete=lambda call, arn: call.client("sns").delete_topic(TopicArn=arn),
)

SUBSCRIPTION = ResourceType(
    name="AWS::SNS::Subscription",
    required=frozenset({"Endpoint", "Protocol", "TopicArn"}),
    replaced_by=frozenset({"Endpoint", "Protocol", "TopicArn"}),
    properties={"TopicArn": VALUE, "Protocol": one_of("email"), "Endpoint": VALUE},
    attributes={"Arn": lambda _call, arn: arn},
    create=_subscribe,
    update=lambda _call, _arn, _old: None,  # every property of it is create-only
    delete=lambda call, arn: call.client("sns").unsubscribe(SubscriptionArn=arn),
)

TOPIC_POLICY = ResourceType(
    name="AWS::SNS::TopicPolicy",
    required=frozenset({"PolicyDocument", "Topics"}),
    properties={"PolicyDocument": ANYTHING, "Topics": [VALUE]},
    create=_create_policy,
    update=_update_policy,
    delete=_delete_policy,
)

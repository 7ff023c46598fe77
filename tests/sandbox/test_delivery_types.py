"""The types that deliver code: made, changed in place, replaced and taken away as in CloudFormation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox import delivery_project as delivery
from tests.sandbox.delivery_project import CAPABILITIES, OPEN, Delivery, only, project, resource, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.delivery_project import Resource
    from tests.sandbox.running_sandbox import RunningSandbox, Stacks

OLD_TAG, NEW_TAG = {"Key": "old", "Value": "1"}, {"Key": "new", "Value": "2"}
BUCKET = "arn:aws:s3:::other/*"
OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": BUCKET}]}
LOG_GROUP = "AWS::Logs::LogGroup"
TOPIC = "AWS::SNS::Topic"
PIPELINE_ARN = "arn:aws:codepipeline:eu-west-1:111111111111:p"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:p1"


@pytest.fixture
def dev(sandbox: RunningSandbox, stacks: Stacks) -> Iterator[Delivery]:
    delivery.put_seed(sandbox)
    found = Delivery(sandbox, stacks)
    yield found
    for stack in stacks.client.describe_stacks()["Stacks"]:
        stacks.client.delete_stack(StackName=stack["StackId"])
    assert found.made == set()


def test_a_project_is_made(dev: Delivery) -> None:
    assert dev.create(project()) == "CREATE_COMPLETE", dev.stacks.reasons("stack")


def test_a_deleted_project_leaves_nothing(dev: Delivery) -> None:
    dev.create(project())
    dev.stacks.client.delete_stack(StackName="stack")
    assert dev.made == set()


def test_a_project_that_fails_at_its_last_resource_leaves_nothing(dev: Delivery) -> None:
    failing = project()
    failing["Resources"]["Last"] = resource(TOPIC, TopicName="no blanks") | {"DependsOn": [*failing["Resources"]]}
    assert (dev.create(failing), dev.made) == ("ROLLBACK_COMPLETE", set())


def test_a_failed_update_gives_back_what_was(dev: Delivery) -> None:
    dev.create(project())
    failing = project()
    failing["Resources"]["Log"]["Properties"]["RetentionInDays"] = 30
    failing["Resources"]["Last"] = resource(TOPIC, TopicName="no blanks") | {"DependsOn": [*failing["Resources"]]}
    assert dev.update(failing) == "UPDATE_ROLLBACK_COMPLETE"
    (group,) = dev.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 90


def test_two_projects_stand_side_by_side(dev: Delivery) -> None:
    dev.create(project())
    other = json.loads(json.dumps(project()).replace("p1-", "p2-"))
    assert dev.stacks.create("other", other, Capabilities=CAPABILITIES) == "CREATE_COMPLETE"
    dev.stacks.client.delete_stack(StackName="other")
    assert not {name for name in dev.made if "p2-" in name}


def test_what_is_gone_already_does_not_stop_a_deletion(dev: Delivery) -> None:
    dev.create(project())
    dev.client("codepipeline").delete_pipeline(name="p1-deploy")
    dev.client("codebuild").delete_project(name="p1-build")
    dev.client("codecommit").delete_repository(repositoryName="p1-build")
    dev.client("events").remove_targets(Rule="p1-push", Ids=["Pipeline"])
    dev.client("events").delete_rule(Name="p1-push")
    dev.client("logs").delete_log_group(logGroupName="/aws/codebuild/p1-build")
    dev.client("sns").delete_topic(TopicArn="arn:aws:sns:eu-west-1:111111111111:p1-notifications")
    dev.stacks.client.delete_stack(StackName="stack")
    assert dev.made == set()


@pytest.mark.parametrize(
    "thing",
    [
        delivery.repository(),
        role(),
        delivery.build_project(),
        delivery.pipeline(),
        delivery.push_rule(Targets=[]),
        resource(LOG_GROUP),
        resource(TOPIC),
        resource("AWS::SNS::TopicPolicy", Topics=[], PolicyDocument={}),
    ],
    ids=lambda thing: thing["Type"],
)
def test_a_property_that_is_not_imitated_is_refused_by_name(dev: Delivery, thing: Resource) -> None:
    thing["Properties"]["Surprise"] = "1"
    with pytest.raises(ClientError, match=r"Resources\.Thing\.Properties\.Surprise"):
        dev.create(only(Thing=thing))


@pytest.mark.parametrize(
    ("thing", "problem"),
    [
        (resource("AWS::CodeCommit::Repository"), "RepositoryName is missing"),
        (resource("AWS::CodeBuild::Project", Name="x"), "Artifacts, Environment, ServiceRole, Source is missing"),
        (resource("AWS::IAM::Role", RoleName="x"), "AssumeRolePolicyDocument is missing"),
        (delivery.build_project(Environment={"Type": "LINUX_CONTAINER"}), 'required parameter in environment: "image"'),
        (delivery.build_project(TimeoutInMinutes=1), "timeoutInMinutes, value: 1, valid min value: 5"),
        (
            delivery.build_project(ServiceRole={"Fn::GetAtt": ["EventsRole", "Arn"]}),
            "not authorized to perform: sts:AssumeRole on service role arn:aws:iam::111111111111:role/p1-events",
        ),
        (delivery.build_project(ServiceRole="arn:aws:iam::111111111111:role/nobody"), "CodeBuild is not authorized"),
        (
            delivery.pipeline(RoleArn={"Fn::GetAtt": ["BuildRole", "Arn"]}),
            "CodePipeline is not authorized to perform AssumeRole on role arn:aws:iam::111111111111:role/p1-codebuild",
        ),
        (delivery.pipeline(ExecutionMode="PARALLEL", PipelineType="V1"), "type V1 has no execution mode PARALLEL"),
        (delivery.push_rule(Targets=[{"Id": "x", "Arn": PIPELINE_ARN}]), "RoleArn is required for target"),
        (delivery.push_rule(EventPattern={"source": "aws.codecommit"}, Targets=[]), "Event pattern is not valid"),
        (resource(LOG_GROUP, RetentionInDays={"Fn::Join": ["", ["91"]]}), "RetentionInDays: 91 is none of 1, "),
        (resource("AWS::SNS::Subscription", TopicArn=TOPIC_ARN, Protocol="email", Endpoint="a@b.example"), "NotFound"),
        (role(PermissionsBoundary="arn:aws:iam::111111111111:policy/nobody"), "does not exist or is not attachable"),
        (role(RoleName="p1-thing", ManagedPolicyArns=["arn:aws:iam::111111111111:policy/nobody"]), "NoSuchEntity"),
    ],
)  # fmt: skip
def test_a_resource_that_cannot_be_is_refused_with_the_reason(dev: Delivery, thing: Resource, problem: str) -> None:
    assert problem in dev.refusal(thing)


@pytest.mark.parametrize("member", ["Triggers", "ArtifactStores", "RestartExecutionOnUpdate"])
def test_a_member_of_pipelines_that_is_not_imitated_is_refused_by_name(dev: Delivery, member: str) -> None:
    with pytest.raises(ClientError, match=rf"Resources\.Thing\.Properties\.{member}"):
        dev.create(only(Thing=delivery.pipeline(**{member: "x"})))


def test_a_build_project_is_changed_in_place(dev: Delivery) -> None:
    extras = {
        "Description": "Builds",
        "ConcurrentBuildLimit": 1,
        "TimeoutInMinutes": 30,
        "Cache": {"Type": "LOCAL", "Modes": ["LOCAL_SOURCE_CACHE"]},
        "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "/aws/codebuild/p1-build"}},
        "EncryptionKey": "arn:aws:kms:eu-west-1:111111111111:key/k",
    }
    dev.change(delivery.build_project(**extras, Tags=[OLD_TAG]), delivery.build_project(Tags=[NEW_TAG]))
    (found,) = dev.client("codebuild").batch_get_projects(names=["p1-build"])["projects"]
    optional = ("description", "concurrentBuildLimit", "timeoutInMinutes", "cache", "tags", "encryptionKey")
    assert {key: found.get(key) for key in optional} == {
        "description": "",
        "concurrentBuildLimit": None,
        "timeoutInMinutes": 60,
        "cache": {"type": "NO_CACHE"},
        "tags": [{"key": "new", "value": "2"}],
        "encryptionKey": "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3",
    }


def test_a_renamed_build_project_is_another_one(dev: Delivery) -> None:
    dev.change(delivery.build_project(), delivery.build_project(Name="p1-renamed"))
    assert dev.client("codebuild").list_projects()["projects"] == ["p1-renamed"]


def test_the_variables_of_a_build_project_are_texts(dev: Delivery) -> None:
    variables = [{"Name": "DAYS", "Value": 90}, {"Name": "IS_ON", "Value": True}]
    environment = delivery.build_project()["Properties"]["Environment"] | {"EnvironmentVariables": variables}
    dev.create(only(Thing=delivery.build_project(Environment=environment)))
    (found,) = dev.client("codebuild").batch_get_projects(names=["p1-build"])["projects"]
    assert [item["value"] for item in found["environment"]["environmentVariables"]] == ["90", "true"]


def test_a_pipeline_has_a_new_version_after_a_change(dev: Delivery) -> None:
    dev.change(delivery.pipeline(Tags=[OLD_TAG]), delivery.pipeline(Tags=[NEW_TAG], ExecutionMode="QUEUED"))
    client = dev.client("codepipeline")
    found = client.get_pipeline(name="p1-deploy")
    tags = client.list_tags_for_resource(resourceArn=found["metadata"]["pipelineArn"])["tags"]
    assert (found["pipeline"]["version"], found["pipeline"]["executionMode"], tags) == (
        2,
        "QUEUED",
        [{"key": "new", "value": "2"}],
    )


def test_a_change_of_tags_alone_makes_no_new_version(dev: Delivery) -> None:
    dev.change(delivery.pipeline(), delivery.pipeline(Tags=[NEW_TAG]))
    assert dev.client("codepipeline").get_pipeline(name="p1-deploy")["pipeline"]["version"] == 1


def test_a_new_pipeline_has_one_execution_that_waits(dev: Delivery) -> None:
    dev.create(only(Thing=delivery.pipeline()))
    client = dev.client("codepipeline")
    (summary,) = client.list_pipeline_executions(pipelineName="p1-deploy")["pipelineExecutionSummaries"]
    stages = client.get_pipeline_state(name="p1-deploy")["stageStates"]
    entered = [stage["stageName"] for stage in stages if "latestExecution" in stage]
    assert (summary["status"], summary["trigger"]["triggerType"], entered) == ("InProgress", "CreatePipeline", [])


def test_a_started_execution_waits_with_its_variables(dev: Delivery) -> None:
    dev.create(only(Thing=delivery.pipeline()))
    client, variables = dev.client("codepipeline"), [{"name": "MODEL_PACKAGE_ARN", "value": "mine"}]
    started = client.start_pipeline_execution(name="p1-deploy", variables=variables)["pipelineExecutionId"]
    found = client.get_pipeline_execution(pipelineName="p1-deploy", pipelineExecutionId=started)["pipelineExecution"]
    assert (found["status"], found["variables"]) == (
        "InProgress",
        [{"name": "MODEL_PACKAGE_ARN", "resolvedValue": "mine"}],
    )


def test_an_execution_without_a_value_for_a_variable_fails(dev: Delivery) -> None:
    dev.create(only(Thing=delivery.pipeline(Variables=[{"Name": "WANTED"}])))
    listed = dev.client("codepipeline").list_pipeline_executions(pipelineName="p1-deploy")
    assert [item["status"] for item in listed["pipelineExecutionSummaries"]] == ["Failed"]


def test_a_variable_that_the_pipeline_does_not_declare_is_refused(dev: Delivery) -> None:
    dev.create(only(Thing=delivery.pipeline()))
    with pytest.raises(ClientError, match="p1-deploy declares no variable OTHER"):
        dev.client("codepipeline").start_pipeline_execution(
            name="p1-deploy", variables=[{"name": "OTHER", "value": "x"}]
        )


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("codebuild", "stop_build", {"id": "p1-build:1"}),
        ("codepipeline", "override_stage_condition", {
            "pipelineName": "p", "stageName": "s", "pipelineExecutionId": "00000000-0000-0000-0000-000000000000",
            "conditionType": "ON_SUCCESS",
        }),
        ("codepipeline", "disable_stage_transition", {
            "pipelineName": "p", "stageName": "s", "transitionType": "Inbound", "reason": "r",
        }),
    ],
)  # fmt: skip
def test_what_is_not_imitated_of_builds_and_runs_is_refused_by_name(
    dev: Delivery, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=f"does not imitate this: {service}: The {operation} action"):
        getattr(dev.client(service), operation)(**arguments)


def test_a_rules_target_that_is_not_imitated_is_refused_by_name(dev: Delivery) -> None:
    dev.client("events").put_rule(Name="p1-other", EventPattern='{"source": ["a"]}')
    target = {"Id": "function", "Arn": "arn:aws:lambda:eu-west-1:111111111111:function:f"}
    with pytest.raises(ClientError, match="does not imitate this: events: targets of lambda"):
        dev.client("events").put_targets(Rule="p1-other", Targets=[target])
    dev.client("events").delete_rule(Name="p1-other")


def test_a_rule_is_changed_in_place(dev: Delivery) -> None:
    target = delivery.push_rule()["Properties"]["Targets"][0] | {"Arn": PIPELINE_ARN}
    before = delivery.push_rule(Description="Old", State="DISABLED", Targets=[target], Tags=[OLD_TAG])
    dev.change(before, delivery.push_rule(Targets=[target | {"Id": "Other"}], Tags=[NEW_TAG]))
    events = dev.client("events")
    found = events.describe_rule(Name="p1-push")
    targets = [item["Id"] for item in events.list_targets_by_rule(Rule="p1-push")["Targets"]]
    tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
    assert (found["State"], found.get("Description"), targets, tags) == ("ENABLED", None, ["Other"], [NEW_TAG])


def test_a_role_is_changed_in_place(dev: Delivery) -> None:
    iam = dev.client("iam")
    arn = iam.create_policy(PolicyName="delivery-boundary", PolicyDocument=json.dumps(OPEN))["Policy"]["Arn"]
    policies = [{"PolicyName": name, "PolicyDocument": OPEN} for name in ("kept", "dropped")]
    extras = {"PermissionsBoundary": arn, "ManagedPolicyArns": [arn], "Description": "Old", "MaxSessionDuration": 7200}
    kept = [{"PolicyName": "kept", "PolicyDocument": OTHER}]
    thing = {"RoleName": "p1-thing"}
    dev.change(
        role(**thing, Policies=policies, Tags=[OLD_TAG], **extras),
        role("events", **thing, Policies=kept, Tags=[NEW_TAG]),
    )
    iam.delete_policy(PolicyArn=arn)  # it is in use no more
    found = iam.get_role(RoleName="p1-thing")["Role"]
    trusted = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
    names = iam.list_role_policies(RoleName="p1-thing")["PolicyNames"]
    document = iam.get_role_policy(RoleName="p1-thing", PolicyName="kept")["PolicyDocument"]
    described = (trusted, found.get("Description", ""), found["MaxSessionDuration"], found["Tags"])
    assert (*described, "PermissionsBoundary" in found) == ("events.amazonaws.com", "", 3600, [NEW_TAG], False)
    assert (names, document) == (["kept"], OTHER)


def test_a_role_has_the_boundary_and_the_path_of_its_declaration(dev: Delivery) -> None:
    iam = dev.client("iam")
    arn = iam.create_policy(PolicyName="delivery-boundary", PolicyDocument=json.dumps(OPEN))["Policy"]["Arn"]
    bound = role(RoleName="p1-thing", Path="/mlops/project/", PermissionsBoundary=arn)
    made = only(Thing=bound) | {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Thing", "Arn"]}}}}
    dev.create(made)
    (stack,) = dev.stacks.client.describe_stacks(StackName="stack")["Stacks"]
    found = iam.get_role(RoleName="p1-thing")["Role"]
    dev.stacks.client.delete_stack(StackName="stack")
    iam.delete_policy(PolicyArn=arn)
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert stack["Outputs"][0]["OutputValue"] == found["Arn"] == "arn:aws:iam::111111111111:role/mlops/project/p1-thing"


def test_a_role_goes_with_the_policies_that_others_gave_it(dev: Delivery) -> None:
    dev.create(only())
    dev.client("iam").put_role_policy(RoleName="p1-events", PolicyName="more", PolicyDocument=json.dumps(OPEN))
    dev.stacks.client.delete_stack(StackName="stack")
    assert dev.made == set()


def test_a_log_group_is_changed_in_place(dev: Delivery) -> None:
    name, key = {"LogGroupName": "p1"}, "arn:aws:kms:eu-west-1:111111111111:key/k"
    before = resource(LOG_GROUP, **name, RetentionInDays=90, KmsKeyId=key, Tags=[OLD_TAG])
    dev.change(before, resource(LOG_GROUP, **name, Tags=[NEW_TAG]))
    logs = dev.client("logs")
    (found,) = logs.describe_log_groups()["logGroups"]
    tags = logs.list_tags_for_resource(resourceArn=found["logGroupArn"])["tags"]
    assert (found.get("retentionInDays"), found.get("kmsKeyId"), tags) == (None, None, {"new": "2"})


def test_a_log_group_is_given_a_key_later(dev: Delivery) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/k"
    dev.change(resource(LOG_GROUP, LogGroupName="p1"), resource(LOG_GROUP, LogGroupName="p1", KmsKeyId=key))
    (found,) = dev.client("logs").describe_log_groups()["logGroups"]
    assert found["kmsKeyId"] == key


def test_a_topic_is_changed_in_place(dev: Delivery) -> None:
    before = resource(TOPIC, TopicName="p1", DisplayName="Old", KmsMasterKeyId="alias/x", Tags=[OLD_TAG])
    dev.change(before, resource(TOPIC, TopicName="p1", Tags=[NEW_TAG]))
    sns = dev.client("sns")
    attributes = sns.get_topic_attributes(TopicArn=TOPIC_ARN)["Attributes"]
    tags = sns.list_tags_for_resource(ResourceArn=TOPIC_ARN)["Tags"]
    assert (attributes["DisplayName"], attributes.get("KmsMasterKeyId", ""), tags) == ("", "", [NEW_TAG])


def test_a_topic_that_is_there_already_is_not_taken_over(dev: Delivery) -> None:
    dev.client("sns").create_topic(Name="p1")
    reasons = dev.refusal(resource(TOPIC, TopicName="p1"))
    dev.client("sns").delete_topic(TopicArn=TOPIC_ARN)
    assert f"{TOPIC_ARN} already exists" in reasons


def test_another_address_is_another_subscription(dev: Delivery) -> None:
    def mail(address: str) -> dict[str, Any]:
        topic = {"Ref": "Topic"}
        given = {"TopicArn": topic, "Protocol": "email", "Endpoint": address}
        return only(Topic=resource(TOPIC, TopicName="p1"), Thing=resource("AWS::SNS::Subscription", **given))

    dev.create(mail("a@example.com"))
    dev.update(mail("b@example.com"))
    found = dev.client("sns").list_subscriptions()["Subscriptions"]
    assert [item["Endpoint"] for item in found] == ["b@example.com"]


def test_a_topic_has_its_own_policy_again_when_the_declared_one_goes(dev: Delivery) -> None:
    topic = resource(TOPIC, TopicName="p1")
    declared = resource("AWS::SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=OPEN)
    sns = dev.client("sns")

    def policy() -> dict[str, Any]:
        text = sns.get_topic_attributes(TopicArn=TOPIC_ARN)["Attributes"]["Policy"]
        return dict(json.loads(text))

    dev.create(only(Topic=topic))
    default = policy()
    dev.update(only(Topic=topic, Thing=declared))
    given = policy()
    dev.update(only(Topic=topic))
    assert (given, policy()) == (OPEN, default)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (delivery.pipeline(), delivery.pipeline(Name="p1-renamed")),
        (delivery.push_rule(Targets=[]), delivery.push_rule(Name="p1-renamed", Targets=[])),
        (role(RoleName="p1-thing"), role(RoleName="p1-renamed")),
        (resource(LOG_GROUP, LogGroupName="p1"), resource(LOG_GROUP, LogGroupName="p1-renamed")),
        (resource(TOPIC, TopicName="p1"), resource(TOPIC, TopicName="p1-renamed")),
    ],
    ids=lambda thing: thing["Type"],
)
def test_another_name_is_another_resource(dev: Delivery, before: Resource, after: Resource) -> None:
    dev.create(only(Thing=before))
    first = dev.made
    dev.update(only(Thing=after))
    assert {name.rpartition(":")[2] for name in dev.made - first} == {"p1-renamed"}
    assert len(first) == len(dev.made)

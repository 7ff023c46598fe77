"""Canaries: stock moto still has the faults that the sandbox corrects.

When one of these fails after an upgrade of moto, its correction in sandbox/corrections (or the check in
sandbox/gate.py) has become needless: take it out, with its canary.
"""

from __future__ import annotations

import json
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
BUCKET = "canary-bucket"
RESPONSES = {
    "codebuild": "CodeBuildResponse",
    "codecommit": "CodeCommitResponse",
    "codepipeline": "CodePipelineResponse",
    "logs": "LogsResponse",
    "sagemaker": "SageMakerResponse",
    "servicecatalog": "ServiceCatalogResponse",
}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
DATA = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}


@pytest.fixture(autouse=True)
def _stock_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how stock moto says that it passes something over
        yield


def client(service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
    return boto3.Session(region_name=REGION).client(service)


def make_bucket() -> Any:  # noqa: ANN401
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def make_stack(resources: dict[str, Any], **sections: Any) -> Any:  # noqa: ANN401
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps({"Resources": resources, **sections}))
    return cloudformation


def status(cloudformation: Any) -> str:  # noqa: ANN401
    return str(cloudformation.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"])


def test_moto_denies_everybody_where_only_clear_text_is_denied() -> None:
    s3 = make_bucket()
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with pytest.raises(ClientError, match=r"403|Forbidden|AccessDenied"):
        s3.put_object(Bucket=BUCKET, Key="object", Body=b"1")


def test_moto_drops_the_number_of_noncurrent_versions_to_keep() -> None:
    s3 = make_bucket()
    expiration = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 5}
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": expiration}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    kept = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["NoncurrentVersionExpiration"]
    assert kept == {"NoncurrentDays": 1}


def test_moto_passes_over_a_resource_type_that_it_does_not_know() -> None:
    unknown = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": BUCKET, "PolicyDocument": {}}}
    assert status(make_stack({"Unknown": unknown})) == "CREATE_COMPLETE"


def test_moto_drops_a_property_that_it_does_not_know() -> None:
    properties = {"BucketName": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}
    make_stack({"Data": {"Type": "AWS::S3::Bucket", "Properties": properties}})
    assert "Status" not in client("s3").get_bucket_versioning(Bucket=BUCKET)


def test_moto_reports_no_events_of_resources() -> None:
    events = make_stack({"Data": DATA}).describe_stack_events(StackName="stack")["StackEvents"]
    assert {event["LogicalResourceId"] for event in events} == {"stack"}


def test_moto_leaves_a_failed_stack_in_progress() -> None:
    make_bucket()
    with pytest.raises(ClientError):
        make_stack({"Data": DATA})
    assert status(client("cloudformation")) == "CREATE_IN_PROGRESS"


def test_moto_accepts_a_parameter_against_its_pattern() -> None:
    parameter = {"Type": "String", "AllowedPattern": "[a-z]+", "Default": "UPPER"}
    assert status(make_stack({"Data": DATA}, Parameters={"Wish": parameter})) == "CREATE_COMPLETE"


def test_moto_leaves_no_value_in_lists() -> None:
    known: Any = {"AWS::NoValue": None}
    assert parsing.clean_json([{"Ref": "AWS::NoValue"}], known) == [None]


def test_moto_demands_no_capability() -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    assert status(make_stack({"Role": role})) == "CREATE_COMPLETE"


def test_moto_updates_a_stack_that_has_not_changed() -> None:
    cloudformation = make_stack({"Data": DATA})
    cloudformation.update_stack(StackName="stack", TemplateBody=json.dumps({"Resources": {"Data": DATA}}))
    assert status(cloudformation) == "UPDATE_COMPLETE"


def test_moto_says_aws_for_the_partition_of_every_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.REGION", "cn-north-1")
    outputs = {"Partition": {"Value": {"Ref": "AWS::Partition"}}}
    stack = make_stack({"Data": DATA}, Outputs=outputs).describe_stacks(StackName="stack")["Stacks"][0]
    assert stack["Outputs"][0]["OutputValue"] == "aws"


def test_moto_deletes_a_bucket_that_is_retained_except_on_create() -> None:
    cloudformation = make_stack({"Data": DATA | {"DeletionPolicy": "RetainExceptOnCreate"}})
    cloudformation.delete_stack(StackName="stack")
    assert client("s3").list_buckets()["Buckets"] == []


def test_moto_leaves_dynamic_references_as_they_are() -> None:
    client("ssm").put_parameter(Name="/name", Value=BUCKET, Type="String")
    make_stack({"Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "{{resolve:ssm:/name}}"}}})
    assert [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]] == ["{{resolve:ssm:/name}}"]


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("codebuild", "update_project"),
        ("codecommit", "create_commit"),
        ("codecommit", "get_branch"),
        ("codecommit", "list_repositories"),
        ("codecommit", "tag_resource"),
        ("codepipeline", "get_pipeline_state"),
        ("logs", "associate_kms_key"),
        ("sagemaker", "create_project"),
        ("sagemaker", "delete_model_package_group"),
        ("sagemaker", "enable_sagemaker_servicecatalog_portfolio"),
        ("sagemaker", "put_model_package_group_policy"),
        ("servicecatalog", "associate_principal_with_portfolio"),
        ("servicecatalog", "create_constraint"),
        ("servicecatalog", "create_provisioning_artifact"),
        ("servicecatalog", "describe_product_as_admin"),
        ("servicecatalog", "provision_product"),
    ],
)
def test_moto_lacks_an_operation(service: str, operation: str) -> None:
    assert not hasattr(import_module(f"moto.{service}.responses").__dict__[RESPONSES[service]], operation)


def test_moto_reads_a_condition_in_short_yaml_as_a_function() -> None:
    assert Stack.parse_template("!Condition Wanted") == {"Fn::Condition": "Wanted"}


def test_moto_takes_any_arn_for_a_boundary() -> None:
    arn = "arn:aws:iam::123456789012:policy/nobody"
    client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}", PermissionsBoundary=arn)


def test_moto_lets_a_rule_start_a_pipeline_without_a_role() -> None:
    events = client("events")
    events.put_rule(Name="rule", EventPattern='{"source": ["x"]}')
    target = {"Id": "target", "Arn": "arn:aws:codepipeline:eu-west-1:123456789012:pipeline"}
    assert events.put_targets(Rule="rule", Targets=[target])["FailedEntryCount"] == 0


def test_moto_sends_to_the_targets_of_a_rule_that_is_disabled() -> None:
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    events.put_rule(Name="rule", EventPattern='{"source": ["x"]}', State="DISABLED")
    events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:eu-west-1:123456789012:queue"}])
    events.put_events(Entries=[{"Source": "x", "DetailType": "x", "Detail": "{}"}])
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_moto_cannot_start_a_pipeline_by_an_event() -> None:
    events = client("events")
    events.put_rule(Name="rule", EventPattern='{"source": ["x"]}')
    arn = "arn:aws:codepipeline:eu-west-1:123456789012:pipeline"
    events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn}])
    with pytest.raises(NotImplementedError):
        events.put_events(Entries=[{"Source": "x", "DetailType": "x", "Detail": "{}"}])


def test_moto_says_that_a_build_has_succeeded_which_never_ran() -> None:
    codebuild = client("codebuild")
    codebuild.create_project(
        name="project",
        source={"type": "S3", "location": "bucket/nothing.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/nobody",
    )
    build_id = codebuild.start_build(projectName="project")["build"]["id"]
    (build,) = codebuild.batch_get_builds(ids=[build_id])["builds"]
    assert build["buildStatus"] == "SUCCEEDED"


def test_moto_makes_a_build_project_with_a_role_that_does_not_exist() -> None:
    client("codebuild").create_project(
        name="project",
        source={"type": "CODEPIPELINE", "location": "x"},
        artifacts={"type": "CODEPIPELINE", "location": "x"},
        environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/nobody",
    )


def test_moto_says_that_a_pipeline_with_artifacts_from_nowhere_has_run() -> None:
    role_arn = client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    kind = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    build = {"name": "Build", "actionTypeId": kind, "inputArtifacts": [{"name": "Nothing"}]}
    stages = [{"name": name, "actions": [build]} for name in ("First", "Second")]
    store = {"type": "S3", "location": BUCKET}
    pipelines = client("codepipeline")
    pipelines.create_pipeline(pipeline={"name": "p", "roleArn": role_arn, "artifactStore": store, "stages": stages})
    pipelines.start_pipeline_execution(name="p")
    (execution,) = pipelines.list_pipeline_executions(pipelineName="p")["pipelineExecutionSummaries"]
    assert execution["status"] == "Succeeded"


def test_moto_deletes_a_product_that_does_not_exist() -> None:
    client("servicecatalog").delete_product(Id="prod-nobody")


def test_moto_puts_a_model_package_group_in_the_place_of_another() -> None:
    for _ in range(2):
        made = client("sagemaker").create_model_package_group(ModelPackageGroupName="group")
    assert made["ModelPackageGroupArn"].endswith("/group")


def test_moto_lets_every_account_read_every_bucket() -> None:
    make_bucket().put_object(Bucket=BUCKET, Key="object", Body=b"1")
    other = client("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/any", RoleSessionName="any")
    keys = other["Credentials"]
    elsewhere = boto3.Session(
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert elsewhere.client("s3").get_object(Bucket=BUCKET, Key="object")["Body"].read() == b"1"

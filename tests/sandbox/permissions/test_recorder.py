"""What the server keeps of the calls that it answers."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import CALLS_PATH, server
from sandbox.clients import session_of_role
from sandbox.permissions import calls
from sandbox.permissions.calls import Mark
from sandbox.permissions.replay import prove
from sandbox.server import SandboxError
from tests.sandbox.running_sandbox import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.permissions.calls import Call

ROLE = "arn:aws:iam::111111111111:role/team/recorded"
BUCKET = "recorded-calls"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox of its own: a proof reads every policy there is, and those that other tests leave are no estate."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        with server.start(log=folder / "server.log") as process:
            yield RunningSandbox(sandbox=process.sandbox, folder=folder)


@pytest.fixture
def since(sandbox: RunningSandbox) -> Mark:
    return calls.mark(sandbox.sandbox)


@pytest.fixture
def bucket(sandbox: RunningSandbox) -> Iterator[str]:
    s3 = sandbox.client("dev", "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield BUCKET
    for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def client(sandbox: RunningSandbox, service: str) -> Any:  # noqa: ANN401  (boto3)
    account = sandbox.sandbox.find("dev")
    session = session_of_role(account, endpoint=sandbox.endpoint, role_arn=ROLE)
    return session.client(service, endpoint_url=sandbox.endpoint, config=Config(signature_version="v4"))


def heard(sandbox: RunningSandbox, since: Mark) -> list[Call]:
    return [call for call in calls.read(sandbox.sandbox, since=since).calls if not call.own]


def test_a_call_by_a_role_is_kept_with_what_it_asked_for(sandbox: RunningSandbox, bucket: str) -> None:
    s3, since = client(sandbox, "s3"), calls.mark(sandbox.sandbox)
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"secret", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/k")
    [call] = heard(sandbox, since)
    assert (call.role_arn, call.session, call.account_id, call.status) == (ROLE, "sandbox", "111111111111", 200)
    assert (str(call), call.parameters["Key"], call.parameters["SSEKMSKeyId"]) == ("s3:PutObject", "a/b", "alias/k")


def test_bodies_and_secrets_are_not_kept(sandbox: RunningSandbox, bucket: str) -> None:
    ssm, s3, since = client(sandbox, "ssm"), client(sandbox, "s3"), calls.mark(sandbox.sandbox)
    s3.put_object(Bucket=bucket, Key="a", Body=b"hush-hush")
    ssm.put_parameter(Name="/recorded", Value="hush-hush", Type="SecureString")
    ssm.delete_parameter(Name="/recorded")
    assert "hush-hush" not in str(heard(sandbox, since))


def test_a_presigned_url_is_a_call_of_the_role_that_signed_it(sandbox: RunningSandbox, bucket: str) -> None:
    account = sandbox.sandbox.find("dev")
    session = session_of_role(account, endpoint=sandbox.endpoint, role_arn=ROLE)
    s3 = session.client("s3", endpoint_url=sandbox.endpoint, config=Config(signature_version="s3v4"))
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    address = urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a"}))
    since = calls.mark(sandbox.sandbox)
    connection = http.client.HTTPConnection(address.netloc)
    connection.request("GET", f"{address.path}?{address.query}")
    assert connection.getresponse().read() == b"1"
    connection.close()
    assert [(str(call), call.role_arn) for call in heard(sandbox, since)] == [("s3:GetObject", ROLE)]


def test_a_call_that_fails_is_kept_with_its_status(sandbox: RunningSandbox, since: Mark) -> None:
    with pytest.raises(ClientError, match="404"):
        client(sandbox, "s3").head_object(Bucket="no-such-bucket", Key="a")
    assert [(str(call), call.status) for call in heard(sandbox, since)] == [("s3:HeadObject", 404)]


def test_the_accounts_own_calls_are_told_apart(sandbox: RunningSandbox, since: Mark) -> None:
    sandbox.client("dev", "ssm").describe_parameters()
    [call] = calls.read(sandbox.sandbox, since=since).calls
    assert call.own


def test_cloudformation_calls_on_in_the_name_of_who_called_it(sandbox: RunningSandbox, since: Mark) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "recorded"}}
    cloudformation = client(sandbox, "cloudformation")
    cloudformation.create_stack(StackName="recorded", TemplateBody=json.dumps({"Resources": {"Topic": topic}}))
    cloudformation.delete_stack(StackName="recorded")
    sessions = {str(call): (call.role_arn, call.session) for call in heard(sandbox, since)}
    assert sessions["sns:CreateTopic"] == (ROLE, "forwarded-cloudformation")


def test_cloudformation_assumes_the_role_that_a_stack_has(sandbox: RunningSandbox, since: Mark) -> None:
    stack_role = ROLE.replace("recorded", "stacks")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "recorded"}}
    body, cloudformation = json.dumps({"Resources": {"Topic": topic}}), client(sandbox, "cloudformation")
    cloudformation.create_stack(StackName="recorded", TemplateBody=body, RoleARN=stack_role)
    cloudformation.delete_stack(StackName="recorded")
    sessions = {str(call): (call.role_arn, call.session) for call in heard(sandbox, since)}
    assert sessions["sns:CreateTopic"] == (stack_role, "cloudformation")


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("cloudwatch", "list_metrics", {}),
        ("resourcegroupstaggingapi", "get_resources", {}),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "vpc"}),
    ],
)
def test_services_signed_for_under_another_name_are_recorded(
    sandbox: RunningSandbox, since: Mark, service: str, operation: str, arguments: dict[str, str]
) -> None:
    getattr(client(sandbox, service), operation)(**arguments)
    assert [(call.service, call.problem) for call in heard(sandbox, since)] == [(service, "")]


def test_nobody_else_reads_the_calls(sandbox: RunningSandbox) -> None:
    account = {"account_id": "111111111111", "region": "eu-west-1"}
    request = {"operation": "read", "since": 0, "key": "AKIANOBODY", **account}
    connection = http.client.HTTPConnection(urlsplit(sandbox.endpoint).netloc)
    connection.request("POST", CALLS_PATH, body=json.dumps(request))
    answer = json.load(connection.getresponse())
    connection.close()
    assert "own credentials" in answer["problem"]


def test_a_mark_of_another_sandbox_is_refused(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match="started anew"):
        calls.read(sandbox.sandbox, since=Mark(recording="another", count=0))


def test_a_recording_without_a_role_s_call_proves_nothing(sandbox: RunningSandbox, since: Mark) -> None:
    with pytest.raises(SandboxError, match="no role has made a call"):
        prove(sandbox.sandbox, since=since)


def test_a_role_without_policies_is_denied_what_it_did(sandbox: RunningSandbox, bucket: str) -> None:
    iam = sandbox.client("dev", "iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(Path="/team/", RoleName="recorded", AssumeRolePolicyDocument=json.dumps(trust))
    since = calls.mark(sandbox.sandbox)
    client(sandbox, "s3").list_objects_v2(Bucket=bucket)
    proof = prove(sandbox.sandbox, since=since)
    iam.delete_role(RoleName="recorded")
    assert [(item.role, item.action, item.resource) for item in proof.denied] == [
        (ROLE, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
    ]

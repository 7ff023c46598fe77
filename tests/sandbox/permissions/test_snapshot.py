"""Policies are read back from an account, also where a resource has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import server
from sandbox.clients import session_of
from sandbox.permissions.snapshot import read_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.permissions.snapshot import Snapshot
    from sandbox.server import Sandbox

HERE = "eu-west-1:111111111111"
ARNS = {
    "bucket": "arn:aws:s3:::{}",
    "image repository": f"arn:aws:ecr:{HERE}:repository/{{}}",
    "model package group": f"arn:aws:sagemaker:{HERE}:model-package-group/{{}}",
}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}


def client(sandbox: Sandbox, service: str) -> Any:  # noqa: ANN401  (boto3)
    return session_of(sandbox.find("dev")).client(service, endpoint_url=sandbox.endpoint)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with one of each kind that has a policy (``given``), and one that has none (``bare``)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        with server.start() as process:
            sandbox, policy = process.sandbox, json.dumps(DENY)
            s3, ecr, sagemaker = (client(sandbox, service) for service in ("s3", "ecr", "sagemaker"))
            for name in ("bare", "given"):
                s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
                ecr.create_repository(repositoryName=name)
                sagemaker.create_model_package_group(ModelPackageGroupName=name)
            s3.put_bucket_policy(Bucket="given", Policy=policy)
            ecr.set_repository_policy(repositoryName="given", policyText=policy)
            sagemaker.put_model_package_group_policy(ModelPackageGroupName="given", ResourcePolicy=policy)
            yield sandbox


def snapshot_of(sandbox: Sandbox) -> Snapshot:
    return read_back(lambda _, service: client(sandbox, service), {"dev": "111111111111"})


@pytest.mark.parametrize("kind", ARNS)
def test_a_resource_without_a_policy_has_none_in_the_snapshot(sandbox: Sandbox, kind: str) -> None:
    assert snapshot_of(sandbox).policy_of(ARNS[kind].format("bare")) is None


@pytest.mark.parametrize("kind", ARNS)
def test_the_policy_of_a_resource_is_in_the_snapshot(sandbox: Sandbox, kind: str) -> None:
    snapshot = snapshot_of(sandbox)
    assert snapshot.documents[str(snapshot.policy_of(ARNS[kind].format("given")))] == DENY


def test_topics_queues_and_secrets_that_were_given_no_policy_are_no_obstacle(sandbox: Sandbox) -> None:
    topic = client(sandbox, "sns").create_topic(Name="bare")["TopicArn"]
    client(sandbox, "sqs").create_queue(QueueName="bare")
    client(sandbox, "secretsmanager").create_secret(Name="bare", SecretString="none")
    client(sandbox, "logs").create_log_group(logGroupName="bare")
    assert snapshot_of(sandbox).policy_of(topic)  # its owner's, which each topic is made with


def test_a_key_that_waits_for_its_deletion_keeps_its_policy(sandbox: Sandbox) -> None:
    kms = client(sandbox, "kms")
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert snapshot_of(sandbox).policy_of(key["Arn"])

"""A journey that is allowed as it stands, and each of its permissions taken away alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sandbox.permissions.replay import judge
from sandbox.permissions.tables import tables
from sandbox.server import SandboxError
from tests.sandbox.permissions.estate_of_demo import (
    BOUNDARY,
    BUCKET_ARN,
    BUILD,
    CLOUDFORMATION,
    DEPLOY,
    ESTATE,
    JOBS,
    JOURNEY,
    KEY,
    MODEL,
    PIPELINE,
    call,
    policies,
)

PLANTED = {
    "an action of CodeBuild's role": (f"{BUILD} policy", "sagemaker:CreatePipeline", BUILD),
    "an action of CloudFormation's role": (f"{CLOUDFORMATION} policy", "sagemaker:CreateEndpoint", CLOUDFORMATION),
    "an action that is asked only inside a boundary": (f"{CLOUDFORMATION} policy", "iam:PutRolePolicy", CLOUDFORMATION),
    "passing a role": (f"{BUILD} policy", "iam:PassRole", BUILD),
    "passing a role to CloudFormation": (f"{DEPLOY} policy", "iam:PassRole", DEPLOY),
    "encrypting behind S3": (f"{BUILD} policy", "kms:GenerateDataKey", BUILD),
    "another account in a key's policy": (f"{KEY} policy", "kms:Decrypt", MODEL),
    "another account in a bucket's policy": (f"{BUCKET_ARN} policy", "s3:GetObject", MODEL),
    "an archive that no operation uploads": (f"{PIPELINE} policy", "codecommit:UploadArchive", PIPELINE),
    "assuming a role of another account": (f"{PIPELINE} policy", "sts:AssumeRole", PIPELINE),
    "a role's trust in another account's role": (f"{DEPLOY} trust", "sts:AssumeRole", PIPELINE),
    "a role's trust in a service": (f"{MODEL} trust", "sts:AssumeRole", "sagemaker.amazonaws.com"),
    "an action of a boundary": (BOUNDARY, "s3:GetObject", MODEL),
}


def test_what_is_allowed_leaves_nothing_to_say() -> None:
    proof = judge(JOURNEY, policies=policies(), estate=ESTATE)
    assert (proof.denied, proof.unevaluated, proof.silent_roles, proof.unused) == ((), (), (), ())


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_permission_that_is_missing_is_denied_and_nothing_else(planted: tuple[str, str, str]) -> None:
    policy, action, role = planted
    denied = judge(JOURNEY, policies=policies(without=(policy, action)), estate=ESTATE).denied
    assert {(item.role, item.action) for item in denied} == {(role, action)}


def test_a_denial_names_resource_and_call() -> None:
    [denied] = judge(JOURNEY, policies=policies(without=(f"{BUILD} policy", "iam:PassRole")), estate=ESTATE).denied
    assert (denied.resource, denied.call) == (JOBS, "sagemaker:CreatePipeline")


def test_a_role_of_the_project_without_a_call_is_named() -> None:
    calls = [made for made in JOURNEY if made.role_arn != MODEL]
    assert judge(calls, policies=policies(), estate=ESTATE).silent_roles == (MODEL,)


def test_what_is_allowed_and_never_used_is_listed_by_role() -> None:
    calls = [made for made in JOURNEY if made.operation != "GetBranch"]
    [unused] = judge(calls, policies=policies(), estate=ESTATE).unused
    assert (unused.role, unused.actions) == (PIPELINE, ("codecommit:GetBranch",))


def test_what_cannot_be_judged_is_named_by_its_call() -> None:
    calls = [*JOURNEY, call(BUILD, "s3:DeleteBucket")]
    [unclear] = judge(calls, policies=policies(), estate=ESTATE).unevaluated
    assert (unclear.role, unclear.call, unclear.action) == (BUILD, "s3:DeleteBucket", "s3:DeleteBucket")


def test_a_request_that_could_not_be_read_is_named() -> None:
    unread = replace(call(BUILD, "s3:PUT /bucket"), problem="NotFound")
    [unclear] = judge([*JOURNEY, unread], policies=policies(), estate=ESTATE).unevaluated
    assert "could not be read" in unclear.reason


def test_a_role_that_was_deleted_cannot_be_judged() -> None:
    gone = BUILD.replace("-build", "-gone")
    unclear = judge([*JOURNEY, call(gone, "s3:ListBuckets")], policies=policies(), estate=ESTATE).unevaluated
    assert "deleted before the policies were read" in unclear[0].reason


def test_calls_of_the_accounts_own_credentials_are_not_judged() -> None:
    own = replace(call(f"arn:aws:iam::{'1' * 12}:root", "s3:DeleteBucket", Bucket="any"), own=True)
    assert judge([*JOURNEY, own], policies=policies(), estate=ESTATE).calls == len(JOURNEY)


def test_nothing_recorded_is_no_proof() -> None:
    with pytest.raises(SandboxError, match="no role has made a call"):
        judge([], policies=policies(), estate=ESTATE)


def test_the_tables_show_what_is_denied() -> None:
    proof = judge(JOURNEY, policies=policies(without=(f"{KEY} policy", "kms:Decrypt")), estate=ESTATE)
    assert [table.title for table in tables(proof)] == ["Permissions", "Denied: AWS would have refused these"]
    assert json.dumps([item.action for item in proof.denied]) == '["kms:Decrypt"]'

"""A permission taken away from what is deployed: the journey's calls are denied, by role, action and resource."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import estate as estates
from sandbox.permissions.replay import judge
from sandbox.permissions.snapshot import listed, read_back, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.permissions.estate import Estate
    from tests.journey.conftest import Journey
    from tests.sandbox.deploy.land import Land

    Document = dict[str, Any]
    Denials = Callable[[], set[tuple[str, str, str]]]

DEV, PROD = "111111111111", "333333333333"
OBJECT = "s3:GetObject"


@pytest.fixture(scope="module")
def estate(journey: Journey, land: Land) -> Estate:
    assert journey.played.project
    return estates.look(land.client, account_ids(land))


@pytest.fixture
def denials(journey: Journey, land: Land, estate: Estate) -> Denials:
    """Role, action and resource of each request of the journey that the policies of now deny."""

    def judged() -> set[tuple[str, str, str]]:
        proof = judge(journey.calls, policies=read_back(land.client, account_ids(land)), estate=estate)
        return {(refused.role, refused.action, refused.resource) for refused in proof.denied}

    return judged


def account_ids(land: Land) -> dict[str, str]:
    return {name: account.account_id for name, account in land.sandbox.accounts.items()}


def without(document: Document, action: str, *, sid: str) -> Document:
    """The same policy, in which a statement no longer has an action. The statement and the action have to be there."""
    left = copy.deepcopy(document)
    [statement] = [one for one in statements(left) if one.get("Sid") == sid]
    actions = listed(statement["Action"])
    assert action in actions, f"{sid} allows {actions}"
    statement["Action"] = [one for one in actions if one != action] or ["none:None"]
    return left


@contextmanager
def changed(document: Document, put: Callable[[str], object], action: str, *, sid: str) -> Iterator[None]:
    """Have a policy without an action, and then as it was."""
    put(json.dumps(without(document, action, sid=sid)))
    try:
        yield
    finally:
        put(json.dumps(document))


def test_a_build_that_may_not_start_its_pipeline(journey: Journey, land: Land, denials: Denials) -> None:
    iam, prefix = land.client("demo-dev", "iam"), journey.played.project.prefix
    arn = f"arn:aws:iam::{DEV}:policy/mlops/mlops-demo-dev-project-build"
    first = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=first)["PolicyVersion"]["Document"]
    action = "sagemaker:StartPipelineExecution"
    less = json.dumps(without(document, action, sid="MakeAndStartPipelines"))
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=less, SetAsDefault=True)
    try:
        denied = denials()
    finally:
        iam.set_default_policy_version(PolicyArn=arn, VersionId=first)
        iam.delete_policy_version(PolicyArn=arn, VersionId=made["PolicyVersion"]["VersionId"])
    role = f"arn:aws:iam::{DEV}:role/mlops/project/{prefix}-build"
    assert denied == {(role, action, f"arn:aws:sagemaker:eu-west-1:{DEV}:pipeline/{prefix}-training")}


def test_cloudformation_that_may_not_make_an_endpoint(journey: Journey, land: Land, denials: Denials) -> None:
    iam, prefix = land.client("demo-prod", "iam"), journey.played.project.prefix
    role = "mlops-demo-prod-cloudformation"
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def put(text: str) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)

    with changed(document, put, "sagemaker:CreateEndpoint", sid=sid_of(document, "sagemaker:CreateEndpoint")):
        denied = denials()
    here = f"arn:aws:sagemaker:eu-west-1:{PROD}"
    assert {resource for _, _, resource in denied} >= {f"{here}:endpoint/{prefix}-prod"}
    assert {(who, action) for who, action, _ in denied} == {
        (f"arn:aws:iam::{PROD}:role/mlops/{role}", "sagemaker:CreateEndpoint")
    }


def test_a_key_that_lets_prod_not_decrypt(journey: Journey, land: Land, denials: Denials) -> None:
    kms, prefix = land.client("demo-dev", "kms"), journey.played.project.prefix
    key = kms.describe_key(KeyId=f"alias/{prefix}-artifacts")["KeyMetadata"]
    document = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])

    def put(text: str) -> None:
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=text)

    with changed(document, put, "kms:Decrypt", sid="ModelRoleOfProdMayDecrypt"):
        denied = denials()
    assert denied == {(model_role(prefix), "kms:Decrypt", key["Arn"])}


def test_a_bucket_that_lets_prod_not_read(journey: Journey, land: Land, denials: Denials) -> None:
    s3, prefix = land.client("demo-dev", "s3"), journey.played.project.prefix
    bucket = f"{prefix}-artifacts-{DEV}"
    document = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

    def put(text: str) -> None:
        s3.put_bucket_policy(Bucket=bucket, Policy=text)

    with changed(document, put, OBJECT, sid="ModelRoleOfProdMayRead"):
        denied = denials()
    assert {(who, action, resource.partition("/")[0]) for who, action, resource in denied} == {
        (model_role(prefix), OBJECT, f"arn:aws:s3:::{bucket}")
    }


def model_role(prefix: str) -> str:
    return f"arn:aws:iam::{PROD}:role/mlops/project/{prefix}-prod-model"


def sid_of(document: Document, action: str) -> str:
    """The one statement that allows an action."""
    [sid] = [str(one["Sid"]) for one in statements(document) if action in listed(one["Action"])]
    return sid

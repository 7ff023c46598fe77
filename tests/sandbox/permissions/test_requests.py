"""From calls to what IAM is asked, one kind of call a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox.permissions.encryption import requests_behind
from sandbox.permissions.requests import Unclear, requests_of, tags_of, trust_of
from tests.sandbox.permissions.estate_of_demo import BOUNDARY, BUCKET, BUILD, DEV, ESTATE, JOBS, KEY, MODEL, PROD, call

if TYPE_CHECKING:
    from sandbox.permissions.calls import Call

HERE = f"eu-west-1:{DEV}"
GROUP = f"arn:aws:sagemaker:{HERE}:model-package/mlops-p"
TAG = [{"Key": "sagemaker:project-id", "Value": "p"}]
CASES: dict[str, tuple[Call, set[tuple[str, str]]]] = {
    "a member called like the variable": (
        call(BUILD, "sagemaker:DescribeEndpoint", EndpointName="e"),
        {("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/e")},
    ),
    "a member called name": (
        call(BUILD, "codepipeline:GetPipelineState", name="p"),
        {("codepipeline:GetPipelineState", f"arn:aws:codepipeline:{HERE}:p")},
    ),
    "an ARN in the request": (
        call(BUILD, "sagemaker:DescribeModelPackage", ModelPackageName=f"{GROUP}/7"),
        {("sagemaker:DescribeModelPackage", f"{GROUP}/7")},
    ),
    "several resources": (
        call(BUILD, "ssm:GetParameters", Names=["/mlops/dev/region", "/mlops/prod/region"]),
        {
            ("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/mlops/dev/region"),
            ("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/mlops/prod/region"),
        },
    ),
    "several types of resources": (
        call(BUILD, "kms:CreateAlias", AliasName="alias/mlops-p-artifacts", TargetKeyId=KEY.rpartition("/")[2]),
        {("kms:CreateAlias", f"arn:aws:kms:{HERE}:alias/mlops-p-artifacts"), ("kms:CreateAlias", KEY)},
    ),
    "an action without resources": (call(BUILD, "s3:ListBuckets"), {("s3:ListAllMyBuckets", "*")}),
    "a key by its alias": (
        call(BUILD, "kms:DescribeKey", KeyId="alias/mlops-p-artifacts"),
        {("kms:DescribeKey", KEY)},
    ),
    "a role with a path": (call(BUILD, "iam:GetRole", RoleName="mlops-p-build"), {("iam:GetRole", BUILD)}),
    "a stack whose id AWS draws": (
        call(BUILD, "cloudformation:DescribeStacks", StackName="s"),
        {
            (
                "cloudformation:DescribeStacks",
                f"arn:aws:cloudformation:{HERE}:stack/s/00000000-0000-0000-0000-000000000000",
            )
        },
    ),
    "a model package of a group": (
        call(BUILD, "sagemaker:ListModelPackages", ModelPackageGroupName="mlops-p"),
        {("sagemaker:ListModelPackages", f"{GROUP}/1")},
    ),
    "a build, asked as its project": (
        call(BUILD, "codebuild:BatchGetBuilds", ids=["mlops-p-build:1a2b"]),
        {("codebuild:BatchGetBuilds", f"arn:aws:codebuild:{HERE}:project/mlops-p-build")},
    ),
    "an approval of an action in a stage": (
        call(BUILD, "codepipeline:PutApprovalResult", pipelineName="p", stageName="PreProd", actionName="Approve"),
        {("codepipeline:PutApprovalResult", f"arn:aws:codepipeline:{HERE}:p/PreProd/Approve")},
    ),
    "a schedule in the default group": (
        call(BUILD, "scheduler:GetSchedule", Name="s"),
        {("scheduler:GetSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/s")},
    ),
    "an action of another name": (
        call(BUILD, "s3:ListObjectsV2", Bucket="b"),
        {("s3:ListBucket", "arn:aws:s3:::b")},
    ),
    "an object with a version": (
        call(BUILD, "s3:GetObject", Bucket="b", Key="k/e:y", VersionId="3"),
        {("s3:GetObjectVersion", "arn:aws:s3:::b/k/e:y")},
    ),
    "objects deleted together": (
        call(BUILD, "s3:DeleteObjects", Bucket="b", Delete={"Objects": [{"Key": "1"}, {"Key": "2"}]}),
        {("s3:DeleteObject", "arn:aws:s3:::b/1"), ("s3:DeleteObject", "arn:aws:s3:::b/2")},
    ),
    "a service of another name": (
        call(BUILD, "sagemaker-runtime:InvokeEndpoint", EndpointName="e"),
        {("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/e")},
    ),
    "no permission at all": (call(BUILD, "sts:GetCallerIdentity"), set()),
    "an archive, which has no operation": (
        call(BUILD, "codecommit:UploadArchive", status=0, repositoryName="r"),
        {("codecommit:UploadArchive", f"arn:aws:codecommit:{HERE}:r")},
    ),
    "a role that is passed": (
        call(BUILD, "sagemaker:CreatePipeline", PipelineName="t", RoleArn=JOBS),
        {("sagemaker:CreatePipeline", f"arn:aws:sagemaker:{HERE}:pipeline/t"), ("iam:PassRole", JOBS)},
    ),
    "roles of a pipeline's actions, which are not passed": (
        call(
            BUILD,
            "codepipeline:UpdatePipeline",
            pipeline={"name": "p", "roleArn": JOBS, "stages": [{"actions": [{"roleArn": BUILD}]}]},
        ),
        {("codepipeline:UpdatePipeline", f"arn:aws:codepipeline:{HERE}:p"), ("iam:PassRole", JOBS)},
    ),
    "a role of another account, which cannot be passed": (
        call(BUILD, "sagemaker:UpdatePipeline", PipelineName="t", RoleArn=MODEL),
        {("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:{HERE}:pipeline/t")},
    ),
    "tags on what is made": (
        call(BUILD, "sagemaker:CreatePipeline", PipelineName="t", Tags=TAG),
        {
            ("sagemaker:CreatePipeline", f"arn:aws:sagemaker:{HERE}:pipeline/t"),
            ("sagemaker:AddTags", f"arn:aws:sagemaker:{HERE}:pipeline/t"),
        },
    ),
    "tags on a key that has no ARN yet": (
        call(BUILD, "kms:CreateKey", Tags=[{"TagKey": "a", "TagValue": "b"}]),
        {
            ("kms:CreateKey", "*"),
            ("kms:TagResource", f"arn:aws:kms:{HERE}:key/00000000-0000-0000-0000-000000000000"),
        },
    ),
    "a product that SageMaker launches": (
        call(
            BUILD,
            "sagemaker:CreateProject",
            ProjectName="Churn",
            ServiceCatalogProvisioningDetails={"ProductId": "prod-1"},
        ),
        {
            ("sagemaker:CreateProject", f"arn:aws:sagemaker:{HERE}:project/Churn"),
            ("servicecatalog:ProvisionProduct", f"arn:aws:catalog:{HERE}:product/prod-1"),
        },
    ),
}
CONTEXTS: dict[str, tuple[Call, str, tuple[str, str]]] = {
    "the service that a role is passed to": (
        call(BUILD, "sagemaker:CreatePipeline", PipelineName="t", RoleArn=JOBS),
        "iam:PassRole",
        ("iam:PassedToService", "sagemaker.amazonaws.com"),
    ),
    "a setting of the request": (
        call(BUILD, "sagemaker:CreateModelPackage", ModelPackageGroupName="g", ModelApprovalStatus="Approved"),
        "sagemaker:CreateModelPackage",
        ("sagemaker:ModelApprovalStatus", "Approved"),
    ),
    "a tag of the request": (
        call(BUILD, "kms:CreateKey", Tags=[{"TagKey": "sagemaker:project-id", "TagValue": "p"}]),
        "kms:CreateKey",
        ("aws:RequestTag/sagemaker:project-id", "p"),
    ),
    "the policy that is attached": (
        call(BUILD, "iam:AttachRolePolicy", RoleName="mlops-p-build", PolicyArn="arn:aws:iam::aws:policy/X"),
        "iam:AttachRolePolicy",
        ("iam:PolicyARN", "arn:aws:iam::aws:policy/X"),
    ),
    "the boundary that a role is made with": (
        call(BUILD, "iam:CreateRole", RoleName="new", PermissionsBoundary=BOUNDARY),
        "iam:CreateRole",
        ("iam:PermissionsBoundary", BOUNDARY),
    ),
    "the boundary that a role has": (
        call(f"arn:aws:iam::{PROD}:role/mlops/x", "iam:PutRolePolicy", RoleName="mlops-p-prod-model"),
        "iam:PutRolePolicy",
        ("iam:PermissionsBoundary", BOUNDARY),
    ),
    "a service that calls on in its caller's name": (
        call(BUILD, "s3:CreateBucket", session="forwarded-cloudformation", Bucket="b"),
        "s3:CreateBucket",
        ("aws:CalledVia", "cloudformation.amazonaws.com"),
    ),
}
ENCRYPTED: dict[str, tuple[Call, set[str]]] = {
    "an object that is read": (call(BUILD, "s3:GetObject", Bucket=BUCKET, Key="k"), {"kms:Decrypt"}),
    "an object that is written": (call(BUILD, "s3:PutObject", Bucket=BUCKET, Key="k"), {"kms:GenerateDataKey"}),
    "an object in parts": (
        call(BUILD, "s3:UploadPart", Bucket=BUCKET, Key="k"),
        {"kms:Decrypt", "kms:GenerateDataKey"},
    ),
    "a key that the request names": (
        call(BUILD, "s3:PutObject", Bucket="other", Key="k", SSEKMSKeyId=KEY),
        {"kms:GenerateDataKey"},
    ),
    "disks of a job": (
        call(BUILD, "sagemaker:CreateTrainingJob", TrainingJobName="t", ResourceConfig={"VolumeKmsKeyId": KEY}),
        {"kms:CreateGrant"},
    ),
    "an object without a key": (call(BUILD, "s3:GetObject", Bucket="other", Key="k"), set()),
    "an object with S3's own key": (
        call(BUILD, "s3:PutObject", Bucket=BUCKET, Key="k", ServerSideEncryption="AES256"),
        set(),
    ),
    "an object that is not there": (call(BUILD, "s3:GetObject", status=404, Bucket=BUCKET, Key="k"), set()),
    "an object whose metadata is read": (call(BUILD, "s3:HeadObject", Bucket=BUCKET, Key="k"), set()),
}
UNCLEAR = {
    "a resource that is not told": (call(BUILD, "sagemaker:DeleteTags", TagKeys=["a"]), "does not tell the resource"),
    "an action that AWS does not have": (call(BUILD, "sagemaker:Dance"), "no such action"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_call_asks_for_actions_on_resources(case: tuple[Call, set[tuple[str, str]]]) -> None:
    made, expected = case
    assert {(request.action, request.resource) for request in requests_of(made, ESTATE)} == expected


@pytest.mark.parametrize("case", CONTEXTS.values(), ids=CONTEXTS)
def test_a_request_carries_what_conditions_ask_for(case: tuple[Call, str, tuple[str, str]]) -> None:
    made, action, expected = case
    [request] = [request for request in requests_of(made, ESTATE) if request.action == action]
    assert expected in request.context


@pytest.mark.parametrize("case", ENCRYPTED.values(), ids=ENCRYPTED)
def test_encryption_asks_kms(case: tuple[Call, set[str]]) -> None:
    made, expected = case
    found = list(requests_behind(made, ESTATE))
    assert {request.action for request in found} == expected
    assert {request.resource for request in found} <= {KEY}


def test_a_key_of_a_bucket_is_asked_for_the_bucket() -> None:
    [request] = requests_behind(call(BUILD, "s3:GetObject", Bucket=BUCKET, Key="k"), ESTATE)
    assert ("kms:EncryptionContext:aws:s3:arn", f"arn:aws:s3:::{BUCKET}") in request.context
    assert ("kms:ViaService", "s3.eu-west-1.amazonaws.com") in request.context


@pytest.mark.parametrize("case", UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_asked_is_told(case: tuple[Call, str]) -> None:
    made, reason = case
    with pytest.raises(Unclear, match=reason):
        requests_of(made, ESTATE)


def test_the_session_of_a_service_asks_the_trust_of_its_role() -> None:
    request = trust_of(call(BUILD, "s3:ListBuckets", session="codebuild-0d1f"))
    assert request is not None
    assert (request.who, request.action, request.resource) == ("codebuild.amazonaws.com", "sts:AssumeRole", BUILD)


@pytest.mark.parametrize("session", ["sandbox", "mlops-p-deploy-Deploy", "forwarded-cloudformation"])
def test_the_session_of_nobody_asks_no_trust(session: str) -> None:
    assert trust_of(call(BUILD, "s3:ListBuckets", session=session)) is None


def test_a_role_that_was_made_is_known_by_its_name() -> None:
    made = call(BUILD, "iam:CreateRole", RoleName="new", Path="/mlops/project/", PermissionsBoundary=BOUNDARY)
    [request] = requests_of(call(BUILD, "iam:DeleteRole", RoleName="new"), ESTATE.with_roles_made([made]))
    assert request.resource == f"arn:aws:iam::{DEV}:role/mlops/project/new"


@pytest.mark.parametrize(
    "tags",
    [
        {"Tags": [{"Key": "a", "Value": "b"}]},
        {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
        {"tags": [{"key": "a", "value": "b"}]},
        {"tags": {"a": "b"}},
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    ],
)
def test_tags_are_read_in_every_form(tags: dict[str, object]) -> None:
    assert tags_of(replace(call(BUILD, "s3:PutBucketTagging"), parameters=tags)) == {"a": "b"}

"""One project by hand: its roles, policies and resources, as few as let every kind of permission be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.permissions.calls import Call
from sandbox.permissions.estate import Encryption, Estate
from sandbox.permissions.snapshot import Document, Identity, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

DEV, PROD, REGION = "111111111111", "333333333333", "eu-west-1"
BUILD = f"arn:aws:iam::{DEV}:role/mlops/project/mlops-p-build"
JOBS = f"arn:aws:iam::{DEV}:role/mlops/project/mlops-p-sagemaker"
PIPELINE = f"arn:aws:iam::{DEV}:role/mlops/project/mlops-p-deploy-pipeline"
DEPLOY = f"arn:aws:iam::{PROD}:role/mlops/mlops-demo-prod-deploy"
CLOUDFORMATION = f"arn:aws:iam::{PROD}:role/mlops/mlops-demo-prod-cloudformation"
MODEL = f"arn:aws:iam::{PROD}:role/mlops/project/mlops-p-prod-model"
BOUNDARY = f"arn:aws:iam::{PROD}:policy/mlops/boundary"
BUCKET = f"mlops-p-artifacts-{DEV}"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
KEY = f"arn:aws:kms:{REGION}:{DEV}:key/5f6a0b9e-0d9f-4b1c-8a3e-2d6f6c1f7a11"
REPOSITORY = f"arn:aws:codecommit:{REGION}:{DEV}:mlops-p-deploy"
VIA_S3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}

ESTATE = Estate(
    roles={(DEV, "mlops-p-build"): BUILD, (PROD, "mlops-p-prod-model"): MODEL},
    boundaries={(PROD, "mlops-p-prod-model"): BOUNDARY},
    keys={(DEV, "alias/mlops-p-artifacts"): KEY, (DEV, KEY.rpartition("/")[2]): KEY},
    buckets={BUCKET: Encryption(key_arn=KEY, once_a_bucket=True)},
)


def allow(*actions: str, on: str | list[str], **members: Any) -> Document:  # noqa: ANN401  (a policy's JSON)
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **members}


def trusts(kind: str, who: str) -> Document:
    return {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {kind: who}}


def lets_in(account_id: str, *actions: str, on: str | list[str]) -> Document:
    return allow(*actions, on=on, Principal={"AWS": f"arn:aws:iam::{account_id}:root"})


STATEMENTS: dict[str, list[Document]] = {
    f"{BUILD} policy": [
        allow("s3:GetObject", "s3:PutObject", on=f"{BUCKET_ARN}/*"),
        allow("kms:Decrypt", "kms:GenerateDataKey", on=KEY, Condition=VIA_S3),
        allow("sagemaker:CreatePipeline", on=f"arn:aws:sagemaker:{REGION}:{DEV}:pipeline/mlops-p-*"),
        allow("iam:PassRole", on=JOBS, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    ],
    f"{BUILD} trust": [trusts("Service", "codebuild.amazonaws.com")],
    f"{PIPELINE} policy": [
        allow("codecommit:GetBranch", "codecommit:UploadArchive", on=REPOSITORY),
        allow("sts:AssumeRole", on=DEPLOY),
    ],
    f"{PIPELINE} trust": [trusts("Service", "codepipeline.amazonaws.com")],
    f"{DEPLOY} policy": [
        allow("cloudformation:CreateStack", on=f"arn:aws:cloudformation:{REGION}:{PROD}:stack/mlops-*/*"),
        allow("iam:PassRole", on=CLOUDFORMATION),
    ],
    f"{DEPLOY} trust": [trusts("AWS", PIPELINE)],
    f"{CLOUDFORMATION} policy": [
        allow("sagemaker:CreateEndpoint", on=f"arn:aws:sagemaker:{REGION}:{PROD}:endpoint*/mlops-*"),
        allow("iam:PutRolePolicy", on=MODEL, Condition={"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}),
    ],
    f"{CLOUDFORMATION} trust": [trusts("Service", "cloudformation.amazonaws.com")],
    f"{MODEL} policy": [allow("s3:GetObject", on=f"{BUCKET_ARN}/*"), allow("kms:Decrypt", on=KEY)],
    f"{MODEL} trust": [trusts("Service", "sagemaker.amazonaws.com")],
    f"{BUCKET_ARN} policy": [lets_in(PROD, "s3:GetObject", on=f"{BUCKET_ARN}/*")],
    f"{KEY} policy": [lets_in(DEV, "kms:*", on="*"), lets_in(PROD, "kms:Decrypt", on="*")],
    BOUNDARY: [allow("s3:GetObject", on="*"), allow("kms:Decrypt", on="*")],
}
ROLES = (BUILD, PIPELINE, DEPLOY, CLOUDFORMATION, MODEL)


def policies(*, without: tuple[str, str] = ("", "")) -> Snapshot:
    """The project's policies, but for one action of one of them, given as (name of the policy, action)."""
    documents = {
        name: {"Version": "2012-10-17", "Statement": [*_without(statements, without[1] if name == without[0] else "")]}
        for name, statements in STATEMENTS.items()
    }
    return Snapshot(
        documents=documents,
        identities={
            role: Identity(policies=(f"{role} policy",), boundary=BOUNDARY if role == MODEL else None) for role in ROLES
        },
        resource_policies={
            **{role: f"{role} trust" for role in ROLES},
            BUCKET_ARN: f"{BUCKET_ARN} policy",
            KEY: f"{KEY} policy",
        },
        tags={},
    )


def _without(statements: Iterable[Document], action: str) -> Iterable[Document]:
    for statement in statements:
        left = [one for one in statement["Action"] if one != action]
        yield statement | {"Action": left or ["none:None"]}


def call(
    role_arn: str,
    what: str,
    *,
    session: str = "",
    status: int = 200,
    **parameters: Any,  # noqa: ANN401  (a request's members)
) -> Call:
    service, _, operation = what.partition(":")
    return Call(
        role_arn=role_arn,
        session=session,
        account_id=role_arn.split(":")[4],
        region=REGION,
        service=service,
        operation=operation,
        status=status,
        parameters=parameters,
    )


JOURNEY = (
    call(PIPELINE, "codecommit:GetBranch", session="codepipeline-1", repositoryName="mlops-p-deploy"),
    call(PIPELINE, "codecommit:UploadArchive", session="codepipeline-1", status=0, repositoryName="mlops-p-deploy"),
    call(BUILD, "s3:PutObject", session="codebuild-1", Bucket=BUCKET, Key="runs/model.tar.gz"),
    call(BUILD, "s3:GetObject", session="codebuild-1", Bucket=BUCKET, Key="runs/model.tar.gz"),
    call(BUILD, "sagemaker:CreatePipeline", session="codebuild-1", PipelineName="mlops-p-training", RoleArn=JOBS),
    call(PIPELINE, "sts:AssumeRole", session="codepipeline-1", RoleArn=DEPLOY, RoleSessionName="deploy-Prod"),
    call(DEPLOY, "cloudformation:CreateStack", session="deploy-Prod", StackName="mlops-p-prod", RoleARN=CLOUDFORMATION),
    call(CLOUDFORMATION, "iam:PutRolePolicy", session="cloudformation", RoleName="mlops-p-prod-model", PolicyName="m"),
    call(
        CLOUDFORMATION,
        "sagemaker:CreateEndpoint",
        session="cloudformation",
        EndpointName="mlops-p-prod",
        EndpointConfigName="mlops-p-prod-1",
    ),
    call(MODEL, "s3:GetObject", session="sagemaker", Bucket=BUCKET, Key="runs/model.tar.gz"),
)

"""What a build does in AWS, against moto: which calls it makes, and what they leave."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

moto = pytest.importorskip("moto")
import boto3
import botocore.client

from ml_pipelines import run_pipeline
from ml_pipelines.settings import Network, Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("offline")]

ENVIRONMENT = {
    "SAGEMAKER_PROJECT_NAME": "Churn",
    "SAGEMAKER_PROJECT_ID": "p-abc123",
    "AWS_REGION": "eu-west-1",
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::111111111111:role/mlops/project/mlops-p-abc123-sagemaker",
    "ARTIFACT_BUCKET": "mlops-p-abc123-artifacts-111111111111",
    "ARTIFACT_KEY_ARN": "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012",
    "MODEL_PACKAGE_GROUP_NAME": "mlops-p-abc123",
    "SAGEMAKER_PIPELINE_NAME": "mlops-p-abc123-training",
    "SAGEMAKER_INFERENCE_PIPELINE_NAME": "mlops-p-abc123-inference",
    "JOB_PREFIX": "mlops-p-abc123",
    "CODEBUILD_RESOLVED_SOURCE_VERSION": "1234567",
}


@pytest.fixture(autouse=True)
def aws(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with moto.mock_aws():
        s3 = boto3.client("s3", region_name=settings.region)
        s3.create_bucket(
            Bucket=settings.artifact_bucket, CreateBucketConfiguration={"LocationConstraint": settings.region}
        )
        yield


@pytest.fixture
def sagemaker(settings: Settings, aws: None) -> Any:  # noqa: ARG001  # the client is made in it
    return boto3.client("sagemaker", region_name=settings.region)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    call = botocore.client.BaseClient._make_api_call

    def recorded(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made.append(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", recorded)
    return made


def register(sagemaker: Any, settings: Settings, *, approved: bool) -> str:
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    if settings.model_package_group not in {group["ModelPackageGroupName"] for group in groups}:
        sagemaker.create_model_package_group(ModelPackageGroupName=settings.model_package_group)
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=settings.model_package_group,
        ModelApprovalStatus="Approved" if approved else "PendingManualApproval",
    )["ModelPackageArn"]
    return arn


def given(sagemaker: Any, execution_arn: str) -> dict[str, str]:
    told = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution_arn)
    return {parameter["Name"]: parameter["Value"] for parameter in told["PipelineParameters"]}


def test_build_creates_both_pipelines_and_starts_a_training(sagemaker: Any) -> None:
    assert run_pipeline.main([]) == 0

    pipelines = {each["PipelineName"] for each in sagemaker.list_pipelines()["PipelineSummaries"]}
    assert pipelines == {"mlops-p-abc123-training", "mlops-p-abc123-inference"}
    executions = sagemaker.list_pipeline_executions(PipelineName="mlops-p-abc123-training")
    assert len(executions["PipelineExecutionSummaries"]) == 1


def test_calls_of_a_build(calls: list[str]) -> None:
    run_pipeline.main([])

    assert sorted({call for call in calls if not call.startswith("s3:")}) == [
        "sagemaker:CreatePipeline",
        "sagemaker:StartPipelineExecution",
    ]
    assert {call for call in calls if call.startswith("s3:")} == {"s3:PutObject"}


def test_calls_of_a_second_build(calls: list[str]) -> None:
    run_pipeline.main([])
    calls.clear()

    run_pipeline.main([])

    assert sorted(set(calls)) == [
        "s3:PutObject",
        "sagemaker:AddTags",
        "sagemaker:CreatePipeline",
        "sagemaker:StartPipelineExecution",
        "sagemaker:UpdatePipeline",
    ]


def test_second_build_uploads_nothing_anew(settings: Settings) -> None:
    s3 = boto3.client("s3", region_name=settings.region)
    s3.put_bucket_versioning(Bucket=settings.artifact_bucket, VersioningConfiguration={"Status": "Enabled"})
    run_pipeline.main([])

    run_pipeline.main([])

    versions = s3.list_object_versions(Bucket=settings.artifact_bucket)["Versions"]
    assert len(versions) == len({version["Key"] for version in versions})


def test_uploads_are_encrypted_with_the_projects_key(settings: Settings) -> None:
    run_pipeline.main([])

    s3 = boto3.client("s3", region_name=settings.region)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=settings.artifact_bucket)["Contents"]]
    heads = [s3.head_object(Bucket=settings.artifact_bucket, Key=key) for key in keys]
    assert {(head["ServerSideEncryption"], head["SSEKMSKeyId"]) for head in heads} == {
        ("aws:kms", settings.artifact_key_arn)
    }


@pytest.mark.parametrize("builds", [1, 2])
def test_stored_pipeline_has_the_projects_tags(builds: int, sagemaker: Any) -> None:
    for _ in range(builds):
        run_pipeline.main([])

    arn = sagemaker.describe_pipeline(PipelineName="mlops-p-abc123-training")["PipelineArn"]
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags == {"sagemaker:project-name": "Churn", "sagemaker:project-id": "p-abc123"}


def test_stored_definition_encrypts_with_the_projects_key(sagemaker: Any, settings: Settings) -> None:
    run_pipeline.main([])

    stored = json.loads(sagemaker.describe_pipeline(PipelineName="mlops-p-abc123-training")["PipelineDefinition"])
    train = next(step for step in stored["Steps"] if step["Name"] == "Train")
    assert train["Arguments"]["OutputDataConfig"]["KmsKeyId"] == settings.artifact_key_arn


def test_training_is_told_its_commit(sagemaker: Any, settings: Settings) -> None:
    arn = run_pipeline.run(replace(settings, commit="1234567"), "training", parameters={"MinimumAuc": "0.8"})

    assert given(sagemaker, arn) == {"Commit": "1234567", "MinimumAuc": "0.8"}


def test_newest_approved_model_scores(sagemaker: Any, settings: Settings) -> None:
    approved = [register(sagemaker, settings, approved=True) for _ in range(2)]
    register(sagemaker, settings, approved=False)

    arn = run_pipeline.run(settings, "inference", parameters={})

    assert given(sagemaker, arn)["ModelPackageArn"] == approved[-1]


def test_nothing_approved_is_said(sagemaker: Any, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    register(sagemaker, settings, approved=False)

    assert run_pipeline.main(["inference"]) == 1
    assert "No model in mlops-p-abc123 is approved yet" in capsys.readouterr().err


def test_missing_variables_are_all_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARTIFACT_BUCKET")
    monkeypatch.delenv("JOB_PREFIX")

    assert run_pipeline.main([]) == 1
    assert "ARTIFACT_BUCKET, JOB_PREFIX" in capsys.readouterr().err


def test_jobs_run_in_the_network_of_the_account(settings: Settings) -> None:
    ssm = boto3.client("ssm", region_name=settings.region)
    for name, value in {"subnet_ids": "subnet-1,subnet-2", "security_group_ids": "sg-1"}.items():
        ssm.put_parameter(Name=f"/mlops/dev/{name}", Value=value, Type="StringList")

    network = run_pipeline.network_of_the_account(ssm, Network(of_the_account=True))

    assert (network.subnet_ids, network.security_group_ids) == (("subnet-1", "subnet-2"), ("sg-1",))


def test_account_without_network_is_said(settings: Settings) -> None:
    ssm = boto3.client("ssm", region_name=settings.region)

    with pytest.raises(SettingsError, match="this account has no network for jobs"):
        run_pipeline.network_of_the_account(ssm, Network(of_the_account=True))


class Executions:
    """A client whose executions have one status after the other."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = list(statuses)

    def describe_pipeline_execution(self, **_: object) -> dict[str, str]:
        return {"PipelineExecutionStatus": self._statuses.pop(0), "FailureReason": "auc is low"}


@pytest.mark.parametrize(
    ("statuses", "minutes", "status"),
    [(("Succeeded",), 1, 0), (("Failed",), 1, 1), (("Executing", "Succeeded"), 1, 0), (("Executing",), 0, 0)],
)
def test_waiting_ends(
    statuses: tuple[str, ...], minutes: float, status: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_pipeline, "sagemaker_client", lambda _: Executions(*statuses))
    monkeypatch.setattr(run_pipeline, "POLL_SECONDS", 0)

    assert run_pipeline.wait(settings, "arn", minutes=minutes) == status

"""The build application's own pipeline in the sandbox: trained in DEV, scored in DEV, serving in PROD."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.runner import drain
from sandbox.runner.images import REQUIREMENTS, environment_of
from sandbox.runner.seed import BUILD_APP
from tests.sandbox.registered_models import BUCKET, DEV, GROUP, REGION, ROLE_ARN, Land, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox

TRAINING, INFERENCE = "models-training", "models-inference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A model that a build has trained and registered."""

    land: Land
    execution: dict[str, Any]
    package: dict[str, Any]

    def file(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body: bytes = self.land.client("dev", "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    @property
    def payload(self) -> str:
        """The rows of the sample payload, which is an archive of files."""
        with tarfile.open(fileobj=io.BytesIO(self.file(self.package["SamplePayloadUrl"]))) as packed:
            files = [packed.extractfile(name) for name in sorted(packed.getnames()) if name.endswith(".csv")]
            return next(file.read().decode() for file in files if file)


def build(land: Land) -> None:
    """Do what the build does, as it does it."""
    key = land.client("dev", "kms").create_key()["KeyMetadata"]["Arn"]
    variables = {
        "SAGEMAKER_PROJECT_NAME": "models",
        "SAGEMAKER_PROJECT_ID": "models-1",
        "MODEL_PACKAGE_GROUP_NAME": GROUP,
        "SAGEMAKER_PIPELINE_NAME": TRAINING,
        "SAGEMAKER_INFERENCE_PIPELINE_NAME": INFERENCE,
        "SAGEMAKER_PIPELINE_ROLE_ARN": ROLE_ARN.format(account_id=DEV),
        "ARTIFACT_BUCKET": BUCKET,
        "ARTIFACT_KEY_ARN": key,
        "JOB_PREFIX": "models",
        "AWS_REGION": REGION,
        "CODEBUILD_RESOLVED_SOURCE_VERSION": "0123abcd",
    }
    program = [str(environment_of(REQUIREMENTS / "pipeline.txt") / "bin" / "python"), "-m", "ml_pipelines.run_pipeline"]
    environment = land.running.environment("dev") | variables
    built = subprocess.run(program, cwd=BUILD_APP, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.fixture(scope="module")
def built(sandbox: RunningSandbox) -> Iterator[Built]:
    land = Land(running=sandbox)
    land.make()
    build(land)
    drain(sandbox.sandbox)
    sagemaker = land.client("dev", "sagemaker")
    (summary,) = sagemaker.list_pipeline_executions(PipelineName=TRAINING)["PipelineExecutionSummaries"]
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=summary["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded", execution
    (package,) = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    described = sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    yield Built(land=land, execution=execution, package=described)
    for name in (TRAINING, INFERENCE):
        sagemaker.delete_pipeline(PipelineName=name, ClientRequestToken="0" * 32)
    land.clear()


@pytest.fixture
def answer(built: Built) -> Iterator[list[float]]:
    """PROD's answer to the sample payload."""
    status = built.land.deploy(serving(built.package["ModelPackageArn"]))
    assert status == "CREATE_COMPLETE", built.land.reasons()
    yield [float(line) for line in built.land.ask(built.payload).splitlines()]
    built.land.client("prod", "cloudformation").delete_stack(StackName="models-prod")


@pytest.mark.slow
def test_the_registered_model_says_who_made_it(built: Built) -> None:
    made_by = built.package["MetadataProperties"]
    assert (made_by["CommitId"], made_by["GeneratedBy"]) == ("0123abcd", built.execution["PipelineExecutionArn"])


@pytest.mark.slow
def test_prod_answers_as_batch_scoring_in_dev_does(built: Built, answer: list[float]) -> None:
    land, sagemaker = built.land, built.land.client("dev", "sagemaker")
    land.client("dev", "s3").put_object(Bucket=BUCKET, Key="new/rows.csv", Body=built.payload.encode())
    parameters = {"ModelPackageArn": built.package["ModelPackageArn"], "InputDataUri": f"s3://{BUCKET}/new"}
    values = [{"Name": name, "Value": value} for name, value in parameters.items()]
    started = sagemaker.start_pipeline_execution(PipelineName=INFERENCE, PipelineParameters=values)
    drain(land.running.sandbox)
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=started["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded", execution
    found = land.client("dev", "s3").list_objects_v2(Bucket=BUCKET, Prefix=f"runs/{INFERENCE}/")["Contents"]
    (uri,) = [f"s3://{BUCKET}/{each['Key']}" for each in found if each["Key"].endswith(".out")]
    assert [float(line) for line in built.file(uri).decode().splitlines()] == answer


@pytest.mark.slow
def test_what_is_written_is_encrypted_with_the_projects_key(built: Built) -> None:
    (container,) = built.package["InferenceSpecification"]["Containers"]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    found = built.land.client("dev", "s3").head_object(Bucket=bucket, Key=key)
    definition = built.land.client("dev", "sagemaker").describe_pipeline(PipelineName=TRAINING)["PipelineDefinition"]
    assert found["SSEKMSKeyId"] in json.dumps(json.loads(definition))

"""The commands of both builds against the sandbox's AWS: pipelines are made, and the approved model is chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import server
from tests.sandbox.running_sandbox import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.seed.seed_app import SeedApp

pytestmark = pytest.mark.slow

PROJECT = "mlops-p-idy6c3e1fiqj"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-4333-8444-555555555555"
GROUP = {
    "SAGEMAKER_PROJECT_NAME": "Churn",
    "SAGEMAKER_PROJECT_ID": "p-idy6c3e1fiqj",
    "COST_CENTRE": "unassigned",
    "MODEL_PACKAGE_GROUP_NAME": PROJECT,
    "ARTIFACT_BUCKET": f"{PROJECT}-artifacts-111111111111",
    "ARTIFACT_KEY_ARN": KEY,
}
BUILD = GROUP | {
    "SAGEMAKER_PIPELINE_NAME": f"{PROJECT}-training",
    "SAGEMAKER_INFERENCE_PIPELINE_NAME": f"{PROJECT}-inference",
    "SAGEMAKER_PIPELINE_ROLE_ARN": f"arn:aws:iam::111111111111:role/mlops/project/{PROJECT}-sagemaker",
    "JOB_PREFIX": PROJECT,
    "CODEBUILD_RESOLVED_SOURCE_VERSION": "a" * 40,
}
SYNTH = GROUP | {
    "IMAGE_REPOSITORY_ARN": f"arn:aws:ecr:eu-west-1:111111111111:repository/{PROJECT}",
    "MODEL_PACKAGE_ARN": "LATEST",
}
CONTRACT = {
    f"/mlops/{environment}/{name}": value
    for environment, account in (("dev", "1" * 12), ("preprod", "2" * 12), ("prod", "3" * 12))
    for name, value in (
        ("account_id", account),
        ("region", "eu-west-1"),
        ("boundary_arn", f"arn:aws:iam::{account}:policy/mlops/mlops-demo-{environment}-boundary"),
        ("cloudformation_role_arn", f"arn:aws:iam::{account}:role/mlops/mlops-demo-{environment}-cloudformation"),
    )
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox with what a build finds in DEV: the artifact bucket, the contract, and an empty model group."""
    folder = tmp_path_factory.mktemp("sandbox")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLOPS_ACCOUNTS", raising=False)
        with server.start(log=folder / "server.log") as process:
            running = RunningSandbox(sandbox=process.sandbox, folder=folder)
            location = {"LocationConstraint": "eu-west-1"}
            running.client("dev", "s3").create_bucket(
                Bucket=GROUP["ARTIFACT_BUCKET"], CreateBucketConfiguration=location
            )
            for path, value in CONTRACT.items():
                running.client("dev", "ssm").put_parameter(Name=path, Value=value, Type="String")
            running.client("dev", "sagemaker").create_model_package_group(ModelPackageGroupName=PROJECT)
            yield running


def run_pipeline(app: SeedApp, running: RunningSandbox) -> str:
    """Do what the build does, and return its output."""
    variables = running.environment("dev") | BUILD
    done = app.python("-m", "ml_pipelines.run_pipeline", variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def synthesise(app: SeedApp, running: RunningSandbox) -> Mapping[str, Any]:
    """Do what the synthesis does, and return its release."""
    done = app.python("app.py", variables=running.environment("dev") | SYNTH)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((app.repository / "cdk.out" / "release.json").read_text())
    return found


def stored(running: RunningSandbox, name: str) -> Mapping[str, Any]:
    found: dict[str, Any] = running.client("dev", "sagemaker").describe_pipeline(PipelineName=f"{PROJECT}-{name}")
    return found


@pytest.fixture(scope="module")
def definitions(build_app: SeedApp, running: RunningSandbox) -> list[str]:
    """The training pipeline's definition after each of two builds of one commit."""
    found = []
    for _ in range(2):
        run_pipeline(build_app, running)
        found.append(stored(running, "training")["PipelineDefinition"])
    return found


def test_two_builds_of_a_commit_store_one_definition(definitions: list[str]) -> None:
    assert definitions[0] == definitions[1]


def test_each_build_starts_a_training(definitions: list[str], running: RunningSandbox) -> None:
    sagemaker = running.client("dev", "sagemaker")
    started = sagemaker.list_pipeline_executions(PipelineName=f"{PROJECT}-training")["PipelineExecutionSummaries"]
    assert len(started) == len(definitions)


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("name", ["training", "inference"])
def test_a_pipeline_carries_the_projects_tags(running: RunningSandbox, name: str) -> None:
    arn = stored(running, name)["PipelineArn"]
    tags = {tag["Key"]: tag["Value"] for tag in running.client("dev", "sagemaker").list_tags(ResourceArn=arn)["Tags"]}
    assert (tags["sagemaker:project-name"], tags["sagemaker:project-id"]) == ("Churn", "p-idy6c3e1fiqj")


def test_every_output_is_encrypted_with_the_projects_key(definitions: list[str]) -> None:
    assert outputs(json.loads(definitions[0])) == {KEY}


def outputs(value: object) -> set[object]:
    """The key of every output configuration in a definition; None for one that has none."""
    found: set[object] = set()
    if isinstance(value, dict):
        for name in ("OutputDataConfig", "ProcessingOutputConfig"):
            found |= {value[name].get("KmsKeyId")} if name in value else set()
        value = list(value.values())
    if isinstance(value, list):
        found |= {key for item in value for key in outputs(item)}
    return found


def test_the_newest_approved_model_is_what_is_synthesised(deploy_app: SeedApp, running: RunningSandbox) -> None:
    sagemaker = running.client("dev", "sagemaker")
    assert synthesise(deploy_app, running)["DEPLOY"] == "false"
    arns = [register(sagemaker, status) for status in ("Approved", "Approved", "PendingManualApproval")]
    release = synthesise(deploy_app, running)
    assert (release["DEPLOY"], release["MODEL_PACKAGE_ARN"]) == ("true", arns[1])
    templates = {path.name for path in (deploy_app.repository / "cdk.out").glob("*.template.json")}
    assert templates == {"dev.template.json", "preprod.template.json", "prod.template.json"}


def register(sagemaker: Any, status: str) -> str:  # noqa: ANN401  (boto3 clients have no static type)
    """Register a version of the project's model, and return its ARN."""
    container = {"Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"}
    inference = {
        "Containers": [container | {"ModelDataUrl": f"s3://{GROUP['ARTIFACT_BUCKET']}/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    registered = sagemaker.create_model_package(
        ModelPackageGroupName=PROJECT, ModelApprovalStatus=status, InferenceSpecification=inference
    )
    return str(registered["ModelPackageArn"])

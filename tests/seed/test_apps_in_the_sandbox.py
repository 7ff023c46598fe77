"""The builds' commands against the sandbox's AWS: pipelines are made, the approved model is synthesised and scanned."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import server
from sandbox.runner.stand_ins import cfn_nag
from tests.sandbox.running_sandbox import RunningSandbox
from tests.template.product_template import TEMPLATE, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
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
    """A sandbox with what a build finds in DEV: bucket, contract, an empty model group, and the role for training."""
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
            trusting_sagemaker = {"RoleName": f"{PROJECT}-sagemaker", "AssumeRolePolicyDocument": json.dumps(TRUST)}
            running.client("dev", "iam").create_role(Path="/mlops/project/", **trusting_sagemaker)
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


@pytest.fixture(scope="module")
def releases(deploy_app: SeedApp, running: RunningSandbox) -> list[Mapping[str, Any]]:
    """The release with nothing approved, and the one after two approvals and a model that waits."""
    before = synthesise(deploy_app, running)
    for status in ("Approved", "Approved", "PendingManualApproval"):
        register(running.client("dev", "sagemaker"), status)
    return [before, synthesise(deploy_app, running)]


@pytest.fixture(scope="module")
def output(deploy_app: SeedApp, releases: list[Mapping[str, Any]]) -> Path:
    """What the synthesis of the newest approved model wrote."""
    assert releases[-1]["DEPLOY"] == "true"
    return deploy_app.repository / "cdk.out"


def test_without_an_approved_model_nothing_is_deployed(releases: list[Mapping[str, Any]]) -> None:
    assert (releases[0]["DEPLOY"], releases[0]["MODEL_PACKAGE_ARN"]) == ("false", "none")


def test_the_newest_approved_model_is_what_is_synthesised(releases: list[Mapping[str, Any]]) -> None:
    assert releases[1]["MODEL_PACKAGE_ARN"] == f"arn:aws:sagemaker:eu-west-1:111111111111:model-package/{PROJECT}/2"


def test_there_is_a_template_for_each_account(output: Path) -> None:
    templates = {path.name for path in output.glob("*.template.json")}
    assert templates == {"dev.template.json", "preprod.template.json", "prod.template.json"}


def evaluate(folder: Path, *, programs: Path) -> subprocess.CompletedProcess[str]:
    """Run the security evaluation's commands, as the product template has them, on a folder of templates."""
    project = read(TEMPLATE)["Resources"]["DeployScanProject"]["Properties"]
    phases = yaml.safe_load(project["Source"]["BuildSpec"])["phases"]
    commands = "\n".join([*phases["install"]["commands"], *phases["build"]["commands"]])
    scanner = programs / "cfn_nag_scan"
    scanner.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{cfn_nag.__file__}" "$@"\n')
    scanner.chmod(0o755)
    variables = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def test_the_gate_passes_what_is_synthesised_and_says_that_it_is_not_cfn_nag(output: Path, tmp_path: Path) -> None:
    evaluated = evaluate(output, programs=tmp_path)
    assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    assert evaluated.stdout.count("not run by cfn-nag") == len(list(output.glob("*.template.json")))


@pytest.mark.parametrize("environment", ["dev", "preprod", "prod"])
def test_the_gate_stops_an_insecure_template(output: Path, tmp_path: Path, environment: str) -> None:
    folder = tmp_path / "cdk.out"
    shutil.copytree(output, folder)
    planted = folder / f"{environment}.template.json"
    template = json.loads(planted.read_text())
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    properties = {"PolicyName": "everything", "PolicyDocument": everything, "Roles": ["some-role"]}
    template["Resources"]["Planted"] = {"Type": "AWS::IAM::Policy", "Properties": properties}
    planted.write_text(json.dumps(template))
    evaluated = evaluate(folder, programs=tmp_path)
    assert evaluated.returncode != 0
    assert "FAIL F4" in evaluated.stdout


def test_the_gate_misses_no_template(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cdk.out"
    shutil.copytree(output, folder)
    (folder / "prod.template.json").unlink()
    assert evaluate(folder, programs=tmp_path).returncode != 0


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

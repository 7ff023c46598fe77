"""The whole build in this process: what it writes in each of the cases that the pipeline tells apart."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deployment.build import build
from deployment.problems import Problems
from deployment.project import from_environment
from tests.unit.conftest import ACCOUNTS, APP, REGION, VARIABLES
from tests.unit.stacks import Stacks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import PretendedAws

RELEASED = {f"{name}.{kind}.json" for name in ACCOUNTS for kind in ("template", "configuration")} | {"release.json"}
SERVERLESS = """
keep_data_days = 30
[endpoint]
serverless = { memory_mb = 2048, maximum_concurrency = 5 }
network = { isolation = false, vpc = false }
alarms = { errors_per_minute = 5, latency_ms = 500 }
"""


class WithoutStacks:
    """A session in whose account nothing is deployed."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401
        self.session = session

    def client(self, service: str) -> Any:  # noqa: ANN401
        """Return the client of a service."""
        return Stacks() if service == "cloudformation" else self.session.client(service)


def built(aws: PretendedAws, output: Path, *, folder: Path = APP, **variables: str) -> dict[str, str]:
    """Build, and return every file that was written, as text."""
    build(folder=folder, variables=VARIABLES | {"CDK_OUTDIR": str(output)} | variables, session=aws.session)
    return {path.name: path.read_text("utf-8") for path in sorted(output.iterdir())}


def exported(output: Path, variable: str) -> str:
    """Return a variable as buildspec.yml exports it."""
    command = [sys.executable, "-m", "deployment.release", variable]
    return subprocess.run(
        command, cwd=APP, env={"CDK_OUTDIR": str(output)}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_an_approved_model_makes_three_templates_and_a_release(aws: PretendedAws, tmp_path: Path) -> None:
    arn = aws.register("Approved")
    files = built(aws, tmp_path)
    assert set(files) == RELEASED
    release = json.loads(files["release.json"])
    assert (release["DEPLOY"], release["MODEL_PACKAGE_ARN"]) == ("true", arn)
    assert release["commit"] == VARIABLES["CODEBUILD_RESOLVED_SOURCE_VERSION"]


def test_every_environment_gets_the_same_model(aws: PretendedAws, tmp_path: Path) -> None:
    arn = aws.register("Approved")
    files = built(aws, tmp_path)
    outputs = {json.loads(files[f"{name}.template.json"])["Outputs"]["ModelPackageArn"]["Value"] for name in ACCOUNTS}
    tags = {json.loads(files[f"{name}.configuration.json"])["Tags"]["mlops:model-package-arn"] for name in ACCOUNTS}
    assert outputs == tags == {arn}


def test_a_second_build_writes_the_same_bytes(aws: PretendedAws, tmp_path: Path) -> None:
    aws.register("Approved")
    assert built(aws, tmp_path / "first") == built(aws, tmp_path / "second")


def test_a_commit_that_alters_nothing_alters_only_the_release(aws: PretendedAws, tmp_path: Path) -> None:
    aws.register("Approved")
    before = built(aws, tmp_path / "before")
    after = built(aws, tmp_path / "after", CODEBUILD_RESOLVED_SOURCE_VERSION="f" * 40)
    assert {name for name in RELEASED if before[name] != after[name]} == {"release.json"}


def test_without_an_approved_model_the_pipeline_is_told_to_skip(aws: PretendedAws, tmp_path: Path) -> None:
    aws.register("PendingManualApproval")
    session = WithoutStacks(aws.session)
    said = build(folder=APP, variables=VARIABLES | {"CDK_OUTDIR": str(tmp_path)}, session=session)
    assert "nothing to deploy, the pipeline skips" in said
    assert {path.name for path in tmp_path.iterdir()} == {"release.json"}
    assert (exported(tmp_path, "DEPLOY"), exported(tmp_path, "MODEL_PACKAGE_ARN")) == ("false", "none")


def test_what_an_earlier_build_left_is_gone(aws: PretendedAws, tmp_path: Path) -> None:
    (tmp_path / "staging.template.json").write_text("{}", "utf-8")
    aws.register("Approved")
    assert set(built(aws, tmp_path)) == RELEASED


def test_a_serverless_endpoint_takes_no_image_of_another_account(aws: PretendedAws, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    shutil.copytree(APP / "config", folder / "config")
    (folder / "config" / "prod.toml").write_text(SERVERLESS, "utf-8")
    aws.register("Approved", image=f"{ACCOUNTS['dev']}.dkr.ecr.{REGION}.amazonaws.com/mlops-p-0123456789ab:abc")
    with pytest.raises(
        Problems, match=r"config/prod.toml: \[endpoint.serverless\]: the model's image .* DEV's account"
    ):
        built(aws, tmp_path / "out", folder=folder)


def test_variables_that_codebuild_did_not_give_are_told_at_once() -> None:
    variables: dict[str, Any] = {**VARIABLES, "ARTIFACT_KEY_ARN": "alias/key"}
    del variables["SAGEMAKER_PROJECT_ID"]
    with pytest.raises(Problems) as raised:
        from_environment(variables)
    assert [line.split(" is ")[0] for line in str(raised.value).splitlines()] == [
        "environment variable SAGEMAKER_PROJECT_ID",
        "environment variable ARTIFACT_KEY_ARN",
    ]

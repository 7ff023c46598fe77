"""The pipeline definitions: the same for the same commit, and with the project's key, tags, names and network."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local_run import Definition, FolderStore
from ml_pipelines import code
from ml_pipelines.inference import pipeline as inference
from ml_pipelines.settings import Defaults, Network, Settings
from ml_pipelines.training import pipeline as training

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB_TYPES = {"Processing", "Training", "Transform", "Model"}
PIPELINES = pytest.mark.parametrize("pipeline", [training, inference])

pytestmark = pytest.mark.usefixtures("offline")


def defined(pipeline: Any, settings: Settings, uploads: FolderStore) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(pipeline.get_pipeline(settings, uploads).definition())
    return document


def steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in Definition.parse(json.dumps(definition)).all_steps()}


def jobs(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (step["Arguments"] for step in steps(definition).values() if step["Type"] in JOB_TYPES)


def defaults(definition: dict[str, Any]) -> dict[str, Any]:
    return {parameter["Name"]: parameter.get("DefaultValue") for parameter in definition["Parameters"]}


@PIPELINES
def test_second_build_is_the_same(pipeline: Any, settings: Settings, tmp_path: Path) -> None:
    first, second = (
        pipeline.get_pipeline(settings, FolderStore(tmp_path / name)).definition() for name in ("first", "second")
    )

    assert first == second


@pytest.mark.parametrize(
    ("script", "changed"),
    [
        ("preprocess.py", {"Preprocess"}),
        ("train.py", {"Train"}),
        ("inference.py", {"Train"}),
        ("report.py", {"Evaluate"}),
        ("config.py", {"Preprocess", "Train", "Evaluate"}),
    ],
)
def test_changed_script_changes_its_step_only(
    script: str,
    changed: set[str],
    settings: Settings,
    uploads: FolderStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = steps(defined(training, settings, uploads))
    scripts = shutil.copytree(code.SCRIPTS, tmp_path / "scripts")
    (scripts / script).write_text((scripts / script).read_text() + "# changed\n")
    monkeypatch.setattr(code, "SCRIPTS", scripts)

    after = steps(defined(training, settings, uploads))

    assert {name for name in before if before[name] != after[name]} - {"GoodEnough"} == changed


def test_step_gets_its_script_and_what_that_imports() -> None:
    assert code.scripts_of("preprocess.py") == ("config.py", "data.py", "preprocess.py")


def test_commit_is_no_part_of_the_definition(settings: Settings, uploads: FolderStore) -> None:
    other = replace(settings, commit="1234567")

    assert defined(training, settings, uploads) == defined(training, other, uploads)


@PIPELINES
def test_every_output_is_encrypted_with_the_projects_key(
    pipeline: Any, settings: Settings, uploads: FolderStore
) -> None:
    outputs = [
        job[kind]
        for job in jobs(defined(pipeline, settings, uploads))
        for kind in ("ProcessingOutputConfig", "OutputDataConfig", "TransformOutput")
        if kind in job
    ]

    assert {output["KmsKeyId"] for output in outputs} == {settings.artifact_key_arn}


@PIPELINES
def test_every_output_goes_to_the_projects_bucket(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    joins = [text for text in _joined(defined(pipeline, settings, uploads)) if text.startswith("s3://")]

    assert joins
    assert {text.split("/")[2] for text in joins} == {settings.artifact_bucket}


@PIPELINES
def test_every_job_has_the_projects_tags(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    found = [job["Tags"] for job in jobs(defined(pipeline, replace(settings, cost_centre="42"), uploads))]

    expected = [
        {"Key": "sagemaker:project-name", "Value": "Churn"},
        {"Key": "sagemaker:project-id", "Value": "p-abc123"},
        {"Key": "cost-centre", "Value": "42"},
    ]
    assert found
    assert all(tags == expected for tags in found)


@PIPELINES
def test_every_job_is_named_after_the_project(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    for job in jobs(defined(pipeline, settings, uploads)):
        named = {key: name for key, name in job.items() if key in _NAMES and isinstance(name, str)}
        assert named, job
        assert all(name.startswith("mlops-p-abc123-") for name in named.values())


def test_jobs_are_isolated_from_the_network(settings: Settings, uploads: FolderStore) -> None:
    found = steps(defined(training, settings, uploads))

    assert found["Preprocess"]["Arguments"]["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert found["Train"]["Arguments"]["EnableNetworkIsolation"] is True


@PIPELINES
def test_jobs_run_in_a_network_of_ones_own(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    own = Network(isolated=False, subnet_ids=("subnet-1",), security_group_ids=("sg-1",))

    found = list(_values(defined(pipeline, replace(settings, network=own), uploads), "VpcConfig"))

    assert found
    assert all(each == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]} for each in found)


def test_image_of_ones_own_replaces_that_of_every_step(settings: Settings, uploads: FolderStore) -> None:
    image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/mlops-p-abc123:1234567"

    definition = defined(training, replace(settings, image_uri=image), uploads)

    assert [each for key in ("ImageUri", "TrainingImage", "Image") for each in _values(definition, key)] == [image] * 4


@PIPELINES
def test_instances_are_parameters_of_every_job(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    counts = Defaults(processing_instance_count=3, training_instance_count=4, transform_instance_count=5)

    definition = defined(pipeline, replace(settings, defaults=counts), uploads)

    told = {value for name, value in defaults(definition).items() if name.endswith("InstanceCount")}
    assert told == ({3, 4} if pipeline is training else {5})


def test_several_instances_share_the_data(settings: Settings, uploads: FolderStore) -> None:
    found = steps(defined(training, settings, uploads))

    inputs = {each["InputName"]: each["S3Input"] for each in found["Preprocess"]["Arguments"]["ProcessingInputs"]}
    channels = {
        each["ChannelName"]: each["DataSource"]["S3DataSource"]
        for each in found["Train"]["Arguments"]["InputDataConfig"]
    }
    assert inputs["data"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert {name: each["S3DataDistributionType"] for name, each in channels.items()} == {
        "code": "FullyReplicated",
        "train": "ShardedByS3Key",
        "validation": "FullyReplicated",
    }


@PIPELINES
def test_own_data_replaces_the_sample(pipeline: Any, settings: Settings, uploads: FolderStore) -> None:
    own = Defaults(training_data_uri="s3://customers/2026/", scoring_data_uri="s3://customers/2026/")

    definition = defined(pipeline, replace(settings, defaults=own), uploads)

    assert defaults(definition)["InputDataUri"] == "s3://customers/2026/"
    assert not uploads.names(f"s3://{settings.artifact_bucket}/data/")


def test_model_waits_for_a_person(settings: Settings, uploads: FolderStore) -> None:
    register = steps(defined(training, settings, uploads))["Register"]["Arguments"]

    assert register["ModelApprovalStatus"] == "PendingManualApproval"


def test_which_model_scores_is_said_at_the_start(settings: Settings, uploads: FolderStore) -> None:
    assert defaults(defined(inference, settings, uploads))["ModelPackageArn"] is None


_NAMES = {"ProcessingJobName", "TrainingJobName", "TransformJobName", "ModelName"}


def _values(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for each in value.values():
            yield from _values(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, key)


def _joined(value: Any) -> Iterator[str]:
    for call in _values(value, "Std:Join"):
        yield str(call["Values"][0])

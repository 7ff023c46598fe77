"""A project's settings, and folders that stand for its S3."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local_run import FolderRegistry, FolderStore
from ml_pipelines.settings import Settings
from tests.small_pipelines import BUCKET, SUM, Runner

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(
    project_name="Churn",
    project_id="p-abc123",
    region="eu-west-1",
    role_arn="arn:aws:iam::111111111111:role/mlops/project/mlops-p-abc123-sagemaker",
    artifact_bucket="mlops-p-abc123-artifacts-111111111111",
    artifact_key_arn="arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012",
    model_package_group="mlops-p-abc123",
    training_pipeline="mlops-p-abc123-training",
    inference_pipeline="mlops-p-abc123-inference",
    job_prefix="mlops-p-abc123",
)


@pytest.fixture
def settings() -> Settings:
    return replace(SETTINGS)


@pytest.fixture
def uploads(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "s3")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name can be looked up, so nothing outside this machine can be called."""

    def refuse(host: object, *_: object, **__: object) -> None:
        raise AssertionError(f"{host} was to be called")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "s3")
    store.put(f"{BUCKET}/code/sum/main.py", SUM.encode())
    for number in range(4):
        store.put(f"{BUCKET}/data/{number}.txt", str(number).encode())
    return store


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "registry")


@pytest.fixture
def run(tmp_path: Path, store: FolderStore, registry: FolderRegistry) -> Runner:
    return Runner(tmp_path, store, registry)

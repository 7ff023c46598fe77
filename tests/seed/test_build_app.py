"""The build application passes its own tests, and trains, in the repository that a project gets of it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from baseline import archives

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_SEED = 1_000_000
MADE_OF = (
    "Makefile",
    "requirements/uv.txt",
    "requirements/pipeline.txt",
    "requirements/steps.txt",
    "requirements/test.txt",
)


@pytest.fixture(scope="module")
def archive(root: Path) -> archives.Archive:
    """The archive as DEV gets it."""
    return archives.pack(root / "seed_code" / "build_app")


@pytest.fixture(scope="module")
def repository(archive: archives.Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project's training repository, its files as old as the archive says they are."""
    folder = tmp_path_factory.mktemp("repository")
    with zipfile.ZipFile(BytesIO(archive.data)) as file:
        file.extractall(folder)
        for entry in file.infolist():
            age = time.mktime((*entry.date_time, 0, 0, -1))
            os.utime(folder / entry.filename, (age, age))
    return folder


@pytest.fixture(scope="module")
def environment(root: Path, repository: Path) -> Path:
    """The repository's own environment, made once for each content of its requirements."""
    content = sys.version.encode() + b"".join((repository / name).read_bytes() for name in MADE_OF)
    folder = root / ".sandbox" / "environments" / hashlib.sha256(content).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = make(repository, "setup", folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def make(repository: Path, target: str, environment: Path) -> subprocess.CompletedProcess[str]:
    """Run make in a repository, apart from the caller's AWS settings."""
    ours = ("AWS_", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = ["make", target, f"VENV={environment}", f"PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=repository, env=variables, capture_output=True, text=True, check=False)


def test_the_seed_stays_small(archive: archives.Archive) -> None:
    assert len(archive.data) < LARGEST_SEED


@pytest.mark.slow
def test_the_applications_own_tests_pass(repository: Path, environment: Path) -> None:
    tested = make(repository, "test", environment)

    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.slow
def test_the_first_training_registers_a_model(repository: Path, environment: Path) -> None:
    trained = make(repository, "local", environment)

    assert trained.returncode == 0, trained.stdout + trained.stderr
    package = json.loads((repository / ".local" / "registry" / "local" / "1.json").read_text())
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert (repository / ".local" / "report.html").is_file()

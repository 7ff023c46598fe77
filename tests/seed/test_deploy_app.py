"""The deploy application passes its own tests in the repository that a project gets of it."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from baseline import archives

NODE_AND_PYTHON = Path(sys.executable).parent
REQUIREMENTS = ("Makefile", "requirements/uv.txt", "requirements/test.txt")
LARGEST_SEED = 1_000_000


@pytest.fixture(scope="module")
def archive(root: Path) -> archives.Archive:
    """The archive as DEV gets it."""
    return archives.pack(root / "seed_code" / "deploy_app")


@pytest.fixture(scope="module")
def repository(archive: archives.Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project's deployment repository."""
    folder = tmp_path_factory.mktemp("repository")
    zipfile.ZipFile(io.BytesIO(archive.data)).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def environment(root: Path, repository: Path) -> Path:
    """The repository's own environment, made once for each content of its requirements."""
    content = sys.version.encode() + b"".join((repository / name).read_bytes() for name in REQUIREMENTS)
    folder = root / ".sandbox" / "environments" / hashlib.sha256(content).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "bin" / ".made").exists():
            made = make(repository, "setup", f"ENVIRONMENT={folder}", f"PYTHON={sys.executable}")
            assert made.returncode == 0, made.stdout + made.stderr
    return folder


def make(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a repository, apart from the caller's AWS settings."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    variables["PATH"] = f"{NODE_AND_PYTHON}{os.pathsep}{variables['PATH']}"
    return subprocess.run(
        ["make", *arguments], cwd=repository, env=variables, capture_output=True, text=True, check=False
    )


def test_the_seed_stays_small(archive: archives.Archive) -> None:
    assert len(archive.data) < LARGEST_SEED


@pytest.mark.slow
def test_the_applications_own_tests_pass(repository: Path, environment: Path) -> None:
    # The unpacked requirements are newer than the environment that was made of their like.
    tested = make(repository, "test", f"ENVIRONMENT={environment}", f"--old-file={environment}/bin/.made")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_builds_environment_is_part_of_the_tests_environment(repository: Path) -> None:
    pinned = {name: pins(repository / "requirements" / f"{name}.txt") for name in ("app", "integration", "test")}
    assert pinned["app"].items() <= pinned["test"].items()
    assert pinned["integration"].items() <= pinned["test"].items()


def pins(file: Path) -> dict[str, str]:
    """Return the version of every package that a requirements file names."""
    lines = [line.split(";")[0].split() for line in file.read_text().splitlines() if "==" in line.split(";")[0]]
    return dict(words[0].split("==", 1) for words in lines if "==" in words[0])

"""A seed application as a new project has it: the archive, unpacked, with an environment of its own."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from baseline import archives

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What belongs to whoever runs the tests, and not to a build.
OURS = ("AWS_", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedApp:
    """A project's repository and the environment that its Makefile made. `setting` is the Makefile's name for it."""

    archive: archives.Archive
    repository: Path
    environment: Path
    setting: str

    def make(self, *targets: str) -> subprocess.CompletedProcess[str]:
        """Run make in the repository, apart from the caller's AWS settings."""
        command = ["make", *targets, f"{self.setting}={self.environment}", f"PYTHON={sys.executable}"]
        return self._run(command, {})

    def python(self, *arguments: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a program of the repository with its environment's Python."""
        return self._run([str(self.environment / "bin" / "python"), *arguments], variables)

    def _run(self, command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        # jsii, under the AWS CDK, runs the node that is installed beside this Python.
        inherited["PATH"] = f"{os.path.dirname(sys.executable)}{os.pathsep}{inherited['PATH']}"  # noqa: PTH120  not resolved
        return subprocess.run(
            command, cwd=self.repository, env={**inherited, **variables}, capture_output=True, text=True, check=False
        )


def unpacked(*, root: Path, name: str, folder: Path, setting: str) -> SeedApp:
    """Return the application `name`, unpacked into `folder`, with an environment made once for each requirements."""
    archive = archives.pack(root / "seed_code" / name)
    with zipfile.ZipFile(io.BytesIO(archive.data)) as file:
        file.extractall(folder)
        for entry in file.infolist():  # as old as the archive says: make compares them with the environment
            age = time.mktime((*entry.date_time, 0, 0, -1))
            os.utime(folder / entry.filename, (age, age))
    made_of = sorted([folder / "Makefile", *(folder / "requirements").iterdir()])
    content = sys.version.encode() + b"".join(file.read_bytes() for file in made_of)
    environment = root / ".sandbox" / "environments" / hashlib.sha256(content).hexdigest()[:16]
    environment.parent.mkdir(parents=True, exist_ok=True)
    app = SeedApp(archive=archive, repository=folder, environment=environment, setting=setting)
    with environment.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = app.make("setup")
    assert made.returncode == 0, made.stdout + made.stderr
    return app

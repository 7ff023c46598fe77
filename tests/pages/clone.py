"""What somebody has who has cloned the project and run `make setup`: its files, and a shell without any settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.runner.builds import REGISTRIES
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALLED = (".tools", ".venv", "node_modules")
MADE_ONCE = ("environments", "packages")  # by content: what stands for images, and what was downloaded
GIT_NAMES = {f"GIT_{who}_{what}": "me@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A folder with the project, and the environment of whoever works there. Nothing in it knows of a sandbox."""

    folder: Path
    environment: dict[str, str]

    @contextmanager
    def sandbox_up(self) -> Iterator[None]:
        """Type ``sandbox up`` in a shell of its own, and wait until it says how it is ended."""
        command = ["pipenv", "run", "sandbox", "up"]
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert any("Ctrl-C ends it" in line for line in process.stdout)
                yield
            finally:
                process.terminate()
                process.wait()


def cloned(folder: Path) -> Clone:
    """Copy the working tree's files to `folder`, with what is installed and downloaded in the original."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    project, home, installed = folder / "project", folder / "home", (ROOT / ".venv" / ".ready").stat().st_mtime
    for name in filter(None, names):
        if (ROOT / name).exists():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, project / name)
            os.utime(project / name, (installed, installed))  # or make would install all of it anew
    home.mkdir()
    clone = Clone(folder=project, environment=_environment(project, home=home))
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=Begin")):
        subprocess.run(["git", *command], cwd=project, env=clone.environment, check=True)
    for name in INSTALLED:
        (project / name).symlink_to(ROOT / name)
    (project / ".sandbox").mkdir(mode=0o700)
    for name in MADE_ONCE:
        (ROOT / ".sandbox" / name).mkdir(parents=True, exist_ok=True)
        (project / ".sandbox" / name).symlink_to(ROOT / ".sandbox" / name)
    return clone


def _environment(project: Path, *, home: Path) -> dict[str, str]:
    """Return what a shell knows there: nothing of the caller's but how this machine reaches package registries."""
    kept = {name: value for name, value in os.environ.items() if name.lower().startswith(REGISTRIES)}
    installed = [str(project / name) for name in (".venv/bin", "node_modules/.bin", ".tools/bin")]
    found = [str(Path(place).parent) for place in map(shutil.which, ("git", "make", "terraform")) if place]
    path = os.pathsep.join(dict.fromkeys([*installed, *found, "/usr/bin", "/bin"]))
    return {**kept, **GIT_NAMES, "HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TERM": "xterm"}

"""What stands for a container image: a Python environment with the packages that the image has.

There is no Docker here. AWS's XGBoost image is stood for by the versions that the build application says it has, made
once for each content of that list; AWS's bare Python image by this Python without anything. No other image is run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox import ROOT
from sandbox.runner.seed import BUILD_APP

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / ".sandbox" / "environments"
REQUIREMENTS = BUILD_APP / "requirements"
XGBOOST, BARE = "sagemaker-xgboost", "sagemaker-base-python"
_NAME = re.compile(r"(?:.*/)?(?P<name>[^/:@]+)(?:[:@].*)?")


class UnknownImageError(Exception):
    """An image that nothing here stands for."""


def python_of(image: str) -> str:
    """Return the Python that stands for an image. Makes its environment when it is asked for the first time.

    Raises `UnknownImageError`, and `subprocess.CalledProcessError` when the environment cannot be made.
    """
    match = _NAME.fullmatch(image)
    name = match["name"] if match else image
    if name.startswith(BARE):
        return sys.executable
    if name != XGBOOST:
        raise UnknownImageError(f"The sandbox does not imitate this: image {image}. It runs {XGBOOST} and {BARE}.")
    return str(environment_of(REQUIREMENTS / "steps.txt") / "bin" / "python")


def environment_of(requirements: Path) -> Path:
    """Return the environment with a file of hashed requirements, made unless it is there. uv is pinned beside it.

    Raises `subprocess.CalledProcessError` when it cannot be made.
    """
    content = sys.version.encode() + requirements.read_bytes()
    folder = FOLDER / hashlib.sha256(content).hexdigest()[:16]
    ready, uv = folder / ".ready", str(requirements.with_name("uv.txt"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _run(sys.executable, "-m", "venv", "--clear", str(folder / "uv"))
            _run(str(folder / "uv/bin/python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", uv)
            program = str(folder / "uv" / "bin" / "uv")
            _run(program, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder))
            python = str(folder / "bin" / "python")
            hashed = ("--require-hashes", "--no-deps", "--requirement", str(requirements))
            _run(program, "pip", "install", "--quiet", "--python", python, *hashed)
            ready.touch()
    return folder


def _run(*command: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIRTUAL_ENV"))}
    subprocess.run(command, env=kept, check=True, stdout=sys.stderr, stderr=sys.stderr)

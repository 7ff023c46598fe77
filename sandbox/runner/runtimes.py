"""The programs that a build finds on its PATH, by the buildspec's runtime-versions.

The versions are those of ``aws/codebuild/amazonlinux-x86_64-standard:5.0`` (aws-codebuild-docker-images, runtimes.yml).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

VERSIONS: Mapping[str, tuple[str, ...]] = {
    "nodejs": ("18", "20", "22", "24"),
    "python": ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"),
    "ruby": ("3.1", "3.2", "3.3", "3.4", "4.0"),
}
SYSTEM_FOLDERS = "/usr/local/bin:/usr/bin:/bin"
STAND_INS = {"cfn_nag_scan": Path(__file__).parent / "stand_ins" / "cfn_nag.py"}
ALWAYS = ("aws", "git")


class RuntimeError_(Exception):  # noqa: N801, N818  (the builtin has the name)
    """A runtime that the image does not have."""


def make_path(folder: Path, wanted: Mapping[str, str], log: IO[bytes]) -> str:
    """Make a folder with the programs, and return a PATH that begins with it. What stands in is said in the log."""
    found = [f"runtime {name}" for name in wanted if name not in VERSIONS]
    for name, version in wanted.items():
        known = VERSIONS.get(name, ())
        if known and version not in (*known, "latest"):
            found.append(f"version {version} of {name}, of which the image has {', '.join(known)}")
    if found:
        raise RuntimeError_(f"YAML_FILE_ERROR: unknown {'; unknown '.join(found)}")
    folder.mkdir(parents=True)
    for name, version in wanted.items():
        _ADD[name](folder, VERSIONS[name][-1] if version == "latest" else version, log)
    for name in ALWAYS:
        program = shutil.which(name)
        if program and not (folder / name).exists():
            (folder / name).symlink_to(program)
    for name, module in STAND_INS.items():
        real = shutil.which(name)
        if real:
            (folder / name).symlink_to(real)
        else:
            _write_program(folder / name, f'"{sys.executable}" -P "{module}"')
    return f"{folder}:{SYSTEM_FOLDERS}"


def _add_python(folder: Path, version: str, log: IO[bytes]) -> None:
    real = _works(shutil.which(f"python{version}"))
    if real is None:
        real = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
        if f"3.{sys.version_info.minor}" != version:
            _say(log, f"Python {version} is not on this machine: 3.{sys.version_info.minor} stands in")
    for name in ("python", "python3", f"python{version}"):
        (folder / name).symlink_to(real)
    for name in ("pip", "pip3"):
        _write_program(folder / name, f'"{folder}/python" -m pip')


def _add_node(folder: Path, version: str, log: IO[bytes]) -> None:
    real = shutil.which("node")
    if real is None:
        raise RuntimeError_(f"nodejs {version}: there is no node on this machine")
    told = subprocess.run([real, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if told.removeprefix("v").partition(".")[0] != version:
        _say(log, f"Node {version} is not on this machine: {told} stands in")
    for name in ("node", "npm", "npx"):
        program = Path(real).parent / name
        if program.exists():
            (folder / name).symlink_to(program.resolve())


def _add_ruby(folder: Path, version: str, log: IO[bytes]) -> None:
    real = shutil.which("ruby")
    if real is None:
        _say(log, f"Ruby {version} is not on this machine: nothing stands in for it")
        return
    for name in ("ruby", "gem"):
        program = Path(real).parent / name
        if program.exists():
            (folder / name).symlink_to(program)


def _works(program: str | None) -> str | None:
    """Return the program itself behind one that may be a version manager's, which knows only some folders."""
    if program is None:
        return None
    told = subprocess.run(
        [program, "-c", "import sys; print(sys._base_executable)"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() if told.returncode == 0 and os.access(told.stdout.strip(), os.X_OK) else None


def _write_program(path: Path, command: str) -> None:
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)


def _say(log: IO[bytes], line: str) -> None:
    log.write(f"[Sandbox] {line}.\n".encode())


_ADD: Mapping[str, Callable[[Path, str, IO[bytes]], None]] = {
    "nodejs": _add_node,
    "python": _add_python,
    "ruby": _add_ruby,
}

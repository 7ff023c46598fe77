"""Byte-reproducible zip archives of the seed folders: same content, same bytes, on any machine.

CloudFormation unpacks such an archive into the first commit of a CodeCommit repository, so the archive's root is the
repository's root, and what CodeCommit refuses is refused here, while there is still somebody to mend it.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER = "seed_archives"  # in cdktf's output folder, beside `stacks`
MAX_ARCHIVE_BYTES = 5_000_000  # CodeCommit takes files of 6 MiB and changes of 7 MB in one commit through its API

# What git or this project's tools leave in a working copy, and no repository tracks.
NEVER_PACKED = (
    ".git",
    ".cache",
    ".local",
    ".venv",
    ".DS_Store",
    ".coverage",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
    "*.egg-info",
    "*.pyc",
    "cdk.out",
    "node_modules",
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
_UNIX = 3  # ZipInfo would say 0 on Windows
_REGULAR_FILE = 0o100000


class ArchiveError(Exception):
    """A folder that cannot become a repository. As a string: every problem, one a line, each with file and cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A zip and the SHA-256 of its bytes, in hexadecimal."""

    name: str
    digest: str
    data: bytes

    @property
    def key(self) -> str:
        """Object key, which changes with the content: `build_app/0123456789abcdef.zip`."""
        return f"{self.name}/{self.digest[:16]}.zip"


def pack(folder: Path) -> Archive:
    """Return the archive of a folder, named like it. Raises `ArchiveError`."""
    files = _checked(folder)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, mode="w") as archive:
        for file in files:
            archive.writestr(_entry(file, folder), file.read_bytes())
    data = buffer.getvalue()
    return Archive(name=folder.name, digest=hashlib.sha256(data).hexdigest(), data=data)


def write(archive: Archive, directory: Path) -> Path:
    """Write an archive to its key under a directory, whole or not at all, and return the file's path."""
    target = directory / archive.key
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(archive.data)
    return partial.replace(target)


def write_all(archives: Iterable[Archive], *, directory: Path) -> tuple[Path, ...]:
    """Write every archive as `write` does."""
    return tuple(write(archive, directory) for archive in archives)


def _checked(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ArchiveError(f"{folder}: there is no such folder; an archive is made of a folder's files")
    found = sorted(_walk(folder), key=lambda path: path.relative_to(folder).as_posix())
    problems = [f"{path}: {problem}" for path in found if (problem := _problem_of(path))]
    total = sum(path.lstat().st_size for path in found)
    if not found:
        problems.append(f"{folder}: holds no file, and a repository begins with one; add a README.md")
    if total > MAX_ARCHIVE_BYTES:
        largest = max(found, key=lambda path: path.lstat().st_size)
        problems.append(
            f"{folder}: holds {total} bytes and CodeCommit is given at most {MAX_ARCHIVE_BYTES}; "
            f"the largest file is {largest} with {largest.lstat().st_size}: keep large files in S3"
        )
    if problems:
        raise ArchiveError("\n".join(problems))
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in NEVER_PACKED):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _problem_of(path: Path) -> str | None:
    if path.is_symlink():
        return "is a symbolic link, which a zip carries to no other machine; put the file itself here"
    if not path.is_file():
        return "is neither a file nor a folder; remove it"
    if path.stat().st_size == 0:
        return "is empty, and no repository can be created with an empty file (aws-cdk#19012); write a comment into it"
    return None


def _entry(file: Path, folder: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(filename=file.relative_to(folder).as_posix(), date_time=_EPOCH)
    # Stored, not deflated: zlib and zlib-ng (which newer Pythons may be built with) give different bytes.
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = _UNIX
    executable = bool(file.stat().st_mode & 0o100)
    entry.external_attr = (_REGULAR_FILE | (0o755 if executable else 0o644)) << 16
    return entry

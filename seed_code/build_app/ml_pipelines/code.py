"""What the steps are given beside data: their scripts and the sample, each at an address made of its content.

The same content has the same address and is uploaded once, so that the same commit gives the same pipeline definition
and SageMaker can reuse a step whose script did not change. The SageMaker SDK would put a time into the address.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from typing import Protocol

SCRIPTS = Path(__file__).resolve().parent.parent / "source_scripts"


class Uploads(Protocol):
    """Where files are uploaded: S3, or a folder that stands for it."""

    def put(self, uri: str, body: bytes) -> None:
        """Store `body` at an S3 URI, if nothing is there yet."""


def scripts_of(script: str) -> tuple[str, ...]:
    """Return the names of a script and of the scripts beside it that it imports, in order."""
    found: set[str] = set()
    waiting = [script]
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting += [other for other in _imported(SCRIPTS / name) if other not in found]
    return tuple(sorted(found))


def upload_scripts(uploads: Uploads, *, bucket: str, script: str, also: tuple[str, ...] = ()) -> str:
    """Upload a script with what it imports, and with others that it needs as files. Return the S3 URI of the folder."""
    names = sorted({name for each in (script, *also) for name in scripts_of(each)})
    return _upload(
        uploads,
        folder=f"s3://{bucket}/code/{Path(script).stem}",
        files={name: (SCRIPTS / name).read_bytes() for name in names},
    )


def upload_data(uploads: Uploads, *, bucket: str, name: str, body: bytes) -> str:
    """Upload a data file and return the S3 URI of its folder."""
    return _upload(uploads, folder=f"s3://{bucket}/data/{Path(name).stem}", files={name: body})


def _upload(uploads: Uploads, *, folder: str, files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in files.items():
        digest.update(f"{name} {len(body)}\n".encode() + body)
    address = f"{folder}/{digest.hexdigest()[:16]}/"
    for name, body in files.items():
        uploads.put(address + name, body)
    return address


def _imported(script: Path) -> list[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(script.read_bytes())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return [f"{module}.py" for module in sorted(modules) if (script.parent / f"{module}.py").is_file()]

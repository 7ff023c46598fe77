"""The types this run of Terraform may name, with their schemas: read once from the bindings, then from a cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.provider import bindings
from sandbox.provider.bindings import Extract
from sandbox.provider.schema import Block

if TYPE_CHECKING:
    from collections.abc import Collection

_TYPE_NAME = re.compile(r"""["'](aws_[a-z0-9_]+)["']""")


def load(wanted: Collection[str], *, cache: Path | None = None) -> Extract:
    """Return the schemas of the `wanted` types (`aws_x`, `data.aws_x`); those that do not exist are left out.

    `cache` is a folder; by default SANDBOX_CACHE, else one in the user's cache folder. Its files are named by the
    content they were made from, written whole or not at all; a folder that cannot be written is done without.
    """
    archive = bindings.installed()
    file = (cache or default_cache()) / f"aws-schema-{_key(archive, wanted)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):  # absent, or cut short by a full disk
        return _from_json(file.read_text())
    extract = bindings.extract(archive, wanted)
    with suppress(OSError):
        _write_whole(file, json.dumps(asdict(extract)))
    return extract


def default_cache() -> Path:
    """Return the folder that keeps what was read from the bindings."""
    if folder := os.environ.get("SANDBOX_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlops-foundation"


def named_in_configuration(folder: Path) -> frozenset[str]:
    """Return every AWS type written in a root module and the modules `terraform init` installed for it.

    Terraform asks for the schema before it says what it is going to use, and refuses a type without a schema as unknown
    to AWS. So that a type which AWS has can be refused for what it is, not imitated, its schema must be offered too.
    """
    folders = [folder]
    with suppress(OSError, ValueError, KeyError):
        manifest = json.loads((folder / ".terraform" / "modules" / "modules.json").read_text())
        folders += [folder / module["Dir"] for module in manifest["Modules"]]
    text = "".join(
        file.read_text(errors="replace")
        for one in folders
        for pattern in ("*.tf", "*.tf.json")
        for file in one.glob(pattern)
    )
    names = set(_TYPE_NAME.findall(text))
    return frozenset(names | {f"data.{name}" for name in names})


def _key(archive: Path, wanted: Collection[str]) -> str:
    source = [archive.name, str(archive.stat().st_size), str(archive.stat().st_mtime_ns)]
    reader = Path(bindings.__file__).read_bytes()
    return hashlib.sha256("\n".join([*source, *sorted(wanted)]).encode() + reader).hexdigest()[:32]


def _write_whole(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    Path(temporary).replace(file)


def _from_json(text: str) -> Extract:
    data = json.loads(text)
    return Extract(
        version=data["version"],
        provider=Block.from_json(data["provider"]),
        types={name: Block.from_json(block) for name, block in data["types"].items()},
    )

"""Make the import of the prebuilt AWS provider cheap: call `install` before the first import of it.

The stock import costs 10 to 20 seconds and 1.6 GB, in two places:

* in Python, the package's `__init__` imports all of its 2,212 submodules, whichever one is asked for;
* in Node, jsii reads the package's assembly, whose manifest is 131 MB of JSON.

`install` registers the package without running its `__init__`, imports the declared submodules, and hands jsii an
assembly trimmed to them (under 100 KB). The trimmed assembly is built once and kept in the user's cache folder.

This leans on how jsii 1.x loads assemblies (`jsii.kernel.load`) and on the layout of the provider's tarball. So the
kernel is given the trimmed assembly last, when all else has worked, and a new one is used only after a child process
has loaded it. Any trouble before that undoes everything and leaves the stock import in place, with one line on why.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jsii

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PACKAGE = "cdktf_cdktf_provider_aws"
ASSEMBLY = "@cdktf/provider-aws"
STOCK_VARIABLE = "MLOPS_STOCK_PROVIDER"

_CACHE_FOLDER = "mlops-foundation"
_CACHE_FORMAT = 1  # raise it when `_trim` writes something else
_MANIFEST = "package/.jsii"
_PACKAGE_JSON = "package/package.json"
_SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=data:\S+")
_TRIAL = "import sys, jsii, cdktf; jsii.kernel.load(*sys.argv[1:])"
_TRIAL_TIMEOUT_SECONDS = 120


class FastProviderError(Exception):
    """The provider, or jsii, is not laid out as this module expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assembly:
    """What jsii was asked to load: the provider's version and the path of its tarball."""

    version: str
    tarball: Path


def install(modules: Sequence[str]) -> bool:
    """Import the named submodules of the AWS provider, and only them, in well under a second.

    `modules` are Python names, such as `("provider", "s3_bucket")`; to import any other one later raises ImportError.
    Returns whether the fast import is in place; when it is not, the stock import is, untouched. Never raises: a
    fall-back tells its cause in one line on standard error. `MLOPS_STOCK_PROVIDER=1` asks for the stock import.
    """
    if PACKAGE in sys.modules:
        return any(isinstance(finder, _UndeclaredModules) for finder in sys.meta_path)
    if os.environ.get(STOCK_VARIABLE) == "1":
        return False
    try:
        assembly = _import_modules(modules)
        with _trimmed_tarball(assembly, modules) as tarball:
            jsii.kernel.load(ASSEMBLY, assembly.version, str(tarball))
    except Exception as error:  # noqa: BLE001 - whatever it is, the stock import still works
        _forget_package()
        _warn(f"the AWS provider is imported whole, which takes 10 to 20 seconds: {_cause(error)}")
        return False
    sys.meta_path.insert(0, _UndeclaredModules())
    return True


# --- Python: import a few submodules of a package without running the package --------------------------------------


def _import_modules(modules: Sequence[str]) -> _Assembly:
    """Import the submodules, with the load of the provider's assembly held back, and return that assembly."""
    sys.modules[PACKAGE] = _unexecuted_package()
    with _load_held_back() as held:
        for module in modules:
            importlib.import_module(f"{PACKAGE}.{module}")
    if not held:
        raise FastProviderError("jsii did not load the provider's assembly through jsii.kernel.load")
    return held[0]


def _unexecuted_package() -> ModuleType:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise FastProviderError(f"{PACKAGE} is not installed")
    return importlib.util.module_from_spec(spec)


@contextmanager
def _load_held_back() -> Iterator[list[_Assembly]]:
    """While open, note down what jsii is asked to load for the provider; other assemblies are loaded as ever."""
    held: list[_Assembly] = []
    stock_load = jsii.kernel.load

    def load(name: str, version: str, tarball: str) -> None:
        if name == ASSEMBLY:
            held.append(_Assembly(version=version, tarball=Path(tarball)))
        else:
            stock_load(name, version, tarball)

    jsii.kernel.load = load  # type: ignore[method-assign]
    try:
        yield held
    finally:
        del jsii.kernel.load  # the class's own method shows again


def _forget_package() -> None:
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]


class _UndeclaredModules(importlib.abc.MetaPathFinder):
    """Refuses, at import, submodules outside the trimmed assembly; jsii would only fail when their class is used."""

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        package, _, module = fullname.partition(".")
        if package != PACKAGE:
            return None
        raise ImportError(
            f'{fullname} is not declared: add "{module}" to the call of fast_provider.install(), '
            f"or set {STOCK_VARIABLE}=1 to import the whole provider",
            name=fullname,
        )


# --- The trimmed assembly and its cache -------------------------------------------------------------------------------


@contextmanager
def _trimmed_tarball(assembly: _Assembly, modules: Sequence[str]) -> Iterator[Path]:
    """Give the path of a trimmed assembly: the cached one when it is sound, else a new one, which is then cached."""
    cached, obstacle = _cached_tarball(assembly, modules)
    if cached is not None and _is_sound(cached):
        yield cached
        return
    with tempfile.TemporaryDirectory(prefix=f"{_CACHE_FOLDER}-") as folder:
        fresh = Path(folder, "provider-aws.tgz")
        fresh.write_bytes(_trim(assembly.tarball, modules))
        _try_in_child(fresh, version=assembly.version)
        if cached is not None:
            obstacle = _keep(fresh, cached)
        if obstacle:
            _warn(f"the trimmed AWS provider is built anew each time, which takes 4 seconds: {obstacle}")
        yield fresh


def _cached_tarball(assembly: _Assembly, modules: Sequence[str]) -> tuple[Path | None, str | None]:
    """Where this trimmed assembly is kept, or why it cannot be kept anywhere."""
    try:
        folder = _cache_folder()
    except RuntimeError as error:
        return None, _cause(error)
    identity = [
        _CACHE_FORMAT,
        assembly.version,
        assembly.tarball.stat().st_size,
        importlib.metadata.version("jsii"),
        sorted(modules),
    ]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return folder / f"provider-aws-{assembly.version}-{digest}.tgz", None


def _cache_folder() -> Path:
    """Return the project's folder in the user's cache. Raises RuntimeError when the user has no home."""
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".cache"  # XDG: a relative path is to be ignored
    return base / _CACHE_FOLDER


def _is_sound(path: Path) -> bool:
    """Whether the file is there and whole: gzip's own checksum covers every byte."""
    try:
        content = gzip.decompress(path.read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return _MANIFEST in archive.getnames()
    except (OSError, EOFError, zlib.error, tarfile.TarError):
        return False


def _keep(fresh: Path, cached: Path) -> str | None:
    """Copy the file into the cache in one step, so that no reader sees half of it. Returns why it could not be done."""
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached.parent, prefix=".new-") as folder:
            Path(shutil.copy(fresh, folder)).replace(cached)
    except OSError as error:
        return _cause(error)
    return None


def _try_in_child(tarball: Path, *, version: str) -> None:
    """Load the assembly in another process first: a kernel that failed to load a package cannot load it again."""
    trial = subprocess.run(
        [sys.executable, "-c", _TRIAL, ASSEMBLY, version, str(tarball)],
        capture_output=True,
        text=True,
        check=False,
        timeout=_TRIAL_TIMEOUT_SECONDS,
    )
    if trial.returncode != 0:
        last_line = (trial.stderr.strip().splitlines() or ["no message"])[-1]
        raise FastProviderError(f"jsii refuses the trimmed assembly: {last_line}")


# --- Trimming: from the provider's tarball to one with a few submodules --------------------------------------------


def _trim(tarball: Path, modules: Sequence[str]) -> bytes:
    """Return a tarball with only the named submodules: the same input gives the same bytes."""
    folders = {module.replace("_", "-") for module in modules}
    files = _read_members(tarball, folders)
    manifest = json.loads(files[_MANIFEST])
    names = {
        folder: name for name, submodule in manifest["submodules"].items() if (folder := _folder(submodule)) in folders
    }
    if missing := folders - names.keys():
        raise FastProviderError(f"{tarball.name} has no submodule {', '.join(sorted(missing))}")
    kept = set(names.values())
    manifest["submodules"] = {name: manifest["submodules"][name] for name in sorted(kept)}
    manifest["types"] = {name: type_ for name, type_ in manifest["types"].items() if name.rpartition(".")[0] in kept}
    files[_MANIFEST] = json.dumps(manifest).encode()
    files["package/lib/index.js"] = _index_script(names)
    return _archive(files)


def _read_members(tarball: Path, folders: set[str]) -> dict[str, bytes]:
    """Read the manifest, package.json and the scripts of the submodules in one pass."""
    files = {}
    with tarfile.open(tarball, "r|gz") as archive:
        for member in archive:
            parts = member.name.split("/")
            is_script = parts[:2] == ["package", "lib"] and parts[2] in folders and parts[-1].endswith(".js")
            if is_script or member.name in (_MANIFEST, _PACKAGE_JSON):
                content = archive.extractfile(member)
                files[member.name] = content.read() if content else b""
    if missing := {_MANIFEST, _PACKAGE_JSON} - files.keys():
        raise FastProviderError(f"{tarball.name} has no {', '.join(sorted(missing))}")
    return {name: _SOURCE_MAP.sub(b"", content) if name.endswith(".js") else content for name, content in files.items()}


def _folder(submodule: dict[str, str]) -> str:
    """Return the folder of a submodule in the manifest: `src/s3-bucket/index:` is in `s3-bucket`."""
    return submodule["symbolId"].split("/")[1]


def _index_script(names: dict[str, str]) -> bytes:
    """Write lib/index.js for the submodules, given as folder -> name in the manifest."""
    exports = [f"exports.{name.rpartition('.')[2]} = require('./{folder}');" for folder, name in sorted(names.items())]
    return "\n".join(['"use strict";', *exports, ""]).encode()


def _archive(files: dict[str, bytes]) -> bytes:
    """Pack the files with no dates or owners: jsii keys its own package cache by the tarball's content."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


# --- Telling people ---------------------------------------------------------------------------------------------------


def _cause(error: Exception) -> str:
    """Say in one line what happened."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _warn(message: str) -> None:
    print(f"mlops: {message}", file=sys.stderr)

"""The fast import of the AWS provider gives what the stock import gives, and steps aside when anything is wrong."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baseline import fast_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
APP = Path(__file__).with_name("fast_provider_app.py")
RUN_TIMEOUT_SECONDS = 300
FAULT_WARNINGS = {
    "kernel has no load": "AttributeError",
    "tarball has no manifest": "has no package/elsewhere",
    "child is refused": "jsii refuses the trimmed assembly: no such luck",
    "unknown submodule": "No module named 'cdktf_cdktf_provider_aws.no_such_service'",
}


# --- Running the tiny app ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Synth:
    """One finished run: what `install` reported for each fault, the warnings, and the files, path -> bytes."""

    reports: list[dict[str, bool]]
    warnings: list[str]
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    process: subprocess.Popen[str]
    output_folder: Path

    def finish(self) -> Synth:
        try:
            output, errors = self.process.communicate(timeout=RUN_TIMEOUT_SECONDS)
        finally:
            self.process.kill()
        assert self.process.returncode == 0, errors
        paths = [path for path in sorted(self.output_folder.rglob("*")) if path.is_file()]
        return Synth(
            reports=json.loads(output),
            warnings=[line for line in errors.splitlines() if line.startswith("mlops: ")],
            files={str(path.relative_to(self.output_folder)): path.read_bytes() for path in paths},
        )


def start(folder: Path, *faults: str, cache: Path, environment: Mapping[str, str] | None = None) -> Run:
    own = {
        "CDKTF_OUTDIR": str(folder),
        "XDG_CACHE_HOME": str(cache),
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        fast_provider.STOCK_VARIABLE: "",
    }
    process = subprocess.Popen(
        [sys.executable, str(APP), *faults],
        env={**os.environ, **own, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Run(process=process, output_folder=folder)


def cached_tarballs(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synth with the stock import: the slow one, run once."""
    folder = tmp_path_factory.mktemp("stock")
    environment = {fast_provider.STOCK_VARIABLE: "1"}
    return start(folder / "out", cache=folder / "cache", environment=environment).finish()


@pytest.fixture(scope="module")
def after_faults(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synth by one process in which every fault has happened, one after the other."""
    folder = tmp_path_factory.mktemp("faults")
    return start(folder / "out", *FAULT_WARNINGS, cache=folder / "cache").finish()


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def two_at_once(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> tuple[Synth, Synth]:
    """Two synths started together over the same empty cache."""
    folder = tmp_path_factory.mktemp("cold")
    first, second = (start(folder / name, cache=shared_cache) for name in ("first", "second"))
    return first.finish(), second.finish()


# --- The same JSON, both ways -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_fast_and_stock_import_synthesise_the_same_bytes(stock: Synth, two_at_once: tuple[Synth, Synth]) -> None:
    assert two_at_once[0].files == stock.files


@pytest.mark.slow
def test_the_compared_synth_is_not_empty(stock: Synth) -> None:
    stack = json.loads(stock.files["stacks/demo-dev/cdk.tf.json"])
    assert stack["provider"]["aws"][0]["allowed_account_ids"] == ["111111111111"]


@pytest.mark.slow
def test_stock_import_can_be_asked_for(stock: Synth) -> None:
    assert stock.reports == [{"fast": False, "package is registered": False, "kernel is patched": False}]


@pytest.mark.slow
def test_fast_import_refuses_what_it_was_not_told_of(two_at_once: tuple[Synth, Synth]) -> None:
    assert two_at_once[0].reports[-1]["undeclared submodule is refused"]


@pytest.mark.slow
def test_fast_import_says_nothing(two_at_once: tuple[Synth, Synth]) -> None:
    assert two_at_once[0].warnings == []


# --- The cache --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_synths_at_once_agree(two_at_once: tuple[Synth, Synth]) -> None:
    assert two_at_once[0] == two_at_once[1]


@pytest.mark.slow
@pytest.mark.usefixtures("two_at_once")
def test_two_synths_at_once_leave_one_tarball(shared_cache: Path) -> None:
    assert [fast_provider._is_sound(path) for path in cached_tarballs(shared_cache)] == [True]


@pytest.mark.slow
@pytest.mark.usefixtures("two_at_once")
def test_second_synth_uses_the_kept_tarball(shared_cache: Path, tmp_path: Path) -> None:
    [tarball] = cached_tarballs(shared_cache)
    before = tarball.stat()
    start(tmp_path / "out", cache=shared_cache).finish()
    assert tarball.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.slow
def test_corrupt_cache_heals_itself(two_at_once: tuple[Synth, Synth], shared_cache: Path, tmp_path: Path) -> None:
    [tarball] = cached_tarballs(shared_cache)
    sound = tarball.read_bytes()
    tarball.write_bytes(sound[:-100])
    healed = start(tmp_path / "out", cache=shared_cache).finish()
    assert (healed, tarball.read_bytes()) == (two_at_once[0], sound)


@pytest.mark.slow
def test_unwritable_cache_costs_time_only(two_at_once: tuple[Synth, Synth], tmp_path: Path) -> None:
    cache = tmp_path / "a file, so no folder can be made below it"
    cache.touch()
    synth = start(tmp_path / "out", cache=cache).finish()
    assert (synth.reports, synth.files) == (two_at_once[0].reports, two_at_once[0].files)
    assert [warning for warning in synth.warnings if "is built anew each time" in warning] == synth.warnings != []


def test_user_without_a_home_is_told_why_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    tarball = tmp_path / "provider.tgz"
    tarball.touch()
    assembly = fast_provider._Assembly(version="1.0.0", tarball=tarball)
    assert fast_provider._cached_tarball(assembly, ["provider"]) == (
        None,
        "RuntimeError: Could not determine home directory.",
    )


def test_relative_cache_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/folder")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert fast_provider._cache_folder() == tmp_path / ".cache" / "mlops-foundation"


# --- Stepping aside ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_fall_back_synthesises_the_same_bytes(stock: Synth, after_faults: Synth) -> None:
    assert after_faults.files == stock.files


@pytest.mark.slow
def test_fall_back_leaves_nothing_behind(after_faults: Synth) -> None:
    clean = {"fast": False, "package is registered": False, "kernel is patched": False}
    assert after_faults.reports == [clean] * len(FAULT_WARNINGS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULT_WARNINGS)
def test_fall_back_names_its_cause_in_one_line(after_faults: Synth, fault: str) -> None:
    warning = after_faults.warnings[list(FAULT_WARNINGS).index(fault)]
    assert FAULT_WARNINGS[fault] in warning


def test_undeclared_submodule_is_refused_at_import_with_the_cure() -> None:
    with pytest.raises(ImportError, match=r'add "s3_bucket" to the call of fast_provider.install\(\)'):
        fast_provider._UndeclaredModules().find_spec("cdktf_cdktf_provider_aws.s3_bucket", None)


def test_other_packages_are_left_to_python() -> None:
    assert fast_provider._UndeclaredModules().find_spec("cdktf.testing", None) is None


# --- Trimming, on a provider of two submodules ------------------------------------------------------------------------


@pytest.fixture
def provider_tarball(tmp_path: Path) -> Path:
    names = {"provider": "provider", "s3-bucket": "s3Bucket"}
    prefix = fast_provider.ASSEMBLY
    manifest = {
        "submodules": {f"{prefix}.{name}": {"symbolId": f"src/{folder}/index:"} for folder, name in names.items()},
        "types": {f"{prefix}.provider.AwsProvider": {}, f"{prefix}.s3Bucket.S3Bucket": {}},
    }
    files = {
        "package/.jsii": json.dumps(manifest).encode(),
        "package/package.json": b"{}",
        "package/lib/index.js": b"stock",
        "package/lib/provider/index.js": b"provider;\n//# sourceMappingURL=data:application/json;base64,AAAA",
        "package/lib/s3-bucket/index.js": b"bucket;",
    }
    path = tmp_path / "provider-aws.jsii.tgz"
    path.write_bytes(fast_provider._archive(files))
    return path


def members(tarball: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(tarball))) as archive:
        contents = {member.name: archive.extractfile(member) for member in archive}
    return {name: content.read() if content else b"" for name, content in contents.items()}


def test_trimmed_assembly_has_only_the_types_asked_for(provider_tarball: Path) -> None:
    trimmed = members(fast_provider._trim(provider_tarball, ["s3_bucket"]))
    assert list(json.loads(trimmed["package/.jsii"])["types"]) == ["@cdktf/provider-aws.s3Bucket.S3Bucket"]


def test_trimmed_assembly_has_only_the_scripts_asked_for(provider_tarball: Path) -> None:
    trimmed = members(fast_provider._trim(provider_tarball, ["provider"]))
    assert trimmed["package/lib/provider/index.js"] == b"provider;"
    assert "package/lib/s3-bucket/index.js" not in trimmed


def test_trimmed_index_exports_by_the_name_in_the_manifest(provider_tarball: Path) -> None:
    trimmed = members(fast_provider._trim(provider_tarball, ["s3_bucket"]))
    assert b"exports.s3Bucket = require('./s3-bucket');" in trimmed["package/lib/index.js"]


def test_trimming_twice_gives_the_same_bytes(provider_tarball: Path) -> None:
    assert fast_provider._trim(provider_tarball, ["provider"]) == fast_provider._trim(provider_tarball, ["provider"])


def test_submodule_missing_from_the_tarball_is_named(provider_tarball: Path) -> None:
    with pytest.raises(fast_provider.FastProviderError, match=r"provider-aws.jsii.tgz has no submodule sqs-queue"):
        fast_provider._trim(provider_tarball, ["provider", "sqs_queue"])


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", gzip.compress(b""), gzip.compress(b"x" * 600)],
    ids=["empty", "no archive", "an archive of nothing", "no tarball"],
)
def test_damaged_tarball_is_not_sound(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "provider-aws.tgz"
    path.write_bytes(content)
    assert not fast_provider._is_sound(path)


def test_flipped_bit_is_noticed(provider_tarball: Path) -> None:
    content = bytearray(provider_tarball.read_bytes())
    content[len(content) // 2] ^= 1
    provider_tarball.write_bytes(content)
    assert not fast_provider._is_sound(provider_tarball)

"""Seed archives: the same bytes from the same content, and nothing that a repository cannot begin with."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from baseline import archives
from baseline.accounts import DEFAULT_FILE
from baseline.archives import ArchiveError, pack, write, write_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED_CODE = DEFAULT_FILE.parent / "seed_code"
CONTENT = {
    "README.md": b"# Seed\n",
    "scripts/run.sh": b"#!/bin/sh\necho seed\n",
    "source/a.py": b"A = 1\n",
    "source/deep/b.py": b"B = 2\n",
    "source-of-truth.txt": "größer\n".encode(),
}


def plant(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    folder = plant(tmp_path / "seed", CONTENT)
    (folder / "scripts/run.sh").chmod(0o755)
    return folder


def unpacked(archive: archives.Archive, folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(write(archive, folder)) as file:
        return {name: file.read(name) for name in file.namelist()}


def entries(archive: archives.Archive, folder: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(write(archive, folder)) as file:
        return file.infolist()


def refusal(folder: Path) -> str:
    with pytest.raises(ArchiveError) as raised:
        pack(folder)
    return str(raised.value)


def test_content_is_what_was_packed(seed: Path, tmp_path: Path) -> None:
    assert unpacked(pack(seed), tmp_path / "out") == CONTENT


def test_root_of_the_archive_is_root_of_the_folder(seed: Path, tmp_path: Path) -> None:
    assert "README.md" in unpacked(pack(seed), tmp_path / "out")


def test_bytes_are_the_same_on_every_machine(seed: Path) -> None:
    assert pack(seed).digest == "14a67858b813f19fbea40b1edb9ad36a7cf8abb37d02a120f3c906db71868722"


def test_digest_is_of_the_bytes(seed: Path) -> None:
    archive = pack(seed)

    assert archive.digest == hashlib.sha256(archive.data).hexdigest()


def test_dates_of_files_do_not_matter(seed: Path) -> None:
    before = pack(seed)
    for path in seed.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))

    assert pack(seed) == before


def test_permissions_of_a_strict_umask_do_not_matter(seed: Path) -> None:
    before = pack(seed)
    for path in seed.rglob("*.py"):
        path.chmod(0o600)
    (seed / "scripts/run.sh").chmod(0o700)

    assert pack(seed) == before


def test_order_of_creation_does_not_matter(seed: Path, tmp_path: Path) -> None:
    backwards = plant(tmp_path / "other/seed", dict(reversed(CONTENT.items())))
    (backwards / "scripts/run.sh").chmod(0o755)

    assert pack(backwards) == pack(seed)


def test_place_of_the_folder_does_not_matter(seed: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(seed, tmp_path / "elsewhere" / "seed")

    assert pack(copy) == pack(seed)


def test_order_of_listing_does_not_matter(seed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pack(seed)
    listing = type(seed).iterdir

    def backwards(folder: Path) -> Iterator[Path]:
        return iter(sorted(listing(folder), reverse=True))

    monkeypatch.setattr(type(seed), "iterdir", backwards)

    assert pack(seed) == before


def test_changed_byte_changes_the_key(seed: Path) -> None:
    before = pack(seed).key
    (seed / "source/a.py").write_bytes(b"A = 2\n")

    assert pack(seed).key != before


def test_renamed_file_changes_the_key(seed: Path) -> None:
    before = pack(seed).key
    (seed / "source/a.py").rename(seed / "source/c.py")

    assert pack(seed).key != before


def test_key_is_the_folders_name_and_the_digest(seed: Path) -> None:
    archive = pack(seed)

    assert archive.key == f"seed/{archive.digest[:16]}.zip"


def test_executable_stays_executable(seed: Path, tmp_path: Path) -> None:
    modes = {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in entries(pack(seed), tmp_path / "out")}

    assert (modes["scripts/run.sh"], modes["source/a.py"]) == (0o755, 0o644)


def test_entries_hold_no_trace_of_this_machine(seed: Path, tmp_path: Path) -> None:
    found = {
        (entry.date_time, entry.create_system, entry.compress_type, entry.extra, entry.comment)
        for entry in entries(pack(seed), tmp_path / "out")
    }

    assert found == {((1980, 1, 1, 0, 0, 0), 3, zipfile.ZIP_STORED, b"", b"")}


@pytest.mark.parametrize("pattern", archives.NEVER_PACKED)
def test_what_tools_leave_behind_stays_out(pattern: str, seed: Path) -> None:
    before = pack(seed)
    name = pattern.replace("*", "any")
    plant(seed, {f"source/{name}/left-behind": b"x", name: b"x"})

    assert pack(seed) == before


def test_hidden_file_of_the_repository_is_packed(seed: Path, tmp_path: Path) -> None:
    plant(seed, {".gitignore": b"cdk.out/\n"})

    assert ".gitignore" in unpacked(pack(seed), tmp_path / "out")


def test_empty_file_is_refused(seed: Path) -> None:
    (seed / "source/__init__.py").touch()

    assert refusal(seed) == (
        f"{seed}/source/__init__.py: is empty, and no repository can be created with an empty file (aws-cdk#19012); "
        "write a comment into it"
    )


def test_symbolic_link_is_refused(seed: Path) -> None:
    (seed / "link.md").symlink_to("README.md")

    assert refusal(seed) == (
        f"{seed}/link.md: is a symbolic link, which a zip carries to no other machine; put the file itself here"
    )


def test_link_to_a_folder_is_refused(seed: Path) -> None:
    (seed / "link").symlink_to("source")

    assert refusal(seed).startswith(f"{seed}/link: is a symbolic link")


def test_pipe_is_refused(seed: Path) -> None:
    os.mkfifo(seed / "pipe")

    assert refusal(seed) == f"{seed}/pipe: is neither a file nor a folder; remove it"


def test_all_faults_are_told_at_once(seed: Path) -> None:
    (seed / "a.txt").touch()
    (seed / "b.txt").touch()

    assert [line.partition(":")[0] for line in refusal(seed).splitlines()] == [f"{seed}/a.txt", f"{seed}/b.txt"]


def test_too_much_for_codecommit_names_the_largest_file(seed: Path) -> None:
    plant(seed, {"data.csv": b"x" * archives.MAX_ARCHIVE_BYTES})
    total = archives.MAX_ARCHIVE_BYTES + sum(len(data) for data in CONTENT.values())

    assert refusal(seed) == (
        f"{seed}: holds {total} bytes and CodeCommit is given at most 5000000; the largest file is {seed}/data.csv "
        "with 5000000: keep large files in S3"
    )


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: holds no file, and a repository begins with one; add a README.md"


def test_absent_folder_is_refused(tmp_path: Path) -> None:
    absent = tmp_path / "absent"

    assert refusal(absent) == f"{absent}: there is no such folder; an archive is made of a folder's files"


def test_archive_is_written_under_its_key(seed: Path, tmp_path: Path) -> None:
    archive = pack(seed)

    assert write(archive, tmp_path / "out") == tmp_path / "out" / archive.key


def test_written_archive_may_be_read_by_others(seed: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        mode = write(pack(seed), tmp_path / "out").stat().st_mode
    finally:
        os.umask(before)

    assert stat.S_IMODE(mode) == 0o644


def test_writing_again_leaves_one_file(seed: Path, tmp_path: Path) -> None:
    write_all([pack(seed), pack(seed)], directory=tmp_path / "out")

    assert [path.suffix for path in (tmp_path / "out/seed").iterdir()] == [".zip"]


@pytest.mark.parametrize("name", ["build_app", "deploy_app"])
def test_seed_can_become_a_repository(name: str) -> None:
    assert pack(SEED_CODE / name).key.startswith(f"{name}/")

"""Which terraform a machine works with: its own when it is new enough, else the one from a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolchain import terraform

if TYPE_CHECKING:
    from pathlib import Path


def program(folder: Path, *, version: str) -> Path:
    """A terraform that only tells its version."""
    folder.mkdir()
    path = folder / "terraform"
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)
    return folder


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was installed, in a project of its own."""
    calls: list[str] = []
    monkeypatch.setattr(terraform, "PROGRAM", tmp_path / "venv" / "terraform")
    monkeypatch.setattr(terraform, "install", lambda: calls.append("package"))
    return calls


@pytest.mark.parametrize("version", ["1.10.0", "1.11.4", "2.0.0-beta1"])
def test_a_terraform_that_locks_state_in_s3_is_used(
    version: str, installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", version=version)))
    terraform.main()
    assert installed == []


@pytest.mark.parametrize("version", ["1.9.8", "0.13.7"])
def test_an_older_one_is_passed_over(
    version: str, installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", version=version)))
    terraform.main()
    assert installed == ["package"]


def test_without_terraform_the_package_is_installed(
    installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    terraform.main()
    assert installed == ["package"]


def test_the_packages_program_is_not_taken_for_the_users_own(
    installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second set-up finds the program that the first one wrote.
    monkeypatch.setenv("PATH", str(program(tmp_path / "venv", version="1.15.5")))
    terraform.main()
    assert installed == ["package"]

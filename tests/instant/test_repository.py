"""What holds for the whole repository: who may import whom, what lock files must not carry, what the README says."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPED = ("main.py", "baseline", "bootstrap", "seed_code")
CDKTF_FILES = {"baseline/modules.py", "baseline/stacks.py"}
README_LIMIT = 150


def python_files(root: Path, *names: str) -> Iterator[Path]:
    for name in names:
        yield from [root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


def foreign_to(file: Path) -> set[str]:
    """Packages that a file which ships must not need. A seed app has tests of its own, and what they need."""
    own_test = "seed_code" in file.parts and "tests" in file.parts
    return {"sandbox", "bench"} | (set() if own_test else {"tests", "moto"})


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_nothing_that_ships_imports_the_sandbox_or_the_tests(root: Path) -> None:
    files = python_files(root, *SHIPPED)
    assert {file.name for file in files if imported(file) & foreign_to(file)} == set()


def test_nothing_that_ships_asks_whether_it_runs_in_the_sandbox(root: Path) -> None:
    assert [file.name for file in python_files(root, *SHIPPED) if "sandbox" in file.read_text().lower()] == []


def test_cdktf_is_imported_in_two_files(root: Path) -> None:
    files = python_files(root, "main.py", "baseline")
    importing = {file.relative_to(root).as_posix() for file in files if "cdktf" in imported(file)}
    assert importing == CDKTF_FILES


def test_the_python_lock_names_no_package_index(root: Path) -> None:
    lock = json.loads((root / "Pipfile.lock").read_text())
    assert lock["_meta"]["sources"] == []
    assert "http" not in json.dumps(lock)


def test_the_node_lock_names_no_address(root: Path) -> None:
    lock = (root / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "://" not in lock


@pytest.mark.parametrize("package", ["cdktf", "cdktf-cdktf-provider-aws", "jsii"])
def test_packages_whose_internals_matter_are_pinned_exactly(root: Path, package: str) -> None:
    assert re.search(rf'^{package} = "==[\d.]+"', (root / "Pipfile").read_text(), re.MULTILINE)


def test_the_readme_is_short_enough_to_be_read(root: Path) -> None:
    assert len((root / "README.md").read_text().splitlines()) < README_LIMIT


def test_every_folder_stands_in_the_readmes_tree_and_nothing_else_does(root: Path) -> None:
    readme = (root / "README.md").read_text()
    tree = readme.partition("## What is where")[2].partition("```")[2].partition("```")[0]
    named = {line.split()[0].rstrip("/") for line in tree.splitlines() if line.strip()}
    present = {path.partition("/")[0] for path in tracked(root) if "/" in path and not path.startswith(".")}
    present |= {"main.py", "accounts.toml", "cdktf.json"}
    assert named == present


def test_the_readme_says_on_its_first_screen_that_it_was_never_run_against_aws(root: Path) -> None:
    first_screen = (root / "README.md").read_text().splitlines()[:25]
    assert "Never run against AWS here." in " ".join(first_screen)

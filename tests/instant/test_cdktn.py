"""The way out of cdktf: the alias of its imports, and what is compared. The fork itself is 560 MB: `make cdktn`."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from toolchain import cdktn

if TYPE_CHECKING:
    from pathlib import Path

STACK: dict[str, Any] = {
    "//": {"metadata": {"backend": "s3", "version": "0.21.0"}},
    "module": {"seed_bucket": {"name": "seed", "objects": [{"key": "a"}, {"key": "b"}]}},
    "terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
}


def changed(*path: str | int, value: object) -> dict[str, Any]:
    """The stack with another value in one place."""
    other = copy.deepcopy(STACK)
    place: Any = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return other


def found(after: dict[str, Any]) -> list[str]:
    return [str(difference) for difference in cdktn.differences({"dev": STACK}, {"dev": after})]


def test_the_same_is_the_same() -> None:
    assert found(copy.deepcopy(STACK)) == []


def test_another_value_is_found_where_it_stands() -> None:
    after = changed("module", "seed_bucket", "objects", 1, "key", value="c")
    assert found(after) == ['dev: module.seed_bucket.objects.1.key: "b" became "c"']


def test_what_is_missing_is_found() -> None:
    assert found({**STACK, "module": {}})[0].endswith(" became -")


def test_a_stack_that_is_missing_is_found() -> None:
    assert {difference.stack for difference in cdktn.differences({"dev": STACK, "prod": STACK}, {"dev": STACK})} == {
        "prod"
    }


@pytest.mark.parametrize("path", sorted(cdktn.VERSIONS))
def test_versions_have_to_differ(path: tuple[str, ...]) -> None:
    [difference] = cdktn.differences({"dev": STACK}, {"dev": changed(*path, value="another")})
    assert difference.is_version


@pytest.mark.parametrize("path", [("module", "seed_bucket", "name"), ("//", "metadata", "backend")])
def test_nothing_else_may(path: tuple[str, ...]) -> None:
    [difference] = cdktn.differences({"dev": STACK}, {"dev": changed(*path, value="another")})
    assert not difference.is_version


def test_the_table_names_the_stacks_of_each_difference() -> None:
    after = changed("terraform", "required_providers", "aws", "version", value="6.69.1")
    all_of_them = cdktn.differences({"dev": STACK, "prod": STACK}, {"dev": after, "prod": after})
    assert cdktn.table(all_of_them).rows == (
        ("terraform.required_providers.aws.version", '"6.25.0"', '"6.69.1"', "dev, prod"),
    )


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """Packages that are called as the fork's, in a folder."""
    for name in ("cdktn", "cdktn_provider_aws"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "cdktn" / "__init__.py").write_text("class App: ...")
    (tmp_path / "cdktn_provider_aws" / "provider.py").write_text("class AwsProvider: ...")
    return tmp_path


def run(folder: Path, program: str) -> str:
    """Run a program with the alias, in an interpreter of its own that finds no package but those in the folder."""
    (folder / "main.py").write_text(program)
    command = [sys.executable, "-S", str(cdktn.ROOT / cdktn.ALIAS), "main.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_imports_of_the_archived_packages_give_the_forks(fork: Path) -> None:
    program = """
from cdktf import App
from cdktf_cdktf_provider_aws.provider import AwsProvider
print(App.__module__, AwsProvider.__module__)
"""
    assert run(fork, program).split() == ["cdktn", "cdktn_provider_aws.provider"]


def test_a_package_is_one_package_under_both_names(fork: Path) -> None:
    assert run(fork, "import cdktf, cdktn; print(cdktf is cdktn)").strip() == "True"


def test_every_requirement_is_pinned_with_its_hash() -> None:
    lines = (cdktn.ROOT / cdktn.REQUIREMENTS).read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert {"cdktn==0.24.0", "cdktn-provider-aws==25.8.1"} <= {line.split()[0] for line in packages}
    assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []

"""`make release` as a person meets it: in a repository of its own, by its exit status, its words and its files."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = 'Outputs:\n  TemplateVersion:\n    Value: "1.9.0" # written by make release\n'
CHANGED = "# A second bucket.\n" + RELEASE
CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A second bucket.\n\n## [1.9.0] - 2026-01-31\n\n- All of it.\n"
)

NEWEST = "cfn_product/releases/1.9.0.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository with one published release, a changed template and something in the changelog."""

    folder: Path
    project: Path

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "toolchain.release", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.project)}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def problems(self, *arguments: str) -> list[str]:
        """What is said when nothing is released, one problem each."""
        return self.release(*arguments).stderr.splitlines()[1:]

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, check=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Publish")

    def files(self) -> dict[str, bytes]:
        """Every file outside .git, by its path."""
        found = (file for file in self.folder.rglob("*") if file.is_file())
        paths = {file.relative_to(self.folder).as_posix(): file for file in found}
        return {path: file.read_bytes() for path, file in paths.items() if not path.startswith(".git/")}


@pytest.fixture(scope="module")
def published(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = Repository(folder=tmp_path_factory.mktemp("published"), project=root)
    (repository.folder / "cfn_product" / "releases").mkdir(parents=True)
    repository.write("cfn_product/template.yaml", CHANGED)
    repository.write("cfn_product/releases/1.9.0.yaml", RELEASE)
    repository.write("CHANGELOG.md", CHANGELOG)
    repository.git("init", "--quiet")
    repository.commit()
    return repository


@pytest.fixture
def repository(published: Repository, tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    shutil.copytree(published.folder, folder)
    return Repository(folder=folder, project=published.project)


# --- a release --------------------------------------------------------------------------------------------------------


def test_a_release_succeeds(repository: Repository) -> None:
    assert repository.release("1.10.0").returncode == 0


def test_a_release_is_a_copy_of_the_template(repository: Repository) -> None:
    repository.release("1.10.0")
    files = repository.files()
    assert files["cfn_product/releases/1.10.0.yaml"] == files["cfn_product/template.yaml"]


def test_a_release_says_its_version(repository: Repository) -> None:
    repository.release("1.10.0")
    assert repository.read("cfn_product/releases/1.10.0.yaml") == CHANGED.replace("1.9.0", "1.10.0")


def test_older_releases_stay_as_they_are(repository: Repository) -> None:
    repository.release("1.10.0")
    assert repository.read(NEWEST) == RELEASE


def test_line_ends_are_left_alone(repository: Repository) -> None:
    (repository.folder / "cfn_product" / "template.yaml").write_bytes(CHANGED.replace("\n", "\r\n").encode())
    repository.release("1.10.0")
    assert repository.files()["cfn_product/releases/1.10.0.yaml"].count(b"\r\n") == CHANGED.count("\n")


def test_the_changelog_keeps_its_notes_under_the_version(repository: Repository) -> None:
    repository.release("1.10.0")
    section = repository.read("CHANGELOG.md").partition("## [1.10.0]")[2].partition("\n## ")[0]
    assert section.partition("\n")[2] == "\n### Added\n\n- A second bucket.\n"


def test_the_changelog_begins_an_empty_section(repository: Repository) -> None:
    repository.release("1.10.0")
    assert "## [Unreleased]\n\n## [1.10.0] - " in repository.read("CHANGELOG.md")


def test_the_changelog_carries_the_day(repository: Repository) -> None:
    before = dt.datetime.now(tz=dt.UTC).date()
    repository.release("1.10.0")
    after = dt.datetime.now(tz=dt.UTC).date()
    found = re.search(r"^## \[1\.10\.0\] - (\S+)$", repository.read("CHANGELOG.md"), re.MULTILINE)
    assert found is not None
    assert before <= dt.date.fromisoformat(found[1]) <= after


def test_the_links_at_the_foot_of_the_changelog_stay_there(repository: Repository) -> None:
    link = "[Unreleased]: https://example.com/compare\n"
    repository.write("CHANGELOG.md", f"## [Unreleased]\n\n- A second bucket.\n\n{link}")
    repository.release("1.10.0")
    assert repository.read("CHANGELOG.md").endswith(f"- A second bucket.\n\n{link}")


def test_the_first_release_needs_no_other(repository: Repository) -> None:
    shutil.rmtree(repository.folder / "cfn_product" / "releases")
    repository.commit()
    assert repository.release("0.1.0").returncode == 0


def test_a_committed_release_may_be_followed_by_the_next(repository: Repository) -> None:
    repository.release("1.10.0")
    repository.commit()
    repository.write("cfn_product/template.yaml", "# A third.\n" + repository.read("cfn_product/template.yaml"))
    repository.write("CHANGELOG.md", "## [Unreleased]\n- A third.\n")
    assert repository.release("1.10.1").returncode == 0


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version", ["1.10", "v1.10.0", "1.10.0-rc.1", "01.10.0", "1.10.0.0", "newest", "", "../1.10.0"]
)
def test_what_is_no_version_is_refused(repository: Repository, version: str) -> None:
    assert repository.problems(version) == [
        f'VERSION: "{version}" is not of the form <major>.<minor>.<patch>, such as 1.1.0.'
    ]


@pytest.mark.parametrize("version", ["1.9.0", "1.8.9", "0.10.0"])
def test_a_version_that_is_not_newer_is_refused(repository: Repository, version: str) -> None:
    repository.write("CHANGELOG.md", "## [Unreleased]\n- A second bucket.\n")
    assert repository.problems(version) == [
        f"VERSION: {version} is not newer than 1.9.0, which is published. Choose a higher one."
    ]


def test_an_unchanged_template_is_refused(repository: Repository) -> None:
    repository.write("cfn_product/template.yaml", RELEASE)
    assert repository.problems("1.10.0") == [
        "cfn_product/template.yaml: is the same as release 1.9.0. There is nothing to publish."
    ]


def test_another_number_is_no_change_of_the_template(repository: Repository) -> None:
    repository.write("cfn_product/template.yaml", RELEASE.replace("1.9.0", "1.10.0"))
    assert repository.problems("1.10.0") == [
        "cfn_product/template.yaml: is the same as release 1.9.0. There is nothing to publish."
    ]


def test_a_template_that_has_no_place_for_its_version_is_refused(repository: Repository) -> None:
    repository.write("cfn_product/template.yaml", "Outputs: {}\n")
    assert repository.problems("1.10.0") == [
        (
            "cfn_product/template.yaml: has 0 lines that the version could be written to. "
            'Give the output TemplateVersion the line: Value: "0.0.0" # written by make release'
        )
    ]


def test_an_edited_release_is_refused(repository: Repository) -> None:
    repository.write(NEWEST, RELEASE + "# edited\n")
    assert repository.problems("1.10.0") == [
        (
            f"{NEWEST}: differs from what is committed, and a published release never changes. "
            f"Take it back with: git restore --source=HEAD --staged --worktree {NEWEST}"
        )
    ]


def test_an_edited_release_is_refused_when_it_is_staged_too(repository: Repository) -> None:
    repository.write(NEWEST, RELEASE + "# edited\n")
    repository.git("add", "--all")
    assert [problem.partition(",")[0] for problem in repository.problems("1.10.0")] == [
        f"{NEWEST}: differs from what is committed"
    ]


def test_a_missing_release_is_refused(repository: Repository) -> None:
    (repository.folder / NEWEST).unlink()
    assert [problem.partition(",")[0] for problem in repository.problems("1.10.0")] == [
        f"{NEWEST}: differs from what is committed"
    ]


def test_the_advice_takes_an_edited_release_back(repository: Repository) -> None:
    repository.write(NEWEST, RELEASE + "# edited\n")
    advice = repository.problems("1.10.0")[0].partition("git ")[2]
    repository.git(*advice.split())
    assert repository.release("1.10.0").returncode == 0


def test_a_release_that_is_not_committed_is_refused(repository: Repository) -> None:
    repository.write("cfn_product/releases/1.9.1.yaml", RELEASE)
    assert repository.problems("1.10.0") == [
        "cfn_product/releases/1.9.1.yaml: is not committed yet. Commit it, so that it stays as it was published."
    ]


@pytest.mark.parametrize("name", ["1.9.yaml", "1.9.1.yml", "notes.txt", "latest.yaml"])
def test_what_is_no_release_has_no_place_among_them(repository: Repository, name: str) -> None:
    repository.write(f"cfn_product/releases/{name}", "")
    repository.commit()
    assert repository.problems("1.10.0") == [
        f"cfn_product/releases/{name}: is no release; those are called <major>.<minor>.<patch>.yaml. Move it elsewhere."
    ]


@pytest.mark.parametrize("notes", ["", "\n", "\n### Added\n\n### Fixed\n"])
def test_a_changelog_that_says_nothing_new_is_refused(repository: Repository, notes: str) -> None:
    repository.write(
        "CHANGELOG.md", f"# Changelog\n\n## [Unreleased]\n{notes}\n## [1.9.0] - 2026-01-31\n\n- All of it.\n"
    )
    assert repository.problems("1.10.0") == [
        'CHANGELOG.md: says nothing under "## [Unreleased]". Write what is new for those who launch it.'
    ]


def test_a_changelog_without_the_section_is_refused(repository: Repository) -> None:
    repository.write("CHANGELOG.md", "# Changelog\n")
    assert repository.problems("1.10.0") == [
        'CHANGELOG.md: has no section "## [Unreleased]". Add one that says what is new.'
    ]


def test_a_version_that_the_changelog_has_already_is_refused(repository: Repository) -> None:
    repository.write("CHANGELOG.md", CHANGELOG + "\n## [1.10.0] - 2026-02-01\n")
    assert repository.problems("1.10.0") == [
        'CHANGELOG.md: has a section "## [1.10.0]" already. Choose another version or remove it.'
    ]


def test_a_folder_that_git_does_not_know_is_refused(repository: Repository) -> None:
    shutil.rmtree(repository.folder / ".git")
    assert [problem.partition(": ")[0] for problem in repository.problems("1.10.0")] == ["git"]


def test_another_folder_is_refused(repository: Repository) -> None:
    elsewhere = Repository(folder=repository.folder / "cfn_product", project=repository.project)
    assert elsewhere.problems("1.10.0") == [
        "cfn_product/template.yaml: not found. Run this at the top of the repository.",
        "CHANGELOG.md: not found. Run this at the top of the repository.",
    ]


# --- how it is refused ------------------------------------------------------------------------------------------------


def test_all_problems_are_said_at_once(repository: Repository) -> None:
    repository.write("cfn_product/template.yaml", RELEASE)
    repository.write("cfn_product/releases/1.9.1.yaml", RELEASE.replace("1.9.0", "1.9.1"))
    repository.write("CHANGELOG.md", "# Changelog\n")
    assert [problem.partition(":")[0] for problem in repository.problems("1.0")] == [
        "VERSION",
        "cfn_product/releases/1.9.1.yaml",
        "cfn_product/template.yaml",
        "CHANGELOG.md",
    ]


def test_whoever_is_refused_gets_a_status(repository: Repository) -> None:
    assert repository.release("1.9.0").returncode == 1


def test_without_a_version_it_says_how_to_give_one(repository: Repository) -> None:
    refused = repository.release()
    assert (refused.returncode, refused.stderr) == (2, "Which version? For example: make release VERSION=1.1.0\n")


def test_what_is_refused_changes_nothing(repository: Repository) -> None:
    before = repository.files()
    repository.release("1.9.0")
    assert repository.files() == before


@pytest.mark.parametrize("file", ["CHANGELOG.md", "cfn_product/template.yaml", "cfn_product/releases/1.10.0.yaml"])
def test_a_file_that_cannot_be_written_leaves_nothing_half_done(repository: Repository, file: str) -> None:
    in_the_way = repository.folder / f"{file}.new"
    before = repository.files()
    in_the_way.mkdir()
    repository.release("1.10.0")
    assert repository.files() == before


def test_a_file_that_cannot_be_written_is_named(repository: Repository) -> None:
    (repository.folder / "CHANGELOG.md.new").mkdir()
    assert repository.problems("1.10.0") == ["CHANGELOG.md.new: cannot be written: Is a directory."]

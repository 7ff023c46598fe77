"""Publish the product template under a version: `make release VERSION=1.1.0`.

Copies cfn_product/template.yaml to cfn_product/releases/<version>.yaml, with the version in its output TemplateVersion,
and dates the Unreleased section of CHANGELOG.md. Refuses with every reason at once, and then changes nothing.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

from baseline.releases import ReleaseError, Version, published

# Relative to the top of the repository, where make runs.
TEMPLATE = Path("cfn_product/template.yaml")
RELEASES = Path("cfn_product/releases")
CHANGELOG = Path("CHANGELOG.md")

STAMP = re.compile(r'(?<=    Value: ")[^"\n]*(?=" # written by make release)')
UNRELEASED = re.compile(r"^## \[Unreleased\]\n(?P<notes>.*?)(?=^## |^\[[^\]\n]+\]: |\Z)", re.MULTILINE | re.DOTALL)


class ReleaseRefusedError(Exception):
    """Why nothing was released, one problem a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


def newest_release() -> tuple[Version | None, list[str]]:
    """The newest version in the folder of releases, and what is wrong there. The first release finds none."""
    if not any(RELEASES.glob("*")):
        return None, []
    try:
        return published(RELEASES)[-1].version, []
    except ReleaseError as error:
        return None, str(error).splitlines()


def version_problems(*, requested: str, newest: Version | None) -> list[str]:
    version = Version.parse(requested)
    if version is None:
        return [f'VERSION: "{requested}" is not of the form <major>.<minor>.<patch>, such as 1.1.0.']
    if newest is not None and version <= newest:
        return [f"VERSION: {version} is not newer than {newest}, which is published. Choose a higher one."]
    return []


def changed_releases() -> list[str]:
    """Releases that are not what git has committed: git decides what was published."""
    command = ["git", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", str(RELEASES)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return [f"git: cannot say whether the published releases are unchanged: {answer.stderr.strip()}"]
    return [_changed(code=line[:2], file=line[3:]) for line in answer.stdout.split("\0") if line]


def _changed(*, code: str, file: str) -> str:
    if code in {"??", "A "}:
        return f"{file}: is not committed yet. Commit it, so that it stays as it was published."
    return (
        f"{file}: differs from what is committed, and a published release never changes. "
        f"Take it back with: git restore --source=HEAD --staged --worktree {file}"
    )


def template_problems(*, template: str, newest: Version | None) -> list[str]:
    stamps = len(STAMP.findall(template))
    if stamps != 1:
        return [
            (
                f"{TEMPLATE}: has {stamps} lines that the version could be written to. "
                f'Give the output TemplateVersion the line: Value: "0.0.0" # written by make release'
            )
        ]
    if newest is not None and stamped(template, newest) == read(RELEASES / f"{newest}.yaml"):
        return [f"{TEMPLATE}: is the same as release {newest}. There is nothing to publish."]
    return []


def changelog_problems(*, changelog: str, requested: str) -> list[str]:
    problems = []
    section = UNRELEASED.search(changelog)
    if section is None:
        problems.append(f'{CHANGELOG}: has no section "## [Unreleased]". Add one that says what is new.')
    elif not any(line.strip() and not line.startswith("###") for line in section["notes"].splitlines()):
        problems.append(
            f'{CHANGELOG}: says nothing under "## [Unreleased]". Write what is new for those who launch it.'
        )
    if f"## [{requested}]" in changelog:
        problems.append(f'{CHANGELOG}: has a section "## [{requested}]" already. Choose another version or remove it.')
    return problems


def stamped(template: str, version: Version) -> str:
    """The template as release `version` has it."""
    return STAMP.sub(str(version), template)


def dated(changelog: str, *, version: Version, day: dt.date) -> str:
    """The changelog with its unreleased notes under the version, and an empty Unreleased above."""
    return UNRELEASED.sub(rf"## [Unreleased]\n\n## [{version}] - {day.isoformat()}\n\g<notes>", changelog, count=1)


def read(file: Path) -> str:
    """A file's text with its line ends as they are: a release is a copy byte for byte."""
    return file.read_bytes().decode()


def planned(*, requested: str, day: dt.date) -> dict[Path, str]:
    """File -> its text after the release. Raises ReleaseRefusedError with every reason against it."""
    missing = [
        f"{file}: not found. Run this at the top of the repository."
        for file in (TEMPLATE, CHANGELOG)
        if not file.is_file()
    ]
    if missing:
        raise ReleaseRefusedError(missing)
    template, changelog = read(TEMPLATE), read(CHANGELOG)
    newest, problems = newest_release()
    problems += version_problems(requested=requested, newest=newest)
    problems += changed_releases()
    problems += template_problems(template=template, newest=newest)
    problems += changelog_problems(changelog=changelog, requested=requested)
    version = Version.parse(requested)
    if problems or version is None:
        raise ReleaseRefusedError(problems)
    release = stamped(template, version)
    return {
        CHANGELOG: dated(changelog, version=version, day=day),
        TEMPLATE: release,
        RELEASES / f"{version}.yaml": release,
    }


def write(files: dict[Path, str]) -> None:
    """Write all files or none: what can fail, a full disk or a missing right, fails before the first is replaced."""
    staged: dict[Path, Path] = {}
    try:
        for file, text in files.items():
            file.parent.mkdir(exist_ok=True)
            staged[file] = file.with_name(f"{file.name}.new")
            staged[file].write_bytes(text.encode())
    except OSError as error:
        for draft in filter(Path.is_file, staged.values()):
            draft.unlink()
        raise ReleaseRefusedError([f"{error.filename}: cannot be written: {error.strerror}."]) from error
    for file, draft in staged.items():
        draft.replace(file)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Which version? For example: make release VERSION=1.1.0", file=sys.stderr)
        return 2
    today = dt.datetime.now(tz=dt.UTC).date()
    try:
        files = planned(requested=arguments[0], day=today)
        write(files)
    except ReleaseRefusedError as refused:
        print(f"Nothing was released.\n{refused}", file=sys.stderr)
        return 1
    print(f"Released {arguments[0]}. Review and commit: {', '.join(map(str, files))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

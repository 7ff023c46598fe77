"""CodeCommit's repositories as bare git repositories on disk, made and read with plain git.

One folder for each, ``<folder>/<account id>/<Region>/<repository>``, that anybody may clone from and push to. A hook
of each writes what is pushed into ``<folder>/pushes``, one line for each reference, in the order of the pushes.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import REPOSITORIES_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}
FIRST_COMMIT_SECONDS = 315_532_800  # 1980-01-01, a zip's earliest date: the same files give the same commit id
SETTINGS = {"gc.auto": "0", "receive.autogc": "false"}  # no process stays behind a push
NOTHING = "0" * 40  # git's id for a reference that is not there
HOOK = """#!/bin/sh
while read -r old new reference; do
    echo {account_id} {region} {name} "$old" "$new" "$reference"
done >> {pushes}
"""
DETAILS = "%T%n%P%n%an%n%ae%n%ad%n%cn%n%ce%n%cd%n%B"  # and then eight lines before the message
FIRST_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a commit: its path, what is in it, and its mode, one of `MODES`."""

    path: str
    content: bytes
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a push did to one reference: ids of commits, `NOTHING` for none."""

    repository: GitRepository
    old: str
    new: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitRepository:
    """A bare repository. Where it lies follows from whose it is."""

    account_id: str
    region: str
    name: str

    @property
    def path(self) -> Path:
        """Where to clone from and push to."""
        return Path(os.environ[REPOSITORIES_VARIABLE], self.account_id, self.region, self.name)

    def make(self) -> None:
        """Make it, empty."""
        self.delete()
        self.path.mkdir(parents=True)
        self._git("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
        for key, value in SETTINGS.items():
            self._git("config", key, value)
        self._git("config", "core.hooksPath", str(self.path / "hooks"))  # and not the one that the pusher has set
        hook = self.path / "hooks" / "post-receive"
        hook.parent.mkdir()
        named = {"account_id": self.account_id, "region": self.region, "name": self.name}
        hook.write_text(HOOK.format(pushes=shlex.quote(str(_pushes())), **named))
        hook.chmod(0o755)

    def delete(self) -> None:
        """Take it away, with all that was ever pushed to it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def branches(self) -> dict[str, str]:
        """Return the commit that each branch points at."""
        told = self._git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/").decode()
        return dict(line.rsplit(" ", 1) for line in told.splitlines())

    def default_branch(self) -> str | None:
        """Return the branch that a clone checks out, or None when there is no commit on it."""
        branch = self._git("symbolic-ref", "--short", "HEAD").decode().strip()
        return branch if branch in self.branches() else None

    def commit(self, commit_id: str) -> dict[str, Any] | None:
        """Return the commit with this full id as CodeCommit's GetCommit tells of it, or None."""
        try:
            told = self._git(
                "show", "--no-patch", "--date=raw", f"--format={DETAILS}", f"{commit_id}^{{commit}}", "--"
            ).decode()
        except subprocess.CalledProcessError:
            return None
        tree_id, parents, *people, message = told.split("\n", FIRST_LINES)
        author, committer = (dict(zip(("name", "email", "date"), who, strict=True)) for who in (people[:3], people[3:]))
        commit = {"commitId": commit_id, "treeId": tree_id, "parents": parents.split(), "message": message.rstrip()}
        return commit | {"author": author, "committer": committer}

    def start(self, branch: str, files: Sequence[File], *, author: str, email: str, message: str) -> str:
        """Make a branch's first commit and the branch the one that a clone checks out. Returns the commit's id."""
        who = f"{author} <{email}> {FIRST_COMMIT_SECONDS} +0000"
        head = [f"commit refs/heads/{branch}", f"author {who}", f"committer {who}"]
        stream = "\n".join([*head, ""]).encode() + _data(message.encode())
        for file in sorted(files, key=lambda file: file.path):
            stream += f"M {MODES[file.mode]} inline {_quoted(file.path)}\n".encode() + _data(file.content)
        self._git("fast-import", "--quiet", "--done", fed=stream + b"done\n")
        self._git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        return self.branches()[branch]

    def _git(self, *arguments: str, fed: bytes = b"") -> bytes:
        """Run git, without the settings of whoever started the sandbox."""
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", f"--git-dir={self.path}", *arguments]
        return subprocess.run(command, input=fed, env=kept | settings, capture_output=True, check=True).stdout


def pushes(*, after: int) -> tuple[list[Push], int]:
    """Return what was pushed after a place in the order, 0 at first, and the place behind it."""
    if not _pushes().exists():
        return [], after
    with _pushes().open("rb") as file:
        file.seek(after)
        whole_lines = file.read().rpartition(b"\n")[0]
    made = []
    for line in whole_lines.decode().splitlines():
        account_id, region, name, old, new, reference = line.split()
        repository = GitRepository(account_id=account_id, region=region, name=name)
        made.append(Push(repository=repository, old=old, new=new, reference=reference))
    return made, after + len(whole_lines) + bool(whole_lines)


def _pushes() -> Path:
    return Path(os.environ[REPOSITORIES_VARIABLE], "pushes")


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""The published releases of the product template: cfn_product/releases/<major>.<minor>.<patch>.yaml."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from baseline.accounts import Account

_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})")


class ReleaseError(Exception):
    """Releases that cannot be offered. As a string: every problem, one a line, each with its cure."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A semantic version without suffix; ordered by its numbers, so 1.10.0 is newer than 1.9.0."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """The version that a text is, or None."""
        found = _VERSION.fullmatch(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A published template."""

    version: Version
    path: Path

    @property
    def key(self) -> str:
        """Object key, which would change with the content: `product/1.0.0-0123456789abcdef.yaml`."""
        return f"product/{self.version}-{hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]}.yaml"


def offered(releases: Sequence[Release], *, dev: Account) -> Mapping[Release, bool]:
    """Return whether each release is deprecated in this DEV account. Raises `ReleaseError` for wrong ones."""
    deprecated = dev.studio.deprecated_releases if dev.studio else ()
    versions = [str(release.version) for release in releases]
    place = f"[{dev.set_name}.{dev.environment}.studio] deprecated_releases"
    problems = [
        f'{place}: "{version}" was never published; the releases are {", ".join(versions)}'
        for version in deprecated
        if version not in versions
    ]
    if versions[0] in deprecated:
        problems.append(f'{place}: "{versions[0]}" came with the product; modules/project_portfolio/README.md says how')
    if problems:
        raise ReleaseError("\n".join(problems))
    return {release: str(release.version) in deprecated for release in releases}


def published(folder: Path) -> tuple[Release, ...]:
    """Return the releases in a folder, oldest first. Raises `ReleaseError` for a file that is none, or if none is."""
    files = sorted(folder.glob("*"))
    problems = [
        f"{file}: is no release; those are called <major>.<minor>.<patch>.yaml. Move it elsewhere."
        for file in files
        if file.suffix != ".yaml" or Version.parse(file.stem) is None
    ]
    if not files:
        problems.append(f"{folder}: holds no release, and Studio would have nothing to offer. Run make release.")
    if problems:
        raise ReleaseError("\n".join(problems))
    found = [(Version.parse(file.stem), file) for file in files]
    releases = [Release(version=version, path=file) for version, file in found if version is not None]
    return tuple(sorted(releases, key=lambda release: release.version))

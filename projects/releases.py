"""Releases of the project template as they are on offer in DEV, whichever way they are offered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baseline.releases import Version
from projects.errors import ProjectsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projects.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release. `reference` is what AWS knows it by: the id of an artifact, or the URL of a template."""

    name: str
    reference: str
    is_deprecated: bool

    @property
    def version(self) -> Version:
        """The version in its name, by which releases are ordered; 0.0.0 where the name is none."""
        return Version.parse(self.name) or Version(0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a project was made into. `release` is None when it is none of those on offer, `stack` when there is none."""

    release: str | None
    stack: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(ABC):
    """A way in which releases are offered, and projects are made and updated."""

    access: Access
    name: str
    releases: tuple[Release, ...]

    @property
    def newest(self) -> Release | None:
        """What a new project gets."""
        offered = [release for release in self.releases if not release.is_deprecated]
        return max(offered, key=lambda release: release.version, default=None)

    def release_called(self, version: str) -> Release:
        """Return a release by its version. Raises `ProjectsError` with those that there are."""
        for release in self.releases:
            if release.name == version:
                return release
        known = ", ".join(release.name for release in self.releases)
        raise ProjectsError(f'{self.name} has no release "{version}". It has: {known}.')

    @abstractmethod
    def made(self, described: Mapping[str, Any]) -> Made | None:
        """Return what a project, as SageMaker describes it, was made into; None for one that is not from here."""

    @abstractmethod
    def problems(self) -> list[str]:
        """Return, each with its cure, why whoever asks may not update projects."""

    @abstractmethod
    def template_url(self, release: Release) -> str:
        """Return the address of a release's template."""

    @abstractmethod
    def update(self, project: str, release: Release, parameters: Mapping[str, str]) -> None:
        """Ask SageMaker to bring a project to a release. It is not done when this returns."""


def ordered(releases: list[Release]) -> tuple[Release, ...]:
    """Return releases, oldest first."""
    return tuple(sorted(releases, key=lambda release: release.version))

"""The projects of an account set, as SageMaker tells of them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from projects.catalog import find_catalog
from projects.errors import ProjectsError
from projects.s3_templates import find_s3_templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projects.access import Access
    from projects.releases import Source

DELETED = "DeleteCompleted"
GONE = "gone"
_ID_OF_SAGEMAKER = re.compile(r"p-[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project. `source` is what it was made from, None when SageMaker has forgotten it.

    `release` is None when that is no longer on offer, `stack` when there is none.
    """

    name: str
    id: str
    status: str
    source: Source | None = None
    release: str | None = None
    stack: str | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether SageMaker has done with it. What was retained may still be there."""
        return self.status in {DELETED, GONE}

    @property
    def is_busy(self) -> bool:
        """Whether something is being done to it."""
        return self.status == "Pending" or self.status.endswith("InProgress")

    @property
    def prefix(self) -> str:
        """What every name of the project begins with."""
        return f"mlops-{self.id}"

    @property
    def pipelines(self) -> tuple[str, str]:
        """The names of its pipelines of CodePipeline: the one that trains and the one that deploys."""
        return f"{self.prefix}-build", f"{self.prefix}-deploy"


def all_projects(access: Access) -> tuple[Project, ...]:
    """Return the set's projects by name, also those that are deleted. Raises `ProjectsError` for a DEV without any."""
    sources, sagemaker = (find_catalog(access), find_s3_templates(access)), access.in_dev("sagemaker")
    pages = sagemaker.get_paginator("list_projects").paginate()
    names = sorted(summary["ProjectName"] for page in pages for summary in page["ProjectSummaryList"])
    found = (_project(sagemaker.describe_project(ProjectName=name), sources) for name in names)
    return tuple(project for project in found if project is not None)


def find_project(access: Access, wanted: str) -> Project:
    """Return a project by name or id. Raises `ProjectsError` with the projects that there are."""
    known = [project for project in all_projects(access) if not project.is_deleted]
    for project in known:
        if wanted in {project.name, project.id}:
            return project
    raise ProjectsError(_unknown(wanted, access=access, known=known))


def find_remains(access: Access, wanted: str) -> Project:
    """Return a project by name or id, also one that is deleted: of that, what was retained may still be there.

    SageMaker forgets deleted projects; one that it has forgotten is known by its id only. Raises `ProjectsError`.
    """
    known = all_projects(access)
    for project in sorted(known, key=lambda each: each.is_deleted):
        if wanted in {project.name, project.id}:
            return project
    if _ID_OF_SAGEMAKER.fullmatch(wanted):
        return Project(name=wanted, id=wanted, status=GONE)
    raise ProjectsError(_unknown(wanted, access=access, known=known))


def _project(described: Mapping[str, Any], sources: Sequence[Source]) -> Project | None:
    for source in sources:
        if (made := source.made(described)) is not None:
            return Project(
                name=described["ProjectName"],
                id=described["ProjectId"],
                status=described["ProjectStatus"],
                source=source,
                release=made.release,
                stack=made.stack,
            )
    return None


def _unknown(wanted: str, *, access: Access, known: Sequence[Project]) -> str:
    names = [project.name for project in known]
    nearest = difflib.get_close_matches(wanted, names, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    listed = f"Known: {', '.join(names)}." if names else "It has none."
    return f'Account set "{access.account_set.name}" has no project "{wanted}".{hint} {listed}'

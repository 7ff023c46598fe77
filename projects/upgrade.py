"""`projects upgrade`: bring one project to another release of the template, after a look at what that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from projects import changes
from projects.deployments import first_failure
from projects.errors import ProjectsError, refuse
from projects.listing import running
from projects.project import find_project
from projects.waiting import wait_for_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projects.access import Access
    from projects.changes import Change, Parameters
    from projects.project import Project
    from projects.releases import Release, Source
    from projects.terminal import Terminal

OF_SAGEMAKER = {"SageMakerProjectId", "SageMakerProjectName"}  # which it gives itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants of an upgrade. Without `release` it is the newest that is on offer."""

    project: str
    release: str | None = None
    parameters: Mapping[str, str]
    allows_replacement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A project that may be upgraded, and to what."""

    project: Project
    source: Source
    stack: str
    release: Release


def upgrade(access: Access, terminal: Terminal, wish: Wish) -> None:
    """Upgrade a project. Raises `ProjectsError` with all that is in the way before anything is changed."""
    project = find_project(access, wish.project)
    wanted = _upgrade(project, wish)
    if wanted.release.name == project.release and not wish.parameters:
        terminal.say(f"Project {project.name} has release {project.release} already.")
        return
    refuse(wanted.source.problems())
    cloudformation, url = access.in_dev("cloudformation"), wanted.source.template_url(wanted.release)
    with terminal.busy("CloudFormation computes what would change ..."):
        parameters = changes.parameters(cloudformation, stack=wanted.stack, template_url=url, given=wish.parameters)
        found = changes.preview(cloudformation, stack=wanted.stack, template_url=url, wanted=parameters)
    _show(access, terminal, wanted, found)
    _refuse_losses(found, wish)
    if terminal.confirms(f"Upgrade project {project.name} to release {wanted.release.name}?"):
        _update(access, terminal, wanted, parameters)


def _upgrade(project: Project, wish: Wish) -> Upgrade:
    """Return what is to be done. Raises `ProjectsError` for a project or a release that does not allow it."""
    if project.is_busy:
        raise ProjectsError(f"Project {project.name} is in {project.status}. Try again when that is done.")
    if project.stack is None or project.source is None:
        raise ProjectsError(
            f"Project {project.name} is in {project.status} and has no stack. Delete it, and create it anew: "
            f"pipenv run projects delete {project.id}"
        )
    release = project.source.release_called(wish.release) if wish.release else project.source.newest
    if release is None:
        raise ProjectsError(f"{project.source.name} has no release on offer: all are deprecated, or there are none.")
    return Upgrade(project=project, source=project.source, stack=project.stack, release=release)


def _show(access: Access, terminal: Terminal, wanted: Upgrade, found: Sequence[Change]) -> None:
    project = wanted.project
    terminal.say(f"Project {project.name} ({project.id}): release {project.release} -> {wanted.release.name}")
    if found:
        rows = [(one.logical_id, one.type, one.effect, ", ".join(one.properties)) for one in found]
        terminal.table(("resource", "type", "is", "because of"), rows)
    else:
        terminal.say("No resource changes.")
    for name, run in running(access, project):
        terminal.say(f"Pipeline {name} is running ({run}): the upgrade may change it under way.")


def _refuse_losses(found: Sequence[Change], wish: Wish) -> None:
    losses = [one for one in found if one.loses_work]
    if not losses or wish.allows_replacement:
        return
    named = [f"{one.logical_id} ({one.physical_id}) would be lost to the project: it {_is(one)}." for one in losses]
    raise ProjectsError(
        *named,
        "What it holds would stay behind, and pipelines and endpoints would look for it in vain. Nothing was changed. "
        "When that is meant: --allow-replacement",
    )


def _is(change: Change) -> str:
    return change.effect if change.effect.startswith("may ") else f"is {change.effect}"


def _update(access: Access, terminal: Terminal, wanted: Upgrade, parameters: Parameters) -> None:
    project, release, cloudformation = wanted.project, wanted.release, access.in_dev("cloudformation")
    values = {**parameters.kept, **parameters.given}
    with terminal.busy(f"Upgrading project {project.name} ..."):
        given = {name: value for name, value in values.items() if name not in OF_SAGEMAKER}
        wanted.source.update(project.name, release, given)
        ended = wait_for_project(access, project.name, change="Update")
    if ended.failed:
        raise ProjectsError(
            f"Project {project.name} could not be upgraded; it is as it was. "
            f"{ended.reason or first_failure(cloudformation, wanted.stack)}"
        )
    (described,) = cloudformation.describe_stacks(StackName=wanted.stack)["Stacks"]
    now = {one["ParameterKey"]: one["ParameterValue"] for one in described["Parameters"]}
    refuse(
        f"Parameter {name} was to be {value} and is {now.get(name)}. Mend it: pipenv run projects upgrade {project.id} "
        f"--to {release.name} --parameter {name}={value}"
        for name, value in values.items()
        if now.get(name) != value
    )
    terminal.say(f"Project {project.name} has release {release.name}.")

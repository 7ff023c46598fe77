"""`projects delete`: a project's deployments, then the project, and with `--purge` what its deletion retains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from projects.deployments import deployments, remove
from projects.errors import ProjectsError, refuse
from projects.listing import running
from projects.project import find_remains
from projects.retained import KEY, KEY_WINDOW_DAYS, MODEL, find_retained
from projects.waiting import wait_for_project

if TYPE_CHECKING:
    from projects.access import Access
    from projects.deployments import Deployment
    from projects.project import Project
    from projects.retained import Retained
    from projects.terminal import Terminal

LATER = "Try again when that is done."
AGAIN = "Mend that, and run this again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What there is of a project, in the order in which it goes."""

    project: Project
    runs: list[tuple[str, str]]
    deployments: list[Deployment]
    retained: list[Retained]

    @property
    def has_work(self) -> bool:
        """Whether there is a project or a deployment to delete."""
        return bool(self.deployments) or not self.project.is_deleted


def delete(access: Access, terminal: Terminal, wanted: str, *, purge: bool) -> None:
    """Delete a project. Raises `ProjectsError` with all that is in the way before anything is changed.

    Whatever fails on the way, the same command goes on from there.
    """
    deletion = _planned(access, terminal, wanted)
    project = deletion.project
    if not deletion.has_work and not (purge and deletion.retained):
        terminal.say(f"Project {project.name} is deleted.")
        _show_retained(terminal, deletion.retained, project=project)
        return
    _show(access, terminal, deletion, purge=purge)
    question = "Its data cannot be had back." if purge else "What serves from it stops."
    if not terminal.confirms(f"Delete project {project.name}? {question}", answer=project.name):
        return
    _delete(access, terminal, deletion)
    retained, problems = find_retained(access, project.id)
    if purge:
        refuse([*problems, *_purge(terminal, retained)])
    else:
        _show_retained(terminal, retained, project=project)
        refuse(problems)


def _planned(access: Access, terminal: Terminal, wanted: str) -> Deletion:
    with terminal.busy(f"Asking the accounts of {access.account_set.name} ..."):
        project = find_remains(access, wanted)
        found = [one for one in deployments(access, project.id) if one.status is not None]
        retained, problems = find_retained(access, project.id)
        if project.is_busy:
            problems.append(f"Project {project.name} is in {project.status}. {LATER}")
        problems += [
            f"{access.account(one.environment).name}: stack {one.stack} is in {one.status}. {LATER}"
            for one in found
            if one.is_busy
        ]
        refuse(problems)
        runs = running(access, project)
    if found:  # models of endpoints go with their stacks
        retained = [one for one in retained if one.kind != MODEL]
    return Deletion(project=project, runs=runs, deployments=found[::-1], retained=retained)


def _show(access: Access, terminal: Terminal, deletion: Deletion, *, purge: bool) -> None:
    dev = access.account_set.dev
    rows = [(dev.name, "run of a pipeline", f"{name} {run}", "stopped") for name, run in deletion.runs]
    rows += [
        (access.account(one.environment).name, "stack", f"{one.stack} ({one.status})", "deleted")
        for one in deletion.deployments
    ]
    if not deletion.project.is_deleted:
        rows.append((dev.name, "project", f"{deletion.project.name} ({deletion.project.id})", "deleted"))
    gone = {True: f"deleted in {KEY_WINDOW_DAYS} days", False: "emptied and deleted"}
    rows += [
        (access.account(one.environment).name, one.kind, one.name, gone[one.kind == KEY] if purge else "kept")
        for one in deletion.retained
    ]
    terminal.table(("account", "what", "name", "is"), rows)


def _delete(access: Access, terminal: Terminal, deletion: Deletion) -> None:
    codepipeline = access.in_dev("codepipeline")
    for name, run in deletion.runs:  # one that goes on would deploy anew what is deleted here
        codepipeline.stop_pipeline_execution(
            pipelineName=name, pipelineExecutionId=run, abandon=True, reason="The project is being deleted."
        )
    for deployment in deletion.deployments:
        with terminal.busy(f"Deleting {deployment.stack} ..."):
            remove(access, deployment)
        terminal.say(f"Deleted {deployment.stack}.")
    project = deletion.project
    if project.is_deleted:
        return
    with terminal.busy(f"Deleting project {project.name} ..."):
        access.in_dev("sagemaker").delete_project(ProjectName=project.name)
        ended = wait_for_project(access, project.name, change="Delete")
    if ended.failed:
        raise ProjectsError(f"Project {project.name} could not be deleted: {ended.reason or ended.status}. {AGAIN}")
    terminal.say(f"Deleted project {project.name} ({project.id}).")


def _purge(terminal: Terminal, retained: list[Retained]) -> list[str]:
    """Remove all that can be, and return what could not, and why."""
    problems = []
    for one in retained:
        try:
            with terminal.busy(f"Removing {one.kind} {one.name} ..."):
                one.remove()
        except ClientError as error:
            problems.append(f"{one.kind} {one.name} in {one.account_id}: {error}. {AGAIN}")
        else:
            what = f"Scheduled for deletion in {KEY_WINDOW_DAYS} days" if one.kind == KEY else "Removed"
            terminal.say(f"{what}: {one.kind} {one.name}.")
    return problems


def _show_retained(terminal: Terminal, retained: list[Retained], *, project: Project) -> None:
    if not retained:
        terminal.say(f"Nothing of project {project.name} is left.")
        return
    terminal.say("What holds work is kept:")
    terminal.table(("account", "what", "name"), [(one.account_id, one.kind, one.name) for one in retained])
    terminal.say(f"To remove it for good: pipenv run projects delete {project.id} --purge")

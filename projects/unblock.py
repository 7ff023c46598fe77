"""`projects unblock`: remove the stacks whose first deployment failed, which CloudFormation never updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projects.deployments import STUCK_UPDATE, deployments, remove, why_it_failed
from projects.errors import ProjectsError, refuse
from projects.project import find_project

if TYPE_CHECKING:
    from projects.access import Access
    from projects.deployments import Deployment
    from projects.terminal import Terminal


def unblock(access: Access, terminal: Terminal, wanted: str) -> None:
    """Remove a project's stuck stacks. Raises `ProjectsError` for what another cure is needed for."""
    project = find_project(access, wanted)
    found = deployments(access, project.id)
    refuse(problem for deployment in found if (problem := _problem(access, deployment)))
    stuck = [deployment for deployment in found if deployment.was_never_created]
    if not stuck:
        states = ", ".join(f"{deployment.environment} {deployment.status or 'has no stack'}" for deployment in found)
        raise ProjectsError(f"Project {project.name} is not blocked: {states}. Nothing was changed.")
    terminal.table(
        ("account", "stack", "status", "failed because of"),
        [
            (access.account(one.environment).name, one.stack, one.status or "", why_it_failed(access, one))
            for one in stuck
        ],
    )
    if not terminal.confirms(f"Delete {_listed(stuck)}? Nothing serves from it."):
        return
    for deployment in stuck:
        with terminal.busy(f"Deleting {deployment.stack} ..."):
            remove(access, deployment)
        terminal.say(f"Deleted {deployment.stack}.")
    dev, pipeline = access.account_set.dev, project.pipelines[1]
    terminal.say(
        "Mend what failed, then start the deployment, with the credentials of "
        f"{dev.name}:\n  aws codepipeline start-pipeline-execution --region {dev.region} --name {pipeline}"
    )


def _problem(access: Access, deployment: Deployment) -> str | None:
    where = f"{access.account(deployment.environment).name}: stack {deployment.stack} is in {deployment.status}"
    if deployment.is_busy:
        return f"{where}. Try again when that is done."
    if deployment.status == STUCK_UPDATE:
        return (
            f"{where}: its former model still serves, so it is not deleted. Mend what failed "
            f"({why_it_failed(access, deployment)}), then, with the credentials of that account:\n"
            f"  aws cloudformation continue-update-rollback --stack-name {deployment.stack}"
        )
    return None


def _listed(stuck: list[Deployment]) -> str:
    return " and ".join(deployment.stack for deployment in stuck)

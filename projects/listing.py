"""`projects list`: every project, its release, what it serves where, and how its pipelines ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from baseline.releases import Version
from projects.deployments import deployments, what_serves
from projects.project import all_projects

if TYPE_CHECKING:
    from projects.access import Access
    from projects.project import Project
    from projects.terminal import Terminal

HEADERS = ("project", "id", "status", "release", "dev", "preprod", "prod", "build", "deploy")
_AT_ONCE = 8


def list_projects(access: Access, terminal: Terminal) -> None:
    """Print the table."""
    with terminal.busy(f"Asking the accounts of {access.account_set.name} ..."), ThreadPoolExecutor(_AT_ONCE) as pool:
        known = [project for project in all_projects(access) if not project.is_deleted]
        rows = list(pool.map(lambda project: _row(access, project), known))
    if not rows:
        terminal.say(f'Account set "{access.account_set.name}" has no projects.')
        return
    terminal.table(HEADERS, rows)


def running(access: Access, project: Project) -> list[tuple[str, str]]:
    """Return the runs of the project's pipelines that have not ended: pipeline and execution id."""
    executions = [(name, _last(access, name)) for name in project.pipelines]
    return [
        (name, last["pipelineExecutionId"])
        for name, last in executions
        if last is not None and last["status"] in {"InProgress", "Stopping"}
    ]


def _row(access: Access, project: Project) -> list[str]:
    return [
        project.name,
        project.id,
        project.status,
        _release(project),
        *(what_serves(access, deployment) for deployment in deployments(access, project.id)),
        *(_state(access, name) for name in project.pipelines),
    ]


def _release(project: Project) -> str:
    newest = project.source.newest if project.source else None
    current = Version.parse(project.release or "")
    if newest is not None and (current is None or newest.version > current):
        return f"{project.release or 'unknown'} ({newest.name} on offer)"
    return project.release or "unknown"


def _state(access: Access, pipeline: str) -> str:
    last = _last(access, pipeline)
    return last["status"] if last else "-"


def _last(access: Access, pipeline: str) -> dict[str, str] | None:
    """Return the newest run of a pipeline, or None."""
    try:
        runs = access.in_dev("codepipeline").list_pipeline_executions(pipelineName=pipeline)
    except ClientError as error:
        if error.response["Error"]["Code"] != "PipelineNotFoundException":
            raise
        return None
    return next(iter(runs["pipelineExecutionSummaries"]), None)

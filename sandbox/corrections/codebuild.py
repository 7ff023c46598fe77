"""CodeBuild's projects. Stock moto changes none, and says of every build that it has succeeded: see `builds`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.codebuild.models import CodeBuildBackend, codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.utils import utcnow

from sandbox.corrections import builds
from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Record, serve
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

SERVICE = "codebuild.amazonaws.com"
IMITATED_SOURCE = "CODEPIPELINE"
IMITATED_ENVIRONMENT = "LINUX_CONTAINER"
DEFAULTS: Record = {
    "cache": {"type": "NO_CACHE"},
    "logsConfig": {"cloudWatchLogs": {"status": "ENABLED"}},
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "tags": [],
}
NO_LIMIT = -1  # UpdateProject: "If you want to remove an existing limit, set it to -1"


@dataclass(slots=True, kw_only=True)
class Projects:
    """What CodeBuild keeps of projects in one account and Region."""

    by_name: dict[str, Record] = field(default_factory=dict)


def create_project(caller: Caller, given: Record) -> Record:
    projects, name = _projects(caller), given["name"]
    arn = caller.arn("codebuild", f"project/{name}")
    if name in projects:
        raise ApiError("ResourceAlreadyExistsException", f"Project already exists: {arn}")
    key = {"encryptionKey": caller.arn("kms", "alias/aws/s3")}
    project = {**DEFAULTS, **key, **given, "arn": arn, "created": utcnow(), "lastModified": utcnow()}
    _check(caller, project)
    projects[name] = project
    return {"project": project}


def update_project(caller: Caller, given: Record) -> Record:
    projects, name = _projects(caller), given["name"]
    builds.find_project(caller, name)
    project = {**projects[name], **given, "lastModified": utcnow()}
    if project.get("concurrentBuildLimit") == NO_LIMIT:
        del project["concurrentBuildLimit"]
    _check(caller, project)
    projects[name] = project
    return {"project": project}


def batch_get_projects(caller: Caller, given: Record) -> Record:
    projects = _projects(caller)
    names = [name.rpartition("project/")[2] for name in given["names"]]
    missing = [name for name in names if name not in projects]
    return {"projects": [projects[name] for name in names if name in projects], "projectsNotFound": missing}


def list_projects(caller: Caller, _given: Record) -> Record:
    return {"projects": [*_projects(caller)]}


def delete_project(caller: Caller, given: Record) -> None:
    _projects(caller).pop(given["name"], None)


PROJECT = (
    "name description source artifacts cache environment serviceRole timeoutInMinutes queuedTimeoutInMinutes "
    "encryptionKey tags logsConfig concurrentBuildLimit"
)
OPERATIONS: Operations = {
    **builds.OPERATIONS,
    "BatchGetProjects": (batch_get_projects, "names"),
    "CreateProject": (create_project, PROJECT),
    "DeleteProject": (delete_project, "name"),
    "ListProjects": (list_projects, ""),
    "UpdateProject": (update_project, PROJECT),
}


def apply() -> None:
    """Put the correction in force."""
    keep(CodeBuildBackend, "projects", Projects)
    builds.apply()
    serve(CodeBuildResponse, "codebuild", OPERATIONS, alone=True)


def _projects(caller: Caller) -> dict[str, Record]:
    projects: Projects = kept(codebuild_backends[caller.account_id][caller.region], "projects")
    return projects.by_name


def _check(caller: Caller, project: Record) -> None:
    kinds = {project["source"]["type"], project["artifacts"]["type"]}
    if len(kinds) > 1 and IMITATED_SOURCE in kinds:
        raise _invalid(f"Invalid project: source and artifacts must both have the type {IMITATED_SOURCE}, or neither")
    environment = project["environment"]
    other = (kinds | {environment["type"]}) - {IMITATED_SOURCE, IMITATED_ENVIRONMENT}
    if other:
        raise NotImplementedError(f"projects of type {', '.join(sorted(other))}")
    names: list[Any] = [variable["name"] for variable in environment.get("environmentVariables", [])]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise _invalid(f"Duplicate environment variable names: {', '.join(repeated)}")
    role_arn = project["serviceRole"]
    if not is_trusting(caller, role_arn, SERVICE):
        raise _invalid(
            f"CodeBuild is not authorized to perform: sts:AssumeRole on service role {role_arn}. It must exist, and "
            f"trust {SERVICE}"
        )


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidInputException", message)

"""CodeCommit: repositories that git can clone and push to, in place of moto's, which have only a name.

A commit is made with git; `create_commit` makes a branch's first one, as CloudFormation does from a zip. EventBridge
hears of both: of a push when the server is next asked for work.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.codecommit.models import CodeCommitBackend, codecommit_backends
from moto.codecommit.responses import CodeCommitResponse
from moto.core.utils import utcnow

from sandbox.corrections import work
from sandbox.corrections.events import deliver
from sandbox.corrections.git_repositories import NOTHING, File, GitRepository, Push, pushes
from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Record, serve

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations


@dataclass(slots=True, kw_only=True)
class Repositories:
    """What CodeCommit keeps of repositories in one account and Region, by name."""

    metadata: dict[str, Record] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def create_repository(caller: Caller, given: Record) -> Record:
    name, repositories = given["repositoryName"], _repositories(caller)
    if name in repositories.metadata:
        raise ApiError("RepositoryNameExistsException", f"Repository named {name} already exists")
    _git(caller, name).make()
    now, host = utcnow(), f"git-codecommit.{caller.region}.amazonaws.com"
    metadata = {
        "accountId": caller.account_id,
        "repositoryId": str(uuid4()),
        "creationDate": now,
        "lastModifiedDate": now,
        "repositoryDescription": given.get("repositoryDescription", ""),
        "repositoryName": name,
        "Arn": caller.arn("codecommit", name),
        "cloneUrlHttp": f"https://{host}/v1/repos/{name}",
        "cloneUrlSsh": f"ssh://{host}/v1/repos/{name}",
    }
    repositories.metadata[name], repositories.tags[name] = metadata, given.get("tags", {})
    return {"repositoryMetadata": metadata}


def get_repository(caller: Caller, given: Record) -> Record:
    metadata = _metadata(caller, given)
    default = _git(caller, metadata["repositoryName"]).default_branch()
    return {"repositoryMetadata": metadata | ({"defaultBranch": default} if default else {})}


def list_repositories(caller: Caller, _given: Record) -> Record:
    return {"repositories": [*_repositories(caller).metadata.values()]}


def delete_repository(caller: Caller, given: Record) -> Record:
    name, repositories = given["repositoryName"], _repositories(caller)
    if name not in repositories.metadata:
        return {}
    _git(caller, name).delete()
    del repositories.tags[name]
    return {"repositoryId": repositories.metadata.pop(name)["repositoryId"]}


def update_repository_description(caller: Caller, given: Record) -> None:
    _metadata(caller, given)["repositoryDescription"] = given.get("repositoryDescription", "")


def create_commit(caller: Caller, given: Record) -> Record:
    branch, repository = given["branchName"], _git(caller, _metadata(caller, given)["repositoryName"])
    if branch in repository.branches():
        raise ApiError("ParentCommitIdRequiredException", f"A parent commit ID is required: {branch} exists already.")
    if not given.get("putFiles"):
        raise ApiError("NoChangeException", "The commit contains no changes.")
    files = [
        File(
            path=file["filePath"],
            content=base64.b64decode(file.get("fileContent", "")),
            mode=file.get("fileMode", "NORMAL"),
        )
        for file in given["putFiles"]
    ]
    message, author = given.get("commitMessage", ""), given.get("authorName", caller.role_arn.rpartition("/")[2])
    commit_id = repository.start(branch, files, author=author, email=given.get("email", ""), message=message)
    _announce(Push(repository=repository, old=NOTHING, new=commit_id, reference=f"refs/heads/{branch}"))
    return repository.commit(commit_id) or {}


def list_branches(caller: Caller, given: Record) -> Record:
    return {"branches": [*_git(caller, _metadata(caller, given)["repositoryName"]).branches()]}


def get_branch(caller: Caller, given: Record) -> Record:
    name, branch = _metadata(caller, given)["repositoryName"], given["branchName"]
    commit_id = _git(caller, name).branches().get(branch)
    if commit_id is None:
        raise ApiError("BranchDoesNotExistException", f"Branch {branch} does not exist in repository {name}")
    return {"branch": {"branchName": branch, "commitId": commit_id}}


def get_commit(caller: Caller, given: Record) -> Record:
    name, commit_id = _metadata(caller, given)["repositoryName"], given["commitId"]
    commit = _git(caller, name).commit(commit_id)
    if commit is None:
        raise ApiError("CommitIdDoesNotExistException", f"Commit {commit_id} does not exist in repository {name}")
    return {"commit": commit}


def list_tags(caller: Caller, given: Record) -> Record:
    return {"tags": _tags(caller, given)}


def tag(caller: Caller, given: Record) -> None:
    _tags(caller, given).update(given["tags"])


def untag(caller: Caller, given: Record) -> None:
    for key in given["tagKeys"]:
        _tags(caller, given).pop(key, None)


NAME = "repositoryName"
OPERATIONS: Operations = {
    "CreateCommit": (create_commit, f"{NAME} branchName authorName email commitMessage putFiles"),
    "CreateRepository": (create_repository, f"{NAME} repositoryDescription tags"),
    "DeleteRepository": (delete_repository, NAME),
    "GetBranch": (get_branch, f"{NAME} branchName"),
    "GetCommit": (get_commit, f"{NAME} commitId"),
    "GetRepository": (get_repository, NAME),
    "ListBranches": (list_branches, NAME),
    "ListRepositories": (list_repositories, ""),
    "ListTagsForResource": (list_tags, "resourceArn"),
    "TagResource": (tag, "resourceArn tags"),
    "UntagResource": (untag, "resourceArn tagKeys"),
    "UpdateRepositoryDescription": (update_repository_description, f"{NAME} repositoryDescription"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(CodeCommitBackend, "git", Repositories)
    work.before_deliveries(_read_pushes)
    serve(CodeCommitResponse, "codecommit", OPERATIONS, alone=True)


_place = {"of pushes": 0}


def _read_pushes() -> None:
    made, _place["of pushes"] = pushes(after=_place["of pushes"])
    for push in made:
        place = f"{push.repository.name} {push.reference}"
        with work.as_delivery(account_id=push.repository.account_id, rule="push", target=place, event="git push"):
            _announce(push)


def _announce(push: Push) -> None:
    """Let EventBridge hear of a reference: "Monitoring CodeCommit events", CodeCommit User Guide."""
    repository = push.repository
    caller = Caller(account_id=repository.account_id, region=repository.region, role_arn="")
    metadata = _repositories(caller).metadata.get(repository.name)
    if metadata is None:  # deleted since
        return
    kind = "Deleted" if push.new == NOTHING else "Created" if push.old == NOTHING else "Updated"
    _, parent, name = push.reference.split("/", 2)
    detail = {
        "event": f"reference{kind}",
        "repositoryName": repository.name,
        "repositoryId": metadata["repositoryId"],
        "referenceType": {"heads": "branch", "tags": "tag"}.get(parent, parent),
        "referenceName": name,
        "referenceFullName": push.reference,
    }
    commits = {"commitId": push.new, "oldCommitId": push.old}
    deliver(
        account_id=repository.account_id,
        region=repository.region,
        source="aws.codecommit",
        detail_type="CodeCommit Repository State Change",
        detail=detail | {key: commit_id for key, commit_id in commits.items() if commit_id != NOTHING},
        resources=[metadata["Arn"]],
    )


def _repositories(caller: Caller) -> Repositories:
    repositories: Repositories = kept(codecommit_backends[caller.account_id][caller.region], "git")
    return repositories


def _git(caller: Caller, name: str) -> GitRepository:
    return GitRepository(account_id=caller.account_id, region=caller.region, name=name)


def _metadata(caller: Caller, given: Record) -> Record:
    name = given["repositoryName"]
    metadata = _repositories(caller).metadata.get(name)
    if metadata is None:
        raise ApiError("RepositoryDoesNotExistException", f"{name} does not exist")
    return metadata


def _tags(caller: Caller, given: Record) -> dict[str, str]:
    name = given["resourceArn"].rpartition(":")[2]
    _metadata(caller, {"repositoryName": name})
    return _repositories(caller).tags[name]

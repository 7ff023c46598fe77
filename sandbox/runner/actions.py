"""The actions of pipelines: source, build, deployment and approval, each with the API and the role that AWS uses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.runner import artifacts, deployments
from sandbox.runner.artifacts import ArtifactError
from sandbox.runner.builds import run_build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3

    from sandbox.runner.bench import Bench, Item

Told = dict[str, Any]


def run(bench: Bench, item: Item) -> Told:
    """Run an action and return what to tell of it. The pipeline's role runs it, or the one that the action names."""
    name = item["execution_id"].partition("-")[0]
    pipeline = bench.session(
        item["account_id"], role_arn=item["pipeline_role_arn"], service="codepipeline", name=f"{name}-{item['action']}"
    )
    session = pipeline
    try:
        if item["role_arn"]:
            session = bench.assume(pipeline, role_arn=item["role_arn"], name=f"{item['pipeline']}-{item['action']}")
        return _ACTIONS[item["provider"]](bench, item, session)
    except (ClientError, ArtifactError) as error:
        return failed(str(error))


def failed(summary: str, **more: str) -> Told:
    """Return what to tell of an action that has failed."""
    return {"status": "Failed", "summary": summary, **more}


def _source(bench: Bench, item: Item, session: boto3.Session) -> Told:
    """Pack the branch's newest commit, or the one that the execution was started with."""
    codecommit, configuration = bench.client(session, "codecommit"), item["configuration"]
    name, branch = configuration["RepositoryName"], configuration["BranchName"]
    commit_id = item["revision"]
    if not commit_id:
        commit_id = codecommit.get_branch(repositoryName=name, branchName=branch)["branch"]["commitId"]
    commit = codecommit.get_commit(repositoryName=name, commitId=commit_id)["commit"]
    folder = Path(bench.sandbox.repositories, item["account_id"], item["region"], name)
    # Not in the API: CodeCommit packs the commit in the caller's name, who asks how far it is.
    bench.note(item, session, "codecommit", "UploadArchive", "GetUploadArchiveStatus", repositoryName=name)
    packed = subprocess.run(
        ["git", f"--git-dir={folder}", "archive", "--format=zip", commit_id], capture_output=True, check=True
    )
    (output,) = item["outputs"]
    artifacts.put(bench.client(session, "s3"), output, packed.stdout, key_id=item["key_id"])
    message = commit["message"]
    return {
        "status": "Succeeded",
        "summary": message,
        "external_id": commit_id,
        "outputs": item["outputs"],
        "revisions": [{"name": output["name"], "revisionId": commit_id, "revisionSummary": message}],
        "variables": {
            "AuthorDate": commit["author"]["date"],
            "BranchName": branch,
            "CommitId": commit_id,
            "CommitMessage": message,
            "CommitterDate": commit["committer"]["date"],
            "RepositoryName": name,
        },
    }


def _build(bench: Bench, item: Item, session: boto3.Session) -> Told:
    codebuild, configuration = bench.client(session, "codebuild"), item["configuration"]
    override = json.loads(configuration.get("EnvironmentVariables", "[]"))
    started = codebuild.start_build(projectName=configuration["ProjectName"], environmentVariablesOverride=override)
    build_id = started["build"]["id"]
    run_build(bench, item, started["build"])
    (build,) = codebuild.batch_get_builds(ids=[build_id])["builds"]
    bad = [phase for phase in build["phases"] if phase["phaseStatus"] != "SUCCEEDED"]
    if build["buildStatus"] != "SUCCEEDED":
        reasons = "; ".join(
            f"{phase['phaseType']}: {context['message']}" for phase in bad for context in phase.get("contexts", [])
        )
        return failed(f"Build terminated with state: {build['buildStatus']}. {reasons}".strip(), external_id=build_id)
    exported = {variable["name"]: variable["value"] for variable in build.get("exportedEnvironmentVariables", [])}
    variables = {name: value for name, value in exported.items() if value}
    outputs = item["outputs"]
    summary = ", ".join(f"{name}={value}" for name, value in variables.items())
    told = {"status": "Succeeded", "summary": summary, "external_id": build_id}
    return {**told, "variables": variables, "outputs": outputs}


def _approval(bench: Bench, item: Item, session: boto3.Session) -> Told:
    """Ask, and wait for PutApprovalResult."""
    configuration = item["configuration"]
    topic = configuration.get("NotificationArn")
    if topic:
        approval = {
            "pipelineName": item["pipeline"],
            "stageName": item["stage"],
            "actionName": item["action"],
            "token": item["token"],
            "externalEntityLink": configuration.get("ExternalEntityLink"),
            "customData": configuration.get("CustomData"),
        }
        subject = f"APPROVAL NEEDED: AWS CodePipeline {item['pipeline']} for action {item['action']}"
        message = json.dumps({"region": item["region"], "approval": approval})
        bench.client(session, "sns").publish(TopicArn=topic, Subject=subject[:100], Message=message)
    return {"status": "Waiting", "summary": configuration.get("CustomData", "")}


_ACTIONS: Mapping[str, Callable[[Bench, Item, boto3.Session], Told]] = {
    "CloudFormation": deployments.deploy,
    "CodeBuild": _build,
    "CodeCommit": _source,
    "Manual": _approval,
}

"""CodeBuild's builds and their reports, as the API tells of them. The runner runs a build and tells how it goes.

Builds are started by actions of pipelines, in whose names their input and output is: nobody else can start one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from moto.codebuild.models import CodeBuildBackend, codebuild_backends
from moto.core.utils import utcnow

from sandbox.corrections import work
from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Record

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations


@dataclass(slots=True, kw_only=True)
class Builds:
    """What CodeBuild keeps of builds in one account and Region, oldest first."""

    by_id: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)
    reports: dict[str, Record] = field(default_factory=dict)


def start_build(caller: Caller, given: Record) -> Record:
    name = given["projectName"]
    project, builds = find_project(caller, name), _builds(caller)
    item = next((item for item in work.taken() if _is_for(item, caller, name)), None)
    if item is None:
        raise NotImplementedError(f"a build of {name} that no pipeline starts")
    build_id = f"{name}:{uuid4()}"
    environment = project["environment"]
    overridden = {item["name"]: item for item in environment.get("environmentVariables", [])}
    overridden |= {item["name"]: item for item in given.get("environmentVariablesOverride", [])}
    number = 1 + sum(build["projectName"] == name for build in builds.by_id.values())
    logs = project["logsConfig"].get("cloudWatchLogs", {})
    group = logs.get("groupName") or f"/aws/codebuild/{name}"
    stream = "/".join([*filter(None, [logs.get("streamName")]), build_id.partition(":")[2]])
    build = {
        "id": build_id,
        "arn": caller.arn("codebuild", f"build/{build_id}"),
        "buildNumber": number,
        "projectName": name,
        "startTime": utcnow(),
        "currentPhase": "QUEUED",
        "buildStatus": "IN_PROGRESS",
        "buildComplete": False,
        "initiator": f"codepipeline/{item['pipeline']}",
        "sourceVersion": item["commit_id"],
        "resolvedSourceVersion": item["commit_id"],
        "environment": {**environment, "environmentVariables": [*overridden.values()]},
        "logs": {"groupName": group, "streamName": stream},
        "phases": [],
        "reportArns": [],
        **{key: project[key] for key in ("artifacts", "cache", "encryptionKey", "serviceRole", "source")},
        **{key: project[key] for key in ("queuedTimeoutInMinutes", "timeoutInMinutes")},
    }
    builds.by_id[build_id] = build
    item["build_id"] = build_id
    return {"build": build}


def batch_get_builds(caller: Caller, given: Record) -> Record:
    builds = _builds(caller).by_id
    found = [builds[name] for name in given["ids"] if name in builds]
    return {"builds": found, "buildsNotFound": [name for name in given["ids"] if name not in builds]}


def list_builds_for_project(caller: Caller, given: Record) -> Record:
    find_project(caller, given["projectName"])
    builds = [item["id"] for item in _builds(caller).by_id.values() if item["projectName"] == given["projectName"]]
    return {"ids": builds[::-1]}


def create_report_group(caller: Caller, given: Record) -> Record:
    groups, arn = _builds(caller).groups, caller.arn("codebuild", f"report-group/{given['name']}")
    if arn in groups:
        raise ApiError("ResourceAlreadyExistsException", f"Report group already exists: {arn}")
    groups[arn] = {**given, "arn": arn, "created": utcnow(), "status": "ACTIVE"}
    return {"reportGroup": groups[arn]}


def list_report_groups(caller: Caller, _given: Record) -> Record:
    return {"reportGroups": [*_builds(caller).groups]}


def list_reports(caller: Caller, given: Record) -> Record:
    reports = _builds(caller).reports.values()
    return {"reports": [item["arn"] for item in reports if item["reportGroupArn"] == given["reportGroupArn"]][::-1]}


def batch_get_reports(caller: Caller, given: Record) -> Record:
    reports = _builds(caller).reports
    missing = [arn for arn in given["reportArns"] if arn not in reports]
    return {"reports": [reports[arn] for arn in given["reportArns"] if arn in reports], "reportsNotFound": missing}


def describe_test_cases(caller: Caller, given: Record) -> Record:
    report = _builds(caller).reports.get(given["reportArn"])
    if report is None:
        raise ApiError("ResourceNotFoundException", f"There is no report {given['reportArn']}")
    return {"testCases": report["cases"]}


OPERATIONS: Operations = {
    "BatchGetBuilds": (batch_get_builds, "ids"),
    "BatchGetReports": (batch_get_reports, "reportArns"),
    "CreateReportGroup": (create_report_group, "name type exportConfig"),
    "DescribeTestCases": (describe_test_cases, "reportArn"),
    "ListBuildsForProject": (list_builds_for_project, "projectName"),
    "ListReportGroups": (list_report_groups, ""),
    "ListReportsForReportGroup": (list_reports, "reportGroupArn"),
    "StartBuild": (start_build, "projectName environmentVariablesOverride"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(CodeBuildBackend, "builds", Builds)
    work.RECEIVERS |= {"build phase": _hear_phase, "build": _hear_end, "report": _hear_report}


def find_project(caller: Caller, name: str) -> Record:
    """Return a project, or raise the API's error."""
    projects = kept(codebuild_backends[caller.account_id][caller.region], "projects").by_name
    if name not in projects:
        raise ApiError("ResourceNotFoundException", f"The provided project {name} does not exist")
    project: Record = projects[name]
    return project


def _is_for(item: Record, caller: Caller, project: str) -> bool:
    """Whether a piece of work is an action that waits for a build of the project, with the role that calls."""
    return (
        item["kind"] == "action"
        and item["configuration"].get("ProjectName") == project
        and "build_id" not in item
        and caller.role_arn in {item["role_arn"], item["pipeline_role_arn"]}
    )


def _hear_phase(item: Record, told: Record) -> None:
    """Hear that a phase is over: ``phaseType``, ``phaseStatus``, ``seconds``, ``message``."""
    end = utcnow()
    seconds = told["seconds"]
    phase = {"phaseType": told["phaseType"], "phaseStatus": told["phaseStatus"], "endTime": end}
    phase |= {"startTime": datetime.fromtimestamp(end.timestamp() - seconds, UTC), "durationInSeconds": int(seconds)}
    phase["contexts"] = (
        [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": told["message"]}] if told["message"] else []
    )
    _build(item)["phases"].append(phase)
    _build(item)["currentPhase"] = told["phaseType"]


def _hear_end(item: Record, told: Record) -> None:
    """Hear that a build is over: ``buildStatus``, and by name what it exported."""
    exported = [{"name": name, "value": value} for name, value in told["exported"].items()]
    build = _build(item)
    build |= {"endTime": utcnow(), "currentPhase": "COMPLETED", "buildComplete": True}
    build |= {"buildStatus": told["buildStatus"], "exportedEnvironmentVariables": exported}


def _hear_report(item: Record, told: Record) -> Record:
    """Hear of a test report of a build: the group's ARN, and ``cases`` as DescribeTestCases tells them."""
    group = told["reportGroupArn"]
    arn = f"{group.replace(':report-group/', ':report/')}:{uuid4()}"
    statuses = [case["status"] for case in told["cases"]]
    counts = {status: statuses.count(status) for status in sorted({*statuses})}
    report = {
        "arn": arn,
        "type": "TEST",
        "name": group.rpartition("/")[2],
        "reportGroupArn": group,
        "executionId": _build(item)["arn"],
        "status": "SUCCEEDED" if {*statuses} <= {"SUCCEEDED", "SKIPPED"} else "FAILED",
        "created": utcnow(),
        "testSummary": {"total": len(statuses), "statusCounts": counts, "durationInNanoSeconds": 0},
        "cases": [{**case, "reportArn": arn} for case in told["cases"]],
    }
    _of(item).reports[arn] = report
    _build(item)["reportArns"].append(arn)
    return {"arn": arn}


def _of(item: Record) -> Builds:
    return _builds(Caller(account_id=item["account_id"], region=item["region"], role_arn=""))


def _build(item: Record) -> Record:
    return _of(item).by_id[item["build_id"]]


def _builds(caller: Caller) -> Builds:
    builds: Builds = kept(codebuild_backends[caller.account_id][caller.region], "builds")
    return builds

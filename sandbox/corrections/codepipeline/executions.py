"""How an execution goes through the stages of its pipeline, one action after the other.

Source: the CodePipeline User Guide, "How pipeline executions work", "Stage conditions", "Configuring stage retry" and
"Configuring stage rollback". What AWS does at the same time happens here one after the other, in a fixed order: of the
actions that could run, one of the execution that has run the fewest, and of these of the oldest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from moto.core.utils import utcnow

from sandbox.corrections.codepipeline.variables import UnresolvedError, resolved, unmet
from sandbox.corrections.operations import new_id
from sandbox.corrections.work import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.corrections.operations import Record

ROLLBACK = "ROLLBACK"
SUPERSEDED = "SUPERSEDED"
AUTOMATIC, MANUAL = "autoStageRetryAttempt", "manualStageRetryAttempt"
APPROVAL = "Approval"
RUNNING = {"InProgress", "Stopping"}
MOST_CHARACTERS = 20, 10  # of a pipeline's and an artifact's name in a key


@dataclass(slots=True, kw_only=True)
class StageRun:
    """A stage as one execution went through it, and the last run of each of its actions by name."""

    status: str = "InProgress"
    conditions: dict[str, Record] = field(default_factory=dict)
    """What came of conditions, by the moment that they are for: ``beforeEntry``, ``onSuccess``, ``onFailure``."""
    retries: Record = field(default_factory=dict)
    """How often it was retried, as GetPipelineState tells it."""
    result: str = ""
    """Of the condition that made it fail, if one did: ``FAIL`` or ``ROLLBACK``."""
    actions: dict[str, Record] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Execution:
    """One execution: what the API tells of it, the declaration that it runs, and how far it is."""

    record: Record
    declaration: Record
    announce: Callable[[Execution, str], None]
    roll_back: Callable[[Execution], str]
    """Called when its stage has failed and is declared to be rolled back. Returns what came of it."""
    position: int = 0
    """Index of the stage that it is in or waits to enter; of the one that it ended in, when it has ended."""
    stages: dict[str, StageRun] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    artifacts: dict[str, Record] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)
    """The runs of actions, oldest first, as ListActionExecutions tells them and with what only the sandbox knows."""
    revisions: dict[str, str] = field(default_factory=dict)
    """Commits that were asked for, by the source action's name."""

    @property
    def id(self) -> str:
        return str(self.record["pipelineExecutionId"])

    @property
    def status(self) -> str:
        return str(self.record["status"])

    @property
    def stage(self) -> Record:
        stage: Record = self.declaration["stages"][self.position]
        return stage

    @property
    def has_entered(self) -> bool:
        return self.stage["name"] in self.stages

    @property
    def is_rollback(self) -> bool:
        return bool(self.record["executionType"] == ROLLBACK)

    def end(self, status: str, summary: str = "") -> None:
        """Give it a status, and let EventBridge hear of it."""
        self.record |= {"status": status, "statusSummary": summary, "lastUpdateTime": utcnow()}
        self.announce(self, status.upper())

    def move(self, executions: Sequence[Execution]) -> Record | None:
        """Go as far as possible without an action. Returns the declaration of the action to run next, or None."""
        while self.status == "InProgress":
            if not self.has_entered:
                if self._has_to_wait(executions):
                    return None
                self._enter()
                continue
            run = self.stages[self.stage["name"]]
            action = self._next_action(run) if run.status == "InProgress" else None
            if action:
                return action
            if run.status == "InProgress":  # an action of it is
                return None
            if run.status == "Failed":
                self._fail(run)
            elif self.is_rollback or self.position == len(self.declaration["stages"]) - 1:
                self.end("Succeeded")
            else:
                self.position += 1
        return None

    def _has_to_wait(self, executions: Sequence[Execution]) -> bool:
        if self.record["executionMode"] == "PARALLEL":
            return False
        others = [
            item
            for item in executions
            if item is not self
            and item.position == self.position
            and item.declaration["name"] == self.declaration["name"]
        ]
        occupied = any(item.status in RUNNING and item.has_entered for item in others)
        if occupied and self.record["executionMode"] == SUPERSEDED:
            before = executions[: executions.index(self)]
            for other in others:
                if other in before and other.status == "InProgress" and not other.has_entered:
                    other.end("Superseded", f"Superseded by {self.id}")
        return occupied

    def _enter(self) -> None:
        run = self.stages[self.stage["name"]] = StageRun()
        run.result = self._unmet(run, "beforeEntry")
        if run.result:
            run.status = "Skipped" if run.result == "SKIP" else "Failed"

    def _leave(self, run: StageRun) -> None:
        run.result = self._unmet(run, "onSuccess")
        run.status = "Failed" if run.result else "Succeeded"

    def _fail(self, run: StageRun) -> None:
        """End, or go into the stage again, as it is declared for a stage with an action that has failed."""
        declared = self.stage.get("onFailure", {})
        result = run.result or self._unmet(run, "onFailure") or declared.get("result")
        if result == "RETRY" and AUTOMATIC not in run.retries:  # "One attempt is allowed": RetryStageMetadata
            mode = declared.get("retryConfiguration", {}).get("retryMode", "FAILED_ACTIONS")
            self.retry(self.stage["name"], mode=mode, is_automatic=True)
            return
        self.end("Failed", " ".join(condition.get("summary", "") for condition in run.conditions.values()).strip())
        if result == ROLLBACK and not self.is_rollback:
            self.record["statusSummary"] += " " * bool(self.record["statusSummary"]) + self.roll_back(self)

    def _unmet(self, run: StageRun, moment: str) -> str:
        """Ask the stage's conditions for a moment. Returns the result of one that is not met, or nothing."""
        conditions = self.stage.get(moment, {}).get("conditions")
        if not conditions:
            return ""
        try:
            found = unmet(conditions, self.namespaces)
        except UnresolvedError as error:
            run.conditions[moment] = {"status": "Errored", "summary": str(error)}
            return "FAIL"
        run.conditions[moment] = {"status": "Failed", "summary": found[1]} if found else {"status": "Succeeded"}
        return found[0] if found else ""

    def retry(self, stage: str, *, mode: str, is_automatic: bool) -> None:
        """Go into a stage that has failed again, with all of its actions or with those that have failed."""
        run = self.stages[stage]
        if not run.actions:  # its condition failed
            del self.stages[stage]
            return
        kept_runs = {} if mode == "ALL_ACTIONS" else run.actions
        run.status, run.result = "InProgress", ""
        run.actions = {key: value for key, value in kept_runs.items() if value["status"] == "Succeeded"}
        counted = AUTOMATIC if is_automatic else MANUAL
        trigger = f"{'Automated' if is_automatic else 'Manual'}StageRetry"
        run.retries |= {counted: run.retries.get(counted, 0) + 1, "latestRetryTrigger": trigger}

    def _next_action(self, run: StageRun) -> Record | None:
        """Return the action to run, or none; then the stage has its status, if no action of it is in progress."""
        declared = sorted(self.stage["actions"], key=lambda action: action["runOrder"])
        for run_order in sorted({action["runOrder"] for action in declared}):
            together = [action for action in declared if action["runOrder"] == run_order]
            for action in together:
                if action["name"] not in run.actions:
                    return dict(action)
            statuses = {run.actions[action["name"]]["status"] for action in together}
            if "InProgress" in statuses:
                return None
            if statuses != {"Succeeded"}:
                run.status = "Failed"
                return None
        self._leave(run)
        return None

    def start(self, action: Record) -> Record | None:
        """Begin an action. Returns it as a piece of work, or None when it has failed at once."""
        now, kind = utcnow(), action["actionTypeId"]
        given = {"actionTypeId": kind, "configuration": action["configuration"]}
        given |= {key: action[key] for key in ("namespace", "roleArn", "region") if key in action}
        needed = [item["name"] for item in action["inputArtifacts"]]
        inputs = [self._told(name, self.artifacts[name]) for name in needed if name in self.artifacts]
        record = {
            "pipelineExecutionId": self.id,
            "actionExecutionId": str(uuid4()),
            "pipelineVersion": self.record["pipelineVersion"],
            "stageName": self.stage["name"],
            "actionName": action["name"],
            "startTime": now,
            "lastUpdateTime": now,
            "status": "InProgress",
            "input": {**given, "inputArtifacts": inputs},
            "output": {"outputArtifacts": [], "outputVariables": {}, "executionResult": {}},
            "declaration": action,
        }
        self.stages[self.stage["name"]].actions[action["name"]] = record
        self.history.append(record)
        missing = [name for name in needed if name not in self.artifacts]
        if missing:  # the stage that makes it was skipped
            self.finish(record, {"status": "Failed", "summary": f"No action has made {', '.join(missing)}"})
            return None
        try:
            configuration = resolved(action["configuration"], self.namespaces)
        except UnresolvedError as error:
            self.finish(record, {"status": "Failed", "summary": str(error)})
            return None
        record["input"]["resolvedConfiguration"] = configuration
        if kind["category"] == APPROVAL:
            record["token"] = str(uuid4())
        store, (of_pipeline, of_artifact) = self.declaration["artifactStore"], MOST_CHARACTERS
        prefix, bucket = self.declaration["name"][:of_pipeline], store["location"]
        outputs = [
            {"name": name, "bucket": bucket, "key": f"{prefix}/{name[:of_artifact]}/{new_id('', length=7)[1:]}"}
            for name in (item["name"] for item in action["outputArtifacts"])
        ]
        return {
            "id": record["actionExecutionId"],
            "kind": "action",
            "pipeline": self.declaration["name"],
            "execution_id": self.id,
            "stage": self.stage["name"],
            "action": action["name"],
            "provider": kind["provider"],
            "configuration": configuration,
            "role_arn": action.get("roleArn"),
            "pipeline_role_arn": self.declaration["roleArn"],
            "inputs": [{"name": name, **self.artifacts[name]} for name in needed],
            "outputs": outputs,
            "key_id": store.get("encryptionKey", {}).get("id"),
            "revision": self.revisions.get(action["name"]),
            "commit_id": next((item["revisionId"] for item in self.record.get("artifactRevisions", [])), ""),
            "token": record.get("token"),
        }

    def finish(self, record: Record, told: Record) -> None:
        """Take in what came of an action: ``status``, ``summary``, and what it made."""
        if record["status"] != "InProgress":  # it was abandoned meanwhile
            return
        if told["status"] == "Waiting":
            return
        result = {"externalExecutionId": told.get("external_id"), "externalExecutionSummary": told.get("summary")}
        result |= {"externalExecutionUrl": told.get("url")}
        if told["status"] == "Failed":
            result["errorDetails"] = {"code": told.get("code", "JobFailed"), "message": told.get("summary", "")}
        output = record["output"]
        output["executionResult"] = {key: value for key, value in result.items() if value}
        record |= {"status": told["status"], "lastUpdateTime": utcnow()}
        if told["status"] == "Succeeded":
            for item in told.get("outputs", []):
                self.artifacts[item["name"]] = {key: item[key] for key in ("bucket", "key")}
                output["outputArtifacts"].append(self._told(item["name"], item))
            output["outputVariables"] = told.get("variables", {})
            if "namespace" in record["declaration"]:
                self.namespaces[record["declaration"]["namespace"]] = told.get("variables", {})
            self.record.setdefault("artifactRevisions", []).extend(told.get("revisions", []))
        if self.status == "Stopping" and not self.in_progress():
            self.stages[self.stage["name"]].status = "Stopped"
            self.end("Stopped", self.record["statusSummary"])

    def abandon(self, reason: str) -> None:
        """Fail where it is, with whatever it was about to begin."""
        for record in self.in_progress():
            self.finish(record, {"status": "Failed", "summary": reason})
        run = self.stages.setdefault(self.stage["name"], StageRun())
        run.status, run.result = "Failed", "FAIL"
        self.end("Failed", reason)

    def in_progress(self) -> list[Record]:
        """Return the runs of actions that are in progress."""
        return [item for item in self.history if item["status"] == "InProgress"]

    @staticmethod
    def _told(name: str, location: Record) -> Record:
        return {"name": name, "s3location": {"bucket": location["bucket"], "key": location["key"]}}


def next_work(executions: Sequence[Execution]) -> Record | None:
    """Move every execution, and begin the action that is to run next, if there is one."""
    while True:
        able = [(each, action) for each in executions if (action := _unless_faulty(each, each.move, executions))]
        if not able:
            return None
        execution, action = min(able, key=lambda found: len(found[0].history))
        item = _unless_faulty(execution, execution.start, action)
        if item:
            return item


def _unless_faulty(execution: Execution, act: Callable[[Any], Record | None], given: Any) -> Record | None:  # noqa: ANN401
    """Go on with an execution. One that the sandbox cannot go on with fails, with the fault as its reason."""
    try:
        return act(given)
    except Exception as error:  # noqa: BLE001  (the other pipelines go on)
        execution.abandon(reason_of(error))
        return None

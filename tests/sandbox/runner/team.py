"""A team with a repository, a pipeline and builds of its own in DEV, in the words of the tests."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sandbox.runner import Step, drain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.sandbox.running_sandbox import RunningSandbox

DEV, PROD, REGION = "111111111111", "333333333333", "eu-west-1"
BUILDSPEC = """
version: 0.2
phases:
  build:
    commands:
      - echo built
"""

Record = dict[str, Any]


class Team:
    """What one test makes: every name begins with an id of its own."""

    def __init__(self, running: RunningSandbox, folder: Path) -> None:
        self.running, self.folder, self.id = running, folder, f"t{uuid4().hex[:8]}"
        self.bucket, self.pipeline = f"{self.id}-pipeline", f"{self.id}-deploy"
        self._pushes = 0
        self.client("s3").create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.key_arn = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.client("codecommit").create_repository(repositoryName=self.id)
        self.roles = {service: self._role(service) for service in ("codebuild", "codepipeline", "events", "sagemaker")}
        self.clone = folder / "clone"
        self._git(
            folder, "clone", "--quiet", f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{self.id}", "clone"
        )
        self._git(self.clone, "checkout", "--quiet", "-b", "main")

    def client(self, service: str, account: str = "dev") -> Any:  # noqa: ANN401
        return self.running.client(account, service)

    def push(self, files: Mapping[str, str], *, branch: str = "main", message: str = "Change") -> str:
        """Commit files to a branch and push it with plain git. Returns the commit's id."""
        for path, text in files.items():
            (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / path).write_text(text)
        self._pushes += 1
        (self.clone / "count").write_text(str(self._pushes))
        self._git(self.clone, "checkout", "--quiet", "-B", branch)
        self._git(self.clone, "add", "--all")
        self._git(self.clone, "commit", "--quiet", f"--message={message}")
        self._git(self.clone, "push", "--quiet", "--set-upstream", "origin", branch)
        return self._git(self.clone, "rev-parse", "HEAD").strip()

    def project(self, name: str = "build", *, buildspec: str | None = None, **members: Any) -> str:  # noqa: ANN401
        """Make a build project. `buildspec` is one that stands in the project itself."""
        variables = [{"name": key, "value": value} for key, value in members.pop("variables", {}).items()]
        given = {
            "name": f"{self.id}-{name}",
            "serviceRole": self.roles["codebuild"],
            "source": {"type": "CODEPIPELINE", **({"buildspec": buildspec} if buildspec else {})},
            "artifacts": {"type": "CODEPIPELINE"},
            "encryptionKey": self.key_arn,
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": variables,
            },
        }
        self.client("codebuild").create_project(**{**given, **members})
        return str(given["name"])

    def make_pipeline(self, *stages: Record, **members: Any) -> None:  # noqa: ANN401
        """Make a pipeline with the repository as its source. It runs once when it is made."""
        source = {
            "name": "Source",
            "actionTypeId": _kind("Source", "CodeCommit"),
            "namespace": "SourceVariables",
            "configuration": {"RepositoryName": self.id, "BranchName": "main", "PollForSourceChanges": "false"},
            "outputArtifacts": [{"name": "Source"}],
        }
        store = {"type": "S3", "location": self.bucket, "encryptionKey": {"type": "KMS", "id": self.key_arn}}
        declaration = {
            "name": self.pipeline,
            "roleArn": self.roles["codepipeline"],
            "pipelineType": "V2",
            "artifactStore": store,
            "stages": [{"name": "Source", "actions": [source]}, *stages],
            **members,
        }
        self.client("codepipeline").create_pipeline(pipeline=declaration)

    def start_on_push(self, branch: str = "main") -> None:
        """Let a push to a branch start the pipeline."""
        pattern = {
            "source": ["aws.codecommit"],
            "resources": [f"arn:aws:codecommit:{REGION}:{DEV}:{self.id}"],
            "detail": {"event": ["referenceCreated", "referenceUpdated"], "referenceName": [branch]},
        }
        arn = f"arn:aws:codepipeline:{REGION}:{DEV}:{self.pipeline}"
        self.rule("push", pattern, {"Id": "pipeline", "Arn": arn, "RoleArn": self.roles["events"]})

    def rule(self, name: str, pattern: Record, target: Record) -> None:
        events = self.client("events")
        events.put_rule(Name=f"{self.id}-{name}", EventPattern=json.dumps(pattern))
        events.put_targets(Rule=f"{self.id}-{name}", Targets=[target])

    def mailbox(self, *, condition: Record) -> Mailbox:
        """Make a topic and a rule that publishes failed runs to it; `condition` is that of the topic's policy."""
        topic = self.client("sns").create_topic(Name=f"{self.id}-news")["TopicArn"]
        service = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
        policy = {"Version": "2012-10-17", "Statement": [{**service, "Resource": topic, "Condition": condition}]}
        self.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )
        pattern = {
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {"pipeline": [self.pipeline], "state": ["FAILED"]},
        }
        transformer = {"InputPathsMap": {"pipeline": "$.detail.pipeline"}, "InputTemplate": '"<pipeline> has failed"'}
        self.rule("failed", pattern, {"Id": "topic", "Arn": topic, "InputTransformer": transformer})
        return Mailbox(self, topic)

    def drain(self) -> list[Step]:
        return drain(self.running.sandbox)

    def start(self, **arguments: Any) -> str:  # noqa: ANN401
        started = self.client("codepipeline").start_pipeline_execution(name=self.pipeline, **arguments)
        return str(started["pipelineExecutionId"])

    @property
    def executions(self) -> list[str]:
        """Return the statuses of the pipeline's executions, oldest first."""
        told = self.client("codepipeline").list_pipeline_executions(pipelineName=self.pipeline)
        return [item["status"] for item in told["pipelineExecutionSummaries"]][::-1]

    @property
    def stages(self) -> dict[str, str]:
        """Return the status of each stage that an execution has entered."""
        told = self.client("codepipeline").get_pipeline_state(name=self.pipeline)["stageStates"]
        return {item["stageName"]: item["latestExecution"]["status"] for item in told if "latestExecution" in item}

    def action(self, name: str) -> Record:
        """Return the latest run of an action as GetPipelineState tells it, or nothing."""
        told = self.client("codepipeline").get_pipeline_state(name=self.pipeline)["stageStates"]
        found = [item for stage in told for item in stage["actionStates"] if item["actionName"] == name]
        return dict(found[0].get("latestExecution", {}))

    def reason(self, name: str) -> str:
        """Return why an action has failed."""
        return str(self.action(name).get("errorDetails", {}).get("message", ""))

    def answer(self, status: str, *, stage: str, action: str = "Approve", token: str | None = None) -> None:
        self.client("codepipeline").put_approval_result(
            pipelineName=self.pipeline,
            stageName=stage,
            actionName=action,
            result={"summary": status, "status": status},
            token=token or self.action(action)["token"],
        )

    def log(self, project: str) -> str:
        """Return the log of a project's last build."""
        build = self.build(project)["logs"]
        told = self.client("logs").get_log_events(
            logGroupName=build["groupName"], logStreamName=build["streamName"], startFromHead=True
        )
        return "\n".join(event["message"] for event in told["events"])

    def build(self, project: str) -> Record:
        """Return a project's last build."""
        codebuild = self.client("codebuild")
        build_id = codebuild.list_builds_for_project(projectName=project)["ids"][0]
        return dict(codebuild.batch_get_builds(ids=[build_id])["builds"][0])

    def names_in(self, artifact: Record) -> list[str]:
        """Return the names of what an artifact holds, as ListActionExecutions tells of it."""
        place = artifact["s3location"]
        body = self.client("s3").get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
        return sorted(zipfile.ZipFile(io.BytesIO(body)).namelist())

    def leave(self) -> None:
        """Take away what would go on when somebody else drains."""
        self.client("codepipeline").delete_pipeline(name=self.pipeline)
        events = self.client("events")
        for rule in events.list_rules(NamePrefix=self.id)["Rules"]:
            events.remove_targets(
                Rule=rule["Name"],
                Ids=[item["Id"] for item in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]],
            )
            events.delete_rule(Name=rule["Name"])

    def _role(self, service: str) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = self.client("iam").create_role(RoleName=f"{self.id}-{service}", AssumeRolePolicyDocument=trust)
        return str(made["Role"]["Arn"])

    def _git(self, folder: Path, *arguments: str) -> str:
        who = {f"GIT_{role}_{part}": "team" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        environment = self.running.environment("dev") | who
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        return done.stdout


class Mailbox:
    """Somebody who reads what is published to a topic."""

    def __init__(self, team: Team, topic: str) -> None:
        self.sqs = team.client("sqs")
        self.url = self.sqs.create_queue(QueueName=team.id)["QueueUrl"]
        queue = f"arn:aws:sqs:{REGION}:{DEV}:{team.id}"
        team.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    def messages(self) -> list[str]:
        told = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["Message"] for message in told]


def _kind(category: str, provider: str) -> Record:
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def stage(name: str, *actions: Record, **members: Any) -> Record:  # noqa: ANN401
    return {"name": name, "actions": [*actions], **members}


def build(project: str, *, name: str = "Build", outputs: Sequence[str] = (), **members: Any) -> Record:  # noqa: ANN401
    """Return a build action with the source as its input."""
    return {
        "name": name,
        "actionTypeId": _kind("Build", "CodeBuild"),
        "configuration": {"ProjectName": project, **members.pop("configuration", {})},
        "inputArtifacts": [{"name": "Source"}],
        "outputArtifacts": [{"name": output} for output in outputs],
        **members,
    }


def approval(name: str = "Approve", **members: Any) -> Record:  # noqa: ANN401
    return {"name": name, "actionTypeId": _kind("Approval", "Manual"), **members}


def deployment(stack: str, *, account_id: str = PROD, template: str = "template.json", **members: Any) -> Record:  # noqa: ANN401
    """Return a CloudFormation action in an account, from a file of the source."""
    configuration = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": stack,
        "TemplatePath": f"Source::{template}",
        "Capabilities": "CAPABILITY_NAMED_IAM",
        "RoleArn": f"arn:aws:iam::{account_id}:role/cloudformation",
        **members.pop("configuration", {}),
    }
    return {
        "name": "Deploy",
        "actionTypeId": _kind("Deploy", "CloudFormation"),
        "runOrder": 2,
        "configuration": configuration,
        "roleArn": f"arn:aws:iam::{account_id}:role/deploy",
        "inputArtifacts": [{"name": "Source"}],
        **members,
    }


def entered_when(variable: str, operator: str, value: str, *, result: str = "SKIP") -> Record:
    """Return the condition under which a stage is entered."""
    kind = {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"}
    given = {"Variable": f"#{{{variable}}}", "Operator": operator, "Value": value}
    return {
        "conditions": [{"result": result, "rules": [{"name": "Check", "ruleTypeId": kind, "configuration": given}]}]
    }

"""A small project with all that delivers code: repository, build project, pipeline, rule, roles, logs and topic."""

from __future__ import annotations

import io
import zipfile
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import RunningSandbox, Stacks

SEED_BUCKET = "delivery-seed"
SEED = {"buildspec.yml": "version: 0.2\n", "scripts/run.sh": "#!/bin/sh\n", "docs/é ü.md": "Grüße\n"}
EXECUTABLE = {"scripts/run.sh"}
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
BOUNDARY = "arn:aws:iam::111111111111:policy/delivery-boundary"
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}

Resource = dict[str, Any]


def archive(files: dict[str, str] | None = None) -> bytes:
    """Return a zip of the files, with the modes that they have on a Unix."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        for path, text in (files or SEED).items():
            info = zipfile.ZipInfo(path)
            info.create_system = 3  # Unix
            info.external_attr = (0o100755 if path in EXECUTABLE else 0o100644) << 16
            packed.writestr(info, text)
    return body.getvalue()


def put_seed(running: RunningSandbox, *, key: str = "seed.zip", body: bytes | None = None) -> None:
    """Put a zip into the seed bucket, which is made when it is missing."""
    s3 = running.client("dev", "s3")
    if SEED_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=SEED_BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=SEED_BUCKET, Key=key, Body=archive() if body is None else body)


def resource(type_name: str, **properties: Any) -> Resource:  # noqa: ANN401
    return {"Type": type_name, "Properties": properties}


def repository(**properties: Any) -> Resource:  # noqa: ANN401
    code = {"S3": {"Bucket": SEED_BUCKET, "Key": "seed.zip"}}
    return resource("AWS::CodeCommit::Repository", **{"RepositoryName": "p1-build", "Code": code} | properties)


def role(service: str = "codebuild", **properties: Any) -> Resource:  # noqa: ANN401
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    name = {"RoleName": f"p1-{service}", "AssumeRolePolicyDocument": trust}
    return resource("AWS::IAM::Role", **name | properties)


def build_project(**properties: Any) -> Resource:  # noqa: ANN401
    environment = {
        "Type": "LINUX_CONTAINER",
        "ComputeType": "BUILD_GENERAL1_SMALL",
        "Image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
        "PrivilegedMode": False,
        "EnvironmentVariables": [{"Name": "PROJECT", "Value": "p1"}],
    }
    defaults = {
        "Name": "p1-build",
        "ServiceRole": {"Fn::GetAtt": ["BuildRole", "Arn"]},
        "Artifacts": {"Type": "CODEPIPELINE"},
        "Source": {"Type": "CODEPIPELINE", "BuildSpec": "buildspec.yml"},
        "Environment": environment,
    }
    return resource("AWS::CodeBuild::Project", **defaults | properties)


def action(name: str, category: str, provider: str, **members: Any) -> Resource:  # noqa: ANN401
    kind = {"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"}
    return {"Name": name, "ActionTypeId": kind} | members


def source_action(**configuration: Any) -> Resource:  # noqa: ANN401
    given = {"RepositoryName": "p1-build", "BranchName": "main", "PollForSourceChanges": False} | configuration
    made = {"Configuration": given, "OutputArtifacts": [{"Name": "Source"}], "Namespace": "SourceVariables"}
    return action("Source", "Source", "CodeCommit", **made)


def build_action(**members: Any) -> Resource:  # noqa: ANN401
    defaults = {
        "Configuration": {"ProjectName": "p1-build"},
        "InputArtifacts": [{"Name": "Source"}],
        "OutputArtifacts": [{"Name": "Built"}],
        "Namespace": "BuildVariables",
    }
    return action("Build", "Build", "CodeBuild", **defaults | members)


def approval_action(**members: Any) -> Resource:  # noqa: ANN401
    return action("Approve", "Approval", "Manual", **members)


def deploy_action(**members: Any) -> Resource:  # noqa: ANN401
    configuration = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": "p1-prod",
        "TemplatePath": "Built::prod.template.json",
        "Capabilities": "CAPABILITY_NAMED_IAM",
        "RoleArn": "arn:aws:iam::333333333333:role/cloudformation",
    }
    role_arn = "arn:aws:iam::333333333333:role/deploy"
    defaults = {"Configuration": configuration, "InputArtifacts": [{"Name": "Built"}], "RoleArn": role_arn}
    return action("Deploy", "Deploy", "CloudFormation", **defaults | {"RunOrder": 2} | members)


def rule(*, provider: str = "VariableCheck", **configuration: str) -> Resource:
    kind = {"Category": "Rule", "Owner": "AWS", "Provider": provider, "Version": "1"}
    given = {"Variable": "#{BuildVariables.DEPLOY}", "Operator": "EQ", "Value": "true"} | configuration
    return {"Name": "HasModel", "RuleTypeId": kind, "Configuration": given}


def skip_unless_deployed(**changes: Any) -> Resource:  # noqa: ANN401
    return {"Conditions": [{"Result": "SKIP", "Rules": [rule()]} | changes]}


def stages() -> list[Resource]:
    """Return the stages of a pipeline with every kind of action, and a condition."""
    return [
        {"Name": "Source", "Actions": [source_action()]},
        {"Name": "Build", "Actions": [build_action()]},
        {"Name": "Prod", "BeforeEntry": skip_unless_deployed(), "Actions": [approval_action(), deploy_action()]},
    ]


def pipeline(**properties: Any) -> Resource:  # noqa: ANN401
    defaults = {
        "Name": "p1-deploy",
        "PipelineType": "V2",
        "ExecutionMode": "SUPERSEDED",
        "RoleArn": {"Fn::GetAtt": ["PipelineRole", "Arn"]},
        "ArtifactStore": {"Type": "S3", "Location": "p1-artifacts"},
        "Variables": [{"Name": "MODEL_PACKAGE_ARN", "DefaultValue": "LATEST"}],
        "Stages": stages(),
    }
    return resource("AWS::CodePipeline::Pipeline", **defaults | properties)


def push_rule(**properties: Any) -> Resource:  # noqa: ANN401
    target = {
        "Id": "Pipeline",
        "Arn": {"Fn::Sub": "arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}"},
        "RoleArn": {"Fn::GetAtt": ["EventsRole", "Arn"]},
    }
    defaults = {"Name": "p1-push", "EventPattern": {"source": ["aws.codecommit"]}, "Targets": [target]}
    return resource("AWS::Events::Rule", **defaults | properties)


def project() -> dict[str, Any]:
    """Return a template with all of it."""
    topic = {"Ref": "Topic"}
    return {
        "Resources": deepcopy(
            {
                "Repository": repository(),
                "BuildRole": role(Policies=[{"PolicyName": "build", "PolicyDocument": OPEN}]),
                "PipelineRole": role("codepipeline"),
                "EventsRole": role("events"),
                "Log": resource("AWS::Logs::LogGroup", LogGroupName="/aws/codebuild/p1-build", RetentionInDays=90),
                "Project": build_project() | {"DependsOn": "Log"},
                "Pipeline": pipeline() | {"DependsOn": ["Project", "Repository"]},
                "Rule": push_rule(),
                "Topic": resource("AWS::SNS::Topic", TopicName="p1-notifications"),
                "Mail": resource(
                    "AWS::SNS::Subscription", TopicArn=topic, Protocol="email", Endpoint="team@example.com"
                ),
                "TopicPolicy": resource("AWS::SNS::TopicPolicy", Topics=[topic], PolicyDocument=OPEN),
            }
        )
    }


def only(**resources: Resource) -> dict[str, Any]:
    """Return a template with some resources, and the roles that they refer to."""
    roles = {"BuildRole": role(), "PipelineRole": role("codepipeline"), "EventsRole": role("events")}
    return {"Resources": roles | resources}


def left(running: RunningSandbox) -> set[str]:
    """Return the names of what of these types there is in DEV."""

    def client(service: str) -> Any:  # noqa: ANN401
        return running.client("dev", service)

    return {
        *(item["repositoryName"] for item in client("codecommit").list_repositories()["repositories"]),
        *client("codebuild").list_projects()["projects"],
        *(item["name"] for item in client("codepipeline").list_pipelines()["pipelines"]),
        *(item["Name"] for item in client("events").list_rules()["Rules"]),
        *(item["RoleName"] for item in client("iam").list_roles()["Roles"] if item["Path"] != "/studio/"),
        *(item["logGroupName"] for item in client("logs").describe_log_groups()["logGroups"]),
        *(item["TopicArn"] for item in client("sns").list_topics()["Topics"]),
        *(item["Endpoint"] for item in client("sns").list_subscriptions()["Subscriptions"]),
    }


class Delivery:
    """DEV, in the words of these tests: stacks of a few resources, and what is there afterwards."""

    def __init__(self, running: RunningSandbox, stacks: Stacks) -> None:
        self.running, self.stacks, self.before = running, stacks, left(running)

    def create(self, template: dict[str, Any]) -> str:
        return self.stacks.create("stack", template, Capabilities=CAPABILITIES)

    def update(self, template: dict[str, Any]) -> str:
        return self.stacks.update("stack", template, Capabilities=CAPABILITIES)

    def change(self, before: Resource, after: Resource) -> None:
        """Make a resource, and make it into another."""
        assert self.create(only(Thing=before)) == "CREATE_COMPLETE", self.stacks.reasons("stack")
        assert self.update(only(Thing=after)) == "UPDATE_COMPLETE", self.stacks.reasons("stack")

    def refusal(self, thing: Resource) -> str:
        """Return why a resource cannot be made."""
        self.create(only(Thing=thing))
        return self.stacks.reasons("stack")

    def client(self, service: str) -> Any:  # noqa: ANN401
        return self.running.client("dev", service)

    @property
    def made(self) -> set[str]:
        return left(self.running) - self.before

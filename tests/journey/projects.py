"""Projects that begin where the journey ended: real ones, with its model and its templates instead of their own.

A project is created from the product by the data scientist. Before anything runs, commits are pushed to its two
repositories; what they leave out is what takes long, and nothing else:

- the build repository's build registers a model that the journey has trained, or what a test wants it to do. It does so
  with the project's own roles, bucket and key, by a SageMaker pipeline of the registration's step alone.
- the deployment repository's builds run the application and its integration tests as they are, with this machine's
  Python and its packages instead of an environment made for each build, and with the journey's templates, given this
  project's names, instead of a synthesis by AWS CDK.

The runs that the creation itself has started are stopped, so that what runs are the pushed commits.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseline.naming import ENVIRONMENTS, Environment
from sandbox import ROOT
from sandbox.clients import session_of
from sandbox.journey.play import REASON, endpoint
from sandbox.runner import Step, drain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.journey.team import Approval, Project, Team
    from tests.journey.kept import Kept, Model

PACKAGE_CACHE = ROOT / ".sandbox" / "packages"
SHORT_CUTS = Path(__file__).with_name("short_cuts")
PYTHON = f'env "{sys.executable}"'  # a command of YAML cannot begin with a quote
BUILD = f"""
version: 0.2
phases:
  build:
    commands:
      - {PYTHON} register.py
"""
SYNTHESIS = f"""
version: 0.2
env:
  exported-variables: [DEPLOY, MODEL_PACKAGE_ARN]
phases:
  build:
    commands:
      - {PYTHON} app.py
      - export DEPLOY="$({PYTHON} -m deployment.release DEPLOY)"
      - export MODEL_PACKAGE_ARN="$({PYTHON} -m deployment.release MODEL_PACKAGE_ARN)"
artifacts:
  base-directory: cdk.out
  files: ["**/*"]
"""
INTEGRATION = f"""
version: 0.2
phases:
  build:
    commands:
      - {PYTHON} -m pytest tests/integration --junitxml=reports/integration.xml
reports:
  integration:
    base-directory: reports
    files: [integration.xml]
    file-format: JUNITXML
"""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A project under test, with what people do to it and what can be seen of it."""

    team: Team
    kept: Kept
    project: Project
    folder: Path
    variables: Mapping[str, str]

    # What people do

    def push(
        self, repository: str, files: Mapping[str, str | bytes], *, branch: str = "main", message: str = "Change"
    ) -> str:
        """Commit files to a branch of the repository ``build`` or ``deploy`` with plain git. Returns its id."""
        clone = self.folder / repository
        for name, content in files.items():
            path = clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._git(clone, "checkout", "--quiet", "-B", branch)
        self._git(clone, "add", "--all")
        self._git(clone, "commit", "--quiet", "--allow-empty", f"--message={message}")
        self._git(clone, "push", "--quiet", "--set-upstream", "origin", branch)
        return self._git(clone, "rev-parse", "HEAD").strip()

    def run(self) -> list[Step]:
        """Run all that waits, and return the steps that belong to this project."""
        return [step for step in drain(self.team.sandbox, package_cache=PACKAGE_CACHE) if self.owns(step)]

    def register(self, model: Model | None = None) -> str:
        """Push a commit that registers a model, the journey's by default; run it, and return the package's ARN."""
        self.push("build", registration(model or self.kept.model))
        steps = self.run()
        [newest, *_] = self.team.registered(self.project, status="PendingManualApproval") or [""]
        assert newest, steps
        return newest

    def approve(self, model_package_arn: str) -> None:
        """Approve a model in the registry."""
        self.team.judge(model_package_arn, status="Approved", why=REASON)

    def reject(self, model_package_arn: str) -> None:
        """Reject a model in the registry."""
        self.team.judge(model_package_arn, status="Rejected", why="It errs too often.")

    def approve_until(self, environment: Environment) -> list[Step]:
        """Run the deployments, answering each approval that is asked for, up to an environment's. Returns the steps."""
        steps = self.run()
        while approvals := self._asked_before(environment):
            for approval in approvals:
                self.team.answer(approval, approved=True, why=REASON)
            steps += self.run()
        return steps

    def deploy(self, model: Model | None = None, *, until: Environment = Environment.PROD) -> str:
        """Register a model, approve it, and bring it as far as an environment. Returns the package's ARN."""
        arn = self.register(model)
        self.approve(arn)
        steps = self.approve_until(until)
        assert self.serves(until) == arn, steps
        return arn

    # What can be seen

    def client(self, service: str, environment: Environment = Environment.DEV) -> Any:  # noqa: ANN401  (boto3)
        """A client with an account's own credentials."""
        account = self.team.account_of(environment)
        return session_of(account).client(service, endpoint_url=self.team.sandbox.endpoint)

    def owns(self, step: Step) -> bool:
        """Whether a step is one of this project's."""
        return self.project.prefix in step.place

    def executions(self, pipeline: str) -> list[str]:
        """The statuses of the executions of a pipeline since the first commit, oldest first."""
        told = self.client("codepipeline").list_pipeline_executions(pipelineName=pipeline)
        statuses = [item["status"] for item in told["pipelineExecutionSummaries"]]
        return statuses[::-1][1:]  # without the one that the creation started

    def stages(self, pipeline: str) -> dict[str, str]:
        """The status of each stage that an execution of a pipeline has entered."""
        told = self.client("codepipeline").get_pipeline_state(name=pipeline)["stageStates"]
        return {item["stageName"]: item["latestExecution"]["status"] for item in told if "latestExecution" in item}

    def reason(self, pipeline: str, action: str) -> str:
        """Why the last run of an action has failed, as the pipeline's page tells it."""
        told = self.client("codepipeline").get_pipeline_state(name=pipeline)["stageStates"]
        [found] = [item for stage in told for item in stage["actionStates"] if item["actionName"] == action]
        return str(found["latestExecution"]["errorDetails"]["message"])

    def log(self, build_project: str) -> str:
        """The log of the last build of a build project, such as ``deploy-synth``, as the data scientist may read it."""
        codebuild = self.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=f"{self.project.prefix}-{build_project}")["ids"]
        logs = codebuild.batch_get_builds(ids=ids[:1])["builds"][0]["logs"]
        told = self.client("logs").get_log_events(
            logGroupName=logs["groupName"], logStreamName=logs["streamName"], startFromHead=True
        )
        return "\n".join(event["message"] for event in told["events"])

    def packages(self) -> dict[str, str]:
        """The statuses of the project's model packages, by ARN."""
        told = self.client("sagemaker").list_model_packages(ModelPackageGroupName=self.project.prefix)
        return {item["ModelPackageArn"]: item["ModelApprovalStatus"] for item in told["ModelPackageSummaryList"]}

    def stack(self, environment: Environment) -> str | None:
        """The status of the project's stack in an environment, or None."""
        stacks = self.client("cloudformation", environment).describe_stacks()["Stacks"]
        name = endpoint(self.project, environment)
        return next((str(item["StackStatus"]) for item in stacks if item["StackName"] == name), None)

    def stacks(self) -> dict[str, str]:
        """The statuses of the project's stacks, by environment; only those that are there."""
        found = {str(environment): self.stack(environment) for environment in ENVIRONMENTS}
        return {environment: status for environment, status in found.items() if status}

    def serves(self, environment: Environment) -> str | None:
        """The ARN of the model package that the endpoint of an environment serves, or None without one."""
        sagemaker = self.client("sagemaker", environment)
        names = [item["EndpointName"] for item in sagemaker.list_endpoints()["Endpoints"]]
        if endpoint(self.project, environment) not in names:
            return None
        described = sagemaker.describe_endpoint(EndpointName=endpoint(self.project, environment))
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        [variant] = config["ProductionVariants"]
        [container] = sagemaker.describe_model(ModelName=variant["ModelName"])["Containers"]
        return str(container["ModelPackageName"]) if described["EndpointStatus"] == "InService" else None

    def served(self) -> dict[str, str]:
        """What the endpoints serve, by environment; only those that are there and in service."""
        found = {str(environment): self.serves(environment) for environment in ENVIRONMENTS}
        return {environment: arn for environment, arn in found.items() if arn}

    def leave(self) -> None:
        """End the project's endpoints, each of which may be a process; all else stays."""
        for environment in ENVIRONMENTS:
            if self.serves(environment):
                name = endpoint(self.project, environment)
                self.client("sagemaker", environment).delete_endpoint(EndpointName=name)

    # How it begins

    def begin(self) -> None:
        """Clone both repositories, stop the runs that the creation has started, and push what goes without waiting."""
        self.stop_all()
        for repository in ("build", "deploy"):
            name = f"{self.project.prefix}-{repository}"
            url = self.client("codecommit").get_repository(repositoryName=name)["repositoryMetadata"]["cloneUrlHttp"]
            self._git(self.folder, "clone", "--quiet", url, repository)
        self.push("deploy", self.kept_synthesis())

    def stop_all(self) -> None:
        """Stop every run of both pipelines."""
        codepipeline = self.client("codepipeline")
        for name in (self.project.build_pipeline, self.project.deploy_pipeline):
            for told in codepipeline.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]:
                if told["status"] == "InProgress":
                    run = {"pipelineName": name, "pipelineExecutionId": told["pipelineExecutionId"]}
                    codepipeline.stop_pipeline_execution(**run, abandon=True)

    def kept_synthesis(self) -> dict[str, str | bytes]:
        """What a commit holds with which the deployment application takes the journey's templates."""
        return {
            "buildspec.yml": SYNTHESIS,
            "tests/integration/buildspec.yml": INTEGRATION,
            "deployment/synthesis.py": (SHORT_CUTS / "synthesis.py").read_bytes(),
            "kept/former.json": json.dumps(self.kept.names),
            **{f"kept/{name}": content for name, content in self.kept.templates.items()},
        }

    def _asked_before(self, environment: Environment) -> list[Approval]:
        reached = [str(each).lower() for each in ENVIRONMENTS[: ENVIRONMENTS.index(environment) + 1]]
        return [approval for approval in self.team.waiting(self.project) if approval.stage.lower() in reached]

    def _git(self, folder: Path, *arguments: str) -> str:
        who = {f"GIT_{role}_{part}": "scientist" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env={**self.variables, **who}, capture_output=True, text=True, check=True
        )
        return done.stdout


def registration(model: Model) -> dict[str, str | bytes]:
    """What a commit to the build repository holds that registers a model."""
    return {
        "buildspec.yml": BUILD,
        "register.py": (SHORT_CUTS / "register.py").read_bytes(),
        "model/request.json": model.request,
        **{f"model/{name}": content for name, content in model.files.items()},
    }


def create(team: Team, kept: Kept, name: str, *, folder: Path, variables: Mapping[str, str]) -> Workplace:
    """Create a project, and push what it goes on with; nothing has run yet. `variables` lead git to the sandbox."""
    return enter(team, kept, team.create_project(name), folder=folder, variables=variables)


def enter(team: Team, kept: Kept, project: Project, *, folder: Path, variables: Mapping[str, str]) -> Workplace:
    """Begin a project that was just created, whichever way, as `create` does."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    place = Workplace(team=team, kept=kept, project=project, folder=folder, variables=variables)
    place.begin()
    return place

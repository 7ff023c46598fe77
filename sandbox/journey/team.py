"""The people of a DEV account, and what each does on the way of a model, with the rights of their role alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baseline.naming import Environment
from sandbox.clients import session_of, session_of_role

if TYPE_CHECKING:
    import boto3

    from sandbox.server import Sandbox, SandboxAccount

CREATED = "CreateCompleted"
APPROVER = "approver"
APPROVER_PATH = "/people/"


class ProjectFailedError(Exception):
    """A project that could not be created; the text is SageMaker's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works in an account with the rights of a role."""

    endpoint: str
    region: str
    session: boto3.Session

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
        return self.session.client(service, endpoint_url=self.endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A SageMaker project by its name, its id, and the stack that it is."""

    name: str
    id: str
    stack: str

    @property
    def prefix(self) -> str:
        """What the names of everything in it begin with; also its model package group."""
        return f"mlops-{self.id}"

    @property
    def build_pipeline(self) -> str:
        return f"{self.prefix}-build"

    @property
    def deploy_pipeline(self) -> str:
        return f"{self.prefix}-deploy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A stage of a pipeline that waits for a person."""

    pipeline: str
    stage: str
    action: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A data scientist with a role of Studio, and an approver, who has the baseline's policy for approvers."""

    sandbox: Sandbox
    account: SandboxAccount
    scientist: Person
    approver: Person

    def account_of(self, environment: Environment) -> SandboxAccount:
        """Return the account of an environment of the same set."""
        return self.sandbox.find(f"{self.account.name.removesuffix(Environment.DEV)}{environment}")

    def create_project(self, name: str) -> Project:
        """Create a project from the one product that is on offer. Raises `ProjectFailedError` with the reason."""
        [product] = self.scientist.client("servicecatalog").search_products()["ProductViewSummaries"]
        sagemaker = self.scientist.client("sagemaker")
        details = {"ProductId": product["ProductId"]}
        sagemaker.create_project(ProjectName=name, ServiceCatalogProvisioningDetails=details)
        described = sagemaker.describe_project(ProjectName=name)
        provisioned = described["ServiceCatalogProvisionedProductDetails"]
        if described["ProjectStatus"] != CREATED:
            raise ProjectFailedError(f"{described['ProjectStatus']}: {provisioned['ProvisionedProductStatusMessage']}")
        stack = f"SC-{self.account.account_id}-{provisioned['ProvisionedProductId']}"
        return Project(name=name, id=described["ProjectId"], stack=stack)

    def registered(self, project: Project, *, status: str) -> list[str]:
        """Return the ARNs of the project's model packages that have a status, the newest first."""
        found = self.scientist.client("sagemaker").list_model_packages(
            ModelPackageGroupName=project.prefix, ModelApprovalStatus=status, SortBy="CreationTime"
        )
        return [package["ModelPackageArn"] for package in found["ModelPackageSummaryList"]]

    def judge(self, model_package_arn: str, *, status: str, why: str) -> None:
        """Approve or reject a model, as a data scientist does in the registry."""
        self.scientist.client("sagemaker").update_model_package(
            ModelPackageArn=model_package_arn, ModelApprovalStatus=status, ApprovalDescription=why
        )

    def waiting(self, project: Project) -> list[Approval]:
        """Return the approvals that the deployment pipeline waits for."""
        state = self.approver.client("codepipeline").get_pipeline_state(name=project.deploy_pipeline)
        return [
            Approval(
                pipeline=project.deploy_pipeline,
                stage=stage["stageName"],
                action=action["actionName"],
                token=action["latestExecution"]["token"],
            )
            for stage in state["stageStates"]
            for action in stage["actionStates"]
            if "token" in action.get("latestExecution", {}) and action["latestExecution"]["status"] == "InProgress"
        ]

    def answer(self, approval: Approval, *, approved: bool, why: str) -> None:
        """Let a deployment go on, or end it."""
        self.approver.client("codepipeline").put_approval_result(
            pipelineName=approval.pipeline,
            stageName=approval.stage,
            actionName=approval.action,
            token=approval.token,
            result={"status": "Approved" if approved else "Rejected", "summary": why},
        )


def assemble(sandbox: Sandbox, *, dev: str, studio_role_arn: str) -> Team:
    """Return the team of a DEV account.

    Studio's roles are there before the baseline; a role for approvers is made here, as the baseline leaves it to the
    platform team to say who they are.
    """
    account = sandbox.find(dev)
    role_arn = _make_approver(sandbox, account)
    return Team(
        sandbox=sandbox,
        account=account,
        scientist=person(sandbox, account, role_arn=studio_role_arn),
        approver=person(sandbox, account, role_arn=role_arn),
    )


def person(sandbox: Sandbox, account: SandboxAccount, *, role_arn: str) -> Person:
    """Return somebody with the role's credentials, as Studio gives them to its users."""
    session = session_of_role(account, endpoint=sandbox.endpoint, role_arn=role_arn)
    return Person(endpoint=sandbox.endpoint, region=account.region, session=session)


def _make_approver(sandbox: Sandbox, account: SandboxAccount) -> str:
    iam = session_of(account).client("iam", endpoint_url=sandbox.endpoint)
    [policy] = [
        found["Arn"]
        for found in iam.list_policies(Scope="Local", PathPrefix="/mlops/")["Policies"]
        if found["PolicyName"].endswith("-approver")
    ]
    principal = {"AWS": f"{policy.rpartition(':policy')[0]}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_role(RoleName=APPROVER, Path=APPROVER_PATH, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=APPROVER, PolicyArn=policy)
    return str(made["Role"]["Arn"])

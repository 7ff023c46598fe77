"""What a project has deployed: one stack in each account, made by its deployment pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from baseline import naming
from baseline.naming import ENVIRONMENTS
from projects.errors import ProjectsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baseline.naming import Environment
    from projects.access import Access

POLL_SECONDS = 5
MAX_POLLS = 720  # an hour: an endpoint takes minutes, one in a VPC half an hour

# A stack that was never complete serves nothing, and CloudFormation never updates it.
NEVER_CREATED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
STUCK_UPDATE = "UPDATE_ROLLBACK_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A project's stack in one account. `status` is CloudFormation's, None when there is no stack."""

    environment: Environment
    stack: str
    status: str | None = None
    stack_id: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def was_never_created(self) -> bool:
        """Whether its first deployment failed, so that every later one is refused."""
        return self.status in NEVER_CREATED

    @property
    def is_busy(self) -> bool:
        """Whether CloudFormation is at it."""
        return self.status is not None and self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


def deployments(access: Access, project_id: str) -> tuple[Deployment, ...]:
    """Return the project's deployments in the order in which a model passes through them."""
    return tuple(_read(access, environment, f"mlops-{project_id}-{environment}") for environment in ENVIRONMENTS)


def what_serves(access: Access, deployment: Deployment) -> str:
    """Return in a few words what a deployment is and which model it serves."""
    if deployment.status is None:
        return "-"
    model = deployment.outputs.get("ModelPackageArn", "").rpartition("/")[2]
    parts = [f"model {model}"] if model else []
    if "EndpointName" in deployment.outputs:
        parts.append(_endpoint_status(access, deployment))
    if "InferencePipelineName" in deployment.outputs:
        parts.append("batch")
    return ", ".join([*parts, deployment.status])


def why_it_failed(access: Access, deployment: Deployment) -> str:
    """Return the first failure of the stack's last attempt, as CloudFormation tells it."""
    return first_failure(access.client(deployment.environment, "cloudformation"), deployment.stack_id)


def first_failure(cloudformation: Any, stack: str) -> str:  # noqa: ANN401  (boto3)
    """Return what failed first since somebody last wanted something of a stack, and why."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    failed = "no reason is known"
    for event in (event for page in pages for event in page["StackEvents"]):  # newest first
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            failed = f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
        if reason == "User Initiated":
            break
    return failed


def remove(access: Access, deployment: Deployment) -> None:
    """Delete the stack with the account's cloudformation role, and wait. Raises `ProjectsError` when it stays."""
    cloudformation = access.client(deployment.environment, "cloudformation")
    role_arn = naming.cloudformation_role_arn(access.account(deployment.environment))
    cloudformation.delete_stack(StackName=deployment.stack_id, RoleARN=role_arn)
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=deployment.stack_id, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
        )
    except WaiterError as error:
        raise ProjectsError(
            f"{access.account(deployment.environment).name}: stack {deployment.stack} could not be deleted. "
            f"{why_it_failed(access, deployment)}. Mend that, and run this again."
        ) from error


def _read(access: Access, environment: Environment, stack: str) -> Deployment:
    try:
        (found,) = access.client(environment, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # A stack that is not there is a ValidationError with this text; there is no code of its own.
        if "does not exist" in error.response["Error"]["Message"]:
            return Deployment(environment=environment, stack=stack)
        raise
    return Deployment(
        environment=environment,
        stack=stack,
        status=found["StackStatus"],
        stack_id=found["StackId"],
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])},
    )


def _endpoint_status(access: Access, deployment: Deployment) -> str:
    name = deployment.outputs["EndpointName"]
    try:
        described = access.client(deployment.environment, "sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        return f"endpoint {error.response['Error']['Code']}"
    return str(described["EndpointStatus"])

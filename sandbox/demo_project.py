"""The part of the demonstration that a data scientist plays: a SageMaker project, created with a Studio role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clients import session_of_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from sandbox.server import Sandbox, SandboxAccount

PROJECT_NAME = "Churn"
CREATED = "CreateCompleted"
# ARNs from physical ids, for the types whose id is none itself.
_ARNS = {
    "AWS::CodeBuild::Project": "arn:{partition}:codebuild:{region}:{account}:project/{id}",
    "AWS::CodePipeline::Pipeline": "arn:{partition}:codepipeline:{region}:{account}:{id}",
    "AWS::ECR::Repository": "arn:{partition}:ecr:{region}:{account}:repository/{id}",
    "AWS::Events::Rule": "arn:{partition}:events:{region}:{account}:rule/{id}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/mlops/project/{id}",
    "AWS::KMS::Alias": "arn:{partition}:kms:{region}:{account}:{id}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{id}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{id}",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{id}",
    "AWS::S3::BucketPolicy": "arn:{partition}:s3:::{id}",  # AWS has none for it: the bucket's
}
_REPOSITORY = "AWS::CodeCommit::Repository"


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
class ProjectResource:
    """One resource of a project, and the account that it is in."""

    logical_id: str
    type: str
    account_id: str
    arn: str


def person(sandbox: Sandbox, account: SandboxAccount, *, role_arn: str) -> Person:
    """Return somebody with the role's credentials, as Studio gives them to its users."""
    session = session_of_role(account, endpoint=sandbox.endpoint, role_arn=role_arn)
    return Person(endpoint=sandbox.endpoint, region=account.region, session=session)


def create_project(scientist: Person) -> tuple[ProjectResource, ...]:
    """Create a project from the one product that is on offer, and return what it is made of.

    Raises `ProjectFailedError` with the reason.
    """
    [product] = scientist.client("servicecatalog").search_products()["ProductViewSummaries"]
    sagemaker = scientist.client("sagemaker")
    details = {"ProductId": product["ProductId"]}
    sagemaker.create_project(ProjectName=PROJECT_NAME, ServiceCatalogProvisioningDetails=details)
    project = sagemaker.describe_project(ProjectName=PROJECT_NAME)
    provisioned = project["ServiceCatalogProvisionedProductDetails"]
    if project["ProjectStatus"] != CREATED:
        raise ProjectFailedError(f"{project['ProjectStatus']}: {provisioned['ProvisionedProductStatusMessage']}")
    account_id = project["ProjectArn"].split(":")[4]
    return _resources(scientist, account_id=account_id, stack=f"SC-{account_id}-{provisioned['ProvisionedProductId']}")


def _resources(scientist: Person, *, account_id: str, stack: str) -> tuple[ProjectResource, ...]:
    known = {
        "partition": scientist.session.get_partition_for_region(scientist.region),
        "region": scientist.region,
        "account": account_id,
    }
    cloudformation = scientist.client("cloudformation")
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    return tuple(
        ProjectResource(
            logical_id=resource["LogicalResourceId"],
            type=resource["ResourceType"],
            account_id=account_id,
            arn=_arn(resource, outputs).format(id=resource["PhysicalResourceId"], **known),
        )
        for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    )


def _arn(resource: Mapping[str, Any], outputs: Mapping[str, str]) -> str:
    if resource["ResourceType"] == _REPOSITORY:  # its physical id is a number, its ARN ends in its name
        name = outputs[f"{resource['LogicalResourceId']}Url"].rpartition("/")[2]
        return "arn:{partition}:codecommit:{region}:{account}:" + name
    return _ARNS.get(resource["ResourceType"], "{id}")

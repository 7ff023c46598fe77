"""Every AWS name and SSM path of the baseline, with its length held against AWS's limit.

IAM is global and several account sets may share an account, so every name carries the set and the environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baseline.accounts import Account


class Environment(StrEnum):
    """An environment of an account set, in the spelling that names, paths and the accounts file share."""

    DEV = "dev"
    PREPROD = "preprod"
    PROD = "prod"


ENVIRONMENTS = tuple(Environment)


class Offer(StrEnum):
    """A way in which Studio offers the product template; the values are those of the accounts file."""

    SERVICE_CATALOG = "service-catalog"
    S3 = "s3"


ACCOUNT_ID_LENGTH = 12
MAX_REGION_LENGTH = 14  # ap-southeast-1, ap-northeast-1, cn-northwest-1


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTemplate:
    """A name built from an account, and how many characters AWS lets it have.

    `pattern` may use {set_name}, {environment}, {region} and {account_id}.
    """

    what: str
    pattern: str
    limit: int
    environments: tuple[Environment, ...] = ENVIRONMENTS

    def room_for_set_name(self) -> int:
        """Characters left for the set name beside the longest Region and the longest of its environments."""
        return self.limit - len(
            self.pattern.format(
                set_name="",
                environment=max(self.environments, key=len),
                region="r" * MAX_REGION_LENGTH,
                account_id="0" * ACCOUNT_ID_LENGTH,
            )
        )


# IAM allows a role 64 characters and a policy 128, S3 allows a bucket 63. In the sums, `s` is the set name's length.
DEPLOY_ROLE = NameTemplate(
    what="deploy role",
    pattern="mlops-{set_name}-{environment}-deploy",  # 6 + s + 1 + 7 + 7 = s + 21 <= 64
    limit=64,
)
CLOUDFORMATION_ROLE = NameTemplate(
    what="cloudformation role",
    pattern="mlops-{set_name}-{environment}-cloudformation",  # 6 + s + 1 + 7 + 15 = s + 29 <= 64
    limit=64,
)
BOUNDARY = NameTemplate(
    what="permissions boundary",
    pattern="mlops-{set_name}-{environment}-boundary",  # 6 + s + 1 + 7 + 9 = s + 23 <= 128
    limit=128,
)
SEED_BUCKET = NameTemplate(
    what="seed bucket",
    pattern="mlops-{set_name}-{environment}-seed-{region}-{account_id}",  # 6 + s + 1 + 3 + 6 + 14 + 13 = s + 43 <= 63
    limit=63,
    environments=(Environment.DEV,),
)
STATE_BUCKET = NameTemplate(
    what="state bucket",
    pattern="mlops-state-{region}-{account_id}",  # 12 + 14 + 1 + 12 = 39 <= 63
    limit=63,
)
LONGEST_PROJECT_POLICY = NameTemplate(
    what="policy of a project's role",
    pattern="mlops-{set_name}-{environment}-project-deploy-pipeline",  # 6 + s + 1 + 3 + 24 = s + 34 <= 128
    limit=128,
    environments=(Environment.DEV,),
)
NAME_TEMPLATES_WITH_SET = (DEPLOY_ROLE, CLOUDFORMATION_ROLE, BOUNDARY, SEED_BUCKET, LONGEST_PROJECT_POLICY)

TIGHTEST_NAME = min(NAME_TEMPLATES_WITH_SET, key=NameTemplate.room_for_set_name)
MAX_SET_NAME_LENGTH = TIGHTEST_NAME.room_for_set_name()

S3_TEMPLATES_PREFIX = "templates/"
S3_TEMPLATES_TAG = "sagemaker:projectS3TemplatesLocation"

IAM_PATH = "/mlops/"
PROJECT_IAM_PATH = "/mlops/project/"
DEPLOY_PIPELINE_ROLE_PATTERN = "mlops/project/mlops-*-deploy-pipeline"  # follows "arn:<partition>:iam::<id>:role/"


def prefix(account: Account) -> str:
    """Beginning of the account's IAM names: `mlops-demo-dev`."""
    return f"mlops-{account.name}"


def deploy_role_name(account: Account) -> str:
    """Name of the role that DEV's deployment pipelines assume in this account."""
    return _name(DEPLOY_ROLE, account)


def cloudformation_role_name(account: Account) -> str:
    """Name of the role that CloudFormation runs a project's stack with in this account."""
    return _name(CLOUDFORMATION_ROLE, account)


def boundary_name(account: Account) -> str:
    """Name of the policy that every role made for a project in this account must carry as its boundary."""
    return _name(BOUNDARY, account)


def deploy_role_arn(account: Account) -> str:
    """ARN of the deploy role: ours, or the one that the accounts file names instead."""
    if account.deployment_roles is not None:
        return account.deployment_roles.deploy
    return _iam_arn(account, f"role{IAM_PATH}{deploy_role_name(account)}")


def cloudformation_role_arn(account: Account) -> str:
    """ARN of the cloudformation role: ours, or the one that the accounts file names instead."""
    if account.deployment_roles is not None:
        return account.deployment_roles.cloudformation
    return _iam_arn(account, f"role{IAM_PATH}{cloudformation_role_name(account)}")


def boundary_arn(account: Account) -> str:
    """ARN of the permissions boundary: ours, or the one that the accounts file names instead."""
    if account.deployment_roles is not None:
        return account.deployment_roles.boundary
    return _iam_arn(account, f"policy{IAM_PATH}{boundary_name(account)}")


def project_policies_arn(dev: Account) -> str:
    """ARN of the policies of the projects' roles in DEV, up to what kind of role it is: `-build`, `-boundary`."""
    return _iam_arn(dev, f"policy{IAM_PATH}{prefix(dev)}-project")


def seed_bucket_name(account: Account) -> str:
    """Name of the bucket that holds the seed archives."""
    return _name(SEED_BUCKET, account)


def s3_templates_location(dev: Account) -> str:
    """Where Studio finds the S3 templates: the value of its domain's tag `S3_TEMPLATES_TAG`."""
    return f"s3://{seed_bucket_name(dev)}/{S3_TEMPLATES_PREFIX}"


def state_bucket_name(*, region: str, account_id: str) -> str:
    """Name of the bucket for the Terraform state of an account and Region, unless the accounts file names another."""
    return STATE_BUCKET.pattern.format(region=region, account_id=account_id)


def state_key(*, set_name: str, environment: Environment) -> str:
    """Object key of an account's Terraform state."""
    return f"{set_name}-{environment}/terraform.tfstate"


SSM_SEED_BUCKET = "/mlops/code/seed_bucket"
SSM_BUILD_KEY = "/mlops/code/build"
SSM_DEPLOY_KEY = "/mlops/code/deploy"


class EnvironmentParameter(StrEnum):
    """What DEV's Parameter Store says about each environment; the last part of the parameter's path."""

    ACCOUNT_ID = "account_id"
    REGION = "region"
    DEPLOY_ROLE_ARN = "deploy_role_arn"
    CLOUDFORMATION_ROLE_ARN = "cloudformation_role_arn"
    BOUNDARY_ARN = "boundary_arn"
    PROJECT_POLICIES = "project_policies"
    SUBNET_IDS = "subnet_ids"
    SECURITY_GROUP_IDS = "security_group_ids"


def ssm_path(environment: Environment, parameter: EnvironmentParameter) -> str:
    """Path, in DEV's Parameter Store, of one fact about an environment: `/mlops/prod/region`."""
    return f"/mlops/{environment}/{parameter}"


# An S3 object takes 10 tags, and the provider's default tags reach objects too (terraform-provider-aws#42073).
# Three are ours, one is left for a resource's own tag.
OBJECT_TAG_LIMIT = 10
OWN_TAG_KEYS = ("mlops:set", "mlops:environment", "mlops:managed-by")
MAX_SET_TAGS = OBJECT_TAG_LIMIT - len(OWN_TAG_KEYS) - 1


def default_tags(account: Account) -> Mapping[str, str]:
    """Tags of every resource in an account: ours, then the account set's."""
    own = dict(zip(OWN_TAG_KEYS, (account.set_name, account.environment.value, "terraform"), strict=True))
    return own | dict(account.tags)


def _name(template: NameTemplate, account: Account) -> str:
    return template.pattern.format(
        set_name=account.set_name,
        environment=account.environment,
        region=account.region,
        account_id=account.account_id,
    )


def _iam_arn(account: Account, resource: str) -> str:
    return f"arn:{account.partition}:iam::{account.account_id}:{resource}"

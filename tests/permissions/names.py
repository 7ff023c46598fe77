"""The names that the permission table speaks in: ``{churn.artifacts}``, ``{deploy[prod]}``, ``{outsider}``.

Two projects stand side by side. The id of one begins with the id of the other, which is where a wildcard in a policy
goes wrong first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from sandbox.permissions.snapshot import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.permissions.snapshot import Snapshot

REGION = "eu-west-1"
DEV = "111111111111"
OUTSIDE = "999999999999"  # an account that nobody here knows
ACCOUNTS = {"dev": DEV, "preprod": "222222222222", "prod": "333333333333", "outside": OUTSIDE}
SET = "demo"
CHURN_ID, FRAUD_ID = "p-c4u7n", "p-c4u7nx"
STUDIO_ROLE = f"arn:aws:iam::{DEV}:role/service-role/AmazonSageMaker-ExecutionRole-demo"
SCIENTIST_WITH_SAGEMAKER = f"{STUDIO_ROLE}-with-full-access"
APPROVER = f"arn:aws:iam::{DEV}:role/people/approver"

ROLES = (
    *("build", "image", "sagemaker", "build-pipeline"),
    *("deploy-synth", "deploy-scan", "deploy-test", "deploy-pipeline", "events"),
)
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
KEY_MANAGEMENT = (
    *("DescribeKey", "DisableKey", "EnableKey", "EnableKeyRotation", "GetKeyPolicy", "GetKeyRotationStatus"),
    *(
        "ListResourceTags",
        "PutKeyPolicy",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateKeyDescription",
    ),
)
EVERY_RIGHT = "administrator"
EVERYTHING_NAME = "everything"
GITHUB, ANOTHER_ISSUER = "token.actions.githubusercontent.com", "gitlab.com"
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def arn(service: str, rest: str, *, account: str = DEV) -> str:
    """ARN of something in the Region."""
    return f"arn:aws:{service}:{REGION}:{account}:{rest}"


# What lets every account in, as far as its own policy goes: only who asks can still be stopped by their own policies.
OPEN = {
    "key": arn("kms", "key/open-to-everybody"),
    "key_outside": arn("kms", "key/open-to-everybody", account=OUTSIDE),
    "images": arn("ecr", "repository/open-to-everybody"),
    "bucket": f"arn:aws:s3:::open-to-everybody-{DEV}",
    "package": arn("sagemaker", "model-package/open-to-everybody/1"),
    **{environment: f"arn:aws:iam::{account}:role/open-to-everybody" for environment, account in ACCOUNTS.items()},
}
OPEN_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Open",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in ACCOUNTS.values()]},
            "Action": "*",
            "Resource": "*",
        }
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What one project is called, as ARNs. The ids of keys are drawn at random, so they are looked up."""

    id: str
    artifact_key: str
    pipeline_key: str

    @property
    def name(self) -> str:
        return f"mlops-{self.id}"

    @property
    def artifacts(self) -> str:
        return f"arn:aws:s3:::{self.name}-artifacts-{DEV}"

    @property
    def pipeline(self) -> str:
        return f"arn:aws:s3:::{self.name}-pipeline-{DEV}"

    @property
    def images(self) -> str:
        return arn("ecr", f"repository/{self.name}")

    @property
    def group(self) -> str:
        return arn("sagemaker", f"model-package-group/{self.name}")

    @property
    def package(self) -> str:
        return arn("sagemaker", f"model-package/{self.name}/7")

    @property
    def topic(self) -> str:
        return arn("sns", f"{self.name}-notifications")

    @property
    def logs(self) -> str:
        return arn("logs", f"log-group:/aws/codebuild/{self.name}")

    @property
    def role(self) -> Mapping[str, str]:
        """The project's roles in DEV, by what follows the project's name."""
        return {kind: f"arn:aws:iam::{DEV}:role/mlops/project/{self.name}-{kind}" for kind in ROLES}

    @property
    def model(self) -> Mapping[str, str]:
        """The roles that its endpoints run with, by environment."""
        return {
            environment: f"arn:aws:iam::{account}:role/mlops/project/{self.name}-{environment}-model"
            for environment, account in ACCOUNTS.items()
        }

    @property
    def schedule(self) -> Mapping[str, str]:
        """The roles that start its batch inference, by environment."""
        return {environment: role.replace("-model", "-schedule") for environment, role in self.model.items()}

    @property
    def capture(self) -> Mapping[str, str]:
        """The buckets of captured requests and of batch inference, by environment."""
        return {
            environment: f"arn:aws:s3:::{self.name}-{environment}-capture-{account}"
            for environment, account in ACCOUNTS.items()
        }


def vocabulary(*, churn: Project, fraud: Project, product: str, portfolio: str) -> Mapping[str, Any]:
    """What may stand between braces in the table. `product` is the ARN of what Studio offers, in `portfolio`."""
    baseline = {
        kind: {env: f"arn:aws:iam::{ACCOUNTS[env]}:role/mlops/mlops-{SET}-{env}-{kind}" for env in ACCOUNTS}
        for kind in ("deploy", "cloudformation")
    }
    return {
        "churn": churn,
        "fraud": fraud,
        "product": product,
        "portfolio": portfolio,
        "github": {environment: _issuer(GITHUB, account) for environment, account in ACCOUNTS.items()},
        "another_issuer": {environment: _issuer(ANOTHER_ISSUER, account) for environment, account in ACCOUNTS.items()},
        "ci_plan": {environment: _ci_role(environment, "plan") for environment in ACCOUNTS},
        "ci_deploy": {environment: _ci_role(environment, "deploy") for environment in ACCOUNTS},
        "state_bucket": {environment: _state_bucket(account) for environment, account in ACCOUNTS.items()},
        "state": {
            environment: f"{_state_bucket(account)}/{SET}-{environment}/terraform.tfstate"
            for environment, account in ACCOUNTS.items()
        },
        **ACCOUNTS,
        "account_of": ACCOUNTS,
        "open": OPEN,
        "data_key": {environment: _data_key(account) for environment, account in ACCOUNTS.items()},
        "key_of": {environment: _key(account) for environment, account in ACCOUNTS.items()},
        **baseline,
        "anyone": {environment: _anyone(environment) for environment in ACCOUNTS},
        "bounded": {environment: _bounded(environment) for environment in (*ACCOUNTS, "project")},
        "boundary": {environment: _boundary(environment) for environment in (*ACCOUNTS, "project")},
        "launch": f"arn:aws:iam::{DEV}:role/mlops/mlops-{SET}-dev-launch",
        "s3_launch": f"arn:aws:iam::{DEV}:role/mlops/mlops-{SET}-dev-s3-launch",
        "seed": f"arn:aws:s3:::mlops-{SET}-dev-seed-{REGION}-{DEV}",
        "scientist": STUDIO_ROLE,
        "scientist_with_sagemaker": SCIENTIST_WITH_SAGEMAKER,
        "approver": APPROVER,
        "project_policies": f"arn:aws:iam::{DEV}:policy/mlops/mlops-{SET}-dev-project",
        "region": REGION,
        "template_url": f"https://mlops-{SET}-dev-seed-{REGION}-{DEV}.s3.{REGION}.amazonaws.com/templates/1.yaml",
    }


def with_imagined_people(snapshot: Snapshot) -> Snapshot:
    """Add principals that carry every right there is, so that only what guards the other side can stop them.

    ``{anyone[x]}`` is an administrator of an account. ``{bounded[x]}`` is a role with every right and the boundary that
    roles of projects get there. ``{scientist_with_sagemaker}`` carries AmazonSageMakerFullAccess too. ``{open[x]}`` is
    something that lets every account in. ``{key_of[x]}`` is a key of the account that has nothing to do with projects,
    ``{data_key[x]}`` one of a project there.
    """
    documents = {EVERYTHING_NAME: EVERYTHING}
    for resource in OPEN.values():
        snapshot = snapshot.with_guard(resource, OPEN_POLICY, {"sagemaker:project-id": CHURN_ID})
    for environment, account in ACCOUNTS.items():
        snapshot = snapshot.with_guard(_key(account), _key_policy(account))
        snapshot = snapshot.with_guard(_data_key(account), data_key_policy(environment))
        snapshot = snapshot.with_identity(_anyone(environment), Identity(policies=(EVERYTHING_NAME,)), documents)
    for account in (ACCOUNTS[environment] for environment in ("dev", "preprod", "prod")):
        for issuer in (GITHUB, ANOTHER_ISSUER):
            snapshot = snapshot.with_identity(_issuer(issuer, account), Identity(policies=()))
    for environment in ("dev", "preprod", "prod", "project"):
        tags = {"mlops-project-id": CHURN_ID} if environment == "project" else {}
        identity = Identity(policies=(EVERYTHING_NAME,), boundary=_boundary(environment), tags=tags)
        snapshot = snapshot.with_identity(_bounded(environment), identity)
    full_access = json.loads(aws_managed_policies_data)["AmazonSageMakerFullAccess"]["Document"]
    policies = (*snapshot.identities[STUDIO_ROLE].policies, FULL_ACCESS)
    return snapshot.with_identity(SCIENTIST_WITH_SAGEMAKER, Identity(policies=policies), {FULL_ACCESS: full_access})


def _issuer(host: str, account: str) -> str:
    """A provider of identities outside AWS."""
    return f"arn:aws:iam::{account}:oidc-provider/{host}"


def _ci_role(environment: str, kind: str) -> str:
    return f"arn:aws:iam::{ACCOUNTS[environment]}:role/mlops/ci/mlops-{SET}-{environment}-ci-{kind}"


def _state_bucket(account: str) -> str:
    return f"arn:aws:s3:::mlops-state-{REGION}-{account}"


def _key(account: str) -> str:
    return arn("kms", "key/of-the-account", account=account)


def _data_key(account: str) -> str:
    return arn("kms", "key/data-of-churn", account=account)


def data_key_policy(environment: str) -> dict[str, Any]:
    """The policy of a project's key in an environment, as the deploy application writes it."""
    default = _key_policy(ACCOUNTS[environment])["Statement"][0] | {"Sid": "IamPoliciesOfThisAccountDecide"}
    role = f"arn:aws:iam::{ACCOUNTS[environment]}:role/mlops/mlops-{SET}-{environment}-cloudformation"
    for_the_role = {"Effect": "Allow", "Principal": {"AWS": role}, "Resource": "*"}
    manage = [f"kms:{verb}" for verb in KEY_MANAGEMENT]
    only_for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            default,
            {**for_the_role, "Sid": "CloudFormationMayManageTheKey", "Action": manage},
            {
                **for_the_role,
                "Sid": "CloudFormationMayHandItToSageMaker",
                "Action": "kms:CreateGrant",
                "Condition": only_for_aws,
            },
        ],
    }


def _key_policy(account: str) -> dict[str, Any]:
    """The policy that KMS gives to a key for which nobody writes one."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Sid": "Default", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _anyone(environment: str) -> str:
    return f"arn:aws:iam::{ACCOUNTS[environment]}:role/{EVERY_RIGHT}"


def _bounded(environment: str) -> str:
    account = ACCOUNTS.get(environment, DEV)
    return f"arn:aws:iam::{account}:role/mlops/project/every-right-inside-the-{environment}-boundary"


def _boundary(environment: str) -> str:
    name = "dev-project-boundary" if environment == "project" else f"{environment}-boundary"
    return f"arn:aws:iam::{ACCOUNTS.get(environment, DEV)}:policy/mlops/mlops-{SET}-{name}"

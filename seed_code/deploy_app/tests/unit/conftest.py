"""A project in a pretended AWS (moto, in this process), and the targets of its three environments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from deployment import settings
from deployment.accounts import Account
from deployment.model_registry import Model
from deployment.names import Names
from deployment.project import Project, from_environment
from deployment.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APP = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNTS = {"dev": "123456789012", "preprod": "222222222222", "prod": "333333333333"}  # the first is moto's own
GROUP = "mlops-p-0123456789ab"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNTS['dev']}:key/0aaaaaaa-0000-0000-0000-000000000000"
AWS_IMAGE = f"141502667606.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:3.0-5"
VARIABLES = {
    "SAGEMAKER_PROJECT_NAME": "Churn",
    "SAGEMAKER_PROJECT_ID": "p-0123456789ab",
    "COST_CENTRE": "4711",
    "MODEL_PACKAGE_GROUP_NAME": GROUP,
    "MODEL_PACKAGE_ARN": "LATEST",
    "ARTIFACT_BUCKET": f"mlops-p-0123456789ab-artifacts-{ACCOUNTS['dev']}",
    "ARTIFACT_KEY_ARN": KEY,
    "IMAGE_REPOSITORY_ARN": f"arn:aws:ecr:{REGION}:{ACCOUNTS['dev']}:repository/{GROUP}",
    "AWS_REGION": REGION,
    "CODEBUILD_RESOLVED_SOURCE_VERSION": "0123456789abcdef0123456789abcdef01234567",
}

# One for all tests: a session keeps what it has read, and SageMaker's description takes a second to read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)


def model(version: int = 7, image: str = AWS_IMAGE) -> Model:
    """Return an approved model of the project."""
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNTS['dev']}:model-package/{GROUP}/{version}"
    return Model(arn=arn, version=version, images=(image,))


def account(environment: str) -> Account:
    """Return an environment's account as the Parameter Store of DEV has it."""
    number = ACCOUNTS[environment]
    return Account(
        account_id=number,
        region=REGION,
        boundary_arn=f"arn:aws:iam::{number}:policy/mlops/mlops-demo-{environment}-boundary",
        cloudformation_role_arn=f"arn:aws:iam::{number}:role/mlops/mlops-demo-{environment}-cloudformation",
        subnet_ids=("subnet-11111111", "subnet-22222222"),
        security_group_ids=("sg-11111111",),
    )


@pytest.fixture(scope="session")
def project() -> Project:
    """The project as its build sees it."""
    return from_environment(VARIABLES)


@pytest.fixture(scope="session")
def shipped() -> Mapping[str, settings.Settings]:
    """The settings in `config/`."""
    return settings.load(APP / "config")


@pytest.fixture(scope="session")
def shipped_targets(project: Project, shipped: Mapping[str, settings.Settings]) -> dict[str, Target]:
    """The three environments with the settings in `config/`."""
    return {
        environment: Target(
            environment=environment,
            names=Names(project_id=project.id, environment=environment),
            project=project,
            settings=wanted,
            account=account(environment),
            model=model(),
            inference_definition=None,
        )
        for environment, wanted in shipped.items()
    }


class PretendedAws:
    """The project's account in DEV: Parameter Store and model registry."""

    def __init__(self) -> None:
        self.session = SESSION
        self.sagemaker: Any = self.session.client("sagemaker")
        self.ssm: Any = self.session.client("ssm")
        self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)

    def put_parameters(self, environments: Mapping[str, str]) -> None:
        """Write what the platform's baseline writes, without a network."""
        for environment in environments:
            facts = account(environment)
            for name in ("account_id", "region", "boundary_arn", "cloudformation_role_arn"):
                self.put_parameter(f"/mlops/{environment}/{name}", getattr(facts, name))

    def put_parameter(self, name: str, value: str) -> None:
        """Write one parameter."""
        self.ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    def register(self, status: str, *, group: str = GROUP, image: str = AWS_IMAGE) -> str:
        """Register a model package, and return its ARN."""
        arn: str = self.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": image, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        return arn

    def set_status(self, arn: str, status: str) -> None:
        """Approve or reject a model package."""
        self.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)


@pytest.fixture
def aws() -> Iterator[PretendedAws]:
    """An account without any model."""
    with mock_aws():
        pretended = PretendedAws()
        pretended.put_parameters(ACCOUNTS)
        yield pretended


def with_endpoint(target: Target, **changes: Any) -> Target:  # noqa: ANN401
    """Return the target with other settings of its endpoint."""
    assert target.settings.endpoint is not None
    endpoint = replace(target.settings.endpoint, **changes)
    return replace(target, settings=replace(target.settings, endpoint=endpoint))

"""The sizes of all policies against what AWS takes, as deployed with the longest names and with a project's longest id.

The sizes are in characters without white space, which is how IAM counts; other services take at least as many bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from baseline import accounts, naming
from sandbox.journey.team import person
from tests.sandbox.deploy.land import opened_land, succeeded
from tests.template.test_template_names import LONGEST_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

ACCOUNTS = Path(__file__).resolve().parent / "accounts" / "longest_names.toml"
LONGEST_PARTITION = "aws-us-gov"
STUDIO_ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-risk"
PROJECT = {
    "SageMakerProjectName": "A" * 32,
    "SageMakerProjectId": LONGEST_ID,
    "CustomImage": "true",
    "NotificationEmail": "team@example.com",
}

# Sources: IAM user guide, "reference_iam-quotas"; S3 user guide, "example-bucket-policies"; KMS developer guide,
# "resource-limits"; SageMaker's and ECR's API models (PutModelPackageGroupPolicy, SetRepositoryPolicy).
LIMITS = {
    "trust": 2_048,
    "inline policies of a role": 10_240,
    "managed policy": 6_144,
    "bucket policy": 20_480,
    "key policy": 32_768,
    "image repository policy": 10_240,
    "model group policy": 20_480,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    kind: str
    name: str
    characters: int

    @property
    def fits(self) -> bool:
        return self.characters <= LIMITS[self.kind]


def size(document: object) -> int:
    """Characters of a policy, as long as it would be in the partition with the longest name."""
    parsed = json.loads(document) if isinstance(document, str) else document
    return len(json.dumps(parsed, separators=(",", ":")).replace("arn:aws:", f"arn:{LONGEST_PARTITION}:"))


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Size]]:
    """Size of every policy in the three accounts."""
    with opened_land(tmp_path_factory.mktemp("longest"), ACCOUNTS) as land:
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        create_project(land)
        dev, *_ = land.project.stacks
        yield [
            *(found for stack in land.project.stacks for found in of_roles(land.client(stack, "iam"))),
            *(found for stack in land.project.stacks for found in of_managed(land.client(stack, "iam"))),
            *of_resources({name: land.client(dev, name) for name in ("s3", "kms", "ecr", "sagemaker")}),
        ]


def create_project(land: Land) -> None:
    """Provision the newest release, as a data scientist, with every option."""
    dev, *_ = land.project.stacks
    catalog = person(land.sandbox, land.sandbox.find(dev), role_arn=STUDIO_ROLE).client("servicecatalog")
    [product] = catalog.search_products()["ProductViewSummaries"]
    described = land.client(dev, "servicecatalog").describe_product_as_admin(Id=product["ProductId"])
    newest = described["ProvisioningArtifactSummaries"][-1]
    record = catalog.provision_product(
        ProductId=product["ProductId"],
        ProvisioningArtifactId=newest["Id"],
        ProvisionedProductName="longest",
        ProvisioningParameters=[{"Key": key, "Value": value} for key, value in PROJECT.items()],
    )["RecordDetail"]
    assert record["Status"] == "SUCCEEDED", record


def of_roles(iam: Any) -> Iterator[Size]:  # noqa: ANN401  boto3 makes its clients at run time
    for role in iam.list_roles(PathPrefix=naming.IAM_PATH)["Roles"]:
        name = role["RoleName"]
        inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in inline]
        yield Size(kind="trust", name=name, characters=size(role["AssumeRolePolicyDocument"]))
        yield Size(kind="inline policies of a role", name=name, characters=sum(map(size, documents)))


def of_managed(iam: Any) -> Iterator[Size]:  # noqa: ANN401
    for policy in iam.list_policies(Scope="Local", PathPrefix=naming.IAM_PATH)["Policies"]:
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        yield Size(kind="managed policy", name=policy["PolicyName"], characters=size(document))


def of_resources(clients: Mapping[str, Any]) -> Iterator[Size]:
    s3, kms, ecr, sagemaker = (clients[name] for name in ("s3", "kms", "ecr", "sagemaker"))
    project = f"mlops-{LONGEST_ID}"
    for bucket in (f"{project}-artifacts-123456789012", f"{project}-pipeline-123456789012"):
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        yield Size(kind="bucket policy", name=bucket, characters=size(policy))
    for alias in (f"alias/{project}-artifacts", f"alias/{project}-pipeline"):
        policy = kms.get_key_policy(KeyId=kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"], PolicyName="default")
        yield Size(kind="key policy", name=alias, characters=size(policy["Policy"]))
    image_policy = ecr.get_repository_policy(repositoryName=project)["policyText"]
    yield Size(kind="image repository policy", name=project, characters=size(image_policy))
    group_policy = sagemaker.get_model_package_group_policy(ModelPackageGroupName=project)["ResourcePolicy"]
    yield Size(kind="model group policy", name=project, characters=size(group_policy))


def test_the_names_are_the_longest() -> None:
    [account_set] = accounts.load(ACCOUNTS)
    assert len(account_set.name) == naming.MAX_SET_NAME_LENGTH
    assert len(account_set.dev.region) == naming.MAX_REGION_LENGTH


@pytest.mark.parametrize("kind", LIMITS)
def test_every_policy_fits(sizes: list[Size], kind: str) -> None:
    found = [size for size in sizes if size.kind == kind]
    assert found
    assert [size for size in found if not size.fits] == []

"""What the template agrees with others: the SSM contract it reads, the roles that its policies let in."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any

import hcl2
import pytest

from baseline import accounts, contract, naming
from tests.template.product_template import ACCOUNT_ID, RELEASES, TEMPLATE, as_text, filled, parameter_store_reads, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Statement, Template

MOST_DYNAMIC_REFERENCES = 60  # in one template: CloudFormation user guide, "dynamic-references"
every_template = pytest.mark.parametrize("file", [TEMPLATE, *RELEASES], ids=lambda file: file.name)

# Who carries the resource's policy, and the statement of the role's own policy that is its other half: both accounts
# have to agree.
OTHER_HALVES = {
    "ArtifactBucketPolicy": ("boundary_policy.tf", "ReadModels"),
    "ArtifactKey": ("boundary_policy.tf", "DecryptModels"),
    "ImageRepository": ("boundary_policy.tf", "PullImages"),
    "PipelineBucketPolicy": ("deploy_policy.tf", "ReadPipelineArtifacts"),
    "PipelineKey": ("deploy_policy.tf", "DecryptPipelineArtifacts"),
}


@pytest.fixture(scope="module")
def written(root: Path) -> set[str]:
    """Every path of DEV's Parameter Store that the baseline writes for the shipped accounts file."""
    account_set = accounts.load(root / "accounts.toml")[0]
    return set(
        contract.parameters(account_set=account_set, seed_bucket="seeds", build_key="build", deploy_key="deploy")
    )


@pytest.fixture(scope="module")
def deployment_roles(root: Path) -> Path:
    return root / "modules" / "deployment_roles"


def role_actions(file: Path, sid: str) -> set[str]:
    """Actions of one statement of an aws_iam_policy_document."""
    blocks = [
        statement
        for data in hcl2.loads(file.read_text())["data"]
        for document in data['"aws_iam_policy_document"'].values()
        for statement in document["statement"]
        if statement["sid"] == f'"{sid}"'
    ]
    return {action.strip('"') for block in blocks for action in block["actions"]}


def module_local(deployment_roles: Path, name: str) -> str:
    """A local value of the module, with other locals in their place and DEV's id for its variable."""
    local: dict[str, Any] = hcl2.loads((deployment_roles / "main.tf").read_text())["locals"][0]
    text = local[name].strip('"').replace("${var.dev_account_id}", ACCOUNT_ID)
    return re.sub(r"\$\{local\.(_iam|project)\}", lambda found: module_local(deployment_roles, found[1]), text)


# --- Parameter Store --------------------------------------------------------------------------------------------------


@every_template
def test_every_path_that_is_read_is_written_by_the_baseline(file: Path, written: set[str]) -> None:
    assert set(parameter_store_reads(read(file))) <= written


@every_template
def test_cloudformation_takes_that_many_references(file: Path) -> None:
    assert len(parameter_store_reads(read(file))) <= MOST_DYNAMIC_REFERENCES


@pytest.mark.parametrize(
    ("repository", "seed"), [("BuildRepository", naming.SSM_BUILD_KEY), ("DeployRepository", naming.SSM_DEPLOY_KEY)]
)
def test_a_repository_begins_with_its_seed_on_main(template: Template, repository: str, seed: str) -> None:
    assert template["Resources"][repository]["Properties"]["Code"] == {
        "BranchName": "main",
        "S3": {"Bucket": f"{{{{resolve:ssm:{naming.SSM_SEED_BUCKET}}}}}", "Key": f"{{{{resolve:ssm:{seed}}}}}"},
    }


# --- the roles in the other accounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("resource_id", OTHER_HALVES)
def test_a_resource_allows_what_the_role_is_allowed(
    allowed_outside: list[Statement], deployment_roles: Path, resource_id: str
) -> None:
    file, sid = OTHER_HALVES[resource_id]
    allowed_here = {action for s in allowed_outside if s.resource_id == resource_id for action in s.actions}
    assert allowed_here == role_actions(deployment_roles / file, sid)


def test_the_model_group_allows_what_the_cloudformation_role_is_allowed(
    allowed_outside: list[Statement], deployment_roles: Path
) -> None:
    allowed_here = {action for s in allowed_outside if s.resource_id == "ModelPackageGroup" for action in s.actions}
    assert allowed_here >= role_actions(deployment_roles / "cloudformation_policy.tf", "CreateModelsFromDevPackages")


@pytest.mark.parametrize(
    ("bucket", "local"), [("ArtifactBucket", "artifact_buckets"), ("PipelineBucket", "pipeline_buckets")]
)
def test_a_bucket_has_a_name_that_the_roles_know(
    template: Template, deployment_roles: Path, bucket: str, local: str
) -> None:
    name = filled(as_text(template["Resources"][bucket]["Properties"]["BucketName"]))
    assert fnmatch.fnmatchcase(name, module_local(deployment_roles, local).rpartition(":")[2])


@pytest.mark.parametrize("environment", ["preprod", "prod"])
def test_the_model_role_has_a_name_that_may_be_made(
    allowed_outside: list[Statement], deployment_roles: Path, environment: str
) -> None:
    may_be_made = module_local(deployment_roles, "model_role").replace("${var.environment}", environment)
    roles = {role for s in allowed_outside if environment in s.environments for role in s.roles if ":role/" in role}
    assert {fnmatch.fnmatchcase(role.partition(":role")[2], may_be_made.partition(":role")[2]) for role in roles} == {
        True
    }


def test_the_model_role_stands_under_the_path_of_the_projects(allowed_outside: list[Statement]) -> None:
    roles = {role for statement in allowed_outside for role in statement.roles if ":role/" in role}
    assert all(role.partition(":role")[2].startswith(naming.PROJECT_IAM_PATH) for role in roles)

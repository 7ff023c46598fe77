"""Names: within AWS's limits for the longest set name and Region, unique in any account that sets share."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import botocore.session
import pytest

from baseline import naming
from baseline._accounts_rules import RESERVED_TAG_PREFIXES
from baseline.accounts import Account, Environment, StateBackend, load
from baseline.naming import EnvironmentParameter

GOOD = Path(__file__).parent / "accounts" / "good"
GOOD_FILES = sorted(GOOD.glob("*.toml"))
IAM_ROLE_LIMIT, IAM_POLICY_LIMIT, BUCKET_LIMIT = 64, 128, 63
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")


def good(name: str) -> Path:
    return GOOD / f"{name}.toml"


def account(
    *, set_name: str = "demo", environment: Environment = Environment.DEV, region: str = "eu-west-1"
) -> Account:
    return Account(
        set_name=set_name,
        environment=environment,
        account_id="123456789012",
        region=region,
        profile=None,
        assume_role_arn=None,
        state=StateBackend(bucket="state", key="key", region=region),
        network=None,
        deployment_roles=None,
        studio=None,
        tags={},
    )


def longest(environment: Environment) -> Account:
    return account(
        set_name="s" * naming.MAX_SET_NAME_LENGTH, environment=environment, region="r" * naming.MAX_REGION_LENGTH
    )


SESSION = botocore.session.get_session()
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
KNOWN_REGIONS = {
    region: partition for partition in PARTITIONS for region in SESSION.get_available_regions("ec2", partition)
}


@pytest.mark.parametrize("environment", Environment)
def test_role_names_fit_in_iam(environment: Environment) -> None:
    names = naming.deploy_role_name(longest(environment)), naming.cloudformation_role_name(longest(environment))

    assert max(len(name) for name in names) <= IAM_ROLE_LIMIT


@pytest.mark.parametrize("environment", Environment)
def test_boundary_name_fits_in_iam(environment: Environment) -> None:
    assert len(naming.boundary_name(longest(environment))) <= IAM_POLICY_LIMIT


def test_names_of_the_policies_of_a_projects_roles_fit_in_iam() -> None:
    dev = longest(Environment.DEV)
    name = naming.project_policies_arn(dev).rpartition("/")[2]

    assert len(f"{name}-deploy-pipeline") <= IAM_POLICY_LIMIT
    assert f"{name}-deploy-pipeline" == naming.LONGEST_PROJECT_POLICY.pattern.format(
        set_name=dev.set_name, environment=dev.environment
    )


def test_studio_finds_the_templates_in_the_seed_bucket() -> None:
    dev = account()

    assert naming.s3_templates_location(dev) == f"s3://{naming.seed_bucket_name(dev)}/templates/"


def test_seed_bucket_name_fits_in_s3() -> None:
    assert len(naming.seed_bucket_name(longest(Environment.DEV))) <= BUCKET_LIMIT


def test_state_bucket_name_fits_in_s3() -> None:
    name = naming.state_bucket_name(region="r" * naming.MAX_REGION_LENGTH, account_id="123456789012")

    assert len(name) <= BUCKET_LIMIT


def test_one_character_more_would_not_fit() -> None:
    too_long = account(set_name="s" * (naming.MAX_SET_NAME_LENGTH + 1), region="r" * naming.MAX_REGION_LENGTH)

    assert len(naming.seed_bucket_name(too_long)) > BUCKET_LIMIT


def test_longest_known_region_fills_the_room_left_for_it() -> None:
    assert max(len(region) for region in KNOWN_REGIONS) == naming.MAX_REGION_LENGTH


def test_known_regions_are_of_their_partition() -> None:
    assert {region: account(region=region).partition for region in KNOWN_REGIONS} == KNOWN_REGIONS


@pytest.mark.parametrize("region", KNOWN_REGIONS)
def test_known_region_may_stand_in_the_accounts_file(region: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    file.write_text(good("minimal").read_text(encoding="utf-8").replace("eu-west-1", region), encoding="utf-8")

    assert load(file)[0].dev.region == region


def test_bucket_names_are_spelt_for_s3() -> None:
    assert BUCKET_NAME.fullmatch(naming.seed_bucket_name(account()))
    assert BUCKET_NAME.fullmatch(naming.state_bucket_name(region="eu-west-1", account_id="123456789012"))


def test_names_say_set_and_environment() -> None:
    prod = account(environment=Environment.PROD)

    assert naming.prefix(prod) == "mlops-demo-prod"
    assert naming.deploy_role_name(prod) == "mlops-demo-prod-deploy"
    assert naming.cloudformation_role_name(prod) == "mlops-demo-prod-cloudformation"
    assert naming.boundary_name(prod) == "mlops-demo-prod-boundary"
    assert naming.seed_bucket_name(account()) == "mlops-demo-dev-seed-eu-west-1-123456789012"


def test_iam_names_begin_with_the_prefix() -> None:
    names = (
        naming.deploy_role_name(account()),
        naming.cloudformation_role_name(account()),
        naming.boundary_name(account()),
    )

    assert all(name.startswith(f"{naming.prefix(account())}-") for name in names)


@pytest.mark.parametrize("path", GOOD_FILES, ids=lambda path: path.stem)
def test_no_two_accounts_of_a_file_share_a_name(path: Path) -> None:
    names: Counter[str] = Counter()
    for one in (account for account_set in load(path) for account in account_set.accounts):
        ours = [naming.deploy_role_arn(one), naming.cloudformation_role_arn(one), naming.boundary_arn(one)]
        names.update([*ours, f"{one.state.bucket}/{one.state.key}"])
        names.update([naming.seed_bucket_name(one)] if one.is_dev else [])

    assert [name for name, count in names.items() if count > 1] == []


def test_arns_are_on_the_baselines_path() -> None:
    prod = account(environment=Environment.PROD)

    assert naming.deploy_role_arn(prod) == "arn:aws:iam::123456789012:role/mlops/mlops-demo-prod-deploy"
    assert naming.cloudformation_role_arn(prod) == "arn:aws:iam::123456789012:role/mlops/mlops-demo-prod-cloudformation"
    assert naming.boundary_arn(prod) == "arn:aws:iam::123456789012:policy/mlops/mlops-demo-prod-boundary"
    assert naming.project_policies_arn(account()) == "arn:aws:iam::123456789012:policy/mlops/mlops-demo-dev-project"


def test_arns_are_of_the_regions_partition() -> None:
    assert naming.deploy_role_arn(account(region="cn-north-1")).startswith("arn:aws-cn:iam::")


def test_roles_of_the_accounts_file_take_the_place_of_ours() -> None:
    prod = load(good("named_roles"))[0].prod

    assert (naming.deploy_role_arn(prod), naming.cloudformation_role_arn(prod), naming.boundary_arn(prod)) == (
        "arn:aws:iam::345678901234:role/cdk-hnb659fds-deploy-role-345678901234-eu-west-1",
        "arn:aws:iam::345678901234:role/cdk-hnb659fds-cfn-exec-role-345678901234-eu-west-1",
        "arn:aws:iam::345678901234:policy/security/project-boundary",
    )


def test_deploy_pipelines_are_known_by_path_and_suffix() -> None:
    path, _, name = f"/{naming.DEPLOY_PIPELINE_ROLE_PATTERN}".rpartition("/")

    assert (f"{path}/", name) == (naming.PROJECT_IAM_PATH, "mlops-*-deploy-pipeline")


def test_environments_facts_have_their_path() -> None:
    assert [naming.ssm_path(Environment.PROD, parameter) for parameter in EnvironmentParameter] == [
        "/mlops/prod/account_id",
        "/mlops/prod/region",
        "/mlops/prod/deploy_role_arn",
        "/mlops/prod/cloudformation_role_arn",
        "/mlops/prod/boundary_arn",
        "/mlops/prod/project_policies",
        "/mlops/prod/subnet_ids",
        "/mlops/prod/security_group_ids",
    ]


def test_seeds_have_the_paths_that_the_product_reads() -> None:
    assert (naming.SSM_SEED_BUCKET, naming.SSM_BUILD_KEY, naming.SSM_DEPLOY_KEY) == (
        "/mlops/code/seed_bucket",
        "/mlops/code/build",
        "/mlops/code/deploy",
    )


def test_everything_is_tagged_with_set_environment_and_tool() -> None:
    assert naming.default_tags(account()) == {
        "mlops:set": "demo",
        "mlops:environment": "dev",
        "mlops:managed-by": "terraform",
    }


def test_tags_of_the_set_join_ours() -> None:
    assert naming.default_tags(load(good("everything_set"))[0].dev)["team"] == "machine learning"


def test_no_set_can_take_our_tag_keys() -> None:
    assert all(key.startswith(RESERVED_TAG_PREFIXES) for key in naming.OWN_TAG_KEYS)


def test_an_object_can_carry_all_default_tags_and_one_of_its_own() -> None:
    assert len(naming.OWN_TAG_KEYS) + naming.MAX_SET_TAGS + 1 <= naming.OBJECT_TAG_LIMIT == 10

"""`cdktf deploy` of the three shipped accounts, and what it does the second time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.deploy.land import succeeded

if TYPE_CHECKING:
    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

ACCOUNTS = ["demo-dev", "demo-preprod", "demo-prod"]
REGION_PARAMETER = "/mlops/prod/region"


def state(land: Land, account: str) -> dict[str, Any]:
    """An account's Terraform state, read with that account's own credentials."""
    account_id = land.sandbox.find(account).account_id
    bucket = f"mlops-state-eu-west-1-{account_id}"
    stored = land.client(account, "s3").get_object(Bucket=bucket, Key=f"{account}/terraform.tfstate")
    document: dict[str, Any] = json.load(stored["Body"])
    return document


def managed(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What Terraform made, with every attribute: a changed resource has another version id, date or value in it."""
    return [resource for resource in document["resources"] if resource["mode"] == "managed"]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_second_plan_has_no_changes(deployed: Land, account: str) -> None:
    assert deployed.project.changes(account) == {}


def test_a_second_deploy_changes_nothing(deployed: Land) -> None:
    before = {account: managed(state(deployed, account)) for account in ACCOUNTS}
    succeeded(deployed.project.deploy())
    assert {account: managed(state(deployed, account)) for account in ACCOUNTS} == before


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_state_of_each_account_lies_in_its_own_account_under_its_own_key(deployed: Land, account: str) -> None:
    assert state(deployed, account)["resources"]


def test_the_lock_is_released_after_a_deploy(deployed: Land) -> None:
    s3 = deployed.client("demo-prod", "s3")
    [bucket] = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["demo-prod/terraform.tfstate"]


def test_a_value_edited_by_hand_shows_as_drift_and_nothing_else_does(deployed: Land) -> None:
    ssm = deployed.client("demo-dev", "ssm")
    address = f'module.ssm_contract.aws_ssm_parameter.this["{REGION_PARAMETER}"]'
    right = ssm.get_parameter(Name=REGION_PARAMETER)["Parameter"]["Value"]
    ssm.put_parameter(Name=REGION_PARAMETER, Value="us-east-1", Overwrite=True)
    try:
        plan = deployed.project.plan("demo-dev")
    finally:
        ssm.put_parameter(Name=REGION_PARAMETER, Value=right, Overwrite=True)
    assert [drift["address"] for drift in plan["resource_drift"]] == [address]
    changed = {c["address"]: c["change"]["actions"] for c in plan["resource_changes"] if c["mode"] == "managed"}
    assert {where: actions for where, actions in changed.items() if actions != ["no-op"]} == {address: ["update"]}


def test_a_changed_seed_file_is_a_new_object_and_a_new_value_and_nothing_else(deployed: Land) -> None:
    readme = deployed.project.folder / "seed_code" / "build_app" / "README.md"
    before = readme.read_text()
    readme.write_text(f"{before}\nOne more line.\n")
    try:
        deployed.project.synth()
        plan = deployed.project.plan("demo-dev")
    finally:
        readme.write_text(before)
        deployed.project.synth()
    changes = {
        change["address"]: change["change"]
        for change in plan["resource_changes"]
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    }
    uploaded = 'module.seed_bucket.aws_s3_object.this["build"]'
    value = 'module.ssm_contract.aws_ssm_parameter.this["/mlops/code/build"]'
    assert {where: change["actions"] for where, change in changes.items()} == {
        uploaded: ["create", "delete"],  # the new object is there before the old one goes
        value: ["update"],
    }
    assert changes[uploaded]["before"]["key"] != changes[uploaded]["after"]["key"]
    assert changes[value]["after"]["insecure_value"] == changes[uploaded]["after"]["key"]


def test_the_stand_in_stays_in_the_sandbox_and_out_of_the_users_plugin_cache(deployed: Land) -> None:
    [plugin] = (deployed.project.folder / "cdktf.out" / "stacks" / "demo-dev").glob(
        ".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*"
    )
    mirror = Path(deployed.project.variables["TF_CLI_CONFIG_FILE"]).parent
    assert plugin.resolve().is_relative_to(mirror.resolve())


def test_the_archives_that_ssm_names_are_in_the_seed_bucket(deployed: Land) -> None:
    ssm, s3 = deployed.client("demo-dev", "ssm"), deployed.client("demo-dev", "s3")
    bucket = ssm.get_parameter(Name="/mlops/code/seed_bucket")["Parameter"]["Value"]
    for app in ("build", "deploy"):
        key = ssm.get_parameter(Name=f"/mlops/code/{app}")["Parameter"]["Value"]
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read(2) == b"PK"


def test_the_seed_bucket_is_private_encrypted_and_versioned_and_answers_over_tls_only(deployed: Land) -> None:
    s3 = deployed.client("demo-dev", "s3")
    bucket = "mlops-demo-dev-seed-eu-west-1-111111111111"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    [statement] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_resource_that_takes_tags_carries_set_and_environment(deployed: Land) -> None:
    tags = deployed.client("demo-prod", "iam").list_role_tags(RoleName="mlops-demo-prod-deploy")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "mlops:set": "demo",
        "mlops:environment": "prod",
        "mlops:managed-by": "terraform",
    }


def test_roles_of_other_accounts_are_published_under_the_arns_that_they_have_there(deployed: Land) -> None:
    ssm = deployed.client("demo-dev", "ssm")
    for environment in ("dev", "preprod", "prod"):
        iam = deployed.client(f"demo-{environment}", "iam")
        for role in ("deploy", "cloudformation"):
            published = ssm.get_parameter(Name=f"/mlops/{environment}/{role}_role_arn")["Parameter"]["Value"]
            assert iam.get_role(RoleName=f"mlops-demo-{environment}-{role}")["Role"]["Arn"] == published
        boundary = ssm.get_parameter(Name=f"/mlops/{environment}/boundary_arn")["Parameter"]["Value"]
        assert iam.get_policy(PolicyArn=boundary)["Policy"]["Arn"] == boundary

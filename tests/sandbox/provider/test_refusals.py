"""What the provider does not imitate, or must not do, it refuses by name before anything is made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.provider import catalogue
from sandbox.provider.assembly import IMITATED
from sandbox.provider.mirror import write_mirror
from sandbox.provider.resources import ssm
from sandbox.provider.service import Service
from tests.sandbox.provider.provider_workspace import Workspace, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes
    from tests.sandbox.running_sandbox import RunningSandbox

pytestmark = pytest.mark.slow

BUCKET = 'resource "aws_s3_bucket" "this" {\n  bucket = "mlops-refusals"\n}\n'
PARAMETER = 'resource "aws_ssm_parameter" "this" {\n  name  = "/x"\n  type  = "String"\n  value = "x"\n}\n'


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a CLI configuration whose mirror holds the stand-in."""
    return write_mirror(tmp_path_factory.mktemp("mirror"), python=Path(sys.executable))


@pytest.fixture
def installed(tmp_path: Path, emulator: RunningSandbox, mirror: Path) -> Iterator[Workspace]:
    """Return a workspace whose provider is a process that Terraform starts, redirected by environment alone."""
    folder = tmp_path / "root"
    with workspace(folder, sandbox=emulator, account="123456789012", terraform_configuration=mirror) as made:
        made.write(
            'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n', "versions.tf"
        )
        yield made


def test_the_installed_provider_reaches_the_emulator_by_environment_alone(installed: Workspace) -> None:
    installed.write(PARAMETER)
    installed.must("init")
    assert installed.apply() == {"aws_ssm_parameter.this": "create"}


def test_a_type_that_aws_has_and_nobody_imitates_is_named_with_the_cure(installed: Workspace) -> None:
    installed.write('resource "aws_sqs_queue" "this" {\n  name = "letters"\n}\n')
    installed.must("init")
    refusal = installed.run("plan").messages
    assert "aws_sqs_queue is not imitated by the sandbox's provider" in refusal
    assert "Add a handler in sandbox/provider/resources" in refusal


def test_a_data_source_in_a_module_that_nobody_imitates_is_named(installed: Workspace) -> None:
    module = installed.folder / "queues"
    module.mkdir()
    (module / "main.tf").write_text('data "aws_sqs_queue" "this" {\n  name = "letters"\n}\n')
    installed.write('module "queues" {\n  source = "./queues"\n}\n')
    installed.must("init")
    assert "data aws_sqs_queue is not imitated by the sandbox's provider" in installed.run("plan").messages


def test_a_type_that_aws_does_not_have_is_refused_by_terraform(terraform: Workspace) -> None:
    terraform.write('resource "aws_nope" "this" {}\n')
    assert 'does not support resource type "aws_nope"' in terraform.run("validate").messages


def test_an_argument_that_is_not_imitated_is_named_where_it_is_set(terraform: Workspace) -> None:
    terraform.write(BUCKET.replace("\n}", '\n  acl    = "private"\n}'))
    refusal = terraform.run("validate").messages
    assert "aws_s3_bucket: 'acl' is not imitated" in refusal
    assert "on main.tf line 3" in refusal


def test_a_block_that_is_not_imitated_is_named(terraform: Workspace) -> None:
    terraform.write(BUCKET.replace("\n}", '\n  logging {\n    target_bucket = "logs"\n  }\n}'))
    assert "aws_s3_bucket: 'logging' is not imitated" in terraform.run("validate").messages


def test_an_argument_inside_a_block_is_named_with_its_path(terraform: Workspace) -> None:
    terraform.write(
        """
        resource "aws_s3_bucket_versioning" "this" {
          bucket = "mlops-refusals"
          versioning_configuration {
            status     = "Enabled"
            mfa_delete = "Disabled"
          }
        }
        """
    )
    expected = "aws_s3_bucket_versioning: 'versioning_configuration.mfa_delete' is not imitated"
    assert expected in terraform.run("validate").messages


def test_an_unimitated_argument_whose_value_was_unknown_is_refused_once_it_is_known(terraform: Workspace) -> None:
    terraform.write(
        """
        variable "acl" { type = string }
        resource "aws_s3_bucket" "this" {
          bucket = "mlops-refusals"
          acl    = var.acl
        }
        """
    )
    assert "aws_s3_bucket: 'acl' is not imitated" in terraform.run("plan", "-var=acl=private").messages


def test_all_refusals_of_a_resource_are_told_at_once(terraform: Workspace) -> None:
    terraform.write(BUCKET.replace("\n}", '\n  acl    = "private"\n  policy = "{}"\n}'))
    refusal = terraform.run("validate").messages
    assert "'acl' is not imitated" in refusal
    assert "'policy' is not imitated" in refusal


def test_an_exported_attribute_that_nobody_fills_in_cannot_be_referred_to(terraform: Workspace) -> None:
    terraform.write(BUCKET + 'output "zone" {\n  value = aws_s3_bucket.this.hosted_zone_id\n}\n')
    assert (
        'no argument, nested block, or exported attribute named "hosted_zone_id"' in terraform.run("validate").messages
    )


def test_an_argument_of_the_provider_that_is_not_imitated_is_named(terraform: Workspace) -> None:
    terraform.add_to_provider_block('http_proxy = "http://127.0.0.1:1"')
    terraform.write(PARAMETER)
    assert "provider aws: 'http_proxy' is not imitated" in terraform.run("plan").messages


def test_a_missing_required_argument_is_terraforms_own_refusal(terraform: Workspace) -> None:
    terraform.write('resource "aws_ssm_parameter" "this" {\n  name = "/x"\n}\n')
    assert 'The argument "type" is required' in terraform.run("validate").messages


def test_a_name_that_the_provider_would_make_up_is_refused(terraform: Workspace) -> None:
    terraform.write('resource "aws_s3_bucket" "this" {}\n')
    assert "aws_s3_bucket: 'bucket' is missing" in terraform.run("validate").messages


def test_a_value_that_aws_would_refuse_late_is_refused_early(terraform: Workspace) -> None:
    terraform.write(PARAMETER.replace("String", "Text"))
    assert "It must be one of 'String', 'StringList', 'SecureString'." in terraform.run("validate").messages


@pytest.mark.parametrize("endpoint", ["https://ssm.eu-west-1.amazonaws.com", "http://192.0.2.1:5000"])
def test_an_endpoint_that_is_not_on_loopback_is_refused_by_name(
    terraform: Workspace, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", endpoint)
    terraform.write(PARAMETER)
    expected = f"The endpoint of AWS_ENDPOINT_URL_SSM is {endpoint}, which is not on loopback"
    assert expected in terraform.run("plan").messages


def test_an_endpoint_of_the_provider_block_is_refused_by_name(terraform: Workspace) -> None:
    terraform.add_to_provider_block('endpoints {\n    ssm = "http://127.0.0.1:1"\n  }')
    terraform.write(PARAMETER)
    assert "provider aws: 'endpoints' is not imitated" in terraform.run("plan").messages


def test_no_endpoint_at_all_is_refused_rather_than_aws_reached(
    terraform: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    terraform.write(PARAMETER)
    assert "which is not on loopback" in terraform.run("plan").messages


def test_credentials_of_another_account_are_refused_naming_both(terraform: Workspace) -> None:
    terraform.add_to_provider_block('allowed_account_ids = ["999999999999"]')
    terraform.write(PARAMETER)
    refusal = terraform.run("apply", "-auto-approve").messages
    assert f"AWS account ID not allowed: {terraform.account}" in refusal
    assert "allowed_account_ids names 999999999999" in refusal


def test_nothing_is_made_in_an_account_that_is_not_allowed(terraform: Workspace) -> None:
    terraform.add_to_provider_block('allowed_account_ids = ["999999999999"]')
    terraform.write(PARAMETER)
    terraform.run("apply", "-auto-approve")
    assert terraform.everything() == set()


def test_a_bucket_with_objects_is_not_destroyed(terraform: Workspace) -> None:
    terraform.write(BUCKET)
    terraform.apply()
    terraform.client("s3").put_object(Bucket="mlops-refusals", Key="kept", Body=b"")
    assert "BucketNotEmpty" in terraform.run("destroy", "-auto-approve").messages


def test_the_value_of_a_parameter_is_not_shown(terraform: Workspace) -> None:
    terraform.write(PARAMETER.replace('value = "x"', 'value = "hush"'))
    assert "hush" not in terraform.must("plan").output


def test_what_the_emulator_does_not_keep_is_named(tmp_path: Path, emulator: RunningSandbox) -> None:
    class Forgetful(ssm.Parameter):
        def read(self, session: Session, state: Attributes) -> Attributes:
            return super().read(session, state) | {"description": None}

    service = Service(schemas=catalogue.load(IMITATED), handlers={"aws_ssm_parameter": Forgetful()}, data_sources={})
    with workspace(tmp_path / "root", sandbox=emulator, account="900000000000", service=service) as terraform:
        terraform.write_settings()
        terraform.write(PARAMETER.replace('"x"\n}', '"x"\n  description = "Kept?"\n}'))
        terraform.must("init")
        assert "'description', written as 'Kept?', is read as None" in terraform.run("apply", "-auto-approve").messages

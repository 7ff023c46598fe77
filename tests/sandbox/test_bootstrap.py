"""``python -m bootstrap`` against the sandbox: the same code as against AWS."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from baseline.accounts import DEFAULT_FILE, load
from bootstrap import STATE_STACK_NAME, STATE_TEMPLATE, __main__
from tests.sandbox.running_sandbox import RunningSandbox, clear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUCKET = "mlops-state-eu-west-1-111111111111"
ACCOUNTS = ("demo-dev", "demo-preprod", "demo-prod")


class Bootstrap:
    """The command, and what it did and said."""

    def __init__(self, *, running: RunningSandbox, captured: pytest.CaptureFixture[str]) -> None:
        self.running = running
        self._captured = captured

    def run(self, *names: str) -> tuple[int, str]:
        """Run the command without a question. Returns its exit status and what it printed on both streams."""
        status = __main__.main((*names, "--yes"))
        captured = self._captured.readouterr()
        return status, captured.out + captured.err

    def stack(self, name: str = "dev") -> Any:  # noqa: ANN401
        return self.running.client(name, "cloudformation").describe_stacks(StackName=STATE_STACK_NAME)["Stacks"][0]

    def s3(self, name: str = "dev") -> Any:  # noqa: ANN401
        return self.running.client(name, "s3")

    def is_empty(self, name: str) -> bool:
        stacks = self.running.client(name, "cloudformation").describe_stacks()["Stacks"]
        return not stacks and not self.s3(name).list_buckets()["Buckets"]


@pytest.fixture
def bootstrap(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bootstrap]:
    """The command in an environment that leads to the sandbox; the accounts are empty before and after."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLOPS_"))]:
        monkeypatch.delenv(name)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    yield Bootstrap(running=sandbox, captured=capsys)
    for name in ACCOUNTS:
        clear(sandbox, name)


@pytest.fixture
def accounts_file(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Select a copy of the shipped accounts file in which one text is replaced by another."""

    def select(old: str, new: str) -> None:
        shipped = (root / "accounts.toml").read_text()
        assert old in shipped
        copy = tmp_path / "changed.toml"
        copy.write_text(shipped.replace(old, new))
        monkeypatch.setenv("MLOPS_ACCOUNTS", str(copy))

    return select


def profile_of(name: str) -> str:
    """Return the line of the shipped accounts file that names an account's profile."""
    (account_set,) = load(DEFAULT_FILE)
    (account,) = [account for account in account_set.accounts if account.name == name]
    return f'profile    = "{account.profile}"'


def test_it_makes_the_bucket_in_each_account_named(bootstrap: Bootstrap) -> None:
    assert bootstrap.run("demo-dev", "demo-prod")[0] == 0
    assert [bootstrap.is_empty(name) for name in ACCOUNTS] == [False, True, False]


def test_the_stack_says_which_bucket_it_made(bootstrap: Bootstrap) -> None:
    bootstrap.run("demo-dev")
    assert {output["OutputKey"]: output["OutputValue"] for output in bootstrap.stack()["Outputs"]} == {
        "BucketName": BUCKET
    }


def test_a_second_run_changes_nothing(bootstrap: Bootstrap) -> None:
    bootstrap.run("demo-dev")
    status, output = bootstrap.run("demo-dev")
    assert (status, bootstrap.stack()["StackStatus"], "unchanged" in output) == (0, "CREATE_COMPLETE", True)


def test_a_changed_template_updates_the_stack(
    bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bootstrap.run("demo-dev")
    changed = tmp_path / "state.yaml"
    changed.write_text(STATE_TEMPLATE.read_text().replace("NoncurrentDays: 90", "NoncurrentDays: 30"))
    monkeypatch.setattr("bootstrap.__main__.STATE_TEMPLATE", changed)
    status, output = bootstrap.run("demo-dev")
    assert (status, bootstrap.stack()["StackStatus"], "updated" in output) == (0, "UPDATE_COMPLETE", True)


@pytest.fixture
def made(bootstrap: Bootstrap) -> Any:  # noqa: ANN401
    """S3 of an account in which the bucket was made."""
    bootstrap.run("demo-dev")
    return bootstrap.s3()


def test_the_bucket_keeps_versions(made: Any) -> None:  # noqa: ANN401
    assert made.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_the_bucket_is_encrypted_with_kms(made: Any) -> None:  # noqa: ANN401
    (rule,) = made.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert (rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], rule["BucketKeyEnabled"]) == ("aws:kms", True)


def test_the_bucket_is_closed_to_the_public(made: Any) -> None:  # noqa: ANN401
    assert set(made.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}


def test_the_bucket_owner_owns_every_object(made: Any) -> None:  # noqa: ANN401
    (rule,) = made.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"


def test_the_bucket_is_reached_over_tls_alone(made: Any) -> None:  # noqa: ANN401
    statements = json.loads(made.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [statement["Condition"] for statement in statements]


def test_old_versions_expire_but_for_some(made: Any) -> None:  # noqa: ANN401
    rules = made.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    kept = [rule["NoncurrentVersionExpiration"] for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert kept == [{"NoncurrentDays": 90, "NewerNoncurrentVersions": 20}]


def test_its_owner_reads_and_writes_the_state(made: Any) -> None:  # noqa: ANN401
    made.put_object(Bucket=BUCKET, Key="demo-dev/terraform.tfstate", Body=b"{}")
    assert made.get_object(Bucket=BUCKET, Key="demo-dev/terraform.tfstate")["Body"].read() == b"{}"


def test_credentials_of_another_account_are_refused_before_anything_is_made(
    bootstrap: Bootstrap, accounts_file: Callable[[str, str], None]
) -> None:
    accounts_file('"333333333333"', '"444444444444"')
    status, output = bootstrap.run("demo-dev", "demo-prod")
    assert (status, bootstrap.is_empty("demo-dev")) == (1, True)
    assert "belong to account 333333333333, the accounts file says 444444444444" in output


def test_a_refusal_ends_with_where_to_mend_it(bootstrap: Bootstrap, accounts_file: Callable[[str, str], None]) -> None:
    accounts_file('"333333333333"', '"444444444444"')
    assert bootstrap.run("demo-prod")[1].rstrip().endswith("edit changed.toml")


def test_with_the_shipped_file_and_no_such_profile_the_message_ends_with_edit_accounts_toml(
    bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    status, output = bootstrap.run("demo-dev")
    assert (status, output.rstrip().endswith("edit accounts.toml")) == (1, True)


def test_every_account_without_usable_credentials_is_named_at_once(
    bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    output = bootstrap.run("demo-dev", "demo-prod")[1]
    assert [line.partition(":")[0] for line in output.splitlines()] == ["demo-dev", "demo-prod"]


def test_refused_credentials_are_reported_without_a_traceback(
    bootstrap: Bootstrap, accounts_file: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts_file(profile_of("demo-dev"), "")
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    status, output = bootstrap.run("demo-dev")
    assert (status, "InvalidClientTokenId" in output, "111111111111 is a placeholder" in output) == (1, True, True)


def test_an_account_is_reached_by_an_assumed_role(
    bootstrap: Bootstrap, accounts_file: Callable[[str, str], None]
) -> None:
    role = 'assume_role = "arn:aws:iam::333333333333:role/mlops-terraform"'
    accounts_file(profile_of("demo-prod"), role)
    assert (bootstrap.run("demo-prod")[0], bootstrap.is_empty("demo-prod")) == (0, False)


def test_an_unknown_account_is_answered_with_the_nearest_known_one(bootstrap: Bootstrap) -> None:
    status, output = bootstrap.run("demo-pord", "demo-dev")
    assert (status, 'Did you mean "demo-prod"?' in output, bootstrap.is_empty("demo-dev")) == (1, True, True)


def test_a_bucket_of_somebody_elses_is_left_alone(
    bootstrap: Bootstrap, accounts_file: Callable[[str, str], None]
) -> None:
    accounts_file("[demo.preprod]", '[demo.dev.state]\nbucket = "their-bucket"\n\n[demo.preprod]')
    status, output = bootstrap.run("demo-dev")
    assert (status, "nothing was made" in output, bootstrap.is_empty("demo-dev")) == (0, True, True)


@pytest.fixture
def broken_template(tmp_path: Path) -> Path:
    """The template with a tag that S3 refuses: the creation fails."""
    broken = tmp_path / "state.yaml"
    broken.write_text(STATE_TEMPLATE.read_text().replace("mlops:purpose", "aws:purpose"))
    return broken


def test_a_failed_creation_shows_which_resource_failed(
    bootstrap: Bootstrap, broken_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bootstrap.__main__.STATE_TEMPLATE", broken_template)
    status, output = bootstrap.run("demo-dev")
    (row,) = [line for line in output.splitlines() if "CREATE_FAILED" in line]
    assert (status, "StateBucket" in row, "AWS::S3::Bucket" in row) == (1, True, True)


def test_a_stack_left_in_rollback_complete_is_explained_with_its_cure(
    bootstrap: Bootstrap, broken_template: Path
) -> None:
    cloudformation = bootstrap.running.client("dev", "cloudformation")
    cloudformation.create_stack(StackName=STATE_STACK_NAME, TemplateBody=broken_template.read_text())
    status, output = bootstrap.run("demo-dev")
    cure = f"aws cloudformation delete-stack --stack-name {STATE_STACK_NAME}"
    assert (status, "ROLLBACK_COMPLETE" in output, cure in output) == (1, True, True)


def test_after_the_cure_it_works(bootstrap: Bootstrap, broken_template: Path) -> None:
    cloudformation = bootstrap.running.client("dev", "cloudformation")
    cloudformation.create_stack(StackName=STATE_STACK_NAME, TemplateBody=broken_template.read_text())
    cloudformation.delete_stack(StackName=STATE_STACK_NAME)
    assert bootstrap.run("demo-dev")[0] == 0


def test_a_bucket_that_outlived_its_stack_is_explained_with_its_cure(bootstrap: Bootstrap) -> None:
    bootstrap.run("demo-dev")
    bootstrap.running.client("dev", "cloudformation").delete_stack(StackName=STATE_STACK_NAME)
    status, output = bootstrap.run("demo-dev")
    assert (status, f"bucket {BUCKET} exists" in output, "--change-set-type IMPORT" in output) == (1, True, True)


def test_a_bucket_name_taken_by_another_account_is_explained(bootstrap: Bootstrap) -> None:
    bootstrap.s3("prod").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    status, output = bootstrap.run("demo-dev")
    assert (status, "belongs to another account" in output, "[demo.dev.state]" in output) == (1, True, True)

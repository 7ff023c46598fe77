"""``python -m bootstrap --ci`` against the sandbox: what it shows, what it asks, and the roles that it makes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from bootstrap import STATE_TEMPLATE, __main__
from bootstrap.ci import ISSUER
from tests.sandbox.running_sandbox import RunningSandbox, clear

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY = "octo-org/mlops"
PROVIDER = f"arn:aws:iam::111111111111:oidc-provider/{ISSUER}"
AUDIENCE, SUBJECT = f"{ISSUER}:aud", f"{ISSUER}:sub"


class Command:
    """The command in an environment that leads to the sandbox, and what it left there."""

    def __init__(self, running: RunningSandbox, captured: pytest.CaptureFixture[str]) -> None:
        self.running, self._captured = running, captured

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run it. Returns its exit status and what it printed on both streams."""
        status = __main__.main(arguments)
        captured = self._captured.readouterr()
        return status, captured.out + captured.err

    def stacks(self, account: str = "dev") -> dict[str, str]:
        found = self.running.client(account, "cloudformation").describe_stacks()["Stacks"]
        return {stack["StackName"]: stack["StackStatus"] for stack in found}

    def role(self, name: str, account: str = "dev") -> Any:  # noqa: ANN401  boto3
        return self.running.client(account, "iam").get_role(RoleName=name)["Role"]

    def trust(self, name: str, account: str = "dev") -> Any:  # noqa: ANN401
        [statement] = self.role(name, account)["AssumeRolePolicyDocument"]["Statement"]
        return statement


@pytest.fixture
def command(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """The accounts are empty before and after."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLOPS_"))]:
        monkeypatch.delenv(name)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "250")
    yield Command(sandbox, capsys)
    for account in ("dev", "prod"):
        clear(sandbox, account)
        iam = sandbox.client(account, "iam")
        for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])


# --- the change set ---------------------------------------------------------------------------------------------------


def test_every_resource_to_be_added_is_shown(command: Command) -> None:
    output = command.run("demo-dev", "--yes")[1]
    rows = [line for line in output.splitlines() if "Add" in line]
    assert ["StateBucket" in "".join(rows), "StateBucketPolicy" in "".join(rows), len(rows)] == [True, True, 2]


def test_without_a_yes_and_with_nobody_to_ask_nothing_is_made(command: Command) -> None:
    status, output = command.run("demo-dev")
    assert (status, command.stacks(), "--yes" in output) == (1, {}, True)


@pytest.mark.parametrize(("answer", "status"), [("yes", 0), ("y", 1), ("", 1)])
def test_it_asks_and_takes_yes_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda *_: answer)
    assert command.run("demo-dev")[0] == status
    assert bool(command.stacks()) is (status == 0)


def test_a_change_in_place_names_what_changes(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command.run("demo-dev", "--yes")
    changed = tmp_path / "state.yaml"
    changed.write_text(STATE_TEMPLATE.read_text().replace("NoncurrentDays: 90", "NoncurrentDays: 30"))
    monkeypatch.setattr("bootstrap.__main__.STATE_TEMPLATE", changed)
    [row] = [line for line in command.run("demo-dev", "--yes")[1].splitlines() if "Modify" in line]
    assert "LifecycleConfiguration" in row


def test_a_replacement_stands_out(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command.run("demo-dev", "--yes")
    changed = tmp_path / "state.yaml"
    changed.write_text(STATE_TEMPLATE.read_text().replace("mlops-state-", "mlops-states-"))
    monkeypatch.setattr("bootstrap.__main__.STATE_TEMPLATE", changed)
    rows = [line for line in command.run("demo-dev")[1].splitlines() if "Replace" in line]
    assert "StateBucket" in rows[0]


def test_what_is_not_wanted_leaves_no_change_set(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.run("demo-dev", "--yes")
    monkeypatch.setattr("bootstrap.ci.CAPABILITIES", ())  # the roles' change set fails
    assert command.run("demo-prod", "demo-dev", "--ci", REPOSITORY, "--yes")[0] == 1
    assert command.stacks("prod") == {}


# --- the roles --------------------------------------------------------------------------------------------------------


def test_without_a_repository_no_role_is_made(command: Command) -> None:
    command.run("demo-dev", "--yes")
    assert command.stacks() == {"mlops-state": "CREATE_COMPLETE"}


def test_each_account_gets_two_roles(command: Command) -> None:
    assert command.run("demo-dev", "demo-prod", "--ci", REPOSITORY, "--yes")[0] == 0
    arns = [
        command.role(f"mlops-demo-{name}-ci-{kind}", name)["Arn"]
        for name in ("dev", "prod")
        for kind in ("plan", "deploy")
    ]
    assert arns == [
        "arn:aws:iam::111111111111:role/mlops/ci/mlops-demo-dev-ci-plan",
        "arn:aws:iam::111111111111:role/mlops/ci/mlops-demo-dev-ci-deploy",
        "arn:aws:iam::333333333333:role/mlops/ci/mlops-demo-prod-ci-plan",
        "arn:aws:iam::333333333333:role/mlops/ci/mlops-demo-prod-ci-deploy",
    ]


def test_pull_requests_and_the_default_branch_plan(command: Command) -> None:
    command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    assert command.trust("mlops-demo-dev-ci-plan")["Condition"] == {
        "StringEquals": {
            AUDIENCE: "sts.amazonaws.com",
            SUBJECT: [f"repo:{REPOSITORY}:pull_request", f"repo:{REPOSITORY}:ref:refs/heads/main"],
        }
    }


def test_only_the_accounts_own_environment_deploys(command: Command) -> None:
    command.run("demo-prod", "--ci", REPOSITORY, "--yes")
    condition = command.trust("mlops-demo-prod-ci-deploy", "prod")["Condition"]["StringEquals"]
    assert condition == {AUDIENCE: "sts.amazonaws.com", SUBJECT: [f"repo:{REPOSITORY}:environment:prod"]}


def test_the_ids_of_newer_repositories_are_taken_as_they_stand_in_a_token(command: Command) -> None:
    command.run("demo-dev", "--ci", "octo-org@123456/mlops@456789", "--yes")
    subjects = command.trust("mlops-demo-dev-ci-plan")["Condition"]["StringEquals"][SUBJECT]
    assert subjects[0] == "repo:octo-org@123456/mlops@456789:pull_request"


@pytest.mark.parametrize("repository", ["mlops", "octo-org/*", "octo-org/mlops:ref", "octo-org/mlops/x", "a b/c"])
def test_what_can_be_no_repository_is_refused(command: Command, repository: str) -> None:
    status, output = command.run("demo-dev", "--ci", repository, "--yes")
    assert (status, "owner/name" in output, command.stacks()) == (1, True, {})


def test_the_provider_is_made_where_there_is_none(command: Command) -> None:
    command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    assert command.trust("mlops-demo-dev-ci-plan")["Principal"] == {"Federated": PROVIDER}
    provider = command.running.client("dev", "iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (provider["Url"], provider["ClientIDList"]) == (ISSUER, ["sts.amazonaws.com"])


def provided(command: Command, audience: str) -> None:
    """Make the account's provider, as somebody else did before."""
    iam = command.running.client("dev", "iam")
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[audience], ThumbprintList=[])


def test_a_provider_that_is_there_is_used(command: Command) -> None:
    provided(command, "sts.amazonaws.com")
    output = command.run("demo-dev", "--ci", REPOSITORY, "--yes")[1]
    assert (command.trust("mlops-demo-dev-ci-plan")["Principal"], "OidcProvider" in output) == (
        {"Federated": PROVIDER},
        False,
    )


def test_a_provider_for_another_audience_is_told_with_its_cure(command: Command) -> None:
    provided(command, "https://github.com/octo-org")
    status, output = command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    assert (status, "add-client-id-to-open-id-connect-provider" in output, command.stacks()) == (1, True, {})


def test_a_second_run_changes_nothing(command: Command) -> None:
    command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    status, output = command.run("demo-dev", "--ci", REPOSITORY)
    assert (status, "Change sets" in output) == (0, False)


def test_another_repository_changes_the_trust_in_place(command: Command) -> None:
    command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    output = command.run("demo-dev", "--ci", "octo-org/renamed", "--yes")[1]
    rows = [line for line in output.splitlines() if "Modify" in line]
    assert [("AssumeRolePolicyDocument" in row) for row in rows] == [True, True]


def test_environments_in_one_aws_account_share_the_provider(
    command: Command, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = (root / "accounts.toml").read_text().replace("333333333333", "111111111111")
    shared = shared.replace("edit accounts.toml: demo.prod", "edit accounts.toml: demo.dev")
    (tmp_path / "accounts.toml").write_text(shared)
    monkeypatch.setenv("MLOPS_ACCOUNTS", str(tmp_path / "accounts.toml"))
    assert command.run("demo-dev", "demo-prod", "--ci", REPOSITORY, "--yes")[0] == 0
    trusted = [command.trust(f"mlops-demo-{name}-ci-deploy")["Principal"] for name in ("dev", "prod")]
    assert trusted == [{"Federated": PROVIDER}] * 2


def test_a_deleted_stack_leaves_the_provider_to_the_others(command: Command) -> None:
    command.run("demo-dev", "--ci", REPOSITORY, "--yes")
    command.running.client("dev", "cloudformation").delete_stack(StackName="mlops-demo-dev-ci")
    found = command.running.client("dev", "iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert [provider["Arn"] for provider in found] == [PROVIDER]


def test_it_says_which_variables_the_workflows_want(command: Command) -> None:
    output = command.run("demo-dev", "--ci", REPOSITORY, "--yes")[1]
    assert [name for name in ("PLAN_ROLE_DEV", "DRIFT_ROLE_DEV", "APPLY_ROLE") if name not in output] == []


def test_an_account_with_a_bucket_of_its_own_gets_its_roles_all_the_same(
    command: Command, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (root / "accounts.toml").read_text() + '\n[demo.prod.state]\nbucket = "their-bucket"\n'
    (tmp_path / "accounts.toml").write_text(own)
    monkeypatch.setenv("MLOPS_ACCOUNTS", str(tmp_path / "accounts.toml"))
    command.run("demo-prod", "--ci", REPOSITORY, "--yes")
    [policy] = command.running.client("prod", "iam").list_policies(Scope="Local")["Policies"]
    version = {"PolicyArn": policy["Arn"], "VersionId": policy["DefaultVersionId"]}
    document = command.running.client("prod", "iam").get_policy_version(**version)["PolicyVersion"]["Document"]
    assert document["Statement"][1]["Resource"] == "arn:aws:s3:::their-bucket/demo-prod/terraform.tfstate"

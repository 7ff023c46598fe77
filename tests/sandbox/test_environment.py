"""The variables that lead AWS's tools to the sandbox, without a sandbox."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest

from sandbox.environment import environment, shell_lines, variables
from sandbox.server import Sandbox, SandboxAccount, SandboxError

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = {"SANDBOX_PROVIDER": "registry"}


def account(environment_name: str, number: int) -> SandboxAccount:
    return SandboxAccount(
        name=f"demo-{environment_name}",
        account_id=str(number) * 12,
        environment=environment_name,
        region="eu-west-1",
        profile=f"profile-of-{environment_name}",
        access_key_id=f"KEY{number}",
        secret_access_key="secret",
        session_token="token/with+signs==",
    )


ACCOUNTS = (account("dev", 1), account("preprod", 2), account("prod", 3))
SANDBOX = Sandbox(
    endpoint="http://127.0.0.1:1",
    region="eu-west-1",
    pid=1,
    accounts={known.name: known for known in ACCOUNTS},
    repositories="/state/repositories",
)


def test_what_the_caller_says_about_aws_and_terraform_is_dropped(tmp_path: Path) -> None:
    base = REGISTRY | {"AWS_ACCESS_KEY_ID": "real", "AWS_ENDPOINT_URL_S3": "x", "TF_CLI_ARGS": "x", "PATH": "/bin"}
    found = environment(SANDBOX, folder=tmp_path, base=base)
    assert (found.keys() & base.keys(), found["PATH"]) == ({"SANDBOX_PROVIDER", "PATH"}, "/bin")


def test_terraforms_logging_may_stay(tmp_path: Path) -> None:
    assert environment(SANDBOX, folder=tmp_path, base=REGISTRY | {"TF_LOG": "debug"})["TF_LOG"] == "debug"


def test_the_stand_in_is_the_only_source_of_providers(tmp_path: Path) -> None:
    found = variables(SANDBOX, folder=tmp_path, base={})
    assert found["TF_CLI_ARGS_providers_lock"].startswith("-fs-mirror=")


def test_the_stand_in_replaces_the_callers_own_settings_of_terraform(tmp_path: Path) -> None:
    found = environment(SANDBOX, folder=tmp_path, base={"TF_CLI_CONFIG_FILE": "mine"})
    assert found["TF_CLI_CONFIG_FILE"].startswith(str(tmp_path))


def test_with_the_registry_the_callers_settings_of_terraform_stay(tmp_path: Path) -> None:
    found = environment(SANDBOX, folder=tmp_path, base=REGISTRY | {"TF_CLI_CONFIG_FILE": "mine"})
    assert found["TF_CLI_CONFIG_FILE"] == "mine"


def test_another_choice_of_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match='SANDBOX_PROVIDER is "opentofu"'):
        variables(SANDBOX, folder=tmp_path, base={"SANDBOX_PROVIDER": "opentofu"})


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        ("profile-of-dev", "KEY1"),
        ("profile-of-prod", "KEY3"),
        ("demo-preprod", "KEY2"),
        ("prod", "KEY3"),
        ("default", "KEY1"),
    ],
)
def test_every_profile_reaches_its_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, key: str
) -> None:
    for name, value in variables(SANDBOX, folder=tmp_path, base=REGISTRY).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    credentials = boto3.Session(profile_name=profile).get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.token) == (key, "token/with+signs==")


def test_the_credentials_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    file = variables(SANDBOX, folder=tmp_path / "new", base=REGISTRY)["AWS_SHARED_CREDENTIALS_FILE"]
    assert stat.S_IMODE((tmp_path / "new" / file).stat().st_mode) == 0o600


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    variables(SANDBOX, folder=tmp_path / "new", base=REGISTRY)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_proxy_is_not_asked_for_loopback(tmp_path: Path) -> None:
    found = variables(SANDBOX, folder=tmp_path, base=REGISTRY | {"NO_PROXY": "example.com"})
    assert found["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_an_unknown_account_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        SandboxError, match=r'no account "stage".*demo-dev, demo-preprod, demo-prod, dev, preprod, prod'
    ):
        variables(SANDBOX, folder=tmp_path, account="stage", base=REGISTRY)


def test_the_shell_gets_each_value_unchanged(tmp_path: Path) -> None:
    awkward = {"AWKWARD": f"a 'b' \"c\" $HOME `{tmp_path}`\nnext line"}
    printed = f'{shlex.quote(sys.executable)} -c \'import os; print(os.environ["AWKWARD"], end="")\''
    shell = ["sh", "-c", f"{shell_lines(awkward, base={})}\n{printed}"]
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout == awkward["AWKWARD"]


def test_the_shell_forgets_credentials_of_its_own() -> None:
    lines = shell_lines({"AWS_PROFILE": "demo-dev"}, base={"AWS_SECRET_ACCESS_KEY": "real", "AWS_PROFILE": "mine"})
    assert lines.splitlines() == ["unset AWS_SECRET_ACCESS_KEY", "export AWS_PROFILE=demo-dev"]


def test_the_state_is_read_as_it_was_written() -> None:
    assert Sandbox.from_json(SANDBOX.to_json()) == SANDBOX


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"accounts": {"dev": {}}}', '{"accounts": {}, "colour": "red"}'])
def test_another_file_is_not_taken_for_a_state(text: str) -> None:
    with pytest.raises(SandboxError, match="not the state of a sandbox"):
        Sandbox.from_json(text)


def test_git_finds_the_repositories_of_the_chosen_account_under_their_addresses(tmp_path: Path) -> None:
    found = environment(SANDBOX, folder=tmp_path, account="preprod", base=REGISTRY | {"PATH": os.defpath})
    listed = subprocess.run(
        ["git", "config", "--get-all", "url./state/repositories/222222222222/eu-west-1/.insteadOf"],
        env=found | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout.splitlines() == [
        "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/",
        "ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/",
        "codecommit::eu-west-1://",
    ]

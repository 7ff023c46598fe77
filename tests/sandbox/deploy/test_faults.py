"""What goes wrong on the way, and what remains then."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.deploy.land import CDKTF, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.sandbox.deploy.land import Land

pytestmark = pytest.mark.slow

LOCK_ID = "5f1d2c3b-0000-4000-8000-0123456789ab"


def without_credentials(land: Land, home: Path) -> dict[str, str]:
    """The environment of somebody who has just cloned the project: no profile, no endpoint."""
    kept = {key: value for key, value in land.project.variables.items() if not key.startswith("AWS_")}
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}


def test_the_shipped_ids_are_stopped_with_edit_accounts_toml(deployed: Land, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(deployed.project.folder, folder, ignore=shutil.ignore_patterns("cdktf.out"))
    stopped = subprocess.run(
        [CDKTF, "deploy", "demo-dev", "--auto-approve"],
        cwd=folder,
        env=without_credentials(deployed, tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert stopped.returncode != 0
    assert "edit accounts.toml" in stopped.stdout + stopped.stderr


def test_credentials_of_another_account_are_refused_before_anything_is_made(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        wrong = land.sandbox.find("demo-prod")
        credentials = land.project.folder / "wrong-credentials"
        profile = land.sandbox.find("demo-dev").profile
        credentials.write_text(
            f"[{profile}]\naws_access_key_id = {wrong.access_key_id}\n"
            f"aws_secret_access_key = {wrong.secret_access_key}\naws_session_token = {wrong.session_token}\n"
        )
        variables = {**land.project.variables, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        refused = replace(land.project, variables=variables).deploy("demo-dev")
        assert refused.returncode != 0
        assert "account" in refused.stdout.lower()
        assert wrong.account_id in refused.stdout
        for account in ("demo-dev", "demo-prod"):
            assert land.client(account, "iam").list_roles(PathPrefix="/mlops/")["Roles"] == []
            assert land.client(account, "s3").list_buckets()["Buckets"] == []


def test_a_lock_left_behind_is_told_in_terraforms_words_and_released_as_the_runbook_says(
    deployed: Land, root: Path
) -> None:
    account = deployed.sandbox.find("demo-preprod")
    s3 = deployed.client(account.name, "s3")
    bucket = f"mlops-state-{account.region}-{account.account_id}"
    lock = {
        "ID": LOCK_ID,
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "somebody@elsewhere",
        "Version": "1.11.4",
        "Created": "2026-01-01T00:00:00Z",
        "Path": f"{bucket}/{account.name}/terraform.tfstate",
    }
    s3.put_object(Bucket=bucket, Key=f"{account.name}/terraform.tfstate.tflock", Body=json.dumps(lock).encode())

    locked = deployed.project.deploy(account.name)
    assert locked.returncode != 0
    assert "Error acquiring the state lock" in locked.stdout
    assert LOCK_ID in locked.stdout

    runbook = (root / "docs" / "runbook.md").read_text()
    assert "Error acquiring the state\nlock" in runbook
    assert "terraform force-unlock" in runbook
    succeeded(deployed.project.terraform(account.name, "force-unlock", "-force", LOCK_ID))
    succeeded(deployed.project.deploy(account.name))


def test_a_deploy_that_lost_its_accounts_halfway_fails_and_the_next_one_succeeds(
    open_land: Callable[..., AbstractContextManager[Land]],
) -> None:
    with open_land() as land:
        succeeded(land.project.bootstrap())
        deploy = subprocess.Popen(
            [CDKTF, "deploy", *land.project.stacks, "--auto-approve"],
            cwd=land.project.folder,
            env=land.project.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with deploy:
            assert deploy.stdout is not None
            for line in deploy.stdout:
                if "Creating..." in line:
                    os.kill(land.sandbox.pid, signal.SIGKILL)
                    break
            rest = deploy.stdout.read()
        assert deploy.returncode != 0, rest

    with open_land() as land:  # the same folder, with all that the broken deploy left in it
        succeeded(land.project.bootstrap())
        succeeded(land.project.deploy())
        for stack in land.project.stacks:
            assert land.project.changes(stack) == {}

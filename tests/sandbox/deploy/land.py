"""A copy of the project, in which nothing of the sandbox can be imported, and a sandbox that it deploys to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baseline import accounts
from sandbox import server
from sandbox.clients import session_of
from sandbox.environment import environment
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.server import Sandbox, SandboxProcess

CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
SHIPPED = ("main.py", "cdktf.json", "accounts.toml", "baseline", "bootstrap", "modules", "seed_code", "cfn_product")
CHANGES = 2  # exit status of `terraform plan -detailed-exitcode`


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A copy of what ships, and the environment that leads its commands to a sandbox."""

    folder: Path
    variables: Mapping[str, str]
    stacks: tuple[str, ...]

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command and return what it printed, both streams together."""
        return subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def bootstrap(self) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "bootstrap", *self.stacks, "--yes")

    def deploy(self, *stacks: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(CDKTF), "deploy", *(stacks or self.stacks), "--auto-approve")

    def destroy(self) -> subprocess.CompletedProcess[str]:
        return self.run(str(CDKTF), "destroy", *self.stacks, "--auto-approve")

    def synth(self) -> None:
        succeeded(self.run(str(CDKTF), "synth"))

    def terraform(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("terraform", *arguments, "-no-color", folder=self.folder / "cdktf.out" / "stacks" / stack)

    def plan(self, stack: str) -> dict[str, Any]:
        """The plan of a deployed stack as `terraform show -json` gives it."""
        planned = self.terraform(stack, "plan", "-detailed-exitcode", "-input=false", "-out=plan.bin")
        assert planned.returncode in (0, CHANGES), planned.stdout
        shown = self.terraform(stack, "show", "-json", "plan.bin")
        plan: dict[str, Any] = json.loads(shown.stdout)
        return plan

    def changes(self, stack: str) -> dict[str, list[str]]:
        """What a plan would change: address -> actions."""
        return {
            change["address"]: change["change"]["actions"]
            for change in self.plan(stack).get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """A sandbox and a project that deploys to it."""

    sandbox: Sandbox
    process: SandboxProcess
    project: Project

    def client(self, account: str, service: str) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        """A boto3 client with the account's own credentials."""
        return session_of(self.sandbox.find(account)).client(service, endpoint_url=self.sandbox.endpoint)


def copy_of_the_project(folder: Path) -> Path:
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def succeeded(process: subprocess.CompletedProcess[str]) -> None:
    """Hold that a command did what it should; what it printed says why it did not."""
    assert process.returncode == 0, process.stdout


@contextmanager
def opened_land(folder: Path, accounts_file: Path | None = None) -> Iterator[Land]:
    project_folder = folder / "project"
    if not project_folder.exists():
        project_folder.mkdir(parents=True)
        copy_of_the_project(project_folder)
    account_sets = accounts.load(accounts_file)
    with server.start(account_sets=account_sets, log=folder / "server.log") as process:
        variables = environment(process.sandbox, folder=folder / "sandbox")
        variables.pop("PYTHONPATH", None)
        if accounts_file:
            variables["MLOPS_ACCOUNTS"] = str(accounts_file)
        stacks = tuple(process.sandbox.accounts)
        project = Project(folder=project_folder, variables=variables, stacks=stacks)
        yield Land(sandbox=process.sandbox, process=process, project=project)

"""Make the plans of this folder anew, with the real Terraform in a sandbox: `python -m tests.review.plans.make`.

`kinds.json` holds every kind of change; `errored.json` stops half-way; `first.json` is PREPROD's first deployment and
`trust.json` a later one whose deploy role trusts more, both from the project's own modules.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import server
from sandbox.clients import session_of
from sandbox.environment import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.server import Sandbox

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
SETTINGS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["%s"]
}
"""
DEPLOYMENT_ROLES = """
module "deployment_roles" {
  source                = "./deployment_roles"
  name_prefix           = "mlops-demo-preprod"
  environment           = "preprod"
  dev_account_id        = "111111111111"
  pipeline_role_pattern = "mlops/project/mlops-*-deploy-pipeline"
}
"""
# What nobody reviews and what differs from machine to machine.
DROPPED = ("timestamp", "prior_state", "planned_values")


class Root:
    """A root module in a sandbox account."""

    def __init__(self, folder: Path, *, sandbox: Sandbox, account: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.variables = environment(sandbox, folder=folder / "sandbox", account=account)
        (folder / "settings.tf").write_text(SETTINGS % sandbox.find(account).account_id)

    def terraform(self, *arguments: str, may_fail: bool = False, **variables: str) -> str:
        given = self.variables | {f"TF_VAR_{name}": value for name, value in variables.items()}
        command = ["terraform", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=given, capture_output=True, text=True, check=False)
        if done.returncode and not may_fail:
            sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def plan(self, *, may_fail: bool = False, **variables: str) -> dict[str, Any]:
        self.terraform("plan", "-input=false", "-out=plan.bin", may_fail=may_fail, **variables)
        plan: dict[str, Any] = json.loads(self.terraform("show", "-json", "plan.bin"))
        return plan


def kinds(folder: Path, sandbox: Sandbox) -> dict[str, Any]:
    root = Root(folder, sandbox=sandbox, account="dev")
    shutil.copy(FOLDER / "sources" / "kinds.before.tf", folder / "main.tf")
    root.terraform("init", "-input=false")
    root.terraform("apply", "-auto-approve", "-input=false", token="hunter2-before")
    account = sandbox.find("dev")
    session = session_of(account)
    s3 = session.client("s3", endpoint_url=sandbox.endpoint)
    s3.create_bucket(
        Bucket="mlops-review-made-by-hand", CreateBucketConfiguration={"LocationConstraint": account.region}
    )
    ssm = session.client("ssm", endpoint_url=sandbox.endpoint)
    ssm.put_parameter(Name="/mlops/review/drifting", Value="changed by hand", Overwrite=True)
    shutil.copy(FOLDER / "sources" / "kinds.tf", folder / "main.tf")
    return root.plan(token="hunter2-after")


def errored(folder: Path, sandbox: Sandbox) -> dict[str, Any]:
    root = Root(folder, sandbox=sandbox, account="dev")
    shutil.copy(FOLDER / "sources" / "errored.tf", folder / "main.tf")
    root.terraform("init", "-input=false")
    return root.plan(may_fail=True)


def deployment_roles(folder: Path, sandbox: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
    root = Root(folder, sandbox=sandbox, account="preprod")
    module = folder / "deployment_roles"
    shutil.copytree(ROOT / "modules" / "deployment_roles", module)
    (folder / "main.tf").write_text(DEPLOYMENT_ROLES)
    root.terraform("init", "-input=false")
    first = root.plan()
    root.terraform("apply", "-auto-approve", "-input=false")
    changed = DEPLOYMENT_ROLES.replace("mlops/project/mlops-*", "mlops/project/*").replace(
        "111111111111", "999999999999"
    )
    (folder / "main.tf").write_text(changed)
    return first, root.plan()


def write(name: str, plan: Mapping[str, Any]) -> None:
    kept = {key: value for key, value in plan.items() if key not in DROPPED}
    text = json.dumps(kept, indent=1, sort_keys=True)
    if str(ROOT) in text or tempfile.gettempdir() in text:
        sys.exit(f"{name}: a path of this machine would be committed")
    (FOLDER / f"{name}.json").write_text(text + "\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, server.start() as process:
        folder = Path(temporary)
        write("kinds", kinds(folder / "kinds", process.sandbox))
        write("errored", errored(folder / "errored", process.sandbox))
        first, trust = deployment_roles(folder / "preprod", process.sandbox)
        write("first", first)
        write("trust", trust)


if __name__ == "__main__":
    main()

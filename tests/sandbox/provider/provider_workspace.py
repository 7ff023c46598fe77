"""A folder in which the real Terraform runs against the stand-in and an emulator."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clients import session_with
from sandbox.provider.assembly import assemble
from sandbox.provider.server import listen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.provider.service import Service
    from tests.sandbox.running_sandbox import RunningSandbox

REGION = "eu-west-1"
_SETTINGS = """
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}

provider "aws" {{
  region = "{region}"

  assume_role {{
    role_arn = "arn:aws:iam::{account}:role/conformance"
  }}

  default_tags {{
    tags = {{ owner = "platform" }}
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one Terraform command said and how it ended."""

    exit_status: int
    output: str

    @property
    def messages(self) -> str:
        """The output as one line, without the frame that Terraform draws around an error."""
        return " ".join(self.output.replace("\u2502", " ").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What `terraform apply` did at each address, and what it could not do."""

    actions: dict[str, str]
    problems: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One root module and one empty AWS account of its own, reached from the first account of the sandbox."""

    sandbox: RunningSandbox
    folder: Path
    environment: Mapping[str, str]
    account: str

    def write(self, text: str, name: str = "main.tf") -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def write_settings(self) -> None:
        """Write a provider block that leans on no environment: default tags, a role in this workspace's account."""
        settings = _SETTINGS.format(region=REGION, account=self.account)
        self.write(settings, "settings.tf")

    def add_to_provider_block(self, line: str) -> None:
        """Add an argument to what `write_settings` wrote."""
        settings = self.folder / "settings.tf"
        block = 'provider "aws" {\n'
        settings.write_text(settings.read_text().replace(block, f"{block}  {line}\n"))

    def run(self, *arguments: str) -> Outcome:
        """Run `terraform ARGUMENTS`, whatever its exit status."""
        command = ["terraform", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        return Outcome(exit_status=done.returncode, output=done.stdout + done.stderr)

    def must(self, *arguments: str) -> Outcome:
        """Run a command that the test takes for granted."""
        outcome = self.run(*arguments)
        if outcome.exit_status:
            raise RuntimeError(f"terraform {' '.join(arguments)}\n{outcome.output}")
        return outcome

    def apply(self) -> dict[str, str]:
        """Apply; return the action done on each address that was changed."""
        applied = self.try_to_apply()
        if applied.problems:
            raise RuntimeError("\n".join(applied.problems))
        return applied.actions

    def try_to_apply(self) -> Applied:
        """Apply as much as can be applied."""
        lines = [json.loads(line) for line in self.run("apply", "-auto-approve", "-json").output.splitlines()]
        done = [line["hook"] for line in lines if line["type"] == "apply_complete"]
        problems = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
        return Applied(
            actions={hook["resource"]["addr"]: hook["action"] for hook in done},
            problems=[f"{one.get('address')}: {one['summary']} {one['detail']}" for one in problems],
        )

    def planned_changes(self) -> dict[str, set[str]]:
        """Plan; return the arguments that would change at each address."""
        self.must("plan", "-out=plan")
        changes = json.loads(self.must("show", "-json", "plan").output)["resource_changes"]
        return {
            change["address"]: _different(change["change"])
            for change in changes
            if change["change"]["actions"] != ["no-op"]
        }

    def attributes(self) -> dict[str, dict[str, Any]]:
        """Return the attributes of every resource in the state, by address."""
        modules = [json.loads(self.must("show", "-json").output)["values"]["root_module"]]
        for module in modules:
            modules.extend(module.get("child_modules", []))
        return {one["address"]: one["values"] for module in modules for one in module.get("resources", [])}

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore's clients are made at run time
        """Return a client in this workspace's account, for what happens behind Terraform's back."""
        role = self.sandbox.client("dev", "sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.account}:role/conformance", RoleSessionName="behind"
        )["Credentials"]
        return session_with(role, region=REGION).client(service, endpoint_url=self.sandbox.endpoint)

    def everything(self) -> set[str]:
        """Return the name of whatever there is in this workspace's account."""
        buckets = self.client("s3").list_buckets()["Buckets"]
        parameters = self.client("ssm").describe_parameters()["Parameters"]
        iam = self.client("iam")
        catalog = self.client("servicecatalog")
        products = catalog.search_products_as_admin()["ProductViewDetails"]
        return (
            {one["Name"] for one in (*buckets, *parameters)}
            | {one["ProductViewSummary"]["Name"] for one in products}
            | {one["DisplayName"] for one in catalog.list_portfolios()["PortfolioDetails"]}
            | {role["RoleName"] for role in iam.list_roles()["Roles"]}
            | {policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]}
        )


@contextmanager
def workspace(
    folder: Path,
    *,
    sandbox: RunningSandbox,
    account: str,
    terraform_configuration: Path | None = None,
    service: Service | None = None,
) -> Iterator[Workspace]:
    """Make a workspace. Without a CLI configuration, Terraform attaches to a provider that runs in this process."""
    home = folder / "home"
    home.mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        **{name: value for name, value in sandbox.environment("dev").items() if name.startswith("AWS_")},
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_CLI_ARGS": "-no-color",
        "TF_CLI_CONFIG_FILE": str(terraform_configuration or home / "terraformrc"),
    }
    (home / "terraformrc").touch()
    with ExitStack() as stack:
        if terraform_configuration is None:
            listening = stack.enter_context(listen(service or assemble(), tls=False))
            environment["TF_REATTACH_PROVIDERS"] = _reattachment(listening.socket)
        yield Workspace(sandbox=sandbox, folder=folder, environment=environment, account=account)


def _reattachment(socket: Path) -> str:
    return json.dumps(
        {
            "registry.terraform.io/hashicorp/aws": {
                "Protocol": "grpc",
                "ProtocolVersion": 5,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": {"Network": "unix", "String": str(socket)},
            }
        }
    )


def _different(change: Mapping[str, Any]) -> set[str]:
    before, after, unknown = change["before"] or {}, change["after"] or {}, change["after_unknown"]
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)} | {name for name in unknown if unknown[name]}

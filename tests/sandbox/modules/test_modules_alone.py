"""Each HCL module by itself, with plain Terraform: the example of its README, and inputs that AWS would refuse late."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.running_sandbox import RunningSandbox

pytestmark = pytest.mark.slow

EXAMPLE = re.compile(r"```hcl\n(.*?)```", re.DOTALL)
PLAN = "plan.bin"
PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
WRONG_INPUTS = [
    ("seed_bucket", 'name = "Mlops_Seed"', "A bucket name has 3 to 63 lower-case letters"),
    ("seed_bucket", "noncurrent_days = 0", "at least 1"),
    ("seed_bucket", 'objects = { a = { key = "a", path = "missing.zip" } }', "These files do not exist: missing.zip"),
    ("ssm_contract", 'parameters = { "/other/a" = { value = "a", description = "A." } }', "/other/a"),
    ("ssm_contract", 'parameters = { "/mlops/a" = { value = "", description = "A." } }', "/mlops/a"),
    ("ssm_contract", 'parameters = { "/mlops/a" = { value = "{{resolve}}", description = "A." } }', "no {{"),
    ("deployment_roles", 'environment = "staging"', "The environment is dev, preprod or prod."),
    ("deployment_roles", 'dev_account_id = "11111111111"', "An account id has 12 digits."),
    ("deployment_roles", f'name_prefix = "{"m" * 50}"', "1 to 49"),
    ("deployment_roles", 'pipeline_role_pattern = "*"', "ends in -deploy-pipeline"),
    ("project_portfolio", 'first_release = "2.0.0"', "2.0.0, is not one of the releases: 1.0.0, 1.1.0"),
    ("project_portfolio", 'releases = { "latest" = { key = "a.yaml" } }', "A release is called like 1.2.3."),
    (
        "project_portfolio",
        'releases = { "1.0.0" = { key = "a.yaml", deprecated = true } }',
        "came with the product and cannot be deprecated here",
    ),
    ("project_portfolio", 'studio_role_arns = ["data-scientist"]', "Each of them is the ARN of a role."),
    ("project_portfolio", 'project_policies = "mlops-demo-dev"', "It is the beginning of the ARN of a policy."),
    ("project_templates", 'bucket = "my-SageMaker-templates"', "Studio's users may write to buckets"),
    ("project_templates", 'prefix = "templates"', "each followed by a slash"),
    ("project_templates", 'studio_role_arns = ["data-scientist"]', "Each of them is the ARN of a role."),
    ("project_templates", f'name_prefix = "{"m" * 55}"', "1 to 54"),
    ("project_templates", 'releases = { "1.0.0" = { path = "missing.yaml" } }', "do not exist: missing.yaml"),
    ("project_templates", 'releases = { "latest" = { path = "main.tf" } }', "A release is called like 1.2.3."),
    ("project_templates", 'releases = { "1.0.0" = { path = "main.tf", deprecated = true } }', "leave one"),
    ("project_policies", "deploy_role_arns = []", "there is at least one"),
    ("project_policies", 'deploy_role_arns = ["deploy"]', "Each of them is the ARN of a role"),
    ("project_policies", f'name_prefix = "{"m" * 105}"', "1 to 104"),
]


def example(root: Path, module: str) -> str:
    [text] = EXAMPLE.findall((root / "modules" / module / "README.md").read_text())
    return str(text).replace("./modules/", f"{root}/modules/").replace('"cfn_product/', f'"{root}/cfn_product/')


def terraform(folder: Path, sandbox: RunningSandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=sandbox.environment("demo-dev"),
        capture_output=True,
        text=True,
        check=False,
    )


def planned(
    folder: Path, sandbox: RunningSandbox, configuration: str, override: str = ""
) -> subprocess.CompletedProcess[str]:
    (folder / "main.tf").write_text(PROVIDER + configuration)
    (folder / "override.tf").write_text(override)
    (folder / "archives").mkdir()
    for name in ("build_app.zip", "deploy_app.zip"):
        (folder / "archives" / name).write_bytes(b"an archive")
    initialised = terraform(folder, sandbox, "init", "-input=false", "-no-color")
    assert initialised.returncode == 0, initialised.stderr
    return terraform(folder, sandbox, "plan", "-detailed-exitcode", "-input=false", "-no-color", f"-out={PLAN}")


def planned_policy(folder: Path, sandbox: RunningSandbox, kind: str) -> list[dict[str, Any]]:
    """Statements of one policy in the plan of project_policies' example."""
    shown = json.loads(terraform(folder, sandbox, "show", "-json", PLAN).stdout)
    address = f'module.project_policies.aws_iam_policy.this["{kind}"]'
    [after] = [change["change"]["after"] for change in shown["resource_changes"] if change["address"] == address]
    statements: list[dict[str, Any]] = json.loads(after["policy"])["Statement"]
    return statements


@pytest.mark.parametrize(
    "module",
    [
        *("seed_bucket", "ssm_contract", "deployment_roles"),
        *("project_policies", "project_portfolio", "project_templates"),
    ],
)
def test_the_example_of_the_readme_plans(module: str, root: Path, tmp_path: Path, sandbox: RunningSandbox) -> None:
    plan = planned(tmp_path, sandbox, example(root, module))
    assert plan.returncode == 2, plan.stderr  # there is something to make


@pytest.mark.parametrize(("module", "argument", "message"), WRONG_INPUTS)
def test_an_input_that_aws_would_refuse_late_is_refused_at_plan(
    module: str, argument: str, message: str, root: Path, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    override = f'module "{module}" {{\n  {argument}\n}}\n'
    plan = planned(tmp_path, sandbox, example(root, module), override)
    assert plan.returncode == 1, plan.stdout
    assert message in " ".join(plan.stderr.replace("│", " ").split())


def test_the_data_that_a_module_is_told_of_is_read_by_jobs_and_written_by_nobody(
    root: Path, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    planned(tmp_path, sandbox, example(root, "project_policies"))
    for kind in ("sagemaker", "boundary"):
        statements = planned_policy(tmp_path, sandbox, kind)
        about_data = [s for s in statements if "example-customers" in str(s["Resource"])]
        actions = {action for statement in about_data for action in statement["Action"]}
        assert actions == {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}, kind

"""The deployment application's templates, of every variant of its settings, are made and changed into each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ROOT
from sandbox.runner.images import environment_of
from tests.sandbox import registered_models as models
from tests.sandbox.registered_models import DEPLOYING, DEV, Land
from tests.sandbox.running_sandbox import clear

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.running_sandbox import RunningSandbox

APPLICATION = ROOT / "seed_code" / "deploy_app"
ITS_DEV = "123456789012"  # the account that DEV is in the application's tests
ITS_GROUP = "mlops-p-0123456789ab"
NAMES = ("dev", "preprod", "prod", "serverless", "vpc", "local_storage", "endpoint_and_batch", "batch_only")
STACK = "variant"
SYNTHESISE = """
import json, sys
from deployment import settings
from deployment.names import Names
from deployment.project import from_environment
from deployment.target import Target
from tests.unit import conftest, templates, variants

project = from_environment(conftest.VARIABLES)
shipped = {
    name: Target(
        environment=name,
        names=Names(project_id=project.id, environment=name),
        project=project,
        settings=wanted,
        account=conftest.account(name),
        model=conftest.model(version=1),
        inference_definition=None,
    )
    for name, wanted in settings.load(conftest.APP / "config").items()
}
made = {name: templates.template_of(target).to_json() for name, target in variants.variants(shipped).items()}
json.dump(made, sys.stdout)
"""
PERMISSIVE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def templates() -> Mapping[str, Any]:
    """The templates by variant, of the application itself."""
    python = environment_of(APPLICATION / "requirements" / "test.txt") / "bin" / "python"
    node = Path(sys.executable).parent  # AWS CDK runs in it
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {"PATH": f"{node}{os.pathsep}{variables['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    made = subprocess.run(
        [str(python), "-c", SYNTHESISE], cwd=APPLICATION, env=variables, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = json.loads(made.stdout.replace(ITS_DEV, DEV))
    return found


@pytest.fixture
def land(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Land]:
    """The accounts with a registered model of the project that the application's tests speak of."""
    monkeypatch.setattr(models, "GROUP", ITS_GROUP)
    monkeypatch.setattr(models, "BUCKET", f"{ITS_GROUP}-artifacts-{DEV}")
    land = Land(running=sandbox)
    land.make()
    land.let_in("*")
    land.let_deploy("*", DEPLOYING)
    land.register()
    boundaries = {}
    for environment in ("dev", "preprod", "prod"):
        iam = land.client(environment, "iam")
        arguments = {"Path": "/mlops/", "PolicyDocument": json.dumps(PERMISSIVE)}
        made = iam.create_policy(PolicyName=f"mlops-demo-{environment}-boundary", **arguments)
        boundaries[environment] = made["Policy"]["Arn"]
    yield land
    clear(sandbox, "preprod")
    land.clear()
    for environment, arn in boundaries.items():
        land.client(environment, "iam").delete_policy(PolicyArn=arn)


def brought_to(land: Land, template: Mapping[str, Any], *, account: str = "prod", update: bool = False) -> str:
    cloudformation = land.client(account, "cloudformation")
    change = cloudformation.update_stack if update else cloudformation.create_stack
    change(StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
    return str(cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_variant_is_made(land: Land, templates: Mapping[str, Any], name: str) -> None:
    account = name if name in {"dev", "preprod"} else "prod"
    status = brought_to(land, templates[name], account=account)
    assert status == "CREATE_COMPLETE", land.reasons(account=account, name=STACK)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES[3:])
def test_settings_are_changed_and_changed_back(land: Land, templates: Mapping[str, Any], name: str) -> None:
    brought_to(land, templates["prod"])
    for wanted in (name, "prod"):
        status = brought_to(land, templates[wanted], update=True)
        assert status == "UPDATE_COMPLETE", land.reasons(name=STACK)

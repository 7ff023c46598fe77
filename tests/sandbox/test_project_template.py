"""The project template as it stands is made, changed and taken away in the sandbox, twice in one account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cfnlint.decode import decode

from tests.sandbox.delivery_project import CAPABILITIES, OPEN, SEED_BUCKET, left, put_seed
from tests.sandbox.offered_product import clear_registries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.running_sandbox import RunningSandbox, Stacks

TEMPLATE = Path(__file__).parents[2] / "cfn_product" / "template.yaml"
POLICIES = "arn:aws:iam::111111111111:policy/mlops-template-project"
KINDS = (
    *("boundary", "build", "build-pipeline", "deploy-pipeline", "deploy-scan", "deploy-synth", "deploy-test"),
    *("events", "image", "sagemaker"),
)
CONTRACT = {
    "/mlops/code/seed_bucket": SEED_BUCKET,
    "/mlops/code/build": "seed.zip",
    "/mlops/code/deploy": "seed.zip",
    "/mlops/dev/project_policies": POLICIES,
    **{
        f"/mlops/{environment}/{name}": value
        for environment, account in (("dev", "111111111111"), ("preprod", "222222222222"), ("prod", "333333333333"))
        for name, value in (
            ("account_id", account),
            ("deploy_role_arn", f"arn:aws:iam::{account}:role/mlops/deploy"),
            ("cloudformation_role_arn", f"arn:aws:iam::{account}:role/mlops/cloudformation"),
        )
    },
}
PLAIN: Mapping[str, str] = {}
EVERYTHING = {"CustomImage": "true", "NotificationEmail": "team@example.com", "LogRetentionDays": "30"}


@pytest.fixture
def contract(sandbox: RunningSandbox) -> Iterator[None]:
    """DEV with what the baseline leaves there for projects: the seed, the parameters and the policies of the roles."""
    ssm, iam = sandbox.client("dev", "ssm"), sandbox.client("dev", "iam")
    put_seed(sandbox)
    for name, value in CONTRACT.items():
        ssm.put_parameter(Name=name, Value=value, Type="String")
    for kind in KINDS:
        iam.create_policy(PolicyName=f"mlops-template-project-{kind}", PolicyDocument=json.dumps(OPEN))
    yield
    for stack in sandbox.client("dev", "cloudformation").describe_stacks()["Stacks"]:
        sandbox.client("dev", "cloudformation").delete_stack(StackName=stack["StackId"])
    codecommit = sandbox.client("dev", "codecommit")
    for repository in codecommit.list_repositories()["repositories"]:
        codecommit.delete_repository(repositoryName=repository["repositoryName"])
    for kind in KINDS:
        iam.delete_policy(PolicyArn=f"{POLICIES}-{kind}")
    ssm.delete_parameters(Names=[*CONTRACT][:10])
    ssm.delete_parameters(Names=[*CONTRACT][10:])
    clear_registries(sandbox)


def given(project_id: str, optional: Mapping[str, str]) -> list[dict[str, str]]:
    values = {"SageMakerProjectName": "Churn", "SageMakerProjectId": project_id, **optional}
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def create(stacks: Stacks, project_id: str, optional: Mapping[str, str] = PLAIN) -> str:
    parameters, body = given(project_id, optional), TEMPLATE.read_text()
    stacks.client.create_stack(
        StackName=project_id, TemplateBody=body, Parameters=parameters, Capabilities=CAPABILITIES
    )
    return stacks.status(project_id)


def types(stacks: Stacks, project_id: str) -> set[str]:
    made = stacks.client.list_stack_resources(StackName=project_id)["StackResourceSummaries"]
    return {item["ResourceType"] for item in made}


@pytest.mark.usefixtures("contract")
def test_a_project_with_every_option_has_every_type_of_the_template(stacks: Stacks) -> None:
    assert create(stacks, "p-first", EVERYTHING) == "CREATE_COMPLETE", stacks.reasons("p-first")
    template, _ = decode(str(TEMPLATE))
    assert types(stacks, "p-first") == {item["Type"] for item in template["Resources"].values()}


@pytest.mark.usefixtures("contract")
def test_options_come_and_go_with_an_update(sandbox: RunningSandbox, stacks: Stacks) -> None:
    create(stacks, "p-first")
    plain = left(sandbox)
    for optional in (EVERYTHING, PLAIN):
        stacks.client.update_stack(
            StackName="p-first",
            UsePreviousTemplate=True,
            Parameters=given("p-first", optional),
            Capabilities=CAPABILITIES,
        )
        assert stacks.status("p-first") == "UPDATE_COMPLETE", stacks.reasons("p-first")
    assert left(sandbox) == plain


@pytest.mark.usefixtures("contract")
def test_of_two_projects_one_is_deleted_and_keeps_its_repositories(sandbox: RunningSandbox, stacks: Stacks) -> None:
    before = left(sandbox)
    create(stacks, "p-first", EVERYTHING)
    first = left(sandbox)
    other = EVERYTHING | {"NotificationEmail": "others@example.com"}
    assert create(stacks, "p-second", other) == "CREATE_COMPLETE", stacks.reasons("p-second")
    second = left(sandbox) - first
    stacks.client.delete_stack(StackName="p-first")
    assert left(sandbox) - second - before == {"mlops-p-first-build", "mlops-p-first-deploy"}


@pytest.mark.usefixtures("contract")
def test_a_project_that_fails_leaves_nothing(sandbox: RunningSandbox, stacks: Stacks) -> None:
    before = left(sandbox)
    sandbox.client("dev", "events").put_rule(Name="mlops-p-first-build-push", EventPattern='{"source": ["x"]}')
    status = create(stacks, "p-first", EVERYTHING)
    sandbox.client("dev", "events").delete_rule(Name="mlops-p-first-build-push")
    assert (status, left(sandbox) - before) == ("ROLLBACK_COMPLETE", set())

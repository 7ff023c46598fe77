"""Approvals, and deployments into other accounts with the roles that the pipeline declares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.runner.team import BUILDSPEC, DEV, PROD, approval, build, deployment, stage
from tests.sandbox.running_sandbox import clear

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.runner.team import Team

BUCKET = {"Type": "AWS::S3::Bucket"}
NO_TOKEN = "00000000-0000-0000-0000-000000000000"
PREPROD = "222222222222"


def template(**resources: Any) -> str:  # noqa: ANN401
    return json.dumps({"Resources": resources or {"Bucket": BUCKET}})


@pytest.fixture(autouse=True)
def _empty_accounts(team: Team) -> Iterator[None]:
    yield
    for account in ("preprod", "prod"):
        clear(team.running, account)


@pytest.fixture(autouse=True)
def _artifacts_may_be_read_by_the_deploy_roles(team: Team) -> None:
    principals = {"AWS": [f"arn:aws:iam::{account}:role/deploy" for account in (PREPROD, PROD)]}
    statement = {"Effect": "Allow", "Principal": principals, "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{team.bucket}/*"}]}
    team.client("s3").put_bucket_policy(Bucket=team.bucket, Policy=json.dumps(policy))


def stack(team: Team, account: str = "prod") -> dict[str, Any] | None:
    """Return the team's stack in an account, or None."""
    stacks = team.client("cloudformation", account).describe_stacks()["Stacks"]
    return next((item for item in stacks if item["StackName"] == team.id), None)


def test_an_approved_run_goes_on_and_a_rejected_one_ends(team: Team) -> None:
    team.push({"template.json": template()})
    team.make_pipeline(stage("Prod", approval(), deployment(team.id)))
    team.drain()
    assert stack(team) is None
    team.answer("Rejected", stage="Prod")
    team.drain()
    assert (team.executions, stack(team)) == (["Failed"], None)
    team.start()
    team.drain()
    team.answer("Approved", stage="Prod")
    team.drain()
    told = stack(team)
    assert told
    assert told["StackStatus"] == "CREATE_COMPLETE"


def test_a_token_is_good_once_and_only_for_its_request(team: Team) -> None:
    team.push({"template.json": template()})
    team.make_pipeline(stage("Prod", approval()))
    team.drain()
    token, exceptions = team.action("Approve")["token"], team.client("codepipeline").exceptions
    with pytest.raises(exceptions.InvalidApprovalTokenException):
        team.answer("Approved", stage="Prod", token=NO_TOKEN)
    team.answer("Approved", stage="Prod", token=token)
    with pytest.raises(exceptions.ApprovalAlreadyCompletedException):
        team.answer("Approved", stage="Prod", token=token)
    assert "token" not in team.action("Approve")


def test_who_is_asked_hears_of_it_with_the_token(team: Team) -> None:
    team.push({"template.json": template()})
    mailbox = team.mailbox(condition={})
    topic = f"arn:aws:sns:eu-west-1:{DEV}:{team.id}-news"
    team.make_pipeline(stage("Prod", approval(configuration={"NotificationArn": topic, "CustomData": "Well?"})))
    team.drain()
    (message,) = mailbox.messages()
    asked = json.loads(message)["approval"]
    assert (asked["customData"], asked["token"]) == ("Well?", team.action("Approve")["token"])


def test_a_stack_gets_the_parameters_and_tags_of_its_template_configuration(team: Team) -> None:
    declared = {"Resources": {"Bucket": BUCKET}, "Parameters": {"Size": {"Type": "String"}}}
    settings = {"Parameters": {"Size": "small"}, "Tags": {"owner": "team"}}
    team.push({"template.json": json.dumps(declared), "settings.json": json.dumps(settings)})
    configuration = {"TemplateConfiguration": "Source::settings.json"}
    team.make_pipeline(stage("Prod", deployment(team.id, configuration=configuration)))
    team.drain()
    told = stack(team)
    assert told
    assert told["Parameters"] == [{"ParameterKey": "Size", "ParameterValue": "small"}]
    assert told["Tags"] == [{"Key": "owner", "Value": "team"}]
    assert told["RoleARN"] == f"arn:aws:iam::{PROD}:role/cloudformation"


def test_a_stack_that_is_up_to_date_is_green(team: Team) -> None:
    team.push({"template.json": template()})
    team.make_pipeline(stage("Prod", deployment(team.id)))
    team.drain()
    team.start()
    steps = team.drain()
    assert (team.executions[-1], "No updates are to be performed" in steps[-1].summary) == ("Succeeded", True)


def test_a_deployment_that_fails_in_the_second_account_leaves_it_as_it_was_and_the_third_alone(team: Team) -> None:
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": team.bucket}}
    names = {"preprod": PREPROD, "prod": PROD}
    team.push({"preprod.json": template(), "prod.json": template()})
    actions = [
        stage(name, deployment(team.id, account_id=account_id, template=f"{name}.json", runOrder=1))
        for name, account_id in names.items()
    ]
    team.make_pipeline(*actions)
    team.drain()
    team.push(
        {"preprod.json": template(Bucket=BUCKET, Second=taken), "prod.json": template(Bucket=BUCKET, More=BUCKET)}
    )
    team.start()
    team.drain()
    in_preprod, in_prod = stack(team, "preprod"), stack(team, "prod")
    assert in_preprod
    assert in_prod
    assert (in_preprod["StackStatus"], in_prod["StackStatus"]) == ("UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    assert (
        "is UPDATE_ROLLBACK_COMPLETE. Second: "
        in team.client("codepipeline").list_action_executions(pipelineName=team.pipeline)["actionExecutionDetails"][0][
            "output"
        ]["executionResult"]["errorDetails"]["message"]
    )


def test_a_stack_whose_creation_failed_cannot_be_updated_until_it_is_deleted(team: Team) -> None:
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": team.bucket}}
    team.push({"template.json": template(Bucket=taken)})
    team.make_pipeline(stage("Prod", deployment(team.id)))
    team.drain()
    assert "is ROLLBACK_COMPLETE" in team.reason("Deploy")
    team.push({"template.json": template()})
    team.start()
    team.drain()
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in team.reason("Deploy")
    team.client("cloudformation", "prod").delete_stack(StackName=team.id)
    team.start()
    team.drain()
    assert team.executions == ["Failed", "Failed", "Succeeded"]


def test_a_role_that_may_not_read_the_artifact_deploys_nothing(team: Team) -> None:
    team.client("s3").delete_bucket_policy(Bucket=team.bucket)
    team.push({"template.json": template()})
    team.make_pipeline(stage("Prod", deployment(team.id)))
    team.drain()
    assert (stack(team), "AccessDenied" in team.reason("Deploy")) == (None, True), team.reason("Deploy")


def test_a_template_that_is_not_in_the_artifact_is_named(team: Team) -> None:
    team.push({"other.json": "{}"})
    team.make_pipeline(stage("Prod", deployment(team.id)))
    team.drain()
    assert team.reason("Deploy") == "File template.json does not exist in artifact Source"


def test_the_gate_keeps_an_insecure_template_from_every_account(team: Team) -> None:
    open_role = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
    }
    scan = BUILDSPEC.replace("echo built", "cfn_nag_scan --fail-on-warnings --input-path template.json")
    team.push({"template.json": template(Bucket=BUCKET, Open=open_role)})
    team.make_pipeline(stage("Gate", build(team.project(buildspec=scan))), stage("Prod", deployment(team.id)))
    team.drain()
    assert (team.stages["Gate"], stack(team)) == ("Failed", None)

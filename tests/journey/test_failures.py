"""What goes wrong on a model's way, each time with what must be left as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from baseline.naming import ENVIRONMENTS, Environment
from sandbox.clients import session_of
from sandbox.journey.play import answer
from sandbox.runner import drain
from tests.journey.projects import PACKAGE_CACHE, registration

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.journey.team import Team
    from tests.journey.conftest import Journey
    from tests.journey.projects import Workplace

    NewProject = Callable[[str], Workplace]

BROKEN = "version: 0.2\nphases:\n  build:\n    commands:\n      - echo the disk is full >&2; exit 3\n"
OPEN_TO_ALL = {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyName": "open",
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    },
}
BEYOND_THE_BUILD = ("SecurityEvaluation", "Dev", "PreProd", "Prod")


def scores(place: Workplace, environment: Environment) -> tuple[float, ...]:
    """What the endpoint of an environment answers to the sample payload."""
    return answer(place.team, place.project, environment, place.kept.model.payload)


def edited(place: Workplace, environment: Environment, **members: object) -> dict[str, str]:
    """What a commit holds that gives an environment's template other members; resources are added to its own."""
    name = f"{environment}.template.json"
    template = json.loads(place.kept.templates[name])
    resources = {**template["Resources"], **dict(members.pop("Resources", {}))}  # type: ignore[call-overload]
    return {f"kept/{name}": json.dumps({**template, **members, "Resources": resources})}


def test_a_failing_build_is_red_with_its_own_output_and_nothing_comes_of_it(new_project: NewProject) -> None:
    place = new_project("Broken")
    place.push("build", {**registration(place.kept.model), "buildspec.yml": BROKEN})
    place.run()
    pipeline = place.project.build_pipeline
    assert place.stages(pipeline) == {"Source": "Succeeded", "Build": "Failed"}
    assert "exit status 3" in place.reason(pipeline, "Train")
    assert "the disk is full" in place.log("build")
    assert not place.client("sagemaker").list_pipelines(PipelineNamePrefix=place.project.prefix)["PipelineSummaries"]
    assert (place.packages(), place.stacks()) == ({}, {})


def test_a_model_under_the_threshold_is_not_registered(journey: Journey, team: Team) -> None:
    """The journey's own training once more, with a threshold that no model reaches."""
    project = journey.played.project
    sagemaker = session_of(team.account).client("sagemaker", endpoint_url=team.sandbox.endpoint)
    before = sagemaker.list_model_packages(ModelPackageGroupName=project.prefix)["ModelPackageSummaryList"]
    arn = sagemaker.start_pipeline_execution(
        PipelineName=f"{project.prefix}-training", PipelineParameters=[{"Name": "MinimumAuc", "Value": "1.0"}]
    )["PipelineExecutionArn"]
    steps = drain(team.sandbox, package_cache=PACKAGE_CACHE)
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    ran = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert described["PipelineExecutionStatus"] == "Failed"
    assert "its auc is below MinimumAuc = 1.0" in str([step.get("FailureReason") for step in ran])
    assert "Register" not in [step["StepName"] for step in ran]
    assert sagemaker.list_model_packages(ModelPackageGroupName=project.prefix)["ModelPackageSummaryList"] == before
    assert not [step for step in steps if project.deploy_pipeline in step.place]


def test_with_nothing_approved_the_run_is_green_and_no_account_is_touched(new_project: NewProject) -> None:
    place = new_project("Unapproved")
    place.register()
    place.client("codepipeline").start_pipeline_execution(name=place.project.deploy_pipeline)
    place.run()
    assert place.executions(place.project.deploy_pipeline) == ["Succeeded", "Succeeded"]
    stages = place.stages(place.project.deploy_pipeline)
    assert [stages[name] for name in BEYOND_THE_BUILD] == ["Skipped"] * 4
    assert (place.stacks(), place.served()) == ({}, {})


def test_a_deployment_that_is_not_approved_stays_in_dev(new_project: NewProject) -> None:
    place = new_project("Declined")
    arn = place.deploy(until=Environment.DEV)
    [approval] = place.team.waiting(place.project)
    place.team.answer(approval, approved=False, why="Not now.")
    steps = place.run()
    assert place.stages(place.project.deploy_pipeline)["PreProd"] == "Failed"
    assert place.executions(place.project.deploy_pipeline)[-1] == "Failed"
    assert (place.stacks(), place.served()) == ({"dev": "CREATE_COMPLETE"}, {"dev": arn})
    assert place.packages() == {arn: "Approved"}
    assert not [step for step in steps if step.place.endswith("/Deploy")]


def test_a_token_that_is_approved_twice_deploys_once(new_project: NewProject) -> None:
    place = new_project("Twice")
    place.deploy(until=Environment.DEV)
    [approval] = place.team.waiting(place.project)
    place.team.answer(approval, approved=True, why="Yes.")
    with pytest.raises(place.team.approver.client("codepipeline").exceptions.ApprovalAlreadyCompletedException):
        place.team.answer(approval, approved=True, why="Yes, again.")
    steps = place.run()
    assert [step.place.split("/")[1] for step in steps if step.place.endswith("/Deploy")] == ["PreProd"]
    assert [asked.stage for asked in place.team.waiting(place.project)] == ["Prod"]
    assert set(place.stacks()) == {"dev", "preprod"}


def test_when_the_live_model_is_rejected_the_one_before_serves_again_in_every_account(new_project: NewProject) -> None:
    place = new_project("Rejected")
    former = place.deploy()
    live = place.deploy(place.kept.contrary)
    assert scores(place, Environment.PROD) == pytest.approx(place.kept.contrary.scores, abs=2e-6)
    place.reject(live)
    place.approve_until(Environment.PROD)
    assert place.served() == dict.fromkeys(map(str, ENVIRONMENTS), former)
    assert [scores(place, environment) for environment in ENVIRONMENTS] == [place.kept.model.scores] * 3
    assert place.packages() == {former: "Approved", live: "Rejected"}


def test_when_the_only_model_is_rejected_the_run_is_red_and_the_model_still_serves(new_project: NewProject) -> None:
    place = new_project("Last")
    arn = place.deploy()
    place.reject(arn)
    steps = place.run()
    assert place.executions(place.project.deploy_pipeline)[-1] == "Failed"
    assert f"rejected model {arn} still serves" in place.log("deploy-synth")
    assert not [step for step in steps if any(f"/{stage}/" in step.place for stage in BEYOND_THE_BUILD)]
    assert place.served() == dict.fromkeys(map(str, ENVIRONMENTS), arn)
    assert scores(place, Environment.PROD) == place.kept.model.scores


def test_the_gate_keeps_an_insecure_template_from_every_account(new_project: NewProject) -> None:
    """PROD's template is the insecure one; DEV's goes nowhere either, and DEV serves on."""
    place = new_project("Insecure")
    arn = place.deploy(until=Environment.DEV)
    [approval] = place.team.waiting(place.project)
    place.team.answer(approval, approved=False, why="Something is to be added first.")
    place.push("deploy", edited(place, Environment.PROD, Resources={"Open": OPEN_TO_ALL}))
    steps = place.run()
    assert place.stages(place.project.deploy_pipeline)["SecurityEvaluation"] == "Failed"
    assert "Open" in place.log("deploy-scan")
    assert not [step for step in steps if step.place.endswith("/Deploy")]
    assert (place.stacks(), place.served()) == ({"dev": "CREATE_COMPLETE"}, {"dev": arn})


def test_of_two_pushes_in_quick_succession_the_second_is_deployed(new_project: NewProject) -> None:
    place = new_project("Hasty")
    place.approve(place.register())
    for description in ("The first.", "The second."):
        place.push("deploy", edited(place, Environment.PREPROD, Description=description))
    place.approve_until(Environment.PREPROD)
    stack = f"{place.project.prefix}-preprod"
    [told] = place.client("cloudformation", Environment.PREPROD).describe_stacks(StackName=stack)["Stacks"]
    assert told["Description"] == "The second."
    assert place.stack(Environment.PROD) is None


@pytest.mark.parametrize("repository", ["build", "deploy"])
def test_a_push_to_another_branch_starts_nothing(new_project: NewProject, repository: str) -> None:
    place = new_project(f"Branch-{repository}")
    place.run()
    pipeline = f"{place.project.prefix}-{repository}"
    before = place.executions(pipeline)
    place.push(repository, {"notes.md": "An idea."}, branch="idea")
    assert place.run() == []
    assert place.executions(pipeline) == before

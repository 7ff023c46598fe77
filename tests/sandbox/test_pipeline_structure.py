"""A pipeline's declaration is held to AWS's rules, all of them at once; what is not imitated is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.corrections.cloudformation.api_members import as_member, input_of
from sandbox.corrections.codepipeline.structure import problems
from tests.sandbox.delivery_project import (
    action,
    approval_action,
    build_action,
    deploy_action,
    pipeline,
    rule,
    skip_unless_deployed,
    source_action,
    stages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Stages = list[dict[str, Any]]
DECLARATION = input_of("codepipeline", "CreatePipeline").members["pipeline"]
DEFAULTS = {"runOrder": 1, "configuration": {}, "inputArtifacts": [], "outputArtifacts": []}


def found(**properties: Any) -> list[str]:  # noqa: ANN401
    """Return what is wrong with the pipeline of the delivery project after some changes."""
    declared = pipeline(**{"RoleArn": "arn:aws:iam::111111111111:role/x"} | properties)["Properties"]
    members = as_member(DECLARATION, declared)
    for stage in members["stages"]:
        stage["actions"] = [DEFAULTS | item for item in stage["actions"]]
    return problems(members, region="eu-west-1")


def changed(change: Callable[[Stages], object]) -> list[str]:
    declared = stages()
    change(declared)
    return found(Stages=declared)


def test_the_delivery_project_has_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s.__delitem__(slice(1, None)), "There should be a minimum of 2 stages"),
        (lambda s: s[1].update(Name="Source"), "Source is not unique among the stage names"),
        (
            lambda s: s[2].update(Actions=[approval_action(), approval_action()]),
            "Approve is not unique among the action",
        ),
        (lambda s: s[1]["Actions"].append(source_action()), "the first stage has all the source actions"),
        (lambda s: s[0]["Actions"].append(approval_action()), "the first stage has all the source actions"),
        (lambda s: s[1].update(Actions=[build_action(Namespace="SourceVariables")]), "unique among the namespaces"),
        (
            lambda s: s[1].update(Actions=[build_action(OutputArtifacts=[{"Name": "Source"}])]),
            "Source is not unique among the output artifacts",
        ),
        (
            lambda s: s[1].update(Actions=[build_action(InputArtifacts=[{"Name": "Nothing"}])]),
            "input artifact Nothing is made by no action before it",
        ),
        (
            lambda s: s[2].update(Actions=[deploy_action(InputArtifacts=[{"Name": "Source"}])]),
            "TemplatePath Built::prod.template.json is not <input artifact>::<file>",
        ),
        (lambda s: s[1].update(Actions=[build_action(Configuration={})]), "configuration key ProjectName is missing"),
        (
            lambda s: s[0].update(Actions=[source_action(Repository="x")]),
            "unknown configuration key Repository",
        ),
        (
            lambda s: s[1].update(Actions=[build_action(OutputArtifacts=[{"Name": str(n)} for n in range(6)])]),
            "6 outputArtifacts, where there may be 0 to 5",
        ),
        (
            lambda s: s[2].update(Actions=[approval_action(Configuration={"CustomData": "#{Nobody.X}"})]),
            "#{Nobody.X} is of no action before it",
        ),
        (
            lambda s: s[2].update(Actions=[approval_action(Configuration={"CustomData": "#{variables.OTHER}"})]),
            "#{variables.OTHER} is no variable of the pipeline",
        ),
        (
            lambda s: s[1].update(BeforeEntry=skip_unless_deployed()),
            "#{BuildVariables.DEPLOY} is of no action before it",
        ),
        (lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Result="ROLLBACK")), "result ROLLBACK is not for this"),
        (lambda s: s[2].update(OnSuccess=skip_unless_deployed()), "result SKIP is not for this"),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule(provider="CloudWatchAlarm")])),
            "only LambdaInvoke, VariableCheck can skip a stage, not CloudWatchAlarm",
        ),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule(Operator="GT")])),
            "operator GT is none of CONTAINS, EQ, MATCHES, NE",
        ),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule(Operatr="EQ")])),
            "unknown configuration key Operatr",
        ),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule() | {"Configuration": {}}])),
            "configuration key Variable is missing",
        ),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule(), rule()])),
            "HasModel is not unique among the rules",
        ),
        (
            lambda s: s[2].update(OnFailure={"Result": "ROLLBACK", "RetryConfiguration": {"RetryMode": "ALL_ACTIONS"}}),
            "retryConfiguration needs the result RETRY",
        ),
        (
            lambda s: s[2].update(OnFailure={"Result": "RETRY"} | skip_unless_deployed(Result="FAIL")),
            "automatic retry cannot be used with conditions",
        ),
    ],
)
def test_a_broken_rule_is_told(change: Callable[[Stages], object], problem: str) -> None:
    assert problem in "; ".join(changed(change))


def test_of_several_inputs_one_is_the_primary_source() -> None:
    second = build_action(
        Name="Second", InputArtifacts=[{"Name": "Source"}, {"Name": "Built"}], OutputArtifacts=[], Namespace="Second"
    )
    assert "PrimarySource has to name one of the input artifacts" in "; ".join(
        changed(lambda declared: declared[2].update(Actions=[second | {"RunOrder": 2}]))
    )


def test_an_action_may_use_what_an_earlier_one_of_its_stage_made() -> None:
    approve = approval_action(RunOrder=2, Configuration={"CustomData": "#{BuildVariables.MODEL}"})
    assert changed(lambda declared: declared[1]["Actions"].append(approve)) == []


def test_actions_side_by_side_cannot_use_each_other() -> None:
    approve = approval_action(Configuration={"CustomData": "#{BuildVariables.MODEL}"})
    assert changed(lambda declared: declared[1]["Actions"].append(approve)) == [
        "Action Approve of stage Build: #{BuildVariables.MODEL} is of no action before it"
    ]


def test_a_pipeline_of_type_v1_has_nothing_of_v2() -> None:
    assert found(PipelineType="V1", ExecutionMode="QUEUED") == [
        "A pipeline of type V1 has no variables",
        "A pipeline of type V1 has no execution mode QUEUED",
        "A pipeline of type V1 has no conditions of stage Prod",
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: s[0].update(Actions=[source_action(PollForSourceChanges=True)]), "PollForSourceChanges true"),
        (lambda s: s[0]["Actions"][0]["Configuration"].pop("PollForSourceChanges"), "PollForSourceChanges true"),
        (
            lambda s: s[2]["Actions"][1]["Configuration"].update(ActionMode="REPLACE_ON_FAILURE"),
            "ActionMode REPLACE_ON_FAILURE",
        ),
        (lambda s: s[1].update(Actions=[action("Call", "Invoke", "Lambda")]), "Invoke AWS Lambda 1"),
        (lambda s: s[1]["Actions"][0].update(Region="us-east-1"), "Region us-east-1"),
        (lambda s: s[1]["Actions"][0].update(Commands=["make"]), "commands"),
        (
            lambda s: s[2].update(BeforeEntry=skip_unless_deployed(Rules=[rule(provider="LambdaInvoke")])),
            "provider LambdaInvoke",
        ),
    ],
)
def test_what_aws_would_take_and_the_sandbox_does_not_is_named(change: Callable[[Stages], object], named: str) -> None:
    with pytest.raises(NotImplementedError, match=named):
        changed(change)

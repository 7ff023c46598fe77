"""The optional parameters, each given and not given: what is made, and that nothing refers to what is not."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.evaluation import conditions, made, references

if TYPE_CHECKING:
    from tests.template.product_template import Template

IMAGE = {"CustomImage": "true"}
E_MAIL = {"NotificationEmail": "team@example.com"}
TOPIC = {"NotificationTopicArn": "arn:aws:sns:eu-west-1:111111111111:mlops_operations"}
COMBINATIONS = [
    {
        key: value
        for switch, on in zip((IMAGE, E_MAIL, TOPIC), chosen, strict=True)
        if on
        for key, value in switch.items()
    }
    for chosen in product((False, True), repeat=3)
]
every_combination = pytest.mark.parametrize("given", COMBINATIONS, ids=lambda given: " ".join(given) or "nothing")

OWN_TOPIC = {"NotificationTopic", "NotificationTopicPolicy", "NotificationSubscription"}
FAILURES = {"PipelineFailedRule", "TrainingFailedRule"}
OWN_IMAGE = {"BuildImageRole", "BuildImageProject"}


def optional_ones(template: Template, given: dict[str, str]) -> set[str]:
    """What is made for these parameters and would not always be made."""
    return {name for name in made(template, given) if "Condition" in template["Resources"][name]}


def approvals(resources: dict[str, Any]) -> list[dict[str, Any]]:
    stages = resources["DeployPipeline"]["Properties"]["Stages"]
    found = [action for stage in stages for action in stage["Actions"]]
    return [action["Configuration"] for action in found if action["ActionTypeId"]["Category"] == "Approval"]


def names_of_build(resources: dict[str, Any]) -> list[str]:
    [stage] = [stage for stage in resources["BuildPipeline"]["Properties"]["Stages"] if stage["Name"] == "Build"]
    return [action["Name"] for action in stage["Actions"]]


@every_combination
def test_nothing_refers_to_what_is_not_made(template: Template, given: dict[str, str]) -> None:
    resources = made(template, given)
    missing = {
        (name, other)
        for name, resource in resources.items()
        for other in [*references(resource["Properties"]), *resource.get("DependsOn", [])]
        if other in template["Resources"] and other not in resources
    }
    assert missing == set()


@every_combination
def test_no_output_refers_to_what_is_not_made(template: Template, given: dict[str, str]) -> None:
    assert set(references(template["Outputs"])) & set(template["Resources"]) <= set(made(template, given))


@pytest.mark.parametrize(
    ("given", "also_made"),
    [
        ({}, set()),
        (IMAGE, OWN_IMAGE),
        (E_MAIL, OWN_TOPIC | FAILURES),
        (TOPIC, FAILURES),
        (E_MAIL | TOPIC, FAILURES),
        (IMAGE | E_MAIL, OWN_IMAGE | OWN_TOPIC | FAILURES),
    ],
    ids=["nothing", "image", "e-mail", "topic", "topic over e-mail", "image and e-mail"],
)
def test_what_is_asked_for_is_made_and_no_more(template: Template, given: dict[str, str], also_made: set[str]) -> None:
    assert optional_ones(template, given) == also_made


@every_combination
def test_every_condition_can_be_decided(template: Template, given: dict[str, str]) -> None:
    assert set(conditions(template, given)) == set(template["Conditions"])


def test_without_notifications_approvals_just_wait(template: Template) -> None:
    assert ["NotificationArn" in approval for approval in approvals(made(template, {}))] == [False, False]


@pytest.mark.parametrize(
    ("given", "topic"),
    [
        (E_MAIL, "NotificationTopic"),
        (TOPIC, "NotificationTopicArn"),
        (E_MAIL | TOPIC, "NotificationTopicArn"),
    ],
    ids=["e-mail", "topic", "topic over e-mail"],
)
def test_approvals_and_failures_go_to_the_same_topic(template: Template, given: dict[str, str], topic: str) -> None:
    resources = made(template, given)
    told = [approval["NotificationArn"] for approval in approvals(resources)]
    told += [target["Arn"] for rule in sorted(FAILURES) for target in resources[rule]["Properties"]["Targets"]]
    assert told == [{"Ref": topic}] * 4


def test_without_an_image_of_its_own_a_project_only_trains(template: Template) -> None:
    resources = made(template, {})
    assert names_of_build(resources) == ["Train"]
    assert "IMAGE_URI" not in str(resources["BuildPipeline"])


def test_with_an_image_of_its_own_the_training_is_told_which(template: Template) -> None:
    resources = made(template, IMAGE)
    assert names_of_build(resources) == ["Image", "Train"]
    assert "#{Image.IMAGE_URI}" in str(resources["BuildPipeline"])

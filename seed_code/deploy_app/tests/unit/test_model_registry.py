"""Exactly one model is deployed: the newest approved one, unless a person names another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment.model_registry import Model, Registry
from deployment.problems import Problems
from tests.unit.conftest import ACCOUNTS, GROUP, REGION
from tests.unit.stacks import STACK, Stacks

if TYPE_CHECKING:
    from deployment.project import Project
    from tests.unit.conftest import PretendedAws


def decide(project: Project, aws: PretendedAws, *, asked: str = "LATEST", serving: str | None = None) -> Model | None:
    """Return the model that would be deployed, with `serving` in DEV's stack."""
    registry = Registry(
        project=replace(project, requested_model=asked),
        stack_in_dev=STACK,
        sagemaker=aws.sagemaker,
        cloudformation=Stacks({"ModelPackageArn": serving} if serving else None),
    )
    return registry.model_to_deploy()


def arn_of(model: Model | None) -> str:
    """Return the ARN of a model that has to be there."""
    assert model is not None
    return model.arn


def test_the_only_approved_model_is_deployed(project: Project, aws: PretendedAws) -> None:
    approved = aws.register("Approved")
    aws.register("PendingManualApproval")
    assert arn_of(decide(project, aws)) == approved


def test_of_several_approved_models_the_newest_is_deployed(project: Project, aws: PretendedAws) -> None:
    aws.register("Approved")
    newest = aws.register("Approved")
    aws.register("Rejected")
    assert arn_of(decide(project, aws)) == newest


def test_the_newest_is_found_behind_the_first_page(project: Project, aws: PretendedAws) -> None:
    for _ in range(101):  # a page has 100
        newest = aws.register("Approved")
    model = decide(project, aws)
    assert (arn_of(model), model and model.version) == (newest, 101)


def test_models_of_other_groups_are_left_alone(project: Project, aws: PretendedAws) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="mlops-p-other")
    aws.register("Approved", group="mlops-p-other")
    assert decide(project, aws) is None


def test_without_any_approved_model_nothing_is_deployed(project: Project, aws: PretendedAws) -> None:
    aws.register("PendingManualApproval")
    assert decide(project, aws) is None


def test_a_stack_whose_creation_failed_serves_nothing(project: Project, aws: PretendedAws) -> None:
    registry = Registry(project=project, stack_in_dev=STACK, sagemaker=aws.sagemaker, cloudformation=Stacks(outputs={}))
    assert registry.model_to_deploy() is None


def test_a_rejected_live_model_gives_way_to_the_newest_still_approved(project: Project, aws: PretendedAws) -> None:
    former = aws.register("Approved")
    live = aws.register("Approved")
    aws.set_status(live, "Rejected")
    assert arn_of(decide(project, aws, serving=live)) == former


def test_a_rejected_live_model_without_successor_is_named(project: Project, aws: PretendedAws) -> None:
    live = aws.register("Approved")
    aws.set_status(live, "Rejected")
    with pytest.raises(Problems, match=f"^rejected model {live} still serves: .* approve a model in the registry"):
        decide(project, aws, serving=live)


def test_a_live_model_that_left_the_registry_is_named(project: Project, aws: PretendedAws) -> None:
    live = f"arn:aws:sagemaker:{REGION}:{ACCOUNTS['dev']}:model-package/{GROUP}/9"
    with pytest.raises(Problems, match=f"^model {live} still serves: it is gone from the registry"):
        decide(project, aws, serving=live)


def test_a_model_named_by_hand_is_deployed_before_a_newer_one(project: Project, aws: PretendedAws) -> None:
    older = aws.register("Approved")
    aws.register("Approved")
    assert arn_of(decide(project, aws, asked=older)) == older


def test_a_model_named_by_hand_has_to_be_approved(project: Project, aws: PretendedAws) -> None:
    pending = aws.register("PendingManualApproval")
    with pytest.raises(Problems, match=f"MODEL_PACKAGE_ARN is {pending}, and that model is PendingManualApproval"):
        decide(project, aws, asked=pending)


def test_a_model_named_by_hand_has_to_exist(project: Project, aws: PretendedAws) -> None:
    absent = f"arn:aws:sagemaker:{REGION}:{ACCOUNTS['dev']}:model-package/{GROUP}/9"
    with pytest.raises(Problems, match="the registry has no such model"):
        decide(project, aws, asked=absent)


@pytest.mark.parametrize(
    "foreign",
    [
        f"arn:aws:sagemaker:{REGION}:{ACCOUNTS['dev']}:model-package/mlops-p-other/1",
        f"arn:aws:sagemaker:{REGION}:{ACCOUNTS['prod']}:model-package/{GROUP}/1",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNTS['dev']}:model-package/{GROUP}/1",
        "newest",
    ],
)
def test_a_model_named_by_hand_has_to_be_of_this_project(project: Project, aws: PretendedAws, foreign: str) -> None:
    with pytest.raises(Problems, match="is no version of this project's model package group"):
        decide(project, aws, asked=foreign)

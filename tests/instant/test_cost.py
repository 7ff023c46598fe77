"""What a project costs: that nothing is forgotten, how it adds up, and that the page shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolchain import cost
from toolchain.cost import Action, Costs, Project
from toolchain.report import filled

ROOT = Path(__file__).resolve().parents[2]

PROJECT = Project(
    least=Counter({"AWS::KMS::Key": 2, "AWS::IAM::Role": 3}),
    most=Counter({"AWS::KMS::Key": 2, "AWS::IAM::Role": 4}),
    rotating_keys=2,
    actions=(
        Action(name="Train", compute="SMALL", optional=False),
        Action(name="Image", compute="SMALL", optional=True),
        Action(name="Approve", compute="", optional=False),
    ),
    repository_roles=2,
)
DATA: dict[str, Any] = {
    "price": {
        "key": {"usd": 1},
        "key_rotation": {"usd": 1},
        "SMALL": {"usd": 0.5},
        "pipeline_minute": {"usd": 0.1},
        "repository_user": {"usd": 1},
    },
    "idle": {"AWS::KMS::Key": {"price": "key", "quantity": 1}},
    "free": {"AWS::IAM::Role": "free"},
    "activity": {
        "runs": 10,
        "people": 1,
        "free_repository_users": 5,
        "minutes": {"Train": 2, "Image": 3, "Approve": 0},
    },
}


@pytest.fixture
def costs() -> Costs:
    """Two keys that rotate, one build of two minutes ten times a month."""
    return Costs(project=PROJECT, data=DATA)


# --- ours, as it stands -----------------------------------------------------------------------------------------------


def test_every_resource_and_action_of_the_template_is_priced() -> None:
    assert cost.load().problems() == []


def test_both_pipelines_read_their_repository_with_a_role_of_their_own() -> None:
    assert cost.load().project.repository_roles == 2


def test_the_page_shows_what_the_program_computes() -> None:
    page = (ROOT / cost.PAGE).read_text()
    shown = filled(page, cost.tables(cost.load()))
    assert shown == page, "docs/cost.md is out of date: python -m toolchain.cost --write"


# --- how it adds up ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "usd"), [(1, 2), (2, 4), (3, 6), (4, 6)])
def test_a_key_costs_more_after_each_of_its_first_two_rotations(costs: Costs, year: int, usd: float) -> None:
    assert costs.idle(year=year) == usd


def test_a_key_that_does_not_rotate_costs_the_same_every_year(costs: Costs) -> None:
    still = replace(costs, project=replace(PROJECT, rotating_keys=0))
    assert still.idle(year=3) == still.idle(year=1)


@pytest.mark.parametrize(("projects", "usd"), [(1, 0), (2, 1), (10, 25)])
def test_the_first_five_users_of_an_account_are_free(costs: Costs, projects: int, usd: float) -> None:
    assert costs.users(projects=projects) == usd


@pytest.mark.parametrize(("custom_image", "usd"), [(False, 10), (True, 25)])
def test_an_image_of_its_own_is_built_too(costs: Costs, custom_image: bool, usd: float) -> None:  # noqa: FBT001
    assert costs.builds(custom_image=custom_image) == usd


def test_work_is_builds_pipelines_and_users(costs: Costs) -> None:
    assert costs.active(projects=2) == 2 * (10 + 20 * 0.1) + 1


def test_a_type_without_a_price_is_named(costs: Costs) -> None:
    unknown = replace(costs, project=replace(PROJECT, most=PROJECT.most + Counter({"AWS::New::Thing": 1})))
    assert unknown.problems() == ["cost.toml: AWS::New::Thing has no price: add it under [idle] or [free]"]


def test_an_action_without_minutes_is_named(costs: Costs) -> None:
    actions = (*PROJECT.actions, Action(name="New", compute="", optional=False))
    unknown = replace(costs, project=replace(PROJECT, actions=actions))
    assert unknown.problems() == ["cost.toml: action New has no minutes: add them under [activity.minutes]"]

"""Two projects at once: their pipelines run side by side, and nothing of one gets into the other."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from baseline.naming import ENVIRONMENTS
from sandbox.journey.play import REASON, endpoint
from sandbox.runner import drain
from tests.journey.projects import PACKAGE_CACHE, create, registration
from tests.journey.state import scores_of, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.journey.team import Team
    from sandbox.runner import Step
    from tests.journey.kept import Kept
    from tests.journey.projects import Workplace
    from tests.sandbox.deploy.land import Land

    Pair = tuple[Workplace, Workplace, list[Step]]


@pytest.fixture(scope="module")
def pair(team: Team, kept: Kept, land: Land, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A project with the journey's model, one with the contrary model, and what ran when both had one to deploy."""
    folder, variables = tmp_path_factory.mktemp("pair"), land.project.variables
    one, other = (
        create(team, kept, name, folder=folder / name, variables=variables) for name in ("Weather", "Whether")
    )
    for place, model in ((one, kept.model), (other, kept.contrary)):
        place.push("build", registration(model))
    steps = drain(team.sandbox, package_cache=PACKAGE_CACHE)
    for place in (one, other):
        [registered] = place.packages()
        place.approve(registered)
    steps += drain(team.sandbox, package_cache=PACKAGE_CACHE)
    while approvals := [*team.waiting(one.project), *team.waiting(other.project)]:
        for approval in approvals:
            team.answer(approval, approved=True, why=REASON)
        steps += drain(team.sandbox, package_cache=PACKAGE_CACHE)
    yield one, other, steps
    for place in (one, other):
        place.leave()


def test_their_pipelines_take_turns(pair: Pair) -> None:
    one, other, steps = pair
    owners = [one.owns(step) for step in steps if one.owns(step) or other.owns(step)]
    turns = sum(before != after for before, after in itertools.pairwise(owners))
    assert turns > len(ENVIRONMENTS)


def test_each_answers_with_its_own_model_in_every_account(pair: Pair) -> None:
    one, other, steps = pair
    assert state_of(one).answers == dict.fromkeys(ENVIRONMENTS, scores_of(one.kept.model)), steps
    assert state_of(other).answers == dict.fromkeys(ENVIRONMENTS, scores_of(one.kept.contrary)), steps


def test_no_stack_of_one_names_anything_of_the_other(pair: Pair) -> None:
    one, other, _ = pair
    assert other.project.id not in all_that_is_deployed(one)
    assert one.project.id not in all_that_is_deployed(other)


def all_that_is_deployed(place: Workplace) -> str:
    """The templates and resources of the project's stacks in all accounts, as text."""
    texts = []
    for environment in ENVIRONMENTS:
        cloudformation, name = place.client("cloudformation", environment), endpoint(place.project, environment)
        texts.append(json.dumps(cloudformation.get_template(StackName=name)["TemplateBody"]))
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        texts.append(json.dumps(resources, default=str))
    text = "\n".join(texts)
    assert place.project.id in text
    return text

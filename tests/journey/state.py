"""What there is of a project in its accounts, to be compared as a whole with what must remain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from baseline.naming import Environment
from sandbox.journey.play import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.journey.kept import Model
    from tests.journey.projects import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """By environment: the status of the project's stack, and what its endpoint answers to the sample payload.

    An environment without a stack, or without an endpoint in service, is left out.
    """

    stacks: Mapping[str, str]
    answers: Mapping[str, Any]


NOTHING = State(stacks={}, answers={})


def scores_of(model: Model) -> Any:  # noqa: ANN401  (pytest's)
    """Return what the answers are compared with; a score is told with six decimals, and so may be its opposite."""
    return pytest.approx(model.scores, abs=2e-6)


def state_of(place: Workplace) -> State:
    """Look at the project's stacks, and ask its endpoints."""
    payload = place.kept.model.payload
    answers = {name: answer(place.team, place.project, Environment(name), payload) for name in place.served()}
    return State(stacks=place.stacks(), answers=answers)

"""Three deployed accounts, and one project whose model went all the way, for every test here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from baseline.accounts import load
from sandbox import ROOT
from sandbox.journey.play import play
from sandbox.journey.team import assemble
from sandbox.permissions import calls as recorded
from sandbox.runner import drain
from tests.journey.kept import kept_of
from tests.journey.projects import Workplace, create
from tests.permissions.deployment import offer_both_ways, publish_the_template
from tests.sandbox.deploy.land import opened_land, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.journey.evaluated import Evaluated
    from sandbox.journey.play import Played, Question
    from sandbox.journey.team import Team
    from sandbox.permissions.calls import Call
    from sandbox.runner import Step
    from tests.journey.kept import Kept
    from tests.sandbox.deploy.land import Land

PACKAGE_CACHE = ROOT / ".sandbox" / "packages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A model's way to PROD: what was played, what ran on the way, what people were asked, and what AWS was."""

    played: Played
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    calls: tuple[Call, ...]

    @property
    def model(self) -> Evaluated:
        """The model that was registered."""
        assert self.played.model, self.played.stopped
        return self.played.model

    def step(self, place: str) -> Step:
        """The last step at a place, such as "deploy/Dev/Deploy"."""
        return [step for step in self.steps if step.place.endswith(place)][-1]


@pytest.fixture(scope="session")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """The shipped accounts, deployed, with the template as it stands on offer, in both ways."""
    with opened_land(tmp_path_factory.mktemp("journey")) as land:
        publish_the_template(land)
        offer_both_ways(land)
        for step in (land.project.bootstrap, land.project.deploy):
            succeeded(step())
        yield land


@pytest.fixture(scope="session")
def team(land: Land) -> Team:
    studio = load()[0].dev.studio
    assert studio is not None
    return assemble(land.sandbox, dev="demo-dev", studio_role_arn=studio.role_arns[0])


@pytest.fixture(scope="session")
def journey(team: Team) -> Journey:
    """The one journey that trains and synthesises with the seed repositories as they are."""
    steps: list[Step] = []
    questions: list[Question] = []

    def approve(question: Question) -> bool:
        questions.append(question)
        return True

    def run() -> None:
        drain(team.sandbox, hear=steps.append, package_cache=PACKAGE_CACHE)

    began = recorded.mark(team.sandbox)
    played = play(team=team, project=team.create_project("Journey"), run=run, decide=approve)
    assert not played.stopped, (played.stopped, steps)
    calls = recorded.read(team.sandbox, since=began).calls
    return Journey(played=played, steps=tuple(steps), questions=tuple(questions), calls=calls)


@pytest.fixture(scope="session")
def kept(team: Team, journey: Journey) -> Kept:
    """What the journey has made, for projects that neither train nor synthesise."""
    return kept_of(team, journey.played)


@pytest.fixture
def new_project(team: Team, kept: Kept, land: Land, tmp_path: Path) -> Iterator[Callable[[str], Workplace]]:
    """Creates a project by its name, with what the journey has made; nothing of it has run yet."""
    made: list[Workplace] = []

    def new(name: str) -> Workplace:
        made.append(create(team, kept, name, folder=tmp_path / name, variables=land.project.variables))
        return made[-1]

    yield new
    for place in made:
        place.leave()

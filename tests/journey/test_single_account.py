"""DEV, PREPROD and PROD in one account: the journey's model goes all the way, with templates synthesised for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baseline.accounts import load
from baseline.naming import ENVIRONMENTS
from sandbox.journey.team import assemble
from sandbox.permissions.replay import prove
from sandbox.runner.seed import BUILD_APP
from tests.journey.projects import create
from tests.journey.state import State, scores_of, state_of
from tests.permissions.deployment import publish_the_template
from tests.sandbox.deploy.land import opened_land, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.journey.record import Proof
    from tests.journey.kept import Kept
    from tests.journey.projects import Workplace

ACCOUNTS = Path(__file__).with_name("one_account.toml")
DEPLOY_APP = BUILD_APP.with_name("deploy_app")
OF_THE_SEED = ("buildspec.yml", "deployment/synthesis.py", "tests/integration/buildspec.yml")


@pytest.fixture(scope="module")
def place(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A project in the one account, whose deployment repository is the seed's again."""
    folder = tmp_path_factory.mktemp("one_account")
    with opened_land(folder, accounts_file=ACCOUNTS) as land:
        publish_the_template(land)
        for step in (land.project.bootstrap, land.project.deploy):
            succeeded(step())
        studio = load(ACCOUNTS)[0].dev.studio
        assert studio is not None
        team = assemble(land.sandbox, dev="solo-dev", studio_role_arn=studio.role_arns[0])
        place = create(team, kept, "Solo", folder=folder / "clones", variables=land.project.variables)
        place.push("deploy", {name: (DEPLOY_APP / name).read_bytes() for name in OF_THE_SEED})
        place.deploy()
        yield place


@pytest.fixture(scope="module")
def proof(place: Workplace) -> Proof:
    return prove(place.team.sandbox)


def test_the_model_answers_from_three_stacks(place: Workplace) -> None:
    assert state_of(place) == State(
        stacks=dict.fromkeys(ENVIRONMENTS, "CREATE_COMPLETE"),
        answers=dict.fromkeys(ENVIRONMENTS, scores_of(place.kept.model)),
    )


def test_the_three_stacks_are_in_the_one_account(place: Workplace) -> None:
    told = place.client("cloudformation").describe_stacks()["Stacks"]
    stacks = {stack["StackName"] for stack in told if stack["StackName"].startswith(place.project.prefix)}
    assert stacks == {f"{place.project.prefix}-{environment}" for environment in ENVIRONMENTS}


def test_aws_would_have_denied_nothing(proof: Proof) -> None:
    assert (proof.denied, proof.unevaluated) == ((), ())


def test_every_role_of_ours_was_seen_at_work(proof: Proof) -> None:
    assert proof.silent_roles == ()

"""What the roles did on the journey, judged by IAM's simulator: nothing is denied, and what is unused has a reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from sandbox.permissions import estate as estates
from sandbox.permissions.reasons import Reason, kept, reasons
from sandbox.permissions.replay import judge
from sandbox.permissions.snapshot import read_back

if TYPE_CHECKING:
    from sandbox.journey.record import Proof
    from tests.journey.conftest import Journey
    from tests.sandbox.deploy.land import Land


@pytest.fixture(scope="module")
def proof(journey: Journey, land: Land) -> Proof:
    accounts = {account.account_id: name for name, account in land.sandbox.accounts.items()}
    names = {name: account_id for account_id, name in accounts.items()}
    policies, estate = read_back(land.client, names), estates.look(land.client, names)
    return judge(journey.calls, policies=policies, estate=estate)


def test_aws_would_have_denied_nothing_of_the_journey(proof: Proof) -> None:
    assert (proof.denied, proof.unevaluated) == ((), ())


def test_every_permission_that_is_not_used_is_kept_for_a_reason(proof: Proof) -> None:
    assert [f"{one.role}: {', '.join(one.actions)}" for one in kept(proof.unused) if not one.why] == []


def test_every_reason_is_of_a_permission_that_is_not_used(proof: Proof) -> None:
    assert [found for reason in reasons() for found in left_over(reason, proof)] == []


def left_over(reason: Reason, proof: Proof) -> list[str]:
    """The patterns of a reason that explain nothing."""
    explained = [one for one in kept(proof.unused) if one.why == reason.why and reason.speaks_of(one.role)]
    roles = [one.role.rpartition("/")[2] for one in explained]
    actions = [action for one in explained for action in one.actions]
    return [
        f"{pattern} of {reason.why!r}"
        for patterns, found in ((reason.roles, roles), (reason.actions, actions))
        for pattern in patterns
        if not any(fnmatchcase(name, pattern) for name in found)
    ]

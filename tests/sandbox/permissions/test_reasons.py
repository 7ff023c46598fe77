"""Why a permission is kept that nothing was seen using."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox import ROOT
from sandbox.journey.record import Proof, Unused
from sandbox.permissions.reasons import Reason, kept, reasons
from sandbox.permissions.tables import NO_REASON, tables
from tests.sandbox.permissions.estate_of_demo import BUILD, CLOUDFORMATION

if TYPE_CHECKING:
    from pathlib import Path

LAUNCH = "arn:aws:iam::111111111111:role/mlops/mlops-demo-dev-launch"
DELETED = Reason(roles=("mlops-*-launch",), actions=("*:Delete*",), why="it is deleted")
CHANGED = Reason(roles=("mlops-*-launch",), actions=("*:Update*", "ecr:Delete*"), why="it is changed")
UNUSED = Unused(role=LAUNCH, actions=("ecr:DeleteRepositoryPolicy", "glacier:InitiateJob", "s3:DeleteBucket"))
FILES = re.compile(r"\b(?:seed_code|tests)/[\w/]+\.py")


def explained(*given: Reason) -> dict[str, tuple[str, ...]]:
    return {one.why: one.actions for one in kept([UNUSED], given)}


def rows(*unused: Unused) -> list[tuple[str, ...]]:
    """What the last table says of permissions that nothing uses."""
    *_, shown = tables(Proof(calls=1, requests=1, roles=(LAUNCH,), unused=unused))
    return list(zip(*([str(cell) for cell in column.cells] for column in shown.columns), strict=True))


def test_a_permission_is_kept_for_the_first_reason_that_explains_it() -> None:
    assert explained(CHANGED, DELETED)["it is changed"] == ("ecr:DeleteRepositoryPolicy",)
    assert explained(DELETED, CHANGED)["it is deleted"] == ("ecr:DeleteRepositoryPolicy", "s3:DeleteBucket")


def test_what_nobody_explains_has_an_empty_reason() -> None:
    assert explained(DELETED)[""] == ("glacier:InitiateJob",)


def test_a_reason_is_for_the_roles_that_it_names() -> None:
    assert not DELETED.explains(BUILD, "s3:DeleteBucket")


def test_the_table_puts_roles_together_that_keep_the_same_for_the_same_reason() -> None:
    preprod = CLOUDFORMATION.replace("333333333333", "222222222222").replace("prod", "preprod")
    [(roles, actions, why)] = rows(
        *(Unused(role=r, actions=("scheduler:GetSchedule",)) for r in (CLOUDFORMATION, preprod))
    )
    assert roles.split("\n") == [
        "333333333333 mlops-demo-prod-cloudformation",
        "222222222222 mlops-demo-preprod-cloudformation",
    ]
    assert actions == "scheduler:GetSchedule"
    assert "batch inference" in why


def test_the_table_begins_with_what_nobody_explains() -> None:
    _, actions, why = rows(Unused(role=BUILD, actions=("s3:ListBucket",)), UNUSED)[0]
    assert (actions, why) == ("glacier:InitiateJob", NO_REASON)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_every_reason_speaks_of_roles_and_actions_and_says_why() -> None:
    assert [each for each in reasons() if not (each.roles and each.actions and len(each.why.split()) > 4)] == []


def test_no_reason_is_given_twice() -> None:
    given = [reason.why for reason in reasons()]
    assert len(set(given)) == len(given)


def test_the_files_that_reasons_point_to_are_there() -> None:
    named = {name for reason in reasons() for name in FILES.findall(reason.why)}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_reasons_come_in_the_order_of_their_file(tmp_path: Path) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text("".join(f'[[kept]]\nroles = ["x"]\nactions = ["y"]\nwhy = "{why}"\n' for why in ("two", "one")))
    assert [reason.why for reason in reasons(file)] == ["two", "one"]

"""The gate: fine, needs approval, denied; and what is permitted, until when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from review import gate, rules
from review.errors import ReviewError
from review.plan import read_plan
from review.summary import summarise
from tests.review.making import key, real, resource, reviewed

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2027, 1, 31)
REPLACED = key("prod", "delete", "create")
PERMIT = """
[gate]
approve = ["critical"]

[[permit]]
rule = "key-lost"
because = "Replaced on purpose."
until = {until}
address = "{address}"
"""


def policy(folder: Path, text: str) -> gate.Policy:
    file = folder / "review.toml"
    file.write_text(text)
    return gate.load(file)


def status(folder: Path, text: str, *reviews: object) -> int:
    settled = policy(folder, text)
    summary = summarise(reviews, expected=settled.accounts)  # type: ignore[arg-type]
    return gate.judge(summary, settled, today=TODAY).status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[gate]\napprove = ["critical"]\n', gate.NEEDS_APPROVAL),
        ('[gate]\napprove = ["key-lost"]\n', gate.NEEDS_APPROVAL),
        ('[gate]\napprove = ["high"]\ndeny = ["key-lost"]\n', gate.DENIED),
        ('[gate]\napprove = ["high"]\n', gate.FINE),
    ],
)
def test_levels_and_rules_decide(tmp_path: Path, text: str, expected: int) -> None:
    assert status(tmp_path, text, REPLACED) == expected


@pytest.mark.parametrize(
    ("until", "address", "expected"),
    [
        ("2027-01-31", "module.keys.*", gate.FINE),
        ("2027-01-30", "module.keys.*", gate.NEEDS_APPROVAL),
        ("2027-12-31", "module.other.*", gate.NEEDS_APPROVAL),
    ],
)
def test_a_permit_holds_for_its_address_through_its_last_day(
    tmp_path: Path, until: str, address: str, expected: int
) -> None:
    assert status(tmp_path, PERMIT.format(until=until, address=address), REPLACED) == expected


def test_an_account_without_a_plan_is_denied(tmp_path: Path) -> None:
    assert status(tmp_path, '[gate]\naccounts = ["dev", "prod"]\n', REPLACED) == gate.DENIED


def test_a_plan_that_failed_is_denied(tmp_path: Path) -> None:
    failed = read_plan(real("errored"), account="dev", rules=rules.load())
    assert status(tmp_path, "[gate]\n", failed) == gate.DENIED


def test_what_was_not_analysed_needs_approval_unless_it_is_let_through(tmp_path: Path) -> None:
    odd = reviewed(resource("aws_x.this", "create", after={}), something_new=1)
    assert status(tmp_path, "[gate]\n", odd) == gate.NEEDS_APPROVAL
    assert status(tmp_path, "[gate]\napprove_what_was_not_analysed = false\n", odd) == gate.FINE


def test_every_reason_is_given() -> None:
    verdict = gate.judge(summarise([REPLACED]), gate.load(), today=TODAY)
    (reason,) = verdict.reasons
    assert reason.startswith("prod: module.keys.aws_kms_key.this: critical: Whatever is encrypted")
    assert reason.endswith("(key-lost)")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[gates]\n", "there is no table 'gates'"),
        ("[gate]\nallow = []\n", "unknown key 'allow'"),
        ('[gate]\ndeny = "high"\n', "deny is a list"),
        ('[[permit]]\nrule = "x"\nuntil = 2027-01-01\n', "permit 1 needs because"),
        ('[[permit]]\nrule = "x"\nbecause = "b"\nuntil = "2027-01-01"\n', "needs until, a date"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReviewError, match=problem):
        policy(tmp_path, text)

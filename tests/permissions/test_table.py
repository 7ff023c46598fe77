"""The permission table, held against the policies of the deployed accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions.simulator import Request
from tests.permissions import table
from tests.permissions.table import differences, listing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.permissions.simulator import Verdict
    from sandbox.permissions.snapshot import Snapshot
    from tests.permissions.table import Row

pytestmark = pytest.mark.slow

ENTRY = """
[[may]]
sentence = "A build reads"
who = "{build}"
action = "s3:GetObject"
resource = "arn:aws:s3:::a/b"
"""


def test_everything_that_may_be_done_is_allowed(rows: list[Row], verdicts: Mapping[Request, Verdict]) -> None:
    assert listing(row for row in rows if row.allowed and not verdicts[row.request].allowed) == ""


def test_everything_that_may_not_be_done_is_denied(rows: list[Row], verdicts: Mapping[Request, Verdict]) -> None:
    assert listing(row for row in rows if not row.allowed and verdicts[row.request].allowed) == ""


def test_denials_hold_without_the_boundaries_which_are_a_second_fence(
    rows: list[Row], unbounded_verdicts: Mapping[Request, Verdict]
) -> None:
    bounded = [row for row in rows if "every-right-inside" not in row.request.who]
    assert listing(row for row in bounded if unbounded_verdicts[row.request].allowed is not row.allowed) == ""


def test_an_allowed_request_brings_no_context_that_aws_does_not_send(
    rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    allowed = [row for row in rows if row.allowed]
    assert listing(row for row in allowed if verdicts[row.request].not_sent & {*dict(row.request.context)}) == ""


def test_every_denial_differs_from_something_allowed_in_one_field(written: list[Row]) -> None:
    denied = [row for row in written if not row.allowed]
    assert listing(row for row in denied if not row.twins) == ""
    assert listing(row for row in denied if any(len(differences(row.request, twin)) != 1 for twin in row.twins)) == ""


def test_every_allowed_request_has_a_denied_one_that_differs_in_one_field(written: list[Row]) -> None:
    twins = {twin for row in written for twin in row.twins}
    assert listing(row for row in written if row.allowed and row.request not in twins) == ""


def test_the_table_is_not_thin(written: list[Row]) -> None:
    allowed = sum(row.allowed for row in written)
    assert allowed >= 40
    assert len(written) - allowed >= 40


def test_every_role_and_every_policy_has_a_row(
    rows: list[Row], snapshot: Snapshot, vocabulary: Mapping[str, Any]
) -> None:
    asked = {row.request.who for row in rows} | {row.request.resource for row in rows}
    of_fraud = vocabulary["fraud"].name
    roles = {arn for arn in snapshot.identities if f"{of_fraud}-" not in arn}
    assert roles - asked == set()


# --- what the files may say -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("", "needs but_not"),
        ("but_not = [{action = 's3:PutObject', who = 'x'}]", "has to change one of"),
        ("but_not = [{effect = 'Deny'}]", "has to change one of"),
        ("but_not = [{action = 's3:GetObject'}]", "both allowed and denied"),
        ("reason = 'x'\nbut_not = [{who = 'x'}]", "knows no reason"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_sentence_or_request(tmp_path: Path, rest: str, problem: str) -> None:
    (tmp_path / "wrong.toml").write_text(ENTRY + rest)
    with pytest.raises(ValueError, match=problem):
        table.rows({"build": "arn:aws:iam::111111111111:role/build", "account_of": {}}, tmp_path)


def test_a_change_of_one_key_of_the_context_is_a_change_of_one_field() -> None:
    one = Request(who="a", action="b", resource="c", context=(("d", "1"), ("e", "2")))
    other = Request(who="a", action="b", resource="c", context=(("d", "1"), ("e", "3")))
    assert differences(one, other) == {"e"}

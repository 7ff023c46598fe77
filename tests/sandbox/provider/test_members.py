"""Terraform's arguments become members of AWS's API and come back, by one table."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.errors import ProviderError
from sandbox.provider.imitation import names
from sandbox.provider.members import from_aws, tag_changes, to_aws

RULES = names("bucket rule.id=Rules[].ID rule.filter.prefix=Rules[].Filter.Prefix rule.expiry.days=Rules[].Expiry.Days")
RULE = {"id": "one", "filter": [{"prefix": "drafts/"}], "expiry": []}
SAME_RULE = {"ID": "one", "Filter": {"Prefix": "drafts/"}}
TAGGED = names("name=Name tags=Tags")


def test_a_block_is_written_as_a_structure_or_as_a_list_of_them() -> None:
    assert to_aws(RULES, {"bucket": "shelf", "rule": [RULE]}) == {"Rules": [SAME_RULE]}


def test_a_block_is_read_back() -> None:
    assert from_aws(RULES, {"Rules": [SAME_RULE]}) == {"rule": [RULE]}


def test_an_empty_block_is_written_as_an_empty_structure() -> None:
    assert to_aws(RULES, {"rule": [{"filter": [{"prefix": None}]}]}) == {"Rules": [{"Filter": {}}]}


@pytest.mark.parametrize("value", [None, ""])
def test_an_argument_that_says_nothing_is_not_written(value: str | None) -> None:
    assert to_aws(names("name=Name"), {"name": value}) == {}


@pytest.mark.parametrize("value", [False, 0])
def test_false_and_nought_are_written(value: object) -> None:
    assert to_aws(names("name=Name"), {"name": value}) == {"Name": value}


def test_what_an_answer_leaves_out_is_read_as_nothing() -> None:
    assert from_aws(names("name=Name"), {}) == {"name": None}


def test_a_member_of_a_block_that_nobody_imitates_is_named() -> None:
    with pytest.raises(ProviderError, match="AWS has Transitions in"):
        from_aws(RULES, {"Rules": [{**SAME_RULE, "Transitions": []}]})


def test_all_tags_are_written_and_read() -> None:
    written = to_aws(TAGGED, {"name": "x", "tags": {}, "tags_all": {"owner": "platform"}})
    assert from_aws(TAGGED, written) == {"name": "x", "tags_all": {"owner": "platform"}}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"a": "1"}, {"a": "1"}, ([], [])),
        ({"a": "1"}, {"a": "2"}, ([{"Key": "a", "Value": "2"}], [])),
        ({"a": "1"}, None, ([], ["a"])),
    ],
)
def test_only_changed_tags_are_added_or_removed(before: Any, after: Any, changes: Any) -> None:  # noqa: ANN401
    assert tag_changes({"tags_all": before}, {"tags_all": after}) == changes

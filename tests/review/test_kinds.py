"""Every kind of change that a plan knows, most of them in plans that Terraform made."""

from __future__ import annotations

import pytest

from review import rules
from review.errors import ReviewError
from review.model import SENSITIVE, UNKNOWN, AccountReview, Change
from review.plan import read_plan
from tests.review.making import changed, plan, real, resource, reviewed


@pytest.fixture(scope="module")
def kinds() -> AccountReview:
    return read_plan(real("kinds"), account="dev", rules=rules.load())


def at(review: AccountReview, address: str) -> Change:
    (found,) = [change for change in review.changes if change.address == address]
    return found


@pytest.mark.parametrize(
    ("address", "action", "order"),
    [
        ("aws_iam_role.serving", "create", ""),
        ("aws_iam_role.training", "update", ""),
        ("aws_s3_bucket.renamed", "replace", "destroy first"),
        ("terraform_data.create_first", "replace", "create first"),
        ("aws_s3_bucket.unwanted", "destroy", ""),
        ("aws_s3_bucket.given_away", "forget", ""),
        ("data.aws_iam_policy_document.serving", "read", ""),
    ],
)
def test_what_terraform_plans_is_told_by_its_kind(kinds: AccountReview, address: str, action: str, order: str) -> None:
    change = at(kinds, address)
    assert (change.action, change.order) == (action, order)


def test_a_resource_that_only_moves_is_told(kinds: AccountReview) -> None:
    assert at(kinds, "aws_s3_bucket.new_address").previous_address == "aws_s3_bucket.old_address"


def test_an_import_is_told_beside_the_update_it_brings(kinds: AccountReview) -> None:
    change = at(kinds, "aws_s3_bucket.made_by_hand")
    assert (change.action, change.import_id) == ("update", "mlops-review-made-by-hand")


def test_what_changed_outside_terraform_is_drift(kinds: AccountReview) -> None:
    assert [change.address for change in kinds.drift] == ["aws_ssm_parameter.drifting"]


def test_the_attribute_that_forces_a_replacement_is_named(kinds: AccountReview) -> None:
    assert [one.path for one in at(kinds, "aws_s3_bucket.renamed").attributes if one.forces] == ["bucket"]


def test_outputs_are_told_and_marked_ones_hidden(kinds: AccountReview) -> None:
    told = {one.name: (one.before, one.after) for one in kinds.outputs}
    assert told == {
        "bucket": ('"mlops-review-artifacts"', '"mlops-review-new-name"'),
        "token": (SENSITIVE, SENSITIVE),
    }


def test_a_check_that_does_not_hold_is_told_with_its_message(kinds: AccountReview) -> None:
    (check,) = kinds.checks
    assert (check.status, check.messages) == ("fail", ("The bucket's name does not begin with audit-.",))


def test_a_plan_that_stopped_half_way_says_so() -> None:
    review = read_plan(real("errored"), account="dev", rules=rules.load())
    assert (review.errored, review.complete) == (True, False)


def test_a_deferred_change_is_told_with_its_reason() -> None:
    entry = {"reason": "instance_count_unknown", "resource_change": resource("aws_s3_bucket.many", "create", after={})}
    (change,) = reviewed(deferred_changes=[entry]).deferred
    assert change.reason == "deferred: instance_count_unknown"


def test_a_replacement_that_forgets_the_old_one_is_a_replacement() -> None:
    change = changed(resource("aws_s3_bucket.this", "create", "forget", before={"bucket": "a"}, after={"bucket": "b"}))
    assert (change.action, change.order) == ("replace", "forget the old")


def test_a_deposed_object_is_told_apart_from_the_resource_it_was() -> None:
    assert changed(resource("aws_s3_bucket.this", "delete", before={}, deposed="0a1b2c3d")).deposed == "0a1b2c3d"


def test_actions_that_nobody_knows_are_listed_and_must_be_read() -> None:
    review = reviewed(resource("aws_s3_bucket.this", "teleport", before={}, after={}))
    assert "aws_s3_bucket.this" in review.not_analysed[0]
    assert [one.rule for one in review.changes[0].findings] == ["action-not-known"]


def test_parts_of_a_plan_that_nobody_knows_are_listed() -> None:
    assert reviewed(action_invocations=[]).not_analysed == (
        "action_invocations: a part of the plan that is not known here",
    )


def test_a_value_known_after_the_apply_is_told_as_that() -> None:
    entry = resource(
        "aws_s3_bucket.this", "update", before={"arn": "x"}, after={"arn": None}, after_unknown={"arn": True}
    )
    assert [(one.path, one.after) for one in changed(entry).attributes] == [("arn", UNKNOWN)]


@pytest.mark.parametrize("marks", [False, {}, {"rule": [{}]}, {"rule": [{"days": False}]}])
def test_marks_that_mark_nothing_hide_nothing(marks: object) -> None:
    entry = resource(
        "aws_x.this",
        "update",
        before={"rule": [{"days": 1}]},
        after={"rule": [{"days": 2}]},
        before_sensitive=marks,
        after_sensitive=marks,
    )
    assert [(one.path, one.before, one.after) for one in changed(entry).attributes] == [("rule[0].days", "1", "2")]


@pytest.mark.parametrize("marks", [True, {"rule": True}, {"rule": [True]}, {"rule": [{"days": True}]}])
def test_a_mark_hides_whatever_lies_below_it(marks: object) -> None:
    entry = resource(
        "aws_x.this",
        "update",
        before={"rule": [{"days": 41}]},
        after={"rule": [{"days": 42}]},
        before_sensitive=marks,
        after_sensitive=marks,
    )
    (attribute,) = changed(entry).attributes
    assert (attribute.before, attribute.after) == (SENSITIVE, SENSITIVE)


def test_true_and_one_are_not_the_same() -> None:
    entry = resource("aws_x.this", "update", before={"on": 1}, after={"on": True})
    assert [(one.before, one.after) for one in changed(entry).attributes] == [("1", "true")]


def test_inside_json_texts_the_differing_part_is_named() -> None:
    entry = resource(
        "aws_x.this", "update", before={"parameters": '{"a": 1, "b": 2}'}, after={"parameters": '{"b": 3, "a": 1}'}
    )
    assert [one.path for one in changed(entry).attributes] == ["parameters.b"]


def test_two_plans_that_read_alike_have_one_fingerprint() -> None:
    one, other = (reviewed(resource("aws_x.this", "create", after={"a": 1}), timestamp=time) for time in ("1", "2"))
    assert one.fingerprint == other.fingerprint


def test_another_value_is_another_fingerprint() -> None:
    one, other = (reviewed(resource("aws_x.this", "create", after={"a": "x" * 900 + end})) for end in "ab")
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "This is no plan"),
        ({"resource_changes": []}, "format_version is missing"),
        (plan() | {"format_version": "2.0"}, "formats 1.x can be read"),
        (plan() | {"resource_changes": {}}, "resource_changes is no list"),
        (plan() | {"resource_changes": [1]}, "holds what is no object"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason(content: object, problem: str) -> None:
    with pytest.raises(ReviewError, match=problem):
        read_plan(content, account="dev", rules=())

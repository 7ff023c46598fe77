"""Policies are compared by what they let through, not by how they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from review import policies
from tests.review.making import allow, changed, deny, policy, resource

if TYPE_CHECKING:
    from review.model import PolicyChange, Widening

OWN = frozenset({"111111111111"})
OTHER = "arn:aws:iam::222222222222:root"


def compared(before: str | None, after: str | None) -> PolicyChange:
    sides = [json.loads(side) if side else None for side in (before, after)]
    return policies.compare(path="policy", before=sides[0], after=sides[1], own_accounts=OWN)


def widenings(before: str | None, after: str | None) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.items) for one in compared(before, after).widenings]


def only_widening(before: str | None, after: str | None) -> Widening:
    (one,) = compared(before, after).widenings
    return one


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (allow("s3:GetObject"), allow(["s3:GetObject"])),
        (allow(["s3:GetObject", "s3:ListBucket"]), allow(["s3:ListBucket", "s3:GetObject"])),
        (allow("a:b", Principal={"AWS": "222222222222"}), allow("a:b", Principal={"AWS": [OTHER]})),
        (allow("a:b", Principal="*"), allow("a:b", Principal={"AWS": "*"})),
    ],
)
def test_the_same_policy_in_another_spelling_is_no_change(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert compared(policy(before), policy(after)).statements == ()


def test_statements_in_another_order_are_no_change() -> None:
    one, other = allow("a:b"), allow("c:d")
    assert compared(policy(one, other), policy(other, one)).statements == ()


@pytest.mark.parametrize(
    ("before", "after", "kind", "items"),
    [
        (allow("s3:GetObject"), allow(["s3:GetObject", "s3:DeleteObject"]), "actions", ("s3:DeleteObject",)),
        (allow("a:b", Resource="x"), allow("a:b", Resource="x*"), "resources", ("x*",)),
        (
            allow("a:b", Principal={"AWS": "arn:aws:iam::111111111111:root"}),
            allow("a:b", Principal={"AWS": ["arn:aws:iam::111111111111:root", OTHER]}),
            "principals",
            (f"AWS {OTHER}",),
        ),
        (
            allow("a:b", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            allow("a:b"),
            "conditions",
            ("StringEquals aws:PrincipalOrgID o-1",),
        ),
        (
            allow("a:b", Condition={"StringEquals": {"k": "one"}}),
            allow("a:b", Condition={"StringEquals": {"k": ["one", "two"]}}),
            "values",
            ("k two",),
        ),
        (
            allow("a:b", Condition={"StringNotEquals": {"k": ["one", "two"]}}),
            allow("a:b", Condition={"StringNotEquals": {"k": ["one"]}}),
            "values",
            ("k two",),
        ),
        (allow("a:b"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "actions", ("all but iam:*",)),
        (
            {"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"},
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "exceptions",
            ("kms:*",),
        ),
        (deny(["a:b", "c:d"]), deny("a:b"), "denial", ("c:d",)),
        (deny("a:b", Sid="S"), allow("a:b", Sid="S"), "effect", ("a:b",)),
    ],
)
def test_what_is_gained_is_named(before: dict[str, Any], after: dict[str, Any], kind: str, items: tuple[str]) -> None:
    assert (kind, items) in widenings(policy(before), policy(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([allow(["a:b", "c:d"])], [allow("a:b")]),
        ([allow("s3:*")], [allow("s3:GetObject")]),
        ([allow("S3:getobject")], [allow("s3:GetObject")]),
        ([allow(["a:b", "c:d"])], [allow("a:b"), allow("c:d")]),
        ([allow("a:b")], [allow("a:b", Condition={"Bool": {"aws:SecureTransport": "true"}})]),
        ([allow("a:b")], [allow("a:b"), deny("c:d")]),
        ([allow("a:b"), allow("c:d")], [allow("a:b")]),
        ([deny("a:b")], [deny("a:*")]),
        ([allow("a:b", Sid="Old")], [allow("a:b", Sid="New")]),
    ],
)
def test_what_allows_no_more_is_no_widening(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert widenings(policy(*before), policy(*after)) == []


def test_a_denial_that_goes_is_a_widening() -> None:
    assert widenings(policy(deny("s3:*", Sid="Tls"), allow("a:b")), policy(allow("a:b"))) == [("denial", ("s3:*",))]


def test_a_question_mark_does_not_cover_an_asterisk() -> None:
    assert widenings(policy(allow("s3:Get?")), policy(allow("s3:Get*"))) == [("actions", ("s3:Get*",))]


@pytest.mark.parametrize(
    ("statement", "flags"),
    [
        (allow("s3:GetObject", Principal="*"), ("public",)),
        (
            allow("s3:GetObject", Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            ("foreign",),
        ),
        (
            allow("s3:GetObject", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
            ("public",),
        ),
        (allow("s3:GetObject", NotPrincipal={"AWS": OTHER}), ("public", "foreign")[:1]),
        (allow("s3:GetObject", Principal={"AWS": OTHER}), ("foreign",)),
        (allow("*"), ("administrator",)),
        (allow("iam:PassRole"), ("administrator",)),
    ],
)
def test_a_new_policy_tells_only_what_reaches_far(statement: dict[str, Any], flags: tuple[str, ...]) -> None:
    assert only_widening(None, policy(statement)).flags == flags


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject"),
        allow("sts:AssumeRole", Principal={"Service": "sagemaker.amazonaws.com"}),
        allow("s3:GetObject", Principal={"AWS": "arn:aws:iam::111111111111:role/x"}),
        allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    ],
)
def test_a_new_policy_of_an_ordinary_kind_is_calm(statement: dict[str, Any]) -> None:
    assert compared(None, policy(statement)).widenings == ()


def test_who_gains_an_action_is_named() -> None:
    before, after = (
        policy(allow(action, Principal={"AWS": OTHER}))
        for action in ("s3:GetObject", ["s3:GetObject", "s3:DeleteObject"])
    )
    assert only_widening(before, after).principals == (f"AWS {OTHER}",)


def test_a_policy_inside_the_json_of_any_attribute_is_found() -> None:
    def stack(action: str) -> str:
        body = {"Resources": {"Role": {"Properties": {"Policy": json.loads(policy(allow(action)))}}}}
        return json.dumps({"template": json.dumps(body)})

    change = changed(resource("aws_x.this", "update", before={"input": stack("a:b")}, after={"input": stack("a:*")}))
    assert [one.path for one in change.policies] == ["input.template.Resources.Role.Properties.Policy"]


def test_a_statement_that_cannot_be_compared_must_be_read() -> None:
    odd = {"Fn::If": ["IsProd", allow("a:b"), {"Ref": "AWS::NoValue"}]}
    assert [kind for kind, _ in widenings(policy(allow("a:b")), policy(allow("a:b"), odd))] == ["opaque"]


def test_a_pattern_of_many_asterisks_takes_no_time() -> None:
    many = "a*" * 60 + "c"
    assert widenings(policy(allow(many)), policy(allow("a" * 4000 + "b")))

"""Reading a role's trust policy."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.trust import Verdict, role_may_assume, service_may_assume

ACCOUNT = "111111111111"
PIPELINE = f"arn:aws:iam::{ACCOUNT}:role/mlops/project/mlops-p-1-deploy-pipeline"
PIPELINES = f"arn:aws:iam::{ACCOUNT}:role/mlops/project/mlops-*-deploy-pipeline"
WHOLE_ACCOUNT = f"arn:aws:iam::{ACCOUNT}:root"


def trusting(principal: Any, **statement: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **statement}]}


def test_a_role_that_is_named_may_assume() -> None:
    assert role_may_assume(trusting({"AWS": PIPELINE}), PIPELINE) is Verdict.YES


@pytest.mark.parametrize("principal", [ACCOUNT, WHOLE_ACCOUNT, "*"])
def test_an_account_lets_all_its_roles_in(principal: str) -> None:
    assert role_may_assume(trusting({"AWS": principal}), PIPELINE) is Verdict.WITH_THE_WHOLE_ACCOUNT


@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals", "StringLike"])
def test_a_condition_narrows_an_account_to_some_roles(operator: str) -> None:
    policy = trusting({"AWS": [WHOLE_ACCOUNT]}, Condition={operator: {"aws:PrincipalArn": PIPELINES}})
    assert role_may_assume(policy, PIPELINE) is Verdict.YES


def test_a_condition_on_other_roles_keeps_it_out() -> None:
    policy = trusting({"AWS": WHOLE_ACCOUNT}, Condition={"ArnLike": {"aws:PrincipalArn": [f"{PIPELINE}-2"]}})
    assert role_may_assume(policy, PIPELINE) is Verdict.NO


def test_equality_of_text_knows_no_wildcard() -> None:
    policy = trusting({"AWS": WHOLE_ACCOUNT}, Condition={"StringEquals": {"aws:PrincipalArn": PIPELINES}})
    assert role_may_assume(policy, PIPELINE) is Verdict.NO


def test_another_account_is_no_way_in() -> None:
    assert role_may_assume(trusting({"AWS": "222222222222"}), PIPELINE) is Verdict.NO


def test_another_action_is_no_way_in() -> None:
    assert role_may_assume(trusting({"AWS": ACCOUNT}, Action="sts:TagSession"), PIPELINE) is Verdict.NO


def test_a_condition_on_something_else_cannot_be_judged() -> None:
    policy = trusting({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "1"}})
    assert role_may_assume(policy, PIPELINE) is Verdict.UNCLEAR


def test_a_denial_cannot_be_judged() -> None:
    policy = trusting({"AWS": PIPELINE})
    policy["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "sts:*"})
    assert role_may_assume(policy, PIPELINE) is Verdict.UNCLEAR


def test_the_widest_way_in_counts() -> None:
    policy = trusting({"AWS": "222222222222"})
    policy["Statement"] += trusting({"AWS": PIPELINE})["Statement"]
    assert role_may_assume(policy, PIPELINE) is Verdict.YES


def test_a_service_that_is_named_may_assume() -> None:
    assert service_may_assume(trusting({"Service": ["cloudformation.amazonaws.com"]}), "cloudformation.amazonaws.com")


def test_a_service_that_is_not_named_may_not() -> None:
    assert not service_may_assume(trusting({"Service": "ec2.amazonaws.com"}), "cloudformation.amazonaws.com")

"""Whatever the settings allow makes a template that CloudFormation takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cfnlint.api import lint

from tests.unit.conftest import REGION
from tests.unit.templates import template_of
from tests.unit.variants import NAMES, variants

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    from deployment.target import Target

MAXIMUM_BYTES = 51_200  # of a template that is sent in a call; CodePipeline allows 1 MB
INLINE_POLICY = 10_240  # characters without spaces


@pytest.fixture(scope="module")
def templates(shipped_targets: dict[str, Target]) -> dict[str, Template]:
    """The template of every variant."""
    return {name: template_of(target) for name, target in variants(shipped_targets).items()}


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(templates: dict[str, Template], name: str) -> None:
    assert lint(json.dumps(templates[name].to_json()), regions=[REGION]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_stays_small(templates: dict[str, Template], name: str) -> None:
    assert len(json.dumps(templates[name].to_json())) < MAXIMUM_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_of_the_model_role_stays_inside_awss_limit(templates: dict[str, Template], name: str) -> None:
    (policy,) = templates[name].to_json()["Resources"]["ModelRole"]["Properties"]["Policies"]
    assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) < INLINE_POLICY

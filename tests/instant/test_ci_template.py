"""bootstrap/ci_roles.yaml as written: whom the roles trust, that names and policies fit, and no wildcard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from baseline import naming
from bootstrap import CI_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("PlanRole", "DeployRole")
LONGEST_ROLE_NAME, LONGEST_MANAGED_POLICY, LONGEST_INLINE_POLICIES, LONGEST_TRUST = 64, 6_144, 10_240, 2_048
LONGEST_PREFIX = f"mlops-{'s' * naming.MAX_SET_NAME_LENGTH}-preprod"
STUDIO_ROLE = "arn:aws-us-gov:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20261124T020202"
# What each placeholder may come to at most.
LONGEST = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "r" * naming.MAX_REGION_LENGTH,
    "${AWS::AccountId}": "1" * naming.ACCOUNT_ID_LENGTH,
    "${NamePrefix}": LONGEST_PREFIX,
    "${SeedBucket}": "b" * 63,
    "${StateBucket}": "b" * 63,
    "${StateKey}": f"{LONGEST_PREFIX}/terraform.tfstate",
}
LISTS = {
    "StudioRoleArns": [STUDIO_ROLE] * 5,
    "PlanSubjects": ["repo:" + "o" * 60 + "/" + "n" * 110 + ":ref:refs/heads/main"] * 2,
    "DeploySubjects": ["repo:" + "o" * 60 + "/" + "n" * 110 + ":environment:preprod"],
}
Json = dict[str, Any]


class TemplateLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml comes without types
    """Reads CloudFormation's short forms as {name: value}."""


def _short_form(loader: TemplateLoader, tag: str, node: yaml.Node) -> Json:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    raise TypeError(f"!{tag} takes a text or a list")


TemplateLoader.add_multi_constructor("!", _short_form)


@pytest.fixture(scope="module")
def template() -> Json:
    loaded: Json = yaml.load(CI_TEMPLATE.read_text(), TemplateLoader)  # noqa: S506  (a safe loader)
    return loaded


def filled(value: Any) -> Any:  # noqa: ANN401  JSON
    """A part of the template as it is in DEV, as long as it can be."""
    if isinstance(value, list):
        return [item for item in map(filled, value) if item is not None]
    if not isinstance(value, dict):
        return value
    if "If" in value:
        return filled(value["If"][1])
    if "Ref" in value:
        return LISTS.get(value["Ref"], None if value["Ref"] == "AWS::NoValue" else STUDIO_ROLE)
    if "Sub" in value:
        text = value["Sub"]
        for placeholder, longest in LONGEST.items():
            text = text.replace(placeholder, longest)
        return text
    return {key: filled(item) for key, item in value.items()}


def size(document: Json) -> int:
    """Characters without white space, which is how IAM counts."""
    return len(json.dumps(filled(document), separators=(",", ":")))


def statements(template: Json) -> Iterator[Json]:
    """Every statement of the policies, as in DEV."""
    resources = filled(template["Resources"])
    yield from resources["ReadPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for policy in resources["DeployRole"]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def test_the_policy_of_both_fits(template: Json) -> None:
    assert size(template["Resources"]["ReadPolicy"]["Properties"]["PolicyDocument"]) <= LONGEST_MANAGED_POLICY


def test_the_deploy_roles_own_policies_fit(template: Json) -> None:
    policies = filled(template["Resources"]["DeployRole"]["Properties"]["Policies"])
    assert sum(size(policy["PolicyDocument"]) for policy in policies) <= LONGEST_INLINE_POLICIES


@pytest.mark.parametrize("role", ROLES)
def test_the_trust_fits(template: Json, role: str) -> None:
    assert size(template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]) <= LONGEST_TRUST


@pytest.mark.parametrize("role", ROLES)
def test_the_name_fits(template: Json, role: str) -> None:
    assert len(filled(template["Resources"][role]["Properties"]["RoleName"])) <= LONGEST_ROLE_NAME


@pytest.mark.parametrize("role", ROLES)
def test_a_token_is_asked_for_audience_and_subject_letter_by_letter(template: Json, role: str) -> None:
    [statement] = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    asked = {operator: sorted(keys) for operator, keys in statement["Condition"].items()}
    issuer = "token.actions.githubusercontent.com"
    assert asked == {"StringEquals": [f"{issuer}:aud", f"{issuer}:sub"]}


@pytest.mark.parametrize("parameter", ["PlanSubjects", "DeploySubjects"])
def test_nobody_is_trusted_by_default(template: Json, parameter: str) -> None:
    assert "Default" not in template["Parameters"][parameter]


def test_no_action_has_a_wildcard(template: Json) -> None:
    actions = [action for one in statements(template) for action in [one["Action"]] if isinstance(action, str)]
    actions += [action for one in statements(template) if isinstance(one["Action"], list) for action in one["Action"]]
    assert [action for action in actions if "*" in action] == []


def test_both_roles_stand_where_the_deploy_role_reaches_nothing(template: Json) -> None:
    paths = {template["Resources"][name]["Properties"]["Path"] for name in (*ROLES, "ReadPolicy")}
    assert paths == {"/mlops/ci/"}

"""The template of the state bucket, as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from baseline import naming

if TYPE_CHECKING:
    from pathlib import Path

Template = dict[str, Any]
LONGEST_BUCKET_NAME = 63


class TemplateLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml comes without types
    """YAML with CloudFormation's short tags: ``!Ref x`` is read as {"Ref": "x"}."""


def short_tag(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else loader.construct_sequence(node)
    return {suffix: value}


TemplateLoader.add_multi_constructor("!", short_tag)


@pytest.fixture(scope="module")
def template(root: Path) -> Template:
    loaded: Template = yaml.load((root / "bootstrap" / "state.yaml").read_text(), TemplateLoader)  # noqa: S506
    return loaded


@pytest.fixture
def bucket(template: Template) -> Template:
    properties: Template = template["Resources"]["StateBucket"]["Properties"]
    return properties


@pytest.fixture
def statements(template: Template) -> list[Template]:
    found: list[Template] = template["Resources"]["StateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_nothing_has_to_be_answered(template: Template) -> None:
    assert "Parameters" not in template


def test_the_bucket_has_the_name_that_the_baseline_derives(bucket: Template) -> None:
    name = bucket["BucketName"]["Sub"].replace("${AWS::Region}", "eu-west-1")
    assert name.replace("${AWS::AccountId}", "1" * 12) == naming.state_bucket_name(
        region="eu-west-1", account_id="1" * 12
    )


def test_the_bucket_name_fits_in_every_region(bucket: Template) -> None:
    name = bucket["BucketName"]["Sub"].replace("${AWS::Region}", "r" * naming.MAX_REGION_LENGTH)
    assert len(name.replace("${AWS::AccountId}", "1" * naming.ACCOUNT_ID_LENGTH)) <= LONGEST_BUCKET_NAME


@pytest.mark.parametrize("logical_id", ["StateBucket", "StateBucketPolicy"])
def test_the_state_outlives_its_stack(template: Template, logical_id: str) -> None:
    resource = template["Resources"][logical_id]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_old_versions_are_kept_by_number_and_by_age(bucket: Template) -> None:
    expirations = [rule.get("NoncurrentVersionExpiration") for rule in bucket["LifecycleConfiguration"]["Rules"]]
    assert {"NoncurrentDays": 90, "NewerNoncurrentVersions": 20} in expirations


def test_a_current_state_never_expires(bucket: Template) -> None:
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert not [rule["Id"] for rule in rules if "ExpirationInDays" in rule or "ExpirationDate" in rule]


def test_the_policy_only_denies(statements: list[Template]) -> None:
    assert {statement["Effect"] for statement in statements} == {"Deny"}


@pytest.mark.parametrize(
    "condition", [{"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}]
)
def test_whoever_does_not_come_over_tls_is_denied(statements: list[Template], condition: Template) -> None:
    denied = [statement for statement in statements if statement["Condition"] == condition]
    assert [(statement["Principal"], statement["Action"]) for statement in denied] == [("*", "s3:*")]

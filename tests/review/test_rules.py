"""Each risk rule fits what it is for and leaves its neighbour alone; and a file of one's own changes the rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from review import rules
from review.errors import ReviewError
from review.model import AttributeChange, PolicyChange, Widening
from review.rules import Rule, Subject, findings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def what(type: str, action: str, **values: Any) -> Subject:  # noqa: A002, ANN401
    """A change; `values`: path -> (before, after), with "__" for a dot."""
    sides = {path: tuple(None if one is None else json.dumps(one) for one in pair) for path, pair in values.items()}
    attributes = tuple(
        AttributeChange(path=path.replace("__", "."), before=before, after=after)
        for path, (before, after) in sides.items()
    )
    return Subject(type=type, action=action, attributes=attributes)


def policy(*flags: str, state: str = "compared", widened: bool = True, action: str = "update") -> Subject:
    widenings = (Widening(kind="actions", statement="S", flags=flags),) if widened else ()
    change = PolicyChange(path="policy", state=state, widenings=widenings)
    return Subject(type="aws_iam_policy", action=action, policies=(change,))


# Rule -> a change that it fits, and the nearest that it does not.
CASES: Mapping[str, tuple[Subject, Subject]] = {
    "bucket-lost": (what("aws_s3_bucket", "replace"), what("aws_s3_bucket", "forget")),
    "bucket-force-destroy": (
        what("aws_s3_bucket", "update", force_destroy=(False, True)),
        what("aws_s3_bucket", "update", force_destroy=(True, False)),
    ),
    "bucket-unversioned": (
        what("aws_s3_bucket_versioning", "update", versioning_configuration__status=("Enabled", "Suspended")),
        what("aws_s3_bucket_versioning", "update", versioning_configuration__status=("Suspended", "Enabled")),
    ),
    "bucket-setting-lost": (
        what("aws_s3_bucket_public_access_block", "destroy"),
        what("aws_s3_bucket_public_access_block", "create"),
    ),
    "bucket-history-shorter": (
        what("aws_s3_bucket_lifecycle_configuration", "update", rule__noncurrent_days=(90, 7)),
        what("aws_s3_bucket_lifecycle_configuration", "update", rule__noncurrent_days=(7, 90)),
    ),
    "key-lost": (what("AWS::KMS::Key", "remove"), what("AWS::KMS::Key", "abandon")),
    "key-disabled": (
        what("aws_kms_key", "update", is_enabled=(True, False)),
        what("aws_kms_key", "update", is_enabled=(False, True)),
    ),
    "key-rotation-off": (
        what("aws_kms_key", "update", enable_key_rotation=(True, False)),
        what("aws_kms_key", "update", enable_key_rotation=(False, True)),
    ),
    "key-window-shorter": (
        what("aws_kms_key", "update", deletion_window_in_days=(30, 7)),
        what("aws_kms_key", "update", deletion_window_in_days=(7, 30)),
    ),
    "images-lost": (what("aws_ecr_repository", "destroy"), what("aws_ecr_repository", "update")),
    "repository-lost": (what("AWS::CodeCommit::Repository", "replace"), what("AWS::CodeCommit::Repository", "abandon")),
    "data-lost": (what("aws_dynamodb_table", "destroy"), what("aws_dynamodb_table", "update")),
    "data-left-behind": (what("AWS::S3::Bucket", "abandon"), what("AWS::Logs::LogGroup", "abandon")),
    "data-no-longer-kept": (
        what("AWS::S3::Bucket", "update", DeletionPolicy=("Retain", None)),
        what("AWS::S3::Bucket", "update", DeletionPolicy=("Retain", "RetainExceptOnCreate")),
    ),
    "secret-lost": (what("aws_secretsmanager_secret", "destroy"), what("aws_secretsmanager_secret_policy", "destroy")),
    "logs-lost": (what("aws_cloudwatch_log_group", "destroy"), what("aws_cloudwatch_log_group", "update")),
    "studio-lost": (what("aws_sagemaker_domain", "replace"), what("aws_sagemaker_domain", "update")),
    "studio-opened": (
        what("aws_sagemaker_domain", "update", app_network_access_type=("VpcOnly", "PublicInternetOnly")),
        what("aws_sagemaker_domain", "update", domain_name=("a", "b")),
    ),
    "models-lost": (
        what("aws_sagemaker_model_package_group", "destroy"),
        what("aws_sagemaker_model_package_group_policy", "destroy"),
    ),
    "endpoint-lost": (what("aws_sagemaker_endpoint", "replace"), what("aws_sagemaker_endpoint", "update")),
    "product-lost": (what("aws_servicecatalog_product", "replace"), what("aws_servicecatalog_product", "update")),
    "release-lost": (
        what("aws_servicecatalog_provisioning_artifact", "destroy"),
        what("aws_servicecatalog_provisioning_artifact", "create"),
    ),
    "release-withdrawn": (
        what("aws_servicecatalog_provisioning_artifact", "update", guidance=("DEFAULT", "DEPRECATED")),
        what("aws_servicecatalog_provisioning_artifact", "update", guidance=("DEPRECATED", "DEFAULT")),
    ),
    "launch-changed": (
        what("aws_servicecatalog_constraint", "update"),
        what("aws_servicecatalog_constraint", "create"),
    ),
    "people-lose-the-product": (
        what("aws_servicecatalog_principal_portfolio_association", "destroy"),
        what("aws_servicecatalog_principal_portfolio_association", "create"),
    ),
    "identity-lost": (what("aws_iam_role", "destroy"), what("aws_iam_role_policy", "destroy")),
    "access-public": (policy("public"), policy("foreign")),
    "access-administrator": (policy("administrator"), policy("administrator", "public")),
    "access-other-account": (policy("foreign"), policy()),
    "access-widened": (policy(), policy(widened=False)),
    "policy-hidden": (policy(state="hidden"), policy(state="hidden", action="destroy")),
    "policy-not-known": (policy(state="unknown"), policy(widened=False)),
    "administrator-attached": (
        what(
            "aws_iam_role_policy_attachment", "create", policy_arn=(None, "arn:aws:iam::aws:policy/AdministratorAccess")
        ),
        what("aws_iam_role_policy_attachment", "create", policy_arn=(None, "arn:aws:iam::aws:policy/ReadOnlyAccess")),
    ),
    "boundary-lost": (
        what("aws_iam_role", "update", permissions_boundary=("arn", None)),
        what("aws_iam_role", "update", permissions_boundary=("arn", "another")),
    ),
    "public-access-unblocked": (
        what("aws_s3_bucket_public_access_block", "update", block_public_policy=(True, False)),
        what("aws_s3_bucket_public_access_block", "update", block_public_policy=(False, True)),
    ),
    "encryption-weakened": (
        what("aws_s3_bucket_server_side_encryption_configuration", "update", rule__sse_algorithm=("aws:kms", "AES256")),
        what("aws_s3_bucket_server_side_encryption_configuration", "create", rule__sse_algorithm=(None, "AES256")),
    ),
    "contract-broken": (what("aws_ssm_parameter", "destroy"), what("aws_ssm_parameter", "create")),
    "contract-changed": (
        what("aws_ssm_parameter", "update", insecure_value=("a", "b")),
        what("aws_ssm_parameter", "update", description=("a", "b")),
    ),
    "action-not-known": (what("aws_x", "unknown"), what("aws_x", "update")),
    "destroyed": (what("aws_x", "destroy"), what("aws_s3_bucket", "destroy")),
    "replaced": (what("aws_x", "replace"), what("aws_s3_bucket", "replace")),
    "forgotten": (what("aws_x", "forget"), what("aws_s3_bucket_versioning", "forget")),
}


def fitting(subject: Subject, shipped: tuple[Rule, ...]) -> set[str]:
    return {one.rule for one in findings(subject, rules=shipped)}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_fits_what_it_is_for(name: str, shipped: tuple[Rule, ...]) -> None:
    assert name in fitting(CASES[name][0], shipped)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_leaves_its_neighbour_alone(name: str, shipped: tuple[Rule, ...]) -> None:
    assert name not in fitting(CASES[name][1], shipped)


def test_every_shipped_rule_is_tried_and_none_other(shipped: tuple[Rule, ...]) -> None:
    assert {rule.id for rule in shipped} == set(CASES)


def test_every_type_of_the_product_rules_is_spelt_as_cloudformation_spells_it(shipped: tuple[Rule, ...]) -> None:
    names = {name for rule in shipped for name in rule.types if name != "*"}
    assert {name for name in names if not name.startswith("aws_") and name.count("::") != 2} == set()


def own_rules(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text)
    return file


def test_a_file_of_ones_own_changes_a_rule_key_by_key(tmp_path: Path) -> None:
    file = own_rules(tmp_path, '[[rule]]\nid = "bucket-lost"\nlevel = "low"\n')
    (rule,) = [rule for rule in rules.load(file) if rule.id == "bucket-lost"]
    assert (rule.level, rule.types) == ("low", ("aws_s3_bucket", "AWS::S3::Bucket"))


def test_a_file_of_ones_own_takes_a_rule_away(tmp_path: Path) -> None:
    file = own_rules(tmp_path, '[[rule]]\nid = "bucket-lost"\noff = true\n')
    assert "bucket-lost" not in {rule.id for rule in rules.load(file)}


def test_a_file_of_ones_own_adds_a_rule(tmp_path: Path) -> None:
    text = '[[rule]]\nid = "ours"\nlevel = "high"\nreason = "r"\ncure = "c"\ntypes = ["ours_*"]\n'
    assert fitting(what("ours_thing", "update"), rules.load(own_rules(tmp_path, text))) == {"ours"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[rule]]\nid = "ours"\nlevel = "hihg"\nreason = "r"\ncure = "c"\n', "level 'hihg' is none of"),
        ('[[rule]]\nid = "ours"\nlevel = "high"\ncure = "c"\n', "needs reason"),
        ('[[rule]]\nid = "bucket-lost"\ntype = "aws_s3_bucket"\n', "unknown key 'type'"),
        ('[[rule]]\nid = "bucket-lost"\nactions = ["delete"]\n', "actions 'delete' is none of"),
        ('[[rule]]\nid = "bucket-lost"\ntypes = "aws_s3_bucket"\n', "types is a list"),
        ('[[rule]]\nlevel = "high"\n', "a table .* with an id"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReviewError, match=problem):
        rules.load(own_rules(tmp_path, text))

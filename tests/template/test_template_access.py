"""Who may reach what belongs to a project, read from the policies of the template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.template.product_template import of_type, statements

if TYPE_CHECKING:
    from tests.template.product_template import Statement, Template

DEV_ITSELF = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
ACCOUNT = re.compile(
    r"arn:\$\{AWS::Partition\}:iam::(\$\{AWS::AccountId\}|\{\{resolve:ssm:/mlops/\w+/account_id\}\}):root"
)
SERVICE = re.compile(r"[a-z0-9-]+\.(amazonaws\.com|\$\{AWS::Region\}\.\$\{AWS::URLSuffix\})")
ENVIRONMENTS = ("preprod", "prod")

# The one verb that is no reading: it makes a model in the caller's own account, from a package that stays as it is.
CREATES_AT_HOME = {"sagemaker:CreateModel"}
READING = re.compile(r"\w+:(BatchCheck|BatchGet|Decrypt|Describe|Get|List)\w*")

ARTIFACTS = {"ArtifactBucketPolicy", "ArtifactKey", "ImageRepository"}
PIPELINE = {"PipelineBucketPolicy", "PipelineKey"}


def model_role(environment: str) -> str:
    account = f"{{{{resolve:ssm:/mlops/{environment}/account_id}}}}"
    return (
        f"arn:${{AWS::Partition}}:iam::{account}:role/mlops/project/mlops-${{SageMakerProjectId}}-{environment}-model"
    )


def deploy_role(environment: str) -> str:
    return f"{{{{resolve:ssm:/mlops/{environment}/deploy_role_arn}}}}"


def carried_by(found: list[Statement], resource_ids: set[str]) -> list[Statement]:
    return [statement for statement in found if statement.resource_id in resource_ids]


# --- nobody in particular ---------------------------------------------------------------------------------------------


def test_nothing_is_allowed_to_everybody(allowed: list[Statement]) -> None:
    assert [statement.sid for statement in allowed if "*" in statement.principals] == []


def test_no_policy_waits_for_a_role_or_user_to_exist(allowed: list[Statement]) -> None:
    # A role named as principal must exist when the policy is saved. Accounts and services always do.
    principals = {principal for statement in allowed for principal in statement.principals}
    assert {name for name in principals if not ACCOUNT.fullmatch(name) and not SERVICE.fullmatch(name)} == set()


def test_only_dev_itself_is_allowed_all_actions_and_only_on_its_keys(allowed: list[Statement]) -> None:
    # kms:* for the account is what lets IAM policies work on a key, and keeps a key from becoming unmanageable.
    wide = {
        (statement.resource_id, statement.principals, action)
        for statement in allowed
        for action in statement.actions
        if "*" in action
    }
    assert wide == {(key, (DEV_ITSELF,), "kms:*") for key in ("ArtifactKey", "PipelineKey")}


def test_every_bucket_refuses_whoever_does_not_come_over_tls(template: Template) -> None:
    refusing = {
        statement.resources
        for statement in statements(template)
        if (statement.effect, statement.principals, statement.actions) == ("Deny", ("*",), ("s3:*",))
        and statement.conditions == {("Bool", "aws:SecureTransport"): ("false",)}
    }
    buckets = of_type(template, "AWS::S3::Bucket")
    assert refusing == {(f"${{{bucket}.Arn}}", f"${{{bucket}.Arn}}/*") for bucket in buckets}


def test_a_service_is_let_in_only_for_the_projects_own_things(template: Template, allowed: list[Statement]) -> None:
    # Else somebody else's topic, log group or rule could make the service do it for them (the confused deputy).
    let_in = {
        statement.sid: [value for values in statement.conditions.values() for value in values]
        for statement in allowed
        if statement.resource_id not in of_type(template, "AWS::IAM::Role")
        and any(SERVICE.fullmatch(principal) for principal in statement.principals)
    }
    assert let_in
    assert {
        sid for sid, values in let_in.items() if not any("mlops-${SageMakerProjectId}" in v for v in values)
    } == set()


# --- PREPROD and PROD -------------------------------------------------------------------------------------------------


def test_preprod_and_prod_never_write_delete_or_approve(allowed_outside: list[Statement]) -> None:
    actions = {action for statement in allowed_outside for action in statement.actions}
    assert {action for action in actions if not READING.fullmatch(action)} == CREATES_AT_HOME


def test_each_environment_has_statements_of_its_own(allowed_outside: list[Statement]) -> None:
    # One account may serve several environments: a statement with both would name the same principal twice.
    assert [statement.sid for statement in allowed_outside if len(statement.environments) != 1] == []


def test_each_statement_lets_one_account_in(allowed_outside: list[Statement]) -> None:
    assert [statement.sid for statement in allowed_outside if len(statement.principals) != 1] == []


def test_the_sids_of_a_policy_differ(template: Template) -> None:
    sids = [(statement.resource_id, statement.sid) for statement in statements(template)]
    assert len(sids) == len(set(sids))


def test_preprod_may_do_what_prod_may_do(allowed_outside: list[Statement]) -> None:
    of_preprod, of_prod = (
        sorted(
            (statement.resource_id, statement.actions, statement.resources)
            for statement in allowed_outside
            if statement.environments == {environment}
        )
        for environment in ENVIRONMENTS
    )
    assert of_preprod == of_prod


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_models_and_images_are_for_the_projects_model_role_alone(
    allowed_outside: list[Statement], environment: str
) -> None:
    found = carried_by(allowed_outside, ARTIFACTS)
    assert {s.roles for s in found if environment in s.environments} == {(model_role(environment),)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pipeline_artifacts_are_for_the_accounts_deploy_role_alone(
    allowed_outside: list[Statement], environment: str
) -> None:
    found = carried_by(allowed_outside, PIPELINE)
    assert {s.roles for s in found if environment in s.environments} == {(deploy_role(environment),)}


def test_whoever_is_let_in_without_a_role_gets_no_further_than_the_model_group(
    allowed_outside: list[Statement],
) -> None:
    assert {s.resource_id for s in allowed_outside if not s.roles} == {"ModelPackageGroup"}


def test_everything_that_lets_other_accounts_in_is_known_here(allowed_outside: list[Statement]) -> None:
    assert {s.resource_id for s in allowed_outside} == ARTIFACTS | PIPELINE | {"ModelPackageGroup"}


def test_keys_decrypt_for_other_accounts_only_through_s3(template: Template, allowed_outside: list[Statement]) -> None:
    found = carried_by(allowed_outside, set(of_type(template, "AWS::KMS::Key")))
    via = {statement.conditions.get(("StringEquals", "kms:ViaService")) for statement in found}
    assert via == {("s3.${AWS::Region}.${AWS::URLSuffix}",)}


# --- the model group, whose policy takes no condition -----------------------------------------------------------------


def test_of_the_model_group_others_see_the_group_and_its_packages(allowed_outside: list[Statement]) -> None:
    registry = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"
    found = carried_by(allowed_outside, {"ModelPackageGroup"})
    assert {frozenset(statement.actions) for statement in found} == {
        frozenset(
            f"sagemaker:{verb}"
            for verb in ("CreateModel", "DescribeModelPackage", "DescribeModelPackageGroup", "ListModelPackages")
        )
    }
    assert {statement.resources for statement in found} == {
        (
            f"{registry}:model-package-group/mlops-${{SageMakerProjectId}}",
            f"{registry}:model-package/mlops-${{SageMakerProjectId}}/*",
        )
    }


def test_the_policy_of_the_model_group_has_no_condition(allowed_outside: list[Statement]) -> None:
    # AWS documents none for it: one that is not evaluated would let nobody in, or everybody.
    assert [s.sid for s in carried_by(allowed_outside, {"ModelPackageGroup"}) if s.conditions] == []

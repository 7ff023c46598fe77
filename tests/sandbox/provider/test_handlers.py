"""What single handlers do beyond the life that every type leads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.provider.data import DATA_SOURCES
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.provider.session import Session

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "arn:aws:s3:::mlops-settings/*"}
        ],
    }
)

SETTINGS: dict[str, dict[str, Any]] = {
    "aws_s3_bucket_lifecycle_configuration": {
        "rule": [
            {
                "id": "all",
                "status": "Enabled",
                "filter": [{"prefix": ""}],
                "noncurrent_version_expiration": [],
                "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
            }
        ]
    },
    "aws_s3_bucket_ownership_controls": {"rule": [{"object_ownership": "ObjectWriter"}]},
    "aws_s3_bucket_policy": {"policy": PUBLIC},
    "aws_s3_bucket_public_access_block": {"block_public_acls": True},
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule": [
            {
                "bucket_key_enabled": True,
                "apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}],
            }
        ]
    },
}


def arguments(type_name: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - values of Terraform
    """Return a planned state: every argument, with defaults."""
    imitation = HANDLERS[type_name].imitation
    missing = dict.fromkeys([*imitation.arguments, *imitation.outputs])
    return {**missing, **imitation.defaults, "tags_all": {}, "region": "eu-west-1", **given}


@pytest.fixture
def made(session: Session) -> Callable[..., dict[str, Any]]:
    """Return a function that creates a resource and gives its state as read back."""

    def make(type_name: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        state = arguments(type_name, **given)
        HANDLERS[type_name].create(session, state)
        return {**state, **(HANDLERS[type_name].read(session, state) or {})}

    return make


def test_the_identity_is_that_of_the_session(session: Session) -> None:
    identity = DATA_SOURCES["aws_caller_identity"].read(session, {})
    assert identity["account_id"] == session.account_id


def test_the_partition_is_that_of_the_region(session: Session) -> None:
    assert DATA_SOURCES["aws_partition"].read(session, {})["dns_suffix"] == "amazonaws.com"


def test_the_region_is_that_of_the_provider(session: Session) -> None:
    assert DATA_SOURCES["aws_region"].read(session, {})["region"] == "eu-west-1"


def test_a_region_may_be_asked_for(session: Session) -> None:
    assert DATA_SOURCES["aws_region"].read(session, {"region": "us-east-1"})["id"] == "us-east-1"


def test_a_role_with_a_policy_of_somebody_else_is_not_destroyed(
    session: Session, made: Callable[..., dict[str, Any]]
) -> None:
    role = made("aws_iam_role", name="reader", assume_role_policy=TRUST)
    session.client("iam").attach_role_policy(
        RoleName=role["id"], PolicyArn=made("aws_iam_policy", name="read", policy=ALLOW)["arn"]
    )
    with pytest.raises(ClientError, match="DeleteConflict"):
        HANDLERS["aws_iam_role"].delete(session, role)


def test_a_policy_outlives_the_five_versions_that_iam_keeps(
    session: Session, made: Callable[..., dict[str, Any]]
) -> None:
    state = made("aws_iam_policy", name="read", policy=ALLOW)
    for number in range(7):
        after = {**state, "policy": ALLOW.replace("s3:*", f"s3:Get{number}")}
        HANDLERS["aws_iam_policy"].update(session, state, after)
        state = after
    assert "s3:Get6" in json.dumps(HANDLERS["aws_iam_policy"].read(session, state))


def test_a_bucket_in_the_first_region_needs_no_place(session: Session, made: Callable[..., dict[str, Any]]) -> None:
    state = made("aws_s3_bucket", bucket=f"mlops-first-{session.account_id}", region="us-east-1")
    assert state["bucket_region"] == "us-east-1"


@pytest.mark.parametrize("type_name", sorted(SETTINGS))
def test_a_setting_is_gone_from_the_bucket_that_stays(
    type_name: str, session: Session, made: Callable[..., dict[str, Any]]
) -> None:
    bucket = made("aws_s3_bucket", bucket=f"mlops-settings-{session.account_id}")["id"]
    state = made(type_name, bucket=bucket, **SETTINGS[type_name])
    HANDLERS[type_name].delete(session, state)
    with pytest.raises(ClientError) as gone:
        HANDLERS[type_name].read(session, state)
    assert gone.value.response["Error"]["Code"] in HANDLERS[type_name].imitation.gone


def test_versioning_that_is_destroyed_is_suspended(session: Session, made: Callable[..., dict[str, Any]]) -> None:
    bucket = made("aws_s3_bucket", bucket=f"mlops-suspended-{session.account_id}")["id"]
    state = made("aws_s3_bucket_versioning", bucket=bucket, versioning_configuration=[{"status": "Enabled"}])
    HANDLERS["aws_s3_bucket_versioning"].delete(session, state)
    assert session.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_a_lifecycle_made_by_hand_that_is_not_imitated_is_named(
    session: Session, made: Callable[..., dict[str, Any]]
) -> None:
    bucket = made("aws_s3_bucket", bucket=f"mlops-by-hand-{session.account_id}")["id"]
    rule = {
        "ID": "archive",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
    }
    session.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    with pytest.raises(ProviderError, match=r"AWS has Transitions in .*archive.*, which is not imitated"):
        HANDLERS["aws_s3_bucket_lifecycle_configuration"].read(session, {"bucket": bucket, "region": "eu-west-1"})


def test_an_object_is_destroyed_with_all_its_versions(
    session: Session, made: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    book = tmp_path / "book"
    book.touch()
    bucket = made("aws_s3_bucket", bucket=f"mlops-versions-{session.account_id}")["id"]
    made("aws_s3_bucket_versioning", bucket=bucket, versioning_configuration=[{"status": "Enabled"}])
    made("aws_s3_object", bucket=bucket, key="a", source=str(book))
    state = made("aws_s3_object", bucket=bucket, key="a", source=str(book))
    made("aws_s3_object", bucket=bucket, key="ab", source=str(book))
    HANDLERS["aws_s3_object"].delete(session, state)
    left = session.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    assert [version["Key"] for version in left] == ["ab"]


def test_a_source_that_is_not_there_is_named(made: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ProviderError, match=r"missing\.zip"):
        made("aws_s3_object", bucket="any", key="a", source="missing.zip")


def test_an_insecure_value_is_read_as_such(made: Callable[..., dict[str, Any]]) -> None:
    state = made("aws_ssm_parameter", name="/open", type="String", insecure_value="seen")
    assert state["insecure_value"] == "seen"


def test_a_parameter_without_a_value_is_refused(made: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ProviderError, match="needs a value"):
        made("aws_ssm_parameter", name="/empty", type="String")


@pytest.mark.parametrize(("type_name", "identifier"), [("aws_iam_role_policy", "role"), ("aws_s3_object", "bucket")])
def test_an_id_that_cannot_be_imported_is_refused_with_its_shape(type_name: str, identifier: str) -> None:
    with pytest.raises(ProviderError, match=f"'{identifier}' is no id of an {type_name}"):
        HANDLERS[type_name].imported(identifier)

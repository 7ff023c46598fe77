"""aws_iam_policy_document writes what the real provider writes, byte for byte.

The expected texts follow internal/service/iam/policy_model.go and the examples in the provider's documentation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.provider.data import DATA_SOURCES
from sandbox.provider.errors import ProviderError
from sandbox.provider.policy_document import policy_document

if TYPE_CHECKING:
    from sandbox.provider.session import Session

SOURCE = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*"}]})
OVERRIDE = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Deny", "Action": "s3:Get*"}]})

WHOLE = """\
{
  "Version": "2012-10-17",
  "Id": "shelf",
  "Statement": [
    {
      "Sid": "PeopleRead",
      "Effect": "Allow",
      "Action": [
        "s3:PutObject",
        "s3:GetObject"
      ],
      "Resource": "arn:aws:s3:::shelf/${aws:username}/*",
      "Principal": {
        "AWS": [
          "arn:aws:iam::222222222222:root",
          "arn:aws:iam::111111111111:root"
        ],
        "Service": "sagemaker.amazonaws.com"
      },
      "Condition": {
        "StringLike": {
          "aws:PrincipalArn": [
            "z",
            "a"
          ]
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": "iam:*",
      "NotResource": "*",
      "NotPrincipal": "*"
    }
  ]
}"""


def statement(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - values of Terraform
    strings = dict.fromkeys(("sid", "effect", "actions", "not_actions", "resources", "not_resources"))
    return {**strings, "principals": [], "not_principals": [], "condition": [], **arguments}


def test_order_of_elements_and_values_is_that_of_the_real_provider(session: Session) -> None:
    config = {
        "policy_id": "shelf",
        "statement": [
            statement(
                sid="PeopleRead",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=["arn:aws:s3:::shelf/&{aws:username}/*"],
                principals=[
                    {"type": "Service", "identifiers": ["sagemaker.amazonaws.com"]},
                    {"type": "AWS", "identifiers": [f"arn:aws:iam::{one * 12}:root" for one in "12"]},
                ],
                condition=[{"test": "StringLike", "variable": "aws:PrincipalArn", "values": ["z", "a"]}],
            ),
            statement(
                effect="Deny",
                not_actions=["iam:*"],
                not_resources=["*"],
                not_principals=[{"type": "*", "identifiers": ["*"]}],
            ),
        ],
    }
    assert DATA_SOURCES["aws_iam_policy_document"].read(session, config)["json"] == WHOLE


def test_everyone_of_aws_is_not_everyone() -> None:
    config = {"statement": [statement(principals=[{"type": "AWS", "identifiers": ["*"]}])]}
    assert policy_document(config)["Statement"][0]["Principal"] == {"AWS": "*"}


def test_conditions_on_one_key_are_joined() -> None:
    condition = [{"test": "StringEquals", "variable": "aws:RequestedRegion", "values": [one]} for one in ("x", "y")]
    document = policy_document({"statement": [statement(condition=condition)]})
    assert document["Statement"][0]["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["x", "y"]}}


def test_the_minified_text_escapes_as_go_does(session: Session) -> None:
    config = {"statement": [statement(resources=["<&>"])]}
    minified = DATA_SOURCES["aws_iam_policy_document"].read(session, config)["minified_json"]
    assert minified.endswith('"Statement":[{"Effect":"Allow","Resource":"\\u003c\\u0026\\u003e"}]}')


def test_a_document_without_statements_has_only_its_version() -> None:
    assert policy_document({}) == {"Version": "2012-10-17"}


def test_sources_come_before_the_statements_written_here() -> None:
    config = {"source_policy_documents": [SOURCE], "statement": [statement(sid="Here")]}
    assert [one["Sid"] for one in policy_document(config)["Statement"]] == ["Read", "Here"]


def test_a_statement_with_the_sid_of_a_source_takes_its_place() -> None:
    config = {"source_policy_documents": [SOURCE], "statement": [statement(sid="Read", effect="Deny")]}
    assert policy_document(config)["Statement"] == [{"Sid": "Read", "Effect": "Deny"}]


def test_an_override_replaces_the_statement_with_its_sid() -> None:
    config = {"override_policy_documents": [OVERRIDE], "statement": [statement(sid="Read"), statement(sid="Last")]}
    effects = {one["Sid"]: one["Effect"] for one in policy_document(config)["Statement"]}
    assert effects == {"Read": "Deny", "Last": "Allow"}


def test_a_sid_in_two_sources_is_refused() -> None:
    with pytest.raises(ProviderError, match="Sid 'Read' is in two source documents"):
        policy_document({"source_policy_documents": [SOURCE, SOURCE]})


def test_a_sid_in_two_statements_is_refused() -> None:
    with pytest.raises(ProviderError, match="Sid 'Read' is in two statements"):
        policy_document({"statement": [statement(sid="Read"), statement(sid="Read")]})


def test_a_source_that_is_not_json_is_named() -> None:
    with pytest.raises(ProviderError, match=r"source_policy_documents\[1\] is not JSON"):
        policy_document({"source_policy_documents": [SOURCE, "{"]})


def test_a_truth_value_in_a_source_becomes_a_string() -> None:
    source = {"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": False}}}]}
    document = policy_document({"source_policy_documents": [json.dumps(source)]})
    assert document["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_old_language_has_no_variables() -> None:
    config = {"version": "2008-10-17", "statement": [statement(resources=["&{aws:username}"])]}
    with pytest.raises(ProviderError, match="2008-10-17"):
        policy_document(config)

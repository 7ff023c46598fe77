"""aws_iam_policy_document writes what the real provider writes, byte for byte.

The expected texts follow internal/service/iam/policy_model.go and the examples in the provider's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.provider.data import DATA_SOURCES
from sandbox.provider.errors import ProviderError
from sandbox.provider.policy_document import policy_document

if TYPE_CHECKING:
    from sandbox.provider.session import Session

WHOLE = """\
{
  "Version": "2012-10-17",
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
      "Action": "iam:*",
      "Resource": "*",
      "Principal": "*"
    }
  ]
}"""


def statement(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - values of Terraform
    strings = dict.fromkeys(("sid", "effect", "actions", "resources"))
    return {**strings, "principals": [], "condition": [], **arguments}


def test_order_of_elements_and_values_is_that_of_the_real_provider(session: Session) -> None:
    config = {
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
                actions=["iam:*"],
                resources=["*"],
                principals=[{"type": "*", "identifiers": ["*"]}],
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


def test_the_text_escapes_as_go_does(session: Session) -> None:
    config = {"statement": [statement(resources=["<&>"])]}
    text = DATA_SOURCES["aws_iam_policy_document"].read(session, config)["json"]
    assert '"Resource": "\\u003c\\u0026\\u003e"' in text


def test_a_document_without_statements_has_only_its_version() -> None:
    assert policy_document({}) == {"Version": "2012-10-17"}


def test_a_sid_in_two_statements_is_refused() -> None:
    with pytest.raises(ProviderError, match="Sid 'Read' is in 2 statements"):
        policy_document({"statement": [statement(sid="Read"), statement(sid="Read")]})

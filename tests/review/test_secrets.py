"""What is marked sensitive, and whatever holds it, stays out of every output."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import pytest

from review import html, markdown, rules
from review.model import SENSITIVE
from review.plan import read_plan
from review.secrets import Secrets
from review.summary import summarise
from tests.review.making import changed, plan, real, resource, reviewed

SECRET = "hunter2-before/&<é>"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"postgres://mlops:{SECRET}@database",
        json.dumps({"password": SECRET}),
        json.dumps(json.dumps({"password": SECRET})),
        quote(SECRET, safe=""),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        "f" + SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        base64.b64encode(b"user:" + SECRET.encode()).decode(),
        base64.b64encode(b"x" + SECRET.encode()).decode(),
        base64.b64encode(base64.b64encode(SECRET.encode())).decode(),
        base64.b64encode(SECRET.encode() * 9).decode()[:50]
        + "\n"
        + base64.b64encode(SECRET.encode() * 9).decode()[50:],
        "Basic " + base64.b64encode(SECRET.encode()).decode(),
        SECRET.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    ],
)
def test_a_secret_is_found_in_clear_and_encoded(text: str) -> None:
    assert Secrets({SECRET}).holds_one(text)


@pytest.mark.parametrize("text", ["", "hunter", "arn:aws:s3:::mlops-review-artifacts", '{"Statement": []}'])
def test_what_holds_no_secret_is_shown(text: str) -> None:
    assert Secrets({SECRET}).value(text) == text


def test_a_short_secret_is_found_as_a_word_only() -> None:
    secrets = Secrets({"dev"})
    assert [secrets.holds_one(text) for text in ("dev", "demo-dev-1", "development")] == [True, True, False]


def test_a_line_of_a_private_key_is_a_secret_too() -> None:
    secrets = Secrets({"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END KEY-----"})
    assert secrets.holds_one("body: MIIEvQIBADANBgkqhkiG9w0")


def test_an_address_loses_only_the_secret_in_it() -> None:
    secrets = Secrets({"hunter2"})
    assert secrets.name('aws_x.this["hunter2"]') == f'aws_x.this["{SENSITIVE}"]'


def test_what_a_provider_computes_from_a_secret_is_hidden() -> None:
    review = read_plan(real("kinds"), account="dev", rules=rules.load())
    (connection,) = [change for change in review.changes if change.address == "terraform_data.connection"]
    assert (connection.attributes[0].before, connection.attributes[0].after) == (SENSITIVE, SENSITIVE)


def test_how_many_values_were_hidden_is_told() -> None:
    review = read_plan(real("kinds"), account="dev", rules=rules.load())
    assert "3 values hidden: they hold what is marked sensitive elsewhere." in markdown.render(summarise([review]))


def test_no_output_of_a_real_plan_shows_its_secret() -> None:
    review = read_plan(real("kinds"), account="dev", rules=rules.load())
    summary = summarise([review])
    told = json.dumps(asdict(review)) + markdown.render(summary) + html.render(summary)
    assert "hunter2" in json.dumps(real("kinds"))
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "parts",
    [
        {"output_changes": {"x": {"actions": ["no-op"], "after": "hunter2", "after_sensitive": True}}},
        {"planned_values": {"outputs": {"x": {"sensitive": True, "value": {"deep": ["hunter2"]}}}}},
        {
            "prior_state": {
                "values": {
                    "root_module": {
                        "child_modules": [
                            {"resources": [{"values": {"p": "hunter2"}, "sensitive_values": {"p": True}}]}
                        ]
                    }
                }
            }
        },
        {
            "variables": {"password": {"value": "hunter2"}},
            "configuration": {"root_module": {"variables": {"password": {"sensitive": True}}}},
        },
    ],
    ids="+".join,
)
def test_a_mark_anywhere_in_the_plan_counts_everywhere(parts: dict[str, Any]) -> None:
    entry = resource("aws_x.this", "create", after={"url": "https://hunter2@host"})
    (change,) = reviewed(entry, **parts).changes
    assert change.attributes[0].after == SENSITIVE


def test_a_parameter_that_its_author_declared_insecure_hides_nothing_elsewhere() -> None:
    """The provider marks `value` in its schema: without the exception, an account id in it would hide every ARN."""
    parameter = resource(
        "aws_ssm_parameter.id",
        "update",
        before={"insecure_value": "222222222222", "value": "222222222222", "description": "a"},
        after={"insecure_value": "222222222222", "value": "222222222222", "description": "b"},
        before_sensitive={"value": True},
        after_sensitive={"value": True},
    )
    role = resource("aws_x.this", "create", after={"arn": "arn:aws:iam::222222222222:role/x"})
    review = read_plan(plan(parameter, role), account="dev", rules=())
    assert review.changes[1].attributes[0].after == '"arn:aws:iam::222222222222:role/x"'


def test_a_policy_that_is_sensitive_is_not_compared_but_must_be_read() -> None:
    entry = resource(
        "aws_iam_policy.this",
        "update",
        before={"policy": '{"Version": "2012-10-17", "Statement": []}'},
        after={"policy": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}'},
        after_sensitive={"policy": True},
    )
    assert [one.rule for one in changed(entry).findings] == ["policy-hidden"]


def test_a_mark_that_is_dropped_is_told() -> None:
    entry = resource(
        "aws_x.this", "update", before={"p": "same-value"}, after={"p": "same-value"}, before_sensitive={"p": True}
    )
    assert [one.after for one in changed(entry).attributes] == ["(the same, no longer marked sensitive)"]

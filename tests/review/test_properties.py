"""What holds of any plan: it is reviewed or refused with a reason, and no secret of it comes out."""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review import html, markdown, rules
from review.errors import ReviewError
from review.plan import read_plan
from review.summary import summarise
from tests.review.making import plan, resource

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
RULES = rules.load()
# Drawn from letters that no word of the project has, so that finding one means that it leaked.
ALPHABET = "ζξψωφθ0123456789-/&<\"'`|"

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
MARKS = st.recursive(
    st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
ACTIONS = st.sampled_from(
    [["no-op"], ["create"], ["read"], ["update"], ["delete"], ["forget"], ["delete", "create"], ["create", "delete"],
     ["create", "forget"], ["teleport"], [], None, "create"]
)  # fmt: skip
CHANGE = st.fixed_dictionaries(
    {"actions": ACTIONS},
    optional={
        "before": ANYTHING,
        "after": ANYTHING,
        "after_unknown": MARKS,
        "before_sensitive": MARKS,
        "after_sensitive": MARKS,
        "replace_paths": st.lists(st.lists(st.text(max_size=4) | st.integers(0, 3), max_size=3), max_size=2) | ANYTHING,
        "importing": ANYTHING,
        "surprise": ANYTHING,
    },
)
ENTRY = st.fixed_dictionaries(
    {"address": st.text(max_size=20), "change": CHANGE | ANYTHING},
    optional={
        "type": st.sampled_from(["aws_s3_bucket", "aws_iam_role", "x"]) | ANYTHING,
        "previous_address": st.text(max_size=10),
        "deposed": ANYTHING,
        "action_reason": ANYTHING,
    },
)
ENTRIES = st.lists(ENTRY, max_size=3)
PLANS = st.fixed_dictionaries(
    {"format_version": st.just("1.2"), "resource_changes": ENTRIES},
    optional={
        "resource_drift": ENTRIES,
        "output_changes": st.dictionaries(st.text(max_size=5), CHANGE | ANYTHING, max_size=2),
        "checks": st.lists(st.dictionaries(st.sampled_from(["status", "address", "instances"]), ANYTHING), max_size=2),
        "deferred_changes": st.lists(
            st.fixed_dictionaries({"reason": ANYTHING, "resource_change": ENTRY | ANYTHING}), max_size=2
        ),
        "configuration": ANYTHING,
        "prior_state": ANYTHING,
        "variables": ANYTHING,
        "errored": ANYTHING,
    },
)


def told(content: Any) -> str:  # noqa: ANN401
    """Everything that is ever written about a plan."""
    review = read_plan(content, account="dev", rules=RULES)
    summary = summarise([review])
    return json.dumps(asdict(review), ensure_ascii=False) + markdown.render(summary) + html.render(summary)


@SETTINGS
@given(PLANS)
def test_any_plan_is_reviewed(content: dict[str, Any]) -> None:
    assert told(content)


@SETTINGS
@given(ANYTHING | st.dictionaries(st.sampled_from(["format_version", "resource_changes", "checks"]), ANYTHING))
def test_anything_else_is_reviewed_or_refused(content: Any) -> None:  # noqa: ANN401
    with contextlib.suppress(ReviewError):
        told(content)


def encodings(secret: str) -> list[str]:
    raw = secret.encode()
    return [
        secret,
        f"before {secret} after",
        json.dumps({"deep": [secret]}),
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(b"ab" + raw).decode().rstrip("="),
        quote(secret, safe=""),
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": {json.dumps(secret)}}}]}}',
    ]


@SETTINGS
@given(
    secret=st.text(ALPHABET, min_size=4, max_size=24).filter(
        lambda text: len(text.strip()) >= 4 and not text.isdigit()
    ),
    encoding=st.integers(0, 7),
    place=st.sampled_from(["value", "key", "address", "output", "drift", "check", "import", "list"]),
    marked=st.sampled_from([True, {"hidden": True}, {"hidden": [True]}]),
)
def test_no_secret_comes_out(secret: str, encoding: int, place: str, marked: object) -> None:
    copy = encodings(secret)[encoding]
    hidden: object = [secret] if marked == {"hidden": [True]} else secret
    source = resource("aws_x.source", "create", after={"hidden": hidden}, after_sensitive=marked)
    afters: dict[str, Any] = {"value": {"v": copy}, "key": {copy: "v"}, "list": {"l": ["a", copy]}}
    after = afters.get(place, {"v": "x"})
    address = f'aws_x.copy["{copy}"]' if place == "address" else "aws_x.copy"
    importing: dict[str, Any] = {"importing": {"id": copy}} if place == "import" else {}
    entry = resource(address, "create", after=after, **importing)
    others: dict[str, dict[str, Any]] = {
        "output": {"output_changes": {"o": {"actions": ["create"], "after": copy}}},
        "drift": {"resource_drift": [resource("aws_x.d", "update", before={"v": "x"}, after={"v": copy})]},
        "check": {"checks": [{"status": "fail", "instances": [{"problems": [{"message": copy}]}]}]},
    }
    output = told(plan(source, entry, **others.get(place, {})))
    shown = [form for form in encodings(secret)[:1] + encodings(secret)[3:7] if form in output]
    assert shown == []

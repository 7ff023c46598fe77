"""The simulator where it is known to go astray, and what stands between it and us."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.permissions import simulator
from sandbox.permissions.simulator import Batch, Request, SimulatorError, matches
from sandbox.permissions.snapshot import Identity, Snapshot
from tests.permissions.names import arn

ROLE = "arn:aws:iam::111111111111:role/mlops/x"
APPROVAL = arn("codepipeline", "mlops-p-1-deploy/Prod/Approve")


def snapshot(resource: str | list[str], action: str = "*", tags: dict[str, str] | None = None, **more: Any) -> Snapshot:  # noqa: ANN401
    statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return Snapshot(
        documents={"one": {"Version": "2012-10-17", "Statement": [statement]}},
        identities={ROLE: Identity(policies=("one",), tags=tags or {})},
        resource_policies={},
        tags={},
    )


def allowed(found: Snapshot, action: str, resource: str, **context: str) -> bool:
    request = Request(who=ROLE, action=action, resource=resource, context=tuple(context.items()))
    return simulator.verdicts(found, [request])[request].allowed


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "arn:aws:s3:::a", True),
        ("arn:aws:s3:::a*", "arn:aws:s3:::abc/d/e", True),
        ("arn:aws:s3:::a?", "arn:aws:s3:::abc", False),
        ("arn:aws:s3:::A", "arn:aws:s3:::a", False),
        ("arn:aws:iam::*:role/a", "arn:aws:iam::1:role/a", True),
        ("arn:aws:iam::*", "arn:aws:iam::1:role/a", False),
        ("arn:aws:logs:r:1:log-group:/a*", "arn:aws:logs:r:1:log-group:/a:log-stream:b", True),
        ("arn:aws:codepipeline:r:1:mlops-*-deploy/*/*", "arn:aws:codepipeline:r:1:mlops-x-build/a/b", False),
        ("arn:aws:s3:::a.b", "arn:aws:s3:::axb", False),
    ],
)
def test_a_pattern_matches_as_iam_matches(pattern: str, resource: str, *, expected: bool) -> None:
    assert matches(pattern, resource) is expected


def test_a_wildcard_in_the_name_of_a_pipeline_matches_its_approvals() -> None:
    found = snapshot(arn("codepipeline", "mlops-*-deploy/*/*"))
    assert allowed(found, "codepipeline:PutApprovalResult", APPROVAL)
    assert not allowed(found, "codepipeline:PutApprovalResult", APPROVAL.replace("-deploy", "-build"))


def test_a_denial_with_such_a_wildcard_denies() -> None:
    found = snapshot("*")
    denial = {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": arn("codepipeline", "mlops-*-deploy/*/*")}
    found.documents["one"]["Statement"].append(denial)
    assert not allowed(found, "codepipeline:PutApprovalResult", APPROVAL)


@pytest.mark.parametrize(
    ("tags", "expected"), [({"mlops-project-id": "p-1"}, True), ({"mlops-project-id": "p-2"}, False), ({}, False)]
)
def test_a_variable_is_filled_in_before_the_resource_is_taken_apart(tags: dict[str, str], *, expected: bool) -> None:
    found = snapshot(arn("codepipeline", "mlops-${aws:PrincipalTag/mlops-project-id}-deploy"), tags=tags)
    assert allowed(found, "codepipeline:GetPipeline", arn("codepipeline", "mlops-p-1-deploy")) is expected


@pytest.mark.parametrize(("bucket", "expected"), [("arn:aws:s3:::a", True), ("arn:aws:s3:::b", False)])
def test_the_encryption_context_counts(bucket: str, *, expected: bool) -> None:
    key = arn("kms", "key/1")
    found = snapshot(key, Condition={"ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::a*"}})
    guard = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Iam",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    context = {"kms:EncryptionContext:aws:s3:arn": bucket}
    assert allowed(found.with_guard(key, guard), "kms:Decrypt", key, **context) is expected


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::a/*"])
def test_a_request_on_more_than_one_resource_is_refused(resource: str) -> None:
    with pytest.raises(SimulatorError, match="one resource"):
        allowed(snapshot("arn:aws:s3:::a/b"), "s3:GetObject", resource)


def test_an_action_that_takes_no_such_resource_is_refused() -> None:
    with pytest.raises(SimulatorError, match=r"no\.resource\.types"):
        allowed(snapshot("*"), "s3:GetObject", arn("sagemaker", "endpoint/x"))


def test_a_principal_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SimulatorError, match="there is no principal"):
        Batch().ask(snapshot("*"), Request(who=f"{ROLE}-else", action="s3:GetObject", resource="arn:aws:s3:::a/b"))


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(SimulatorError, match="nothing to judge"):
        Batch().answers()


def test_what_was_checked_once_is_judged_alike_without_the_check() -> None:
    found = snapshot(arn("kms", "key/*"), Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": "a"}})
    found = found.with_guard(
        arn("kms", "key/1"),
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "I",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
    )
    requests = [
        Request(who=ROLE, action="kms:TagResource", resource=arn("kms", "key/1"), context=(("aws:CalledVia", via),))
        for via in "ab"
    ]
    known = simulator.verdicts(found, requests)
    batch = Batch(known)
    for request in requests:
        batch.ask(found, request)
    assert [verdict.allowed for verdict in batch.verdicts()] == [True, False]
    assert [known[request].allowed for request in requests] == [True, False]

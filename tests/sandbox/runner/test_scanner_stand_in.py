"""What stands in for cfn-nag where there is no Ruby."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.runner.stand_ins import cfn_nag

if TYPE_CHECKING:
    from pathlib import Path


def resource(kind: str, *rules: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    suppressed = [{"id": rule, "reason": "for a test"} for rule in rules]
    return {
        "Type": f"AWS::{kind}",
        "Properties": properties,
        "Metadata": {"cfn_nag": {"rules_to_suppress": suppressed}},
    }


def document(effect: str = "Allow", **statement: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Statement": [{"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b", **statement}]}


def found(thing: dict[str, Any]) -> list[str]:
    return [rule_id for rule_id, _, _ in cfn_nag.findings({"Resources": {"Thing": thing}})]


@pytest.mark.parametrize(
    ("thing", "rules"),
    [
        (resource("IAM::Policy", PolicyDocument=document(Action="*")), ["F4"]),
        (resource("IAM::Policy", PolicyDocument=document(Resource="*")), ["W12"]),
        (resource("IAM::Policy", PolicyDocument=document(Action=["iam:PassRole"], Resource="*")), ["F39", "W12"]),
        (
            resource("IAM::Role", Policies=[{"PolicyDocument": document(Action="*", Resource="*")}]),
            ["F3", "F38", "W11"],
        ),
        (resource("IAM::ManagedPolicy", PolicyDocument=document(Resource=["*"])), ["W13"]),
        (resource("IAM::Policy", PolicyDocument=document("Deny", Action="*", Resource="*")), []),
        (resource("S3::Bucket", AccessControl="PublicReadWrite"), ["F14", "W35", "W41"]),
        (resource("S3::Bucket", "W35", BucketEncryption={}), []),
        (resource("S3::BucketPolicy", PolicyDocument=document(Action="*", Principal="*")), ["F15", "F16"]),
        (resource("S3::BucketPolicy", PolicyDocument=document("Deny", Action="*", Principal="*")), []),
        (resource("SageMaker::EndpointConfig"), ["W1200"]),
        (resource("SageMaker::EndpointConfig", "W1200"), []),
    ],
)
def test_it_finds_what_a_rule_finds_fault_with_unless_that_is_suppressed(
    thing: dict[str, Any], rules: list[str]
) -> None:
    assert found(thing) == rules


@pytest.mark.parametrize(("arguments", "status"), [(["--fail-on-warnings"], 1), ([], 0)])
def test_warnings_fail_a_scan_only_when_they_are_to(
    arguments: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "dev.template.json"
    template.write_text(json.dumps({"Resources": {"Thing": resource("SageMaker::EndpointConfig")}}))
    assert cfn_nag.main([*arguments, "--input-path", str(template)]) == status
    said = capsys.readouterr().out
    assert "not run by cfn-nag" in said
    assert "WARN W1200" in said

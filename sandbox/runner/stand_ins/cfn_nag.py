"""A few of cfn-nag's rules, for machines without Ruby. Not cfn-nag: what passes here may still fail on AWS.

The ids and messages are those of cfn-nag 0.8.10. A resource's ``Metadata.cfn_nag.rules_to_suppress`` holds, as there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

VERSION = "0.8.10"
NOTICE = (
    "not run by cfn-nag: the sandbox's stand-in knows F3-F5, F14-F16, F38-F40, W11-W13, W35, W41 and W1200 of its rules"
)

Resource = Mapping[str, Any]
Rule = Callable[[Resource], bool]
KINDS = {
    "AWS::IAM::Role": ("F3", "F38", "W11"),
    "AWS::IAM::Policy": ("F4", "F39", "W12"),
    "AWS::IAM::ManagedPolicy": ("F5", "F40", "W13"),
}
PASSING = {"*", "iam:*", "iam:PassRole"}
WORDS = {
    "AWS::IAM::Role": "IAM role",
    "AWS::IAM::Policy": "IAM policy",
    "AWS::IAM::ManagedPolicy": "IAM managed policy",
}


def findings(template: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield rule id, message and logical id of whatever a template has that a rule finds fault with."""
    for logical_id, resource in template.get("Resources", {}).items():
        metadata = resource.get("Metadata", {}).get("cfn_nag", {}).get("rules_to_suppress", [])
        suppressed = {rule["id"] for rule in metadata}
        for rule_id, message in _found(resource["Type"], resource.get("Properties", {})):
            if rule_id not in suppressed:
                yield rule_id, message, logical_id


def _found(kind: str, properties: Resource) -> Iterator[tuple[str, str]]:
    if kind in KINDS:
        yield from _of_identity(kind, properties)
    elif kind == "AWS::S3::Bucket":
        yield from _of_bucket(properties)
    elif kind == "AWS::S3::BucketPolicy":
        allowed = [*_allowed(properties.get("PolicyDocument", {}))]
        if any("*" in _listed(item.get("Action")) for item in allowed):
            yield "F15", "S3 Bucket policy should not allow * action"
        if any(_is_everybody(item.get("Principal")) for item in allowed):
            yield "F16", "S3 Bucket policy should not allow * principal"
    elif kind == "AWS::SageMaker::EndpointConfig" and "KmsKeyId" not in properties:
        yield "W1200", "SageMaker EndpointConfig should have a KmsKeyId property"


def _of_bucket(properties: Resource) -> Iterator[tuple[str, str]]:
    if properties.get("AccessControl") == "PublicReadWrite":
        yield "F14", "S3 Bucket should not have a public read-write acl"
    if "LoggingConfiguration" not in properties:
        yield "W35", "S3 Bucket should have access logging configured"
    if "BucketEncryption" not in properties:
        yield "W41", "S3 Bucket should have encryption option set"


def _of_identity(kind: str, properties: Resource) -> Iterator[tuple[str, str]]:
    words, (of_action, of_pass_role, of_resource) = WORDS[kind], KINDS[kind]
    statements = [*_identity_statements(kind, properties)]
    everywhere = [item for item in statements if "*" in _listed(item.get("Resource"))]
    if any("*" in _listed(item.get("Action")) for item in statements):
        yield of_action, f"{words} should not allow * action on its permissions policy"
    if PASSING & {action for item in everywhere for action in _listed(item.get("Action"))}:
        yield of_pass_role, f"{words} should not allow * resource with PassRole action on its permissions policy"
    if everywhere:
        yield of_resource, f"{words} should not allow * resource on its permissions policy"


def _identity_statements(kind: str, properties: Resource) -> Iterator[Resource]:
    policies = properties.get("Policies", []) if kind == "AWS::IAM::Role" else [properties]
    for policy in policies:
        yield from _allowed(policy.get("PolicyDocument", {}))


def _allowed(document: Resource) -> Iterator[Resource]:
    for statement in _listed(document.get("Statement")):
        if statement.get("Effect") == "Allow":
            yield statement


def _is_everybody(principal: Any) -> bool:  # noqa: ANN401  (a policy's JSON)
    return "*" in _listed(principal) or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's JSON)
    return value if isinstance(value, list) else [] if value is None else [value]


def main(arguments: list[str]) -> int:
    """Scan one template. Returns 0, or as cfn-nag the number of failures, warnings among them when they fail it."""
    parser = argparse.ArgumentParser(prog="cfn_nag_scan")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("--fail-on-warnings", action="store_true")
    parser.add_argument("--input-path", required=True, type=Path)
    options = parser.parse_args(arguments)
    print("-" * 60 + f"\n{options.input_path}: {NOTICE}\n" + "-" * 60)
    found = [*findings(json.loads(options.input_path.read_text()))]
    for rule_id, message, logical_id in found:
        kind = "FAIL" if rule_id.startswith("F") else "WARN"
        print(f"| {kind} {rule_id}\n|\n| Resource: {logical_id}\n|\n| {message}\n")
    failures = sum(rule_id.startswith("F") for rule_id, _, _ in found)
    print(f"Failures count: {failures}\nWarnings count: {len(found) - failures}")
    return len(found) if options.fail_on_warnings else failures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

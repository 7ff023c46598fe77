"""Each policy by itself: nothing unresolved, no action that AWS does not have, no wildcard without a reason."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import simulator
from sandbox.permissions import snapshot as snapshots
from sandbox.permissions.simulator import Request
from sandbox.permissions.snapshot import listed, statements
from tests.permissions.table import listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.permissions.snapshot import Document, Snapshot

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament imports pkg_resources, which says that it is going
    import parliament  # type: ignore[import-untyped]

pytestmark = pytest.mark.slow

KNOWN = tomllib.loads(Path(__file__).with_name("lint.toml").read_text())["finding"]
PROJECT_ID = re.compile(re.escape("${aws:PrincipalTag/mlops-project-id}"))


@pytest.fixture(scope="module")
def carried(deployed_policies: Snapshot) -> Mapping[str, Document]:
    """Policies and boundaries of identities. Those of resources and of trust speak of one resource only."""
    return {
        name: document
        for name, document in deployed_policies.documents.items()
        if not name.endswith((" policy", " trust"))
    }


@pytest.fixture(scope="module")
def findings(carried: Mapping[str, Document]) -> list[tuple[str, str, str]]:
    """What parliament says: (policy, issue, detail). A resource `*` has its own test."""
    found = []
    for name, document in carried.items():
        # parliament takes the variable's slash for the end of a resource's kind.
        policy = parliament.analyze_policy_string(PROJECT_ID.sub("p-1", json.dumps(document)))
        found += [
            (name, finding.issue, json.dumps(finding.detail))
            for finding in policy.findings
            if finding.issue != "RESOURCE_STAR"
        ]
    return found


def explains(entry: Mapping[str, str], finding: tuple[str, str, str]) -> bool:
    return all(
        fnmatch.fnmatchcase(text, entry[key].replace("[", "[[]"))
        for key, text in zip(("policy", "issue", "detail"), finding, strict=True)
    )


def test_every_action_is_one_that_aws_has(deployed_policies: Snapshot) -> None:
    named = sorted(action for action in snapshots.actions(deployed_policies.documents) if not action.endswith(":*"))
    asked = [Request(who="ec2.amazonaws.com", action=action, resource="arn:aws:x:::y") for action in named]
    assert simulator.unknown_actions(deployed_policies, asked) == set()


def test_an_action_that_aws_does_not_have_is_found(deployed_policies: Snapshot) -> None:
    asked = [Request(who="ec2.amazonaws.com", action="s3:GetObjekt", resource="arn:aws:s3:::a/b")]
    assert simulator.unknown_actions(deployed_policies, asked) == {"s3:GetObjekt"}


def test_no_policy_allows_actions_by_a_wildcard_but_a_key_its_own_account(deployed_policies: Snapshot) -> None:
    wide = {
        (name.partition(":key/")[0], action)
        for name, document in deployed_policies.documents.items()
        for statement in statements(document)
        for action in listed(statement["Action"])
        if "*" in action and statement["Effect"] == "Allow"
    }
    assert wide <= {("arn:aws:kms:eu-west-1:111111111111", "kms:*")}


def test_no_policy_says_what_is_not_meant(deployed_policies: Snapshot) -> None:
    negative = {"NotAction", "NotResource", "NotPrincipal"}
    assert [
        name
        for name, document in deployed_policies.documents.items()
        if any(negative & statement.keys() for statement in statements(document))
    ] == []


def test_every_statement_on_all_resources_has_its_reason_in_its_modules_readme(
    carried: Mapping[str, Document], root: Path
) -> None:
    folders = (*sorted((root / "modules").glob("*")), root / "bootstrap")
    readmes = [(folder / "README.md").read_text() for folder in folders]
    reasons = {sid for readme in readmes for sid in re.findall(r"`(\w+)`", readme.partition("## Why `*`")[2])}
    wide = {
        statement["Sid"]
        for document in carried.values()
        for statement in statements(document)
        if "*" in listed(statement["Resource"])
    }
    assert wide - reasons == set()


def test_every_finding_of_the_linter_is_explained(findings: list[tuple[str, str, str]]) -> None:
    assert listing(found for found in findings if not any(explains(entry, found) for entry in KNOWN)) == ""


def test_every_explanation_is_of_a_finding(findings: list[tuple[str, str, str]]) -> None:
    assert listing(entry for entry in KNOWN if not any(explains(entry, found) for found in findings)) == ""


@pytest.mark.parametrize("text", ["${Token[TOKEN.1]}", "{{resolve:ssm:/mlops/x}}", "Fn::Sub", "${AWS::Region}"])
def test_what_was_never_filled_in_is_found(text: str) -> None:
    document: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": text}]}
    assert snapshots.unresolved({"a policy": document}) != []


def test_a_variable_that_iam_fills_in_is_no_such_thing() -> None:
    document = {"Statement": [{"Resource": "arn:aws:s3:::mlops-${aws:PrincipalTag/mlops-project-id}-artifacts-1"}]}
    assert snapshots.unresolved({"a policy": document}) == []


def test_no_rule_of_cfn_lint_is_ignored(root: Path) -> None:
    # Whoever ignores one writes the reason beside it, and here.
    assert sorted(root.glob(".cfnlintrc*")) + sorted((root / "cfn_product").glob(".cfnlintrc*")) == []
    assert "cfn-lint:" not in (root / "cfn_product" / "template.yaml").read_text()
    assert "--ignore" not in (root / "Makefile").read_text().partition("cfn-lint ")[2].partition("\n")[0]

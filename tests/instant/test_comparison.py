"""The figures beside AWS's own sample: how they are counted, that none is hidden, and that the page shows them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import checkov, comparison, policy_statements
from toolchain.checkov import Findings
from toolchain.comparison import Accepted, Comparison, Place
from toolchain.policy_statements import PolicyError, Statement
from toolchain.report import ReportError, Table, filled

ROOT = Path(__file__).resolve().parents[2]
PERMISSIONS = ROOT / "tests" / "permissions" / "table"
QUOTED = re.compile(r"`(\w+\.toml)` \*([^*]+)\*")

TEMPLATE = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
        - Sid: IamPoliciesDecide
          Effect: Allow
          Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
          Action: kms:*
          Resource: "*"
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: codebuild.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
      - PolicyName: it
        PolicyDocument:
          Statement:
          - {Sid: Read, Effect: Allow, Action: [s3:GetObject], Resource: !GetAtt Bucket.Arn, Condition: {Bool: {a: b}}}
"""

MODULE = """\
data "aws_iam_policy_document" "every_build" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "build" {
  source_policy_documents = [data.aws_iam_policy_document.every_build.json]
  statement {
    sid       = "Assumed"
    actions   = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/one"]
    }
    condition {
      test     = "Bool"
      variable = "a"
      values   = ["b"]
    }
  }
}
resource "aws_iam_policy" "build" {
  policy = data.aws_iam_policy_document.build.json
}
"""


@pytest.fixture(scope="module")
def ours() -> Comparison:
    return comparison.load()


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / comparison.PAGE).read_text()


def template(folder: Path, text: str = TEMPLATE) -> list[Statement]:
    file = folder / "template.yaml"
    file.write_text(text)
    return policy_statements.of_template(file)


def module(folder: Path, text: str = MODULE) -> list[Statement]:
    (folder / "main.tf").write_text(text)
    return policy_statements.of_module(folder)


def compared(*statements: Statement, accepted: tuple[Accepted, ...] = (), findings: int | None = 0) -> Comparison:
    """A comparison of a single place."""
    place = Place(name="template", statements=statements, aws_managed=0, findings=findings, compared=True)
    return Comparison(places=(place,), sample={}, sample_name="sample", accepted=accepted, template_bytes=1_000)


def row(found: Comparison, name: str) -> tuple[str, ...]:
    return next(cells for cells in found.table().rows if cells[0].startswith(name))


WIDE = Statement(address="build.Wide", allows=True, actions=("s3:*",), resources=("*",))


# --- ours, as it stands -----------------------------------------------------------------------------------------------


def test_whatever_is_unwelcome_has_a_reason_and_every_reason_is_needed(ours: Comparison) -> None:
    assert ours.problems() == []


def test_every_failed_check_of_checkov_has_a_reason() -> None:
    assert Findings.load().problems() == []


def test_no_policy_of_awss_own_is_carried(ours: Comparison) -> None:
    assert {place.name: place.aws_managed for place in ours.places if place.aws_managed} == {}


def test_what_cannot_run_here_reads_not_run(ours: Comparison) -> None:
    assert row(ours, "cfn-nag")[2] == "not run"


def test_the_page_shows_what_the_program_counts(ours: Comparison, page: str) -> None:
    shown = filled(page, comparison.tables(ours))
    assert shown == page, "docs/security.md is out of date: python -m toolchain.comparison --write"


def test_every_proof_that_the_page_quotes_is_in_the_permission_table(page: str) -> None:
    tables = {file.name: tomllib.loads(file.read_text())["may"] for file in PERMISSIONS.glob("*.toml")}
    proved = {(name, entry["sentence"]) for name, entries in tables.items() for entry in entries}
    assert set(QUOTED.findall(page)) - proved == set()


# --- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "count"),
    [
        ("with a wildcard", "1"),
        ("on resource `*`", "1"),
        ("on resource `*`, without", "1"),
        ("whole-account principals", "0"),
        ("open to everyone", "0"),
        ("`iam:PassRole`", "0"),
    ],
)
def test_a_wide_statement_is_counted(figure: str, count: str) -> None:
    assert row(compared(WIDE), figure)[2] == count


def test_a_condition_is_counted() -> None:
    assert row(compared(WIDE, replace(WIDE, conditional=True)), "of them")[2] == "1"


def test_a_key_that_names_itself_is_told_apart() -> None:
    assert row(compared(replace(WIDE, of_key=True)), "on resource")[2] == "0"


def test_to_deny_everyone_is_not_to_be_open() -> None:
    statement = replace(WIDE, principals=("*",))
    assert row(compared(statement, replace(statement, allows=False)), "open")[2] == "1"


def test_what_is_unwelcome_and_has_no_reason_is_named() -> None:
    statement = replace(WIDE, resources=("arn:aws:s3:::one",))
    assert compared(statement).problems() == [
        "build.Wide: counts as wildcard_action: mend it, or give its reason in comparison.toml"
    ]


def test_a_reason_that_nothing_needs_is_named() -> None:
    accepted = Accepted(figures=("accounts",), statements=("build.Gone",), reason="It was.")
    assert compared(accepted=(accepted,)).problems() == [
        "comparison.toml: build.Gone no longer counts as accounts: remove it there"
    ]


def test_a_scan_that_was_not_run_is_no_zero() -> None:
    assert row(compared(findings=None), "checkov")[2:] == ("not run", "not run")


def test_what_has_changed_since_the_scan_was_not_scanned() -> None:
    findings = replace(Findings.load(), current=frozenset())
    assert [findings.of(path) for path in checkov.SCANNED] == [None] * len(checkov.SCANNED)


# --- how policies are read --------------------------------------------------------------------------------------------


def test_a_templates_statements_are_those_of_keys_trust_and_roles(tmp_path: Path) -> None:
    found = template(tmp_path)
    assert [statement.address for statement in found] == [
        "template.Key.IamPoliciesDecide",
        "template.Role.trust",
        "template.Role.Read",
    ]


def test_a_service_is_no_account(tmp_path: Path) -> None:
    assert [len(statement.accounts) for statement in template(tmp_path)] == [1, 0, 0]


def test_a_condition_in_a_template_is_read(tmp_path: Path) -> None:
    assert [statement.conditional for statement in template(tmp_path)] == [False, False, True]


def test_a_policy_counts_with_the_documents_it_takes_in(tmp_path: Path) -> None:
    assert [statement.address.split(".", 1)[1] for statement in module(tmp_path)] == ["build.Read", "build.Assumed"]


def test_one_role_is_no_account(tmp_path: Path) -> None:
    assert [statement.accounts for statement in module(tmp_path)] == [(), ("arn:aws:iam::111111111111:root",)]


def test_a_condition_in_a_module_is_read(tmp_path: Path) -> None:
    assert [statement.conditional for statement in module(tmp_path)] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('actions   = ["s3:GetObject"]', "actions = local.actions", "its actions are computed"),
        ('resources = ["*"]', 'resources = concat(["*"], [])', "stands inside an expression"),
        ('resources = ["*"]', 'not_resources = ["*"]', "says who or what is not meant"),
        ("policy = data.aws_iam_policy_document.build.json", 'policy = "{}"', "no policy is made of build"),
        ('resource "aws', 'locals {\n  all = ["*"]\n}\nresource "aws', "stands in a local value"),
    ],
)
def test_what_cannot_be_counted_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        module(tmp_path, MODULE.replace(old, new))


def test_a_negation_in_a_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="says who or what is not meant"):
        template(tmp_path, TEMPLATE.replace("Action: kms:*", "NotAction: kms:*"))


# --- how a page shows a table -----------------------------------------------------------------------------------------

TABLE = Table(name="one", title="One", header=("", "n"), rows=(("a|b", "1"),))


def test_a_table_replaces_what_stood_between_its_markers() -> None:
    page = "before\n<!-- table: one -->\nold\n<!-- end of table -->\nafter"
    shown = "before\n<!-- table: one -->\n|  | n |\n| --- | ---: |\n| a\\|b | 1 |\n<!-- end of table -->\nafter"
    assert filled(page, [TABLE]) == shown


def test_a_table_without_a_place_in_the_page_is_refused() -> None:
    with pytest.raises(ReportError, match='0 places for the table "one"'):
        filled("nothing", [TABLE])

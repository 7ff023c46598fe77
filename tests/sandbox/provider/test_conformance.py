"""Every imitated type through its life, with the real Terraform: nothing is planned that is not then made.

All types live at once, each example in a module of its own, because most of the time is Terraform's own start.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.provider.resources import HANDLERS
from tests.sandbox.provider.conformance_cases import CASES, Case
from tests.sandbox.provider.conftest import ACCOUNTS
from tests.sandbox.provider.provider_workspace import Applied, Workspace, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.running_sandbox import RunningSandbox

pytestmark = pytest.mark.slow

TEMPLATE = json.dumps({"Resources": {"Shelf": {"Type": "AWS::S3::Bucket"}}})
EXAMPLES = Path(__file__).parent / "examples"

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.example)
every_changeable = pytest.mark.parametrize(
    "case", [case for case in CASES if not case.is_replaced], ids=lambda case: case.example
)
every_association = pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_replaced], ids=lambda case: case.example
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """What was seen of all resources from their creation to their end. Changes are arguments at each address."""

    created: Applied
    changes_after_create: dict[str, set[str]]
    updated: Applied
    drift: dict[str, set[str]]
    repaired: Applied
    changes_after_import: dict[str, set[str]]
    left_after_destroy: set[str]


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory, emulator: RunningSandbox) -> Lives:
    """Lead every example through its life, once for all tests."""
    folder = tmp_path_factory.mktemp("lives") / "root"
    with workspace(folder, sandbox=emulator, account=str(next(ACCOUNTS))) as terraform:
        return _live(terraform)


def _live(terraform: Workspace) -> Lives:
    terraform.write_settings()
    terraform.write("".join(f'module "{case.module}" {{\n  source = "./{case.module}"\n}}\n' for case in CASES))
    _write_examples(terraform, ".tf")
    terraform.must("init")
    created = terraform.try_to_apply()
    changes_after_create = terraform.planned_changes()
    _write_examples(terraform, ".update.tf")
    updated = terraform.try_to_apply()
    made = terraform.attributes()
    living = [case for case in CASES if case.address in made]
    for case in living:
        case.drift(terraform, made[case.address])
    drift = terraform.planned_changes()
    repaired = terraform.try_to_apply()
    made = terraform.attributes()
    terraform.must("state", "rm", *(case.address for case in living))
    terraform.write("".join(_import_of(case, made[case.address]) for case in living), "imports.tf")
    changes_after_import = terraform.planned_changes()
    terraform.try_to_apply()
    terraform.run("destroy", "-auto-approve")
    return Lives(
        created=created,
        changes_after_create=changes_after_create,
        updated=updated,
        drift=drift,
        repaired=repaired,
        changes_after_import=changes_after_import,
        left_after_destroy=terraform.everything(),
    )


def _write_examples(terraform: Workspace, suffix: str) -> None:
    for case in CASES:
        terraform.write((EXAMPLES / f"{case.example}{suffix}").read_text(), f"{case.module}/main.tf")
        terraform.write("First edition.", f"{case.module}/before.txt")
        terraform.write("Second edition.", f"{case.module}/after.txt")
        terraform.write(TEMPLATE, f"{case.module}/template.json")


def _import_of(case: Case, attributes: Mapping[str, Any]) -> str:
    return f'import {{\n  to = {case.address}\n  id = "{case.import_id.format(**attributes)}"\n}}\n'


def test_every_imitated_type_has_a_case() -> None:
    assert {case.type_name for case in CASES} == set(HANDLERS)


@every_case
def test_is_created(case: Case, lives: Lives) -> None:
    assert lives.created.actions.get(case.address) == "create", lives.created.problems


@every_case
def test_needs_nothing_once_created(case: Case, lives: Lives) -> None:
    assert case.address not in lives.changes_after_create


@every_association
def test_is_replaced_by_a_change(case: Case, lives: Lives) -> None:
    assert lives.updated.actions.get(case.address) == "create", lives.updated.problems


@every_changeable
def test_is_updated_in_place(case: Case, lives: Lives) -> None:
    assert lives.updated.actions.get(case.address) == "update", lives.updated.problems


@every_case
def test_a_change_behind_terraform_is_seen_and_only_it(case: Case, lives: Lives) -> None:
    assert lives.drift.get(case.address) == set(case.drifted)


def test_no_other_change_is_seen(lives: Lives) -> None:
    assert set(lives.drift) == {case.address for case in CASES}


@every_association
def test_what_was_undone_behind_terraform_is_made_again(case: Case, lives: Lives) -> None:
    assert lives.repaired.actions.get(case.address) == "create", lives.repaired.problems


@every_changeable
def test_a_change_behind_terraform_is_undone_in_place(case: Case, lives: Lives) -> None:
    assert lives.repaired.actions.get(case.address) == "update", lives.repaired.problems


@every_case
def test_an_import_knows_all_that_aws_knows(case: Case, lives: Lives) -> None:
    assert lives.changes_after_import.get(case.address, set()) == set(case.not_in_aws)


def test_nothing_is_left_when_all_is_destroyed(lives: Lives) -> None:
    assert lives.left_after_destroy == set()

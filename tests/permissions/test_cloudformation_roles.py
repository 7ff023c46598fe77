"""The cloudformation roles hold what CloudFormation calls for the deploy application's templates, and nothing more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import snapshot as snapshots
from tests.permissions import handlers
from tests.permissions.conftest import CLOUDFORMATION
from tests.permissions.deployment import ENVIRONMENTS
from tests.permissions.names import data_key_policy
from tests.permissions.table import listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.permissions.simulator import Request, Verdict
    from sandbox.permissions.snapshot import Snapshot
    from tests.permissions.handlers import Needs
    from tests.permissions.table import Row
    from tests.seed.seed_app import SeedApp

pytestmark = pytest.mark.slow

TEMPLATES = Path(__file__).with_name("deploy_templates.py")


@pytest.fixture(scope="module")
def templates(deploy_app: SeedApp) -> dict[str, dict[str, Any]]:
    """The template of each kind of environment that the settings of the deploy application allow."""
    made = deploy_app.python(str(TEMPLATES), variables={})
    assert made.returncode == 0, made.stderr
    found: dict[str, dict[str, Any]] = json.loads(made.stdout)
    return found


@pytest.fixture(scope="module")
def needs() -> Needs:
    return handlers.load(CLOUDFORMATION)


def test_the_file_speaks_of_every_kind_of_environment(templates: dict[str, dict[str, Any]], needs: Needs) -> None:
    assert listing(handlers.problems(handlers.used_properties(templates.values()), needs)) == ""


def test_the_cloudformation_roles_may_do_all_that_a_stack_needs(
    cloudformation_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in cloudformation_rows if row.allowed and not verdicts[row.request].allowed) == ""


def test_the_cloudformation_roles_may_do_none_of_it_for_what_is_no_projects(
    cloudformation_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in cloudformation_rows if not row.allowed and verdicts[row.request].allowed) == ""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_whatever_a_cloudformation_role_holds_beside_is_explained(
    snapshot: Snapshot, vocabulary: Mapping[str, Any], needs: Needs, name: str
) -> None:
    policies = snapshot.identities[vocabulary["cloudformation"][name]].policies
    held = snapshots.actions({policy: snapshot.documents[policy] for policy in policies})
    assert handlers.superfluous(held, needs) == set()
    assert handlers.stale_explanations(held, needs) == set()


def test_the_key_in_an_environment_is_imagined_as_the_application_makes_it(
    templates: dict[str, dict[str, Any]],
) -> None:
    made = templates["prod"]["Resources"]["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    imagined = data_key_policy("prod")["Statement"]
    assert [said(statement) for statement in made] == [said(statement) for statement in imagined]


def said(statement: dict[str, Any]) -> tuple[str, list[str], Any]:
    """Everything of a statement but its principal, which holds references."""
    return statement["Sid"], snapshots.listed(statement["Action"]), statement.get("Condition")

"""The cloudformation roles hold what CloudFormation calls for the deploy application's templates, and nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.permissions import handlers
from tests.permissions import snapshot as snapshots
from tests.permissions.conftest import CLOUDFORMATION
from tests.permissions.deployment import ENVIRONMENTS
from tests.permissions.names import data_key_policy
from tests.permissions.table import listing
from tests.seed.test_deploy_app import archive, environment, repository  # noqa: F401  the application's own environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.permissions.handlers import Needs
    from tests.permissions.simulator import Verdict
    from tests.permissions.snapshot import Snapshot
    from tests.permissions.table import Request, Row

pytestmark = pytest.mark.slow

TEMPLATES = Path(__file__).with_name("deploy_templates.py")


@pytest.fixture(scope="module")
def templates(repository: Path, environment: Path) -> dict[str, dict[str, Any]]:  # noqa: F811
    """The template of each kind of environment that the settings of the deploy application allow."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    made = subprocess.run(
        [environment / "bin" / "python", TEMPLATES],
        cwd=repository,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
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

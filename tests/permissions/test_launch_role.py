"""The launch role holds what CloudFormation calls for the template, and nothing that is not explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import snapshot as snapshots
from tests.permissions import handlers
from tests.permissions.table import listing
from tests.template.product_template import TEMPLATE, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.permissions.simulator import Request, Verdict
    from sandbox.permissions.snapshot import Snapshot
    from tests.permissions.handlers import Needs
    from tests.permissions.table import Row

pytestmark = pytest.mark.slow

LAUNCH = Path(__file__).parent / "handlers" / "launch.toml"


@pytest.fixture(scope="module")
def needs() -> Needs:
    return handlers.load(LAUNCH)


@pytest.fixture(scope="module")
def held(snapshot: Snapshot, vocabulary: Mapping[str, Any]) -> set[str]:
    """The actions of all policies of the launch role."""
    policies = snapshot.identities[vocabulary["launch"]].policies
    return snapshots.actions({name: snapshot.documents[name] for name in policies})


def test_the_file_speaks_of_the_template_as_it_stands_and_of_the_schemas_as_they_are(needs: Needs) -> None:
    assert handlers.problems(handlers.used_properties([read(TEMPLATE)]), needs) == []


def test_the_launch_role_may_do_all_that_cloudformation_does_for_a_project(
    launch_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in launch_rows if row.allowed and not verdicts[row.request].allowed) == ""


def test_the_launch_role_may_do_none_of_it_for_what_is_no_projects(
    launch_rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> None:
    assert listing(row for row in launch_rows if not row.allowed and verdicts[row.request].allowed) == ""


def test_whatever_the_launch_role_holds_beside_is_explained(needs: Needs, held: set[str]) -> None:
    assert handlers.superfluous(held, needs) == set()


def test_no_explanation_is_left_of_what_the_launch_role_does_not_hold(needs: Needs, held: set[str]) -> None:
    assert handlers.stale_explanations(held, needs) == set()


# --- the rules by which permissions are left out ----------------------------------------------------------------------


def entry(**changes: Any) -> handlers.TypeNeeds:  # noqa: ANN401
    return handlers.TypeNeeds(resource="arn:aws:events:eu-west-1:111111111111:rule/x", **changes)


def problems(type_name: str, used: set[str], needs: handlers.TypeNeeds) -> list[str]:
    return handlers.problems({type_name: used}, handlers.Needs(who="x", always={}, types={type_name: needs}, beside={}))


def test_a_type_that_nobody_wrote_down_is_found() -> None:
    nothing = handlers.Needs(who="x", always={}, types={}, beside={})
    assert handlers.problems({"AWS::Events::Rule": set()}, nothing) == [
        "AWS::Events::Rule: the template has it, the file does not"
    ]


def test_a_type_whose_schema_lists_nothing_needs_a_list_with_its_source() -> None:
    found = problems("AWS::CodeBuild::Project", {"Name"}, entry())
    assert any("nothing is needed" in problem for problem in found)
    assert any("with their source" in problem for problem in found)


def test_what_is_left_out_for_want_of_a_property_comes_back_with_the_property() -> None:
    without = entry(only_for={"events:PutTargets": "Targets"})
    assert problems("AWS::Events::Rule", {"Name"}, without) == []
    assert problems("AWS::Events::Rule", {"Name", "Targets"}, without) == [
        "AWS::Events::Rule: events:PutTargets is left out although Targets is set"
    ]


def test_nothing_is_left_out_that_the_schema_does_not_list() -> None:
    found = problems("AWS::Events::Rule", set(), entry(unused={"events:PutEvents": "no"}))
    assert found == ["AWS::Events::Rule: events:PutEvents is left out, and the schema does not list it"]

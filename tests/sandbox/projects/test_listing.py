"""`projects list`, and which account set it is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from baseline import accounts
from projects import __main__
from projects.access import choose
from projects.errors import ProjectsError
from tests.sandbox.projects.estate import NEWEST, OLDEST

if TYPE_CHECKING:
    from tests.sandbox.projects.estate import Estate
    from tests.sandbox.running_sandbox import RunningSandbox

pytestmark = pytest.mark.slow

TWO_SETS = Path(__file__).parents[1] / "deploy" / "accounts" / "two_sets_sharing_prod.toml"


@pytest.fixture(scope="module")
def rows(estate: Estate) -> dict[str, list[str]]:
    """The cells of the list, by project: an older project with a model in DEV and PREPROD, and a new one."""
    older = estate.create("Older", release=OLDEST)
    older.deploy("dev", version=4)
    older.deploy("preprod", version=3)
    estate.create("Newer")
    estate.create("Gone")
    estate.client("sagemaker").delete_project(ProjectName="Gone")
    status, output = estate.run("list")
    assert status == 0, output
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in output.splitlines() if "│" in line]
    return {row[0]: row[1:] for row in cells}


def test_a_project_is_told_with_its_id_and_status(rows: dict[str, list[str]], estate: Estate) -> None:
    project = estate.client("sagemaker").describe_project(ProjectName="Newer")
    assert rows["Newer"][:2] == [project["ProjectId"], "CreateCompleted"]


def test_an_older_release_is_told_with_the_newer_one_on_offer(rows: dict[str, list[str]]) -> None:
    assert rows["Older"][2] == f"{OLDEST} ({NEWEST} on offer)"


def test_the_newest_release_is_told_alone(rows: dict[str, list[str]]) -> None:
    assert rows["Newer"][2] == NEWEST


def test_each_environment_is_told_with_the_model_that_serves_there(rows: dict[str, list[str]]) -> None:
    assert rows["Older"][3:6] == ["model 4, CREATE_COMPLETE", "model 3, CREATE_COMPLETE", "-"]


def test_both_pipelines_are_told_with_their_last_state(rows: dict[str, list[str]]) -> None:
    assert rows["Newer"][6:] == ["InProgress", "InProgress"]


def test_a_deleted_project_is_not_told(rows: dict[str, list[str]]) -> None:
    assert "Gone" not in rows


def test_an_unknown_account_set_is_answered_with_those_there_are(estate: Estate) -> None:
    status, output = estate.run("list", "--set", "dmo")
    assert (status, output) == (1, 'The accounts file has no account set "dmo". Known: demo.\n')


def test_of_several_account_sets_one_has_to_be_chosen() -> None:
    with pytest.raises(ProjectsError, match=r"--set sales or --set risk"):
        choose(accounts.load(TWO_SETS), name=None)


def test_without_a_product_it_says_how_to_make_it(sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(os.environ, sandbox.environment(), clear=True):
        status = __main__.main(["list"])
    assert (status, "make deploy ACCOUNT=demo-dev" in capsys.readouterr().err) == (1, True)

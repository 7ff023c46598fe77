"""``python -m preflight`` as a whole, on accounts that are deployed and on a set that is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from baseline.naming import Environment
from preflight.checks import CHECKS, DRIFT
from preflight.examination import CREDENTIALS
from preflight.refusals import ACTIONS
from tests.sandbox.preflight.looking import ANOTHER_SET, WITH_EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from preflight.findings import Check
    from tests.sandbox.preflight.looking import Looking

pytestmark = pytest.mark.slow


def due(*environments: Environment) -> set[tuple[str, str]]:
    """Account and check for every check that is due in the environments of the set demo."""
    return {
        (f"demo-{environment}", name)
        for environment in environments
        for name in [CREDENTIALS, *(check.name for check in CHECKS if environment in check.environments)]
    }


def test_after_a_deployment_every_check_of_every_account_passes(looking: Looking) -> None:
    assert looking.results() == dict.fromkeys(due(*Environment), "ok")


def test_accounts_that_are_in_order_give_exit_status_0(looking: Looking) -> None:
    assert looking.run()[0] == 0


def test_only_the_accounts_named_are_looked_at(looking: Looking) -> None:
    assert looking.results("demo-prod").keys() == due(Environment.PROD)


def test_a_misspelt_account_is_answered_with_the_one_that_was_meant(looking: Looking) -> None:
    status, said = looking.run("demo-pord")
    assert (status, 'Did you mean "demo-prod"?' in said) == (1, True)


def test_a_faulty_accounts_file_is_told_as_it_is_to_every_command(looking: Looking) -> None:
    status, said = looking.run(file={'"111111111111"\n': '"11111"\n'})
    assert (status, "must be 12 digits" in said) == (1, True)


def test_what_is_not_deployed_is_no_failure(looking: Looking) -> None:
    results = looking.results("other-preprod", file=ANOTHER_SET)
    assert results.pop(("other-preprod", "deployment roles")) == "not yet"
    assert set(results.values()) == {"ok"}


def test_a_cure_stands_below_what_it_cures(looking: Looking) -> None:
    lines = looking.run("other-preprod", file=ANOTHER_SET)[1].splitlines()
    [place] = [number for number, line in enumerate(lines) if "deployment roles: nothing is deployed yet" in line]
    assert lines[place + 1].strip() == "make deploy ACCOUNT=other-preprod"


def test_the_table_tells_the_room_of_each_quota(looking: Looking) -> None:
    [row] = [line for line in looking.run("demo-dev")[1].splitlines() if "EventBridge rules" in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["demo-dev", "EventBridge rules", "300", "0", "5", "60"]


def test_credentials_of_another_account_fail_and_nothing_else_is_asked(looking: Looking) -> None:
    results = looking.results("demo-prod", file={'"333333333333"': '"444444444444"'})
    assert results.pop(("demo-prod", CREDENTIALS)) == "failed"
    assert set(results.values()) == {"unknown"}


def test_credentials_of_another_account_are_told_with_both_accounts(looking: Looking) -> None:
    status, said = looking.run("demo-prod", file={'"333333333333"': '"444444444444"'})
    assert status == 1
    assert "belong to account 333333333333, the accounts file says 444444444444" in said


def test_one_account_out_of_reach_leaves_the_others_looked_at(looking: Looking) -> None:
    results = looking.results(file={'"333333333333"': '"444444444444"'})
    assert results["demo-prod", CREDENTIALS] == "failed"
    assert {status for (account, _), status in results.items() if account == "demo-preprod"} == {"ok"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_that_is_not_permitted_says_which_action_is_missing(looking: Looking, check: Check) -> None:
    looking.refuse()
    [finding] = looking.at(check, file=WITH_EVERYTHING)
    assert finding.what.removeprefix("not permitted: ") in check.actions


def test_what_is_not_permitted_never_passes(looking: Looking) -> None:
    looking.refuse("GetAccountSummary")
    assert looking.run("demo-preprod")[0] == 1


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_calls_what_it_declares_and_nothing_else(looking: Looking, check: Check) -> None:
    called = looking.operations()
    looking.at(check, file=WITH_EVERYTHING)
    operations = set(called) - {"sts:GetCallerIdentity"}
    actions = {ACTIONS.get(operation.partition(":")[2], operation) for operation in operations}
    assert actions <= set(check.actions)


def test_json_says_of_every_finding_what_it_is_and_what_to_do(looking: Looking) -> None:
    found = json.loads(looking.run("other-preprod", "--json", file=ANOTHER_SET)[1])
    [roles] = [result for result in found if result["check"] == "deployment roles"]
    assert roles["findings"] == [
        {
            "status": "not yet",
            "what": "nothing is deployed yet",
            "cure": "make deploy ACCOUNT=other-preprod",
            "room": None,
        }
    ]


def test_the_page_tells_of_every_check_and_its_actions(root: Path) -> None:
    page = (root / "docs" / "preflight.md").read_text()
    missing = [
        text
        for check in (*CHECKS, DRIFT)
        for text in (f"| {check.name} |", *(f"`{action}`" for action in check.actions))
        if text not in page
    ]
    assert missing == []
